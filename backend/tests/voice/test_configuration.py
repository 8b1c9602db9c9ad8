"""The session asked of VoiceLive: always whole, right for the model's family, and compared with the answer."""

import copy

import pytest

from backend.agents.profiles import AgentDirectory
from backend.agents.tools import Toolbox
from backend.agents.turn_detection import TurnDetection
from backend.voice.voicelive import configuration

ELENA = AgentDirectory.load().get("elena")


def asked(model: str, memory: str = "") -> dict[str, object]:
    return configuration.session(
        ELENA, model=model, voice="en-US-Ava:DragonHDLatestNeural", memory_block=memory, box=Toolbox()
    )


def test_every_update_is_whole() -> None:
    session = asked("gpt-realtime", "Notes: the user's name is Ada")
    assert set(session) >= {
        "modalities", "instructions", "voice", "input_audio_format", "output_audio_format", "turn_detection",
        "input_audio_transcription", "input_audio_noise_reduction", "input_audio_echo_cancellation", "tools",
    }  # fmt: skip
    assert str(session["instructions"]).startswith(ELENA.persona)
    assert str(session["instructions"]).endswith("the user's name is Ada")


@pytest.mark.parametrize(
    ("model", "recogniser", "end_of_utterance"),
    [
        ("gpt-realtime", "gpt-4o-transcribe", False),
        ("gpt-4.1", "azure-speech", True),
        ("gpt-5-chat", "azure-speech", True),
    ],
)
def test_the_recogniser_fits_the_family_of_the_model(model: str, recogniser: str, end_of_utterance: bool) -> None:
    session = asked(model)
    transcription, turn_detection = session["input_audio_transcription"], session["turn_detection"]
    assert isinstance(transcription, dict)
    assert isinstance(turn_detection, dict)
    assert transcription["model"] == recogniser
    assert ("end_of_utterance_detection" in turn_detection) == end_of_utterance


def test_an_openai_voice_is_named_as_one() -> None:
    session = configuration.session(ELENA, model="gpt-realtime", voice="alloy", memory_block="", box=Toolbox())
    assert session["voice"] == {"type": "openai", "name": "alloy"}


def test_an_answer_with_more_fields_and_nulls_is_no_substitution() -> None:
    session = asked("gpt-4.1")
    answer = copy.deepcopy(session) | {"id": "sess_1", "avatar": None, "modalities": ["audio", "text"]}
    assert isinstance(answer["voice"], dict)
    answer["voice"]["temperature"] = None
    assert configuration.substitutions(session, answer) == []


def test_a_silent_substitution_is_named_without_its_value() -> None:
    session = asked("gpt-4.1")
    answer = copy.deepcopy(session)
    answer["voice"] = {"type": "azure-standard", "name": "en-US-AvaNeural"}
    answer["instructions"] = "You are a helpful assistant."
    answer["input_audio_transcription"] = None
    assert configuration.substitutions(session, answer) == [
        "instructions",
        "voice.name",
        "input_audio_transcription",
    ]


def test_what_stays_here_of_the_turn_profile_is_not_sent_and_fields_that_a_type_has_not_are_left_out() -> None:
    sent = TurnDetection(silence_duration_ms=400, languages=("en", "de")).wire(native=False)
    assert sent == {
        "type": "azure_semantic_vad", "silence_duration_ms": 400, "remove_filler_words": True,
        "languages": ["en", "de"], "create_response": True, "interrupt_response": True, "auto_truncate": False,
        "end_of_utterance_detection": {
            "model": "semantic_detection_v1", "threshold_level": "default", "timeout_ms": 1000,
        },
    }  # fmt: skip
    assert TurnDetection(type="server_vad", end_of_utterance_detection=None).wire(native=True) == {
        "type": "server_vad", "create_response": True, "interrupt_response": True, "auto_truncate": False,
    }  # fmt: skip


def test_word_times_are_asked_for_where_the_voice_tells_them() -> None:
    assert asked("gpt-4.1")["output_audio_timestamp_types"] == ["word"]
    openai = configuration.session(ELENA, model="gpt-realtime", voice="alloy", memory_block="", box=Toolbox())
    assert "output_audio_timestamp_types" not in openai
