"""The effective session: defaults by family, what `session.update` may change, and its echo with all its nulls."""

import time
from typing import Any

from .events import Event, Family, error

LIFETIME_S = 3600
"""Seconds until a session expires."""

_VOICE_FIELDS = ["temperature", "custom_lexicon_url", "custom_text_normalization_url", "prefer_locales", "locale"]
_VOICE_FIELDS += ["style", "pitch", "rate", "volume"]
_VOICE_TYPES = {
    "openai",
    "azure-standard",
    "azure-custom",
    "azure-personal",
    "avatar-voice-sync",
    "azure-realtime-native",
}
_AZURE_VADS = {"azure_semantic_vad", "azure_semantic_vad_en", "azure_semantic_vad_multilingual"}
_PLAIN_VADS = {"server_vad", "semantic_vad"}
INPUT_FORMATS = {"pcm16", "g711_ulaw", "g711_alaw"}
OUTPUT_FORMATS = {"pcm16", "pcm16_8000hz", "pcm16_16000hz", "pcm16_24000hz", "g711_ulaw", "g711_alaw"}
# Names of before 2026-04-10; old clients still send them.
_OUTPUT_ALIASES = {"pcm16-8000hz": "pcm16_8000hz", "pcm16-16000hz": "pcm16_16000hz"}
_PLAIN_FIELDS = {"instructions", "tool_choice", "parallel_tool_calls", "temperature", "reasoning_effort"}
_PLAIN_FIELDS |= {"animation", "avatar", "output_audio_timestamp_types", "interim_response", "include", "metadata"}


class Rejected(Exception):
    """A session update that is not applied, no part of it. event: the error to send, without the client's event id."""

    def __init__(self, code: str, message: str, param: str) -> None:
        super().__init__(message)
        self.event: Event = error(code, message, param=param)


class SessionSettings:
    """Settings of one session, always complete. `values` is the wire form."""

    def __init__(self, session_id: str, model: str, family: Family, expires_in: float) -> None:
        self._family = family
        native = not family.item_waits_for_words
        self.values: dict[str, Any] = {
            "id": session_id,
            "object": "realtime.session",
            "model": model,
            "expires_at": int(time.time() + expires_in),
            "modalities": ["audio"] if native else ["audio", "text"],
            "instructions": "Your knowledge cutoff is 2023-10. You are a helpful assistant.",
            "voice": _voice("alloy" if native else {"type": "azure-standard", "name": "en-US-AvaNeural"}),
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
            "input_audio_sampling_rate": 24000,
            "input_audio_transcription": None if native else _transcription({"model": "azure-speech"}),
            "input_audio_noise_reduction": None,
            "input_audio_echo_cancellation": None,
            "turn_detection": _turn_detection({"type": "server_vad"}),
            "tools": [],
            "tool_choice": "auto",
            "max_response_output_tokens": "inf",
            "animation": None,
            "avatar": None,
            "output_audio_timestamp_types": None,
            "include": None,
        }
        if native:
            self.values["turn_detection"] |= {"prefix_padding_ms": 300, "silence_duration_ms": 200}
            self.values["truncation_strategy"] = None
        else:
            self.values |= {"temperature": 0.8, "greeting": None, "handoff": None}

    def expire_in(self, seconds: float) -> None:
        """Move the end of the session to this many seconds from now."""
        self.values["expires_at"] = int(time.time() + seconds)

    def update(self, asked: dict[str, Any], *, voice_used: bool) -> None:
        """Apply a `session.update`: fields that are present change, sub-objects are replaced, unknown fields ignored.

        voice_used: audio was produced, so an OpenAI voice can no longer change. Raises Rejected and changes nothing.
        """
        changes: dict[str, Any] = {}
        for field, value in asked.items():
            if field == "model":
                raise Rejected(
                    "invalid_value", "The model is chosen by the connection and cannot be updated.", "session.model"
                )
            if field in _READERS:
                changes[field] = _READERS[field](value)
            elif field in _PLAIN_FIELDS:
                changes[field] = value
        voice = changes.get("voice")
        if voice_used and voice and voice != self.values["voice"] and voice["type"] == "openai":
            message = "Cannot update a conversation's voice if assistant audio is present."
            raise Rejected("cannot_update_voice", message, "session.voice")
        self.values |= changes


def _voice(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"name": value, "type": "openai"}
    if not isinstance(value, dict) or value.get("type", "openai") not in _VOICE_TYPES:
        raise Rejected(
            "invalid_value", f"Invalid voice. Supported types are: {', '.join(sorted(_VOICE_TYPES))}.", "session.voice"
        )
    kind = value.get("type", "openai")
    if not isinstance(value.get("name"), str) and kind != "avatar-voice-sync":
        raise Rejected(
            "missing_required_parameter", "Missing required parameter: 'session.voice.name'.", "session.voice.name"
        )
    if kind in ("openai", "azure-realtime-native"):
        return {"name": value["name"], "type": kind}
    voice = {"name": value.get("name"), "type": kind} | dict.fromkeys(_VOICE_FIELDS)
    return voice | {field: given for field, given in value.items() if given is not None}


def _turn_detection(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in _AZURE_VADS | _PLAIN_VADS:
        supported = ", ".join(sorted(_AZURE_VADS | _PLAIN_VADS))
        raise Rejected(
            "invalid_value", f"Invalid turn detection. Supported types are: {supported}.", "session.turn_detection.type"
        )
    azure = kind in _AZURE_VADS
    detection: dict[str, Any] = {
        "type": kind,
        "threshold": None if azure else 0.5,
        "prefix_padding_ms": None if azure else 400,
        "silence_duration_ms": None if azure else 500,
        "create_response": True,
        "interrupt_response": True,
        "idle_timeout_ms": None,
        "speech_duration_ms": None,
        "end_of_utterance_detection": None,
        "auto_truncate": False,
        "appended_text_after_truncation": None,
    }
    if azure:
        detection |= {"profile": "classic", "remove_filler_words": False, "languages": None}
    if kind == "semantic_vad":
        detection["eagerness"] = "auto"
    detection |= {field: given for field, given in value.items() if given is not None}
    end_of_utterance = detection["end_of_utterance_detection"]
    if isinstance(end_of_utterance, dict):
        nulls = dict.fromkeys(("model", "threshold", "threshold_level", "timeout", "timeout_ms"))
        detection["end_of_utterance_detection"] = nulls | end_of_utterance
    return detection


def _transcription(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("model"), str):
        field = "session.input_audio_transcription.model"
        raise Rejected("missing_required_parameter", f"Missing required parameter: '{field}'.", field)
    fields = ("model", "language", "prompt", "delay", "custom_speech", "phrase_list")
    return dict.fromkeys(fields) | value


def _noise_reduction(value: Any) -> dict[str, Any] | None:
    return None if value is None else dict(value)


def _echo_cancellation(value: Any) -> dict[str, Any] | None:
    return None if value is None else {"reference_source": "server", "channels": 1} | dict(value)


def _modalities(value: Any) -> list[str]:
    known = {"text", "audio", "animation", "avatar"}
    if not isinstance(value, list) or not value or not set(value) <= known:
        raise Rejected("invalid_value", "Invalid modalities. Supported are: text, audio.", "session.modalities")
    return value


def _tools(value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(tool, dict) and "type" in tool for tool in value):
        raise Rejected("invalid_type", "Tools must be an array of objects with a type.", "session.tools")
    return value


def _output_tokens(value: Any) -> int | str:
    if value is None or value == "inf":
        return "inf"
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 4096:
        field = "session.max_response_output_tokens"
        raise Rejected("invalid_value", "Must be an integer from 1 to 4096, or 'inf'.", field)
    return value


def _input_format(value: Any) -> str:
    if value not in INPUT_FORMATS:
        raise Rejected(
            "invalid_value", f"Supported are: {', '.join(sorted(INPUT_FORMATS))}.", "session.input_audio_format"
        )
    return str(value)


def output_format(value: Any) -> str:
    """A known output format in its present spelling. Raises Rejected."""
    value = _OUTPUT_ALIASES.get(value, value) if isinstance(value, str) else value
    if value not in OUTPUT_FORMATS:
        raise Rejected(
            "invalid_value", f"Supported are: {', '.join(sorted(OUTPUT_FORMATS))}.", "session.output_audio_format"
        )
    return str(value)


def _sampling_rate(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 8000 <= value <= 48000:
        raise Rejected("invalid_value", "Must be from 8000 to 48000.", "session.input_audio_sampling_rate")
    return value


_READERS: dict[str, Any] = {
    "voice": _voice,
    "turn_detection": _turn_detection,
    "input_audio_transcription": _transcription,
    "input_audio_noise_reduction": _noise_reduction,
    "input_audio_echo_cancellation": _echo_cancellation,
    "modalities": _modalities,
    "tools": _tools,
    "max_response_output_tokens": _output_tokens,
    "input_audio_format": _input_format,
    "output_audio_format": output_format,
    "input_audio_sampling_rate": _sampling_rate,
}
read_voice = _voice
read_tools = _tools
