"""Reads what a client asks for in `conversation.item.create` and `response.create`."""

from collections.abc import Awaitable, Callable
from typing import Any

from . import events
from .brains import local_voice
from .conversation import Item
from .events import Event, Family
from .responding import Asked
from .session_settings import output_format, read_tools, read_voice
from .tool_choice import offered, tools_of

VOICE_REPLY_TOKENS = 80
"""Bound of a spoken reply where the session asks for none: a small model on two cores should not lecture."""

_ROLES = {
    "user": {"input_text", "input_audio", "input_image"},
    "system": {"input_text"},
    "assistant": {"text", "output_text"},
}


class RequestRejected(Exception):
    """A client event that is not carried out. event: the error to send, without the client's event id."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.event: Event = events.error(code, message, param=param)


def read_item(asked: Any) -> Item:
    """A client's item in wire form, with an id. Raises RequestRejected."""
    if not isinstance(asked, dict) or not isinstance(asked.get("type"), str):
        raise RequestRejected("missing_required_parameter", "Missing required parameter: 'item.type'.", "item.type")
    item_id = asked.get("id") or events.new_id("item_")
    kind = asked["type"]
    if kind == "function_call_output":
        for field in ("call_id", "output"):
            if not isinstance(asked.get(field), str):
                message = f"Invalid type for 'item.{field}': expected a string."
                raise RequestRejected("invalid_type", message, f"item.{field}")
        return events.call_output_item(item_id, asked["call_id"], asked["output"])
    if kind == "function_call":
        fields = [asked.get(field) for field in ("name", "call_id", "arguments")]
        if not all(isinstance(field, str) for field in fields):
            raise RequestRejected(
                "missing_required_parameter", "A function_call has name, call_id and arguments.", "item"
            )
        return events.call_item(item_id, "completed", asked["name"], asked["call_id"], asked["arguments"])
    if kind != "message":
        message = f"Invalid value: '{kind}'. Supported values are: 'message', 'function_call', 'function_call_output'."
        raise RequestRejected("invalid_value", message, "item.type")
    role, content = asked.get("role"), asked.get("content")
    if role not in _ROLES:
        message = f"Invalid value: '{role}'. Supported values are: 'user', 'system', 'assistant'."
        raise RequestRejected("invalid_value", message, "item.role")
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise RequestRejected("invalid_type", "Invalid type for 'item.content': expected an array.", "item.content")
    for part in content:
        if part.get("type") not in _ROLES[role]:
            supported = ", ".join(f"'{name}'" for name in sorted(_ROLES[role]))
            message = f"Invalid value: '{part.get('type')}'. Supported values are: {supported}."
            raise RequestRejected("invalid_value", message, "item.content.type")
    # Sound and pictures are not kept: the conversation is held as words.
    kept = [{field: value for field, value in part.items() if field not in ("audio", "image_url")} for part in content]
    return events.message_item(item_id, str(role), "completed", kept)


def response_asked(
    session: dict[str, Any],
    request: dict[str, Any],
    ready: Callable[[], Awaitable[list[dict[str, Any]]]],
    family: Family,
) -> Asked:
    """The session's settings with those of one `response.create` over them. Raises RequestRejected or Rejected."""
    voice = read_voice(request["voice"]) if request.get("voice") else session["voice"]
    limit = request.get("max_output_tokens", request.get("max_response_output_tokens"))
    limit = session["max_response_output_tokens"] if limit is None else limit
    if limit != "inf" and (isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 4096):
        message = "Must be an integer from 1 to 4096, or 'inf'."
        raise RequestRejected("invalid_value", message, "response.max_output_tokens")
    tools = tools_of(read_tools(request["tools"]) if request.get("tools") is not None else session["tools"])
    try:
        tools, must_call = offered(tools, request.get("tool_choice") or session["tool_choice"])
    except KeyError as unknown:
        message = f"Tool choice '{unknown.args[0]}' is not among the tools."
        raise RequestRejected("invalid_value", message, "response.tool_choice") from None
    temperature = request.get("temperature", session.get("temperature"))
    return Asked(
        ready=ready,
        spoken="audio" in (request.get("modalities") or session["modalities"]),
        voice=voice,
        local_voice=local_voice(str(voice.get("name") or "")),
        rate=_rate(voice.get("rate")),
        output_format=output_format(request.get("output_audio_format") or session["output_audio_format"]),
        temperature=float(temperature) if isinstance(temperature, int | float) else None,
        max_output_tokens=limit,
        max_tokens=VOICE_REPLY_TOKENS if limit == "inf" else limit,
        tools=tools,
        must_call=must_call,
        pre_generated=_pre_generated(request.get("pre_generated_assistant_message")),
        metadata=request.get("metadata"),
        tells_words="word" in (session["output_audio_timestamp_types"] or []) and voice.get("type") != "openai",
    )


def _pre_generated(message: Any) -> str | None:
    if message is None:
        return None
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, list) or len(content) != 1 or not isinstance(content[0].get("text"), str):
        field = "response.pre_generated_assistant_message"
        raise RequestRejected("invalid_value", "Expected exactly one text part.", field)
    return str(content[0]["text"])


def _rate(value: Any) -> float:
    # The service takes "1.1" and, as in SSML, "+10%".
    try:
        text = str(value or "1")
        rate = 1 + float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return 1.0
    return min(1.5, max(0.5, rate))
