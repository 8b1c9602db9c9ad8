"""Shapes of the VoiceLive events: what goes over the wire, and nothing about when.

The shapes follow recordings of the service. Two families differ in ids, order and nulls: native audio models
(gpt-realtime…) and cascades (speech to text, a chat model, text to speech). A family is a set of capabilities: code
asks what a family does, never which it is.
"""

import secrets
from dataclasses import dataclass
from typing import Any

import orjson

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """How one kind of model words and orders its events."""

    assistant_prefix: str
    """Prefix of assistant message ids."""
    opening_status: str
    """Status of an assistant item when it is announced."""
    names_conversation: bool
    """Whether responses carry a conversation id (else an empty string)."""
    unlimited: str | None
    """How a response says that its output is not limited."""
    announces_item_done: bool
    """Whether a committed user item is also announced by `conversation.item.done`."""
    item_waits_for_words: bool
    """Whether the user item appears after its transcript, filled, or before it, empty."""
    transcript_language: str | None
    """Value of the extra `language` field of completed transcriptions, None where there is no such field."""
    counts_cache_writes: bool
    """Whether usage has `cache_write_tokens`."""

    def previous(self, item_id: str | None) -> str | None:
        """How an event says which item went before, and that none did."""
        return item_id if item_id is not None or self.names_conversation else ""


NATIVE = Family("item_", "in_progress", True, "inf", True, False, None, False)
CASCADE = Family("msg_", "incomplete", False, None, False, True, "en-US", True)


def family_of(model: str) -> Family:
    """The family of a model name: names with "realtime" in them are native audio, all others are cascades."""
    return NATIVE if "realtime" in model.lower() else CASCADE


def new_id(prefix: str) -> str:
    """A unique id: the service's prefix (`item_`, `resp_`, `call_`, …) and 20 hexadecimal digits."""
    return prefix + secrets.token_hex(10)


def encode(event: Event) -> str:
    """The text frame of an event, with an `event_id`."""
    return orjson.dumps({"event_id": new_id("event_"), **event}).decode()


def error(
    code: str | None,
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    event_id: str | None = None,
) -> Event:
    """A rejected request; the session stays open. event_id: the client's own id of the rejected event."""
    return {
        "type": "error",
        "error": {"type": kind, "code": code, "message": message, "param": param, "event_id": event_id},
    }


def warning(code: str, message: str) -> Event:
    """Something asked for is not done, and the session goes on without it."""
    return {"type": "warning", "warning": {"code": code, "message": message, "param": None}}


def session_created(session: Event) -> Event:
    """First event of every connection."""
    return {"type": "session.created", "session": session}


def session_updated(session: Event) -> Event:
    """Answer to `session.update`: the whole effective session."""
    return {"type": "session.updated", "session": session}


def speech_started(item_id: str, audio_start_ms: int) -> Event:
    """The user began to speak; item_id is the id the user item will have."""
    return {"type": "input_audio_buffer.speech_started", "audio_start_ms": audio_start_ms, "item_id": item_id}


def speech_stopped(item_id: str, audio_end_ms: int) -> Event:
    """The user ended a turn."""
    return {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": audio_end_ms, "item_id": item_id}


def committed(item_id: str, previous_item_id: str | None) -> Event:
    """The audio of a turn became an item."""
    return {"type": "input_audio_buffer.committed", "previous_item_id": previous_item_id, "item_id": item_id}


def cleared() -> Event:
    """Answer to `input_audio_buffer.clear`."""
    return {"type": "input_audio_buffer.cleared"}


def item_created(item: Event, previous_item_id: str | None) -> Event:
    """An item joined the conversation."""
    return {"type": "conversation.item.created", "previous_item_id": previous_item_id, "item": item}


def item_done(item: Event, previous_item_id: str | None) -> Event:
    """Native models only, after a committed user item."""
    return {"type": "conversation.item.done", "previous_item_id": previous_item_id, "item": item}


def item_deleted(item_id: str) -> Event:
    """Answer to `conversation.item.delete`."""
    return {"type": "conversation.item.deleted", "item_id": item_id}


def item_retrieved(item: Event) -> Event:
    """Answer to `conversation.item.retrieve`."""
    return {"type": "conversation.item.retrieved", "item": item}


def item_truncated(item_id: str, content_index: int, audio_end_ms: int) -> Event:
    """The service forgot what lies beyond audio_end_ms of an assistant item."""
    return {
        "type": "conversation.item.truncated",
        "item_id": item_id,
        "content_index": content_index,
        "audio_end_ms": audio_end_ms,
    }


def transcription_delta(item_id: str, delta: str) -> Event:
    """More words of the user."""
    return {
        "type": "conversation.item.input_audio_transcription.delta",
        "item_id": item_id,
        "content_index": 0,
        "delta": delta,
    }


def transcription_completed(item_id: str, transcript: str, language: str | None) -> Event:
    """All words of the user item."""
    event: Event = {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": item_id,
        "content_index": 0,
        "transcript": transcript,
    }
    if language is not None:
        event["language"] = language
    return event


def transcription_failed(item_id: str, message: str) -> Event:
    """The user item stays without words."""
    return {
        "type": "conversation.item.input_audio_transcription.failed",
        "item_id": item_id,
        "content_index": 0,
        "error": {"type": "server_error", "code": "transcription_failed", "message": message, "param": None},
    }


def message_item(item_id: str, role: str, status: str, content: list[Event]) -> Event:
    """A message as an item of the conversation."""
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": status,
        "role": role,
        "content": content,
    }


def call_item(item_id: str, status: str, name: str, call_id: str, arguments: str) -> Event:
    """A function call as an item."""
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "function_call",
        "status": status,
        "name": name,
        "call_id": call_id,
        "arguments": arguments,
    }


def call_output_item(item_id: str, call_id: str, output: str) -> Event:
    """What the client's function answered, as an item."""
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "function_call_output",
        "call_id": call_id,
        "output": output,
        "status": "completed",
    }


def response_created(response: Event) -> Event:
    """A response begins."""
    return {"type": "response.created", "response": response}


def response_done(response: Event) -> Event:
    """A response ended: completed, cancelled, incomplete or failed."""
    return {"type": "response.done", "response": response}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a response something happens; makes the events that carry all four coordinates."""

    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0

    def at(self, kind: str, **fields: Any) -> Event:
        """An event about a content part, e.g. `response.audio.delta`."""
        return {
            "type": kind,
            "response_id": self.response_id,
            "item_id": self.item_id,
            "output_index": self.output_index,
            "content_index": self.content_index,
            **fields,
        }

    def of_item(self, kind: str, **fields: Any) -> Event:
        """An event about a function call item, e.g. `response.function_call_arguments.delta`."""
        return {
            "type": kind,
            "response_id": self.response_id,
            "item_id": self.item_id,
            "output_index": self.output_index,
            **fields,
        }

    def output_item(self, kind: str, item: Event) -> Event:
        """`response.output_item.added` or `response.output_item.done`."""
        return {"type": kind, "response_id": self.response_id, "output_index": self.output_index, "item": item}


def usage(family: Family, *, text_in: int, cached: int, audio_in: int, text_out: int, audio_out: int) -> dict[str, Any]:
    """Token usage in the recorded shape. All in tokens; cached is the cached part of text_in."""
    result: dict[str, Any] = {
        "total_tokens": text_in + audio_in + text_out + audio_out,
        "input_tokens": text_in + audio_in,
        "output_tokens": text_out + audio_out,
        "input_token_details": {
            "cached_tokens": cached,
            "text_tokens": text_in,
            "audio_tokens": audio_in,
            "image_tokens": 0,
            "cached_tokens_details": {"text_tokens": cached, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out, "reasoning_tokens": 0},
    }
    if family.counts_cache_writes:
        result["input_token_details"]["cache_write_tokens"] = 0
    return result
