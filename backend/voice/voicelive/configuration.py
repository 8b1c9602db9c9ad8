"""The VoiceLive session a call asks for, always in full, and how the service's answer differs from it.

A partial `session.update` lets the service reset what it does not name, so every update carries everything.
"""

from collections.abc import Mapping
from typing import Any

from backend.agents.profiles import AgentProfile
from backend.agents.tools import Toolbox

_NATIVE = ("gpt-realtime", "gpt-4o-realtime", "gpt-4o-mini-realtime", "phi4-mm-realtime", "azure-realtime")
_OPENAI_VOICES = frozenset({"alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"})


def is_native(model: str) -> bool:
    """Tell whether the model hears and speaks itself; all others are a cascade of recogniser, model and voice."""
    return model.startswith(_NATIVE)


def interrupts(profile: AgentProfile) -> bool:
    """Tell whether speech interrupts this agent."""
    return profile.turn_detection.interrupt_response


def truncates_itself(profile: AgentProfile) -> bool:
    """Tell whether the service shortens an interrupted answer in its own context."""
    return profile.turn_detection.auto_truncate


def takes_prepared_words(api_version: str) -> bool:
    """Tell whether the service says words as they are given to it (`pre_generated_assistant_message`)."""
    return api_version >= "2026-04-10"  # dates sort as text, and the undated `v1` comes behind them


def session(profile: AgentProfile, *, model: str, voice: str, memory_block: str, box: Toolbox) -> dict[str, Any]:
    """Return the full session: persona and memory, voice, turn detection, recognition, noise and echo, tools."""
    native = is_native(model)
    openai_voice = voice in _OPENAI_VOICES
    recogniser = {"model": "gpt-4o-transcribe"} if native else {"model": "azure-speech", "language": ""}
    words = {} if openai_voice else {"output_audio_timestamp_types": ["word"]}  # only Azure's voices tell
    return words | {
        "modalities": ["text", "audio"],
        "instructions": "\n\n".join(part for part in (profile.persona, box.told, memory_block) if part),
        "voice": {"type": "openai" if openai_voice else "azure-standard", "name": voice},
        "input_audio_format": "pcm16",
        "output_audio_format": "pcm16",
        "input_audio_sampling_rate": 24000,
        "input_audio_transcription": recogniser,
        "input_audio_noise_reduction": {"type": "azure_deep_noise_suppression"},
        "input_audio_echo_cancellation": {"type": "server_echo_cancellation"},
        "turn_detection": profile.turn_detection.wire(native=native),
        "tools": box.functions,
        "tool_choice": "auto",
    }


def substitutions(asked: Mapping[str, Any], got: Mapping[str, Any], path: str = "") -> list[str]:
    """Name the settings in which the answer differs from what was asked, such as `voice.name`.

    The instructions are compared and, like every value, never repeated.
    """
    found: list[str] = []
    for name, wanted in asked.items():
        given = got.get(name)
        where = f"{path}{name}"
        if isinstance(wanted, Mapping):
            found += substitutions(wanted, given, f"{where}.") if isinstance(given, Mapping) else [where]
        elif isinstance(wanted, list) and isinstance(given, list):
            found += [where] if sorted(map(str, wanted)) != sorted(map(str, given)) else []
        elif isinstance(wanted, float) and isinstance(given, int | float):
            found += [where] if abs(wanted - given) > 1e-6 else []
        elif wanted != given and not (wanted in ("", [], None) and not given):
            found.append(where)
    return found
