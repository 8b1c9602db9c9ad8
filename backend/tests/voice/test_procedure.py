"""What the operating procedure prints about voice: the connection, where words come from, the messages."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pybase64
import pytest
from websockets.asyncio.client import connect

from backend.tests.voice.conftest import UTTERANCE, Service, StartService
from backend.tests.voice.relay import Event, Leg, Relay
from backend.tests.voice.test_call import answered

VOICE = "en-US-Ava:DragonHDLatestNeural"


@pytest.fixture
async def relay(stand_in: str) -> AsyncIterator[Relay]:
    async with Relay(stand_in).running() as running:
        yield running


def without_sdk(path: str) -> str:
    """Return the path without the parameter in which the SDK names itself."""
    return re.sub(r"x-ms-client-sdk=[^&]*&", "", path)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({}, "/voice-live/realtime?api-version=2025-10-01&model=gpt-realtime"),
        (
            {"azure_voicelive_api_version": "2026-04-10"},
            "/voice-live/realtime?api-version=2026-04-10&model=gpt-realtime",
        ),
        ({"azure_voicelive_model": "gpt-4.1"}, "/voice-live/realtime?api-version=2025-10-01&model=gpt-4.1"),
        (
            {"azure_voicelive_project_name": "proj"},
            "/api/projects/proj/voice-live/realtime?api-version=2025-10-01&model=gpt-realtime",
        ),
    ],
)
async def test_endpoint_model_voice_and_api_version_reach_the_connection_as_printed(
    start_service: StartService, relay: Relay, changes: dict[str, Any], path: str
) -> None:
    settings = {"azure_voicelive_key": "the-account-key", "azure_voicelive_voice": VOICE} | changes
    async with start_service(endpoint=relay.url, **settings) as service:
        await service.ready()
        [leg] = relay.legs
        assert without_sdk(leg.path) == path
        assert leg.key == "the-account-key"
        asked = next(event["session"] for _, event in leg.sent if event["type"] == "session.update")
        assert asked["voice"]["name"] == VOICE
        assert asked["input_audio_transcription"]["model"]


def of(event: Event, kind: str, **fields: Any) -> Event:
    """Return an event of another kind in the same place of the same answer."""
    places = ("response_id", "item_id", "output_index", "content_index")
    return {"event_id": "event_of_the_test", "type": kind} | {name: event[name] for name in places} | fields


WRITTEN, SPOKEN = "response.text.done", "response.audio_transcript.done"


@pytest.mark.parametrize(
    ("comes", "words"),
    [
        ({WRITTEN, SPOKEN}, "Written: utterance 1."),
        ({SPOKEN}, "You said: utterance 1."),
        (set(), "You said: utterance 1."),
    ],
    ids=["text", "the transcript of the sound", "what the answer ends with"],
)
async def test_an_answers_words_are_its_text_or_its_transcript_or_its_end_and_are_stored_once(
    start_service: StartService, relay: Relay, comes: set[str], words: str
) -> None:
    """Where several come, the first counts; that text counts also when it comes last is not shown."""

    def written(leg: Leg, event: Event) -> Event | None:
        return of(event, WRITTEN, text=words) if event["type"] == SPOKEN and WRITTEN in comes else None

    relay.adds = written
    relay.withholds = lambda leg, event: event["type"] == SPOKEN and SPOKEN not in comes
    async with start_service(endpoint=relay.url) as service:
        phone = await service.ready()
        await phone.speak(UTTERANCE)
        await answered(phone)
        await phone.hang_up()
        await service.idle()
        assert [(turn.role, turn.content) for turn in service.memory.transcript] == [
            ("user", "utterance 1"),
            ("assistant", words),
        ]
        assert len(service.memory.order) == 2
        assert any(event["type"] == SPOKEN for leg in relay.legs for event in leg.answered)


async def test_the_messages_of_a_call_are_those_that_are_printed_both_ways(service: Service) -> None:
    """Sent byte for byte as printed; what comes back has the printed fields, and others only besides."""
    got: list[dict[str, Any]] = []
    uri = f"ws://127.0.0.1:{service.port}/api/v1/voice/voicelive/printed"
    async with connect(uri, max_size=None, compression=None) as socket:

        async def until(kind: str, **fields: str) -> dict[str, Any]:
            while True:
                message: dict[str, Any] = json.loads(await socket.recv())
                got.append(message)
                if message["type"] == kind and all(message.get(name) == value for name, value in fields.items()):
                    return message

        assert (await until("agent_switched"))["agent_id"] == "elena"
        assert len(got) == 1, "that comes first"
        await until("state", state="ready")
        size = 4_800
        for start in range(0, len(UTTERANCE), size):
            pcm16 = pybase64.b64encode_as_string(UTTERANCE[start : start + size])
            await socket.send('{"type": "audio", "data": "' + pcm16 + '"}')
        await until("audio")
        await socket.send('{"type": "cancel"}')
        await until("interrupted")
        await socket.send('{"type": "agent", "agent_id": "marcus"}')
        await until("agent_switched", agent_id="marcus")
        await socket.send('{"type": "agent", "agent_id": "nobody"}')
        assert isinstance((await until("error"))["message"], str)
    captions = [message for message in got if message["type"] == "transcription"]
    assert {message["status"] for message in captions} == {"listening", "processing", "complete"}
    assert all(isinstance(message["text"], str) for message in captions)
    sound = [message for message in got if message["type"] == "audio"]
    assert {message["format"] for message in sound} == {"audio/pcm16"}
    assert all(len(pybase64.b64decode(message["data"], validate=True)) % 2 == 0 for message in sound)
