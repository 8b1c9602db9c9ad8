"""Shapes and rules without a server: the recorded lines, turn taking, audio formats, and any order of client events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import orjson
import pybase64
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_ai import events
from local_ai.audio_formats import decode_input, encode_output
from local_ai.brains import local_voice
from local_ai.brains.scripted import ScriptedBrain, instance
from local_ai.outbox import Outbox
from local_ai.tool_choice import choice_schema, offered, tools_of
from local_ai.turn_taking import Clauses, Playback, StableWords, TurnRules
from local_ai.voicelive import VoiceSession

from .caller import BOUND_S, fits_sdk, silence, tone

Event = dict[str, Any]


def test_models_belong_to_the_family_of_their_kind() -> None:
    assert [events.family_of(name) for name in ("gpt-realtime", "gpt-realtime-mini", "phi4-mm-realtime")] == [
        events.NATIVE
    ] * 3
    assert [events.family_of(name) for name in ("gpt-4.1", "gpt-5-chat", "phi4-mini")] == [events.CASCADE] * 3


def test_every_event_has_an_id_of_its_own() -> None:
    ids = {orjson.loads(events.encode(events.cleared()))["event_id"] for _ in range(1000)}
    assert len(ids) == 1000


@pytest.mark.parametrize(
    "name", ["en-US-Andrew:DragonHDLatestNeural", "en-US-GuyNeural", "en-US-DavisNeural", "en-US-BrianNeural", "echo"]
)
def test_mens_voices_are_the_low_voice(name: str) -> None:
    assert local_voice(name) == "heart-low"


@pytest.mark.parametrize("name", ["en-US-Ava:DragonHDLatestNeural", "alloy", "en-US-JennyNeural", "", "heart"])
def test_other_voices_are_the_high_voice(name: str) -> None:
    assert local_voice(name) == "heart"


# Clauses


@given(st.lists(st.text(alphabet="ab. ,!?\n;:-3é", max_size=12), max_size=30))
def test_clauses_lose_and_add_nothing(pieces: list[str]) -> None:
    clauses = Clauses()
    found = [clause for piece in pieces for clause in clauses.feed(piece)] + clauses.flush()
    assert "".join(found) == "".join(pieces)
    assert all(len(clause) < 400 for clause in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello. How are you? Fine", ["Hello. ", "How are you? ", "Fine"]),
        ("It costs 3.50 euros. Really", ["It costs 3.50 euros. ", "Really"]),
        ("Dr. Smith is in. Come", ["Dr. Smith is in. ", "Come"]),
        ("Well, yes, I think that we can, if you like", ["Well, yes, I think that we can, ", "if you like"]),
        ('He said "no." Then left', ['He said "no." ', "Then left"]),
    ],
)
def test_clauses_end_where_a_speaker_would_breathe(text: str, expected: list[str]) -> None:
    clauses = Clauses()
    found = [clause for letter in text for clause in clauses.feed(letter)] + clauses.flush()
    assert found == expected


def test_a_clause_is_ready_as_soon_as_its_end_is_known() -> None:
    clauses = Clauses()
    assert clauses.feed("Hello there.") == []
    assert clauses.feed(" And") == ["Hello there. "]


# Words of the user


def test_words_are_told_when_two_partials_agree_on_them() -> None:
    words = StableWords()
    heard = ("I", "I scream", "Ice cream is", "Ice cream is good", "Ice cream is good too")
    told = [words.partial(text) for text in heard]
    assert told == ["", "I", "", "", ""]  # "I" was told and is taken back by the completed event only
    assert words.final("Ice cream is good too") == ""


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=8), st.data())
def test_told_words_are_the_beginning_of_a_transcript_that_only_grew(words: list[str], data: st.DataObject) -> None:
    stable = StableWords()
    sizes = sorted(data.draw(st.lists(st.integers(0, len(words)), max_size=6)))
    told = "".join(stable.partial(" ".join(words[:size])) for size in sizes)
    assert " ".join(words).startswith(told)
    assert told + stable.final(" ".join(words)) == " ".join(words)


# Playback


def test_playback_knows_what_is_heard_when_audio_comes_faster_than_it_plays() -> None:
    playback = Playback()
    playback.clause("a", "one two three four")
    playback.sent("a", 2000, now=10.0)
    playback.sent("b", 1000, now=10.1)
    assert playback.playing(10.5) == ("a", 500)
    assert playback.playing(12.4) == ("b", 400)
    assert playback.playing(13.1) is None
    assert playback.truncate("a", 1000) == "one two"
    assert playback.is_cut("a")


def test_after_an_interruption_the_next_audio_is_heard_at_once() -> None:
    playback = Playback()
    playback.sent("a", 10_000, now=0.0)
    playback.silence(1.0)
    playback.sent("b", 1000, now=2.0)
    assert playback.playing(2.5) == ("b", 500)


def test_turn_rules_of_nothing_are_manual() -> None:
    assert not TurnRules.of(None).detects
    assert TurnRules.of({"type": "server_vad"}).interrupts
    assert TurnRules.of({"type": "server_vad", "prefix_padding_ms": 0}).prefix_ms == 0


# Audio


@pytest.mark.parametrize("law", ["g711_ulaw", "g711_alaw"])
def test_telephone_audio_comes_back_nearly_as_it_went(law: str) -> None:
    pcm = tone(100, hertz=300)
    back = np.frombuffer(decode_input(encode_output(pcm, law), law), "<i2").astype(float)
    sent = np.frombuffer(encode_output(pcm, "pcm16_8000hz"), "<i2").astype(float)
    assert len(back) == len(sent)
    assert np.max(np.abs(back - sent)) <= 0.04 * np.max(np.abs(sent))


def test_telephone_codes_are_those_of_the_standard() -> None:
    # ITU-T G.711: silence and full scale of both laws.
    assert list(np.frombuffer(decode_input(b"\xff\x7f\x00\x80", "g711_ulaw"), "<i2")) == [0, 0, -32124, 32124]
    assert list(np.frombuffer(decode_input(b"\xd5\x55\xaa\x2a", "g711_alaw"), "<i2")) == [8, -8, 32256, -32256]


# Tools


def test_a_tool_choice_is_bound_to_the_tools_on_offer() -> None:
    nested = {"type": "function", "function": {"name": "b"}}
    tools = tools_of([{"type": "function", "name": "a"}, nested, {"type": "mcp"}])
    assert [tool.name for tool in tools] == ["a", "b"]
    assert offered(tools, "none") == ([], False)
    assert offered(tools, {"type": "function", "name": "b"}) == ([tools[1]], True)
    with pytest.raises(KeyError):
        offered(tools, {"type": "function", "name": "c"})
    names = [branch["properties"]["tool"]["const"] for branch in choice_schema(tools, False)["anyOf"]]
    assert names == ["a", "b", "none"]


def test_a_schema_is_filled_from_the_words() -> None:
    schema = {
        "type": "object",
        "properties": {"when": {"type": "array", "items": {"type": "number"}}, "ok": {"type": "boolean"}},
    }
    assert instance(schema, "in 5 days") == {"when": [5], "ok": True}


# Any order of client events


_SIMPLE: list[Event] = [
    {"type": "response.create"},
    {"type": "response.create", "response": {"modalities": ["text"]}},
    {"type": "response.create", "response": {"cancel_previous": True}},
    {"type": "response.cancel"},
    {"type": "input_audio_buffer.commit"},
    {"type": "input_audio_buffer.clear"},
    {"type": "output_audio_buffer.clear"},
    {"type": "session.update", "session": {"turn_detection": None}},
    {"type": "session.update", "session": {"turn_detection": {"type": "server_vad", "auto_truncate": True}}},
    {"type": "session.update", "session": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}},
    {"type": "session.update", "session": {"input_audio_transcription": {"model": "whisper-1"}}},
    {"type": "session.update", "session": {"input_audio_sampling_rate": 16000}},
    {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": "o"}},
    {
        "type": "conversation.item.create",
        "item": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello there"}]},
    },
    {"type": "nonsense"},
]
_ACTS = ["loud", "quiet", "wait", "truncate"]
_STEPS = st.lists(st.one_of(st.sampled_from(_SIMPLE), st.sampled_from(_ACTS)), max_size=25)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(model=st.sampled_from(["gpt-realtime", "gpt-4.1"]), steps=_STEPS)
def test_any_order_of_client_events_keeps_the_protocols_promises(model: str, steps: list[Event | str]) -> None:
    with asyncio.Runner() as runner:
        sent = runner.run(_talk(model, steps))
    _Promises().check(sent)


async def _talk(model: str, steps: list[Event | str]) -> list[Event]:
    sent: list[Event] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(orjson.loads(message["text"]))

    brain = ScriptedBrain()
    brain.pace = 0
    outbox = Outbox(send, lambda: None)
    session = VoiceSession(brain, model, {}, outbox, faults=False)
    frames = _frames(steps, sent)

    async def receive() -> str | None:
        return await anext(frames, None)

    writing = asyncio.create_task(outbox.run())
    await asyncio.wait_for(session.run(receive), BOUND_S)
    await session.close()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    return sent


async def _frames(steps: list[Event | str], sent: list[Event]) -> AsyncIterator[str]:
    def frame(event: Event) -> str:
        return orjson.dumps(event).decode()

    for step in steps:
        if step == "wait":
            for _ in range(20):
                await asyncio.sleep(0)
        elif step in ("loud", "quiet"):
            sound = tone(200) if step == "loud" else silence(400)
            yield frame({"type": "input_audio_buffer.append", "audio": _base64(sound)})
        elif step == "truncate":
            items = [event["item"]["id"] for event in sent if event["type"] == "conversation.item.created"]
            item_id = items[-1] if items else ""
            yield frame({"type": "conversation.item.truncate", "item_id": item_id, "audio_end_ms": 100})
        else:
            assert isinstance(step, dict)
            yield frame(step)
    quiet, told = 0, 0
    while quiet < 20:  # nothing here takes time: twenty turns of the loop without an event are the end
        await asyncio.sleep(0)
        quiet, told = quiet + 1 if len(sent) == told else 0, len(sent)


def _base64(pcm: bytes) -> str:
    return pybase64.b64encode(pcm).decode()


class _Promises:
    """What a client may rely on, whatever it does."""

    def __init__(self) -> None:
        self.running: str | None = None
        self.done: set[str] = set()
        self.items: set[str] = set()
        self.open_parts: dict[str, str] = {}
        self.speaking: str | None = None
        self.committed: list[str] = []

    def check(self, sent: list[Event]) -> None:
        """Go through all events of a session in order."""
        assert sent[0]["type"] == "session.created"
        for event in sent:
            fits_sdk(event)
            getattr(self, "on_" + event["type"].replace(".", "_"), self.on_other)(event)
        assert self.running is None
        assert self.open_parts == {}

    def on_response_created(self, event: Event) -> None:
        """One response at a time, each with a new id."""
        assert self.running is None
        self.running = event["response"]["id"]
        assert self.running not in self.done

    def on_response_done(self, event: Event) -> None:
        """Ends the running one, with all its items told in full."""
        response = event["response"]
        assert response["id"] == self.running
        assert response["status"] in ("completed", "cancelled", "incomplete", "failed")
        assert (response["status_details"] is None) == (response["status"] == "completed")
        assert all(item["id"] in self.items for item in response["output"])
        self.done.add(response["id"])
        self.running = None

    def on_conversation_item_created(self, event: Event) -> None:
        """Ids are new, and what went before is known."""
        assert event["item"]["id"] not in self.items
        assert not event["previous_item_id"] or event["previous_item_id"] in self.items
        self.items.add(event["item"]["id"])

    def on_response_content_part_added(self, event: Event) -> None:
        """Opens a part."""
        assert event["item_id"] in self.items
        self.open_parts[event["item_id"]] = ""

    def on_response_content_part_done(self, event: Event) -> None:
        """Closes it."""
        del self.open_parts[event["item_id"]]

    def on_response_audio_delta(self, event: Event) -> None:
        """Only within the running response and an open part."""
        assert event["response_id"] == self.running
        assert event["item_id"] in self.open_parts

    def on_response_audio_transcript_delta(self, event: Event) -> None:
        """As audio; collected."""
        self.on_response_audio_delta(event)
        self.open_parts[event["item_id"]] += event["delta"]

    on_response_text_delta = on_response_audio_transcript_delta

    def on_response_audio_transcript_done(self, event: Event) -> None:
        """Is what the deltas said, or its beginning when the context was cut to what was heard."""
        assert self.open_parts[event["item_id"]].startswith(event["transcript"])

    def on_input_audio_buffer_speech_started(self, event: Event) -> None:
        """Names the item to come."""
        self.speaking = event["item_id"]

    def on_input_audio_buffer_committed(self, event: Event) -> None:
        """Each turn once."""
        assert event["item_id"] not in self.committed
        self.committed.append(event["item_id"])

    def on_conversation_item_input_audio_transcription_completed(self, event: Event) -> None:
        """Only of what was committed."""
        assert event["item_id"] in self.committed

    def on_other(self, event: Event) -> None:
        """Nothing is promised about the rest."""
