"""A client of the voice service for tests: the real SDK, every event kept and checked against the SDK's models."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import orjson
from azure.ai.voicelive.aio import VoiceLiveConnection, connect
from azure.ai.voicelive.models import ServerEvent
from azure.core.credentials import AzureKeyCredential

BOUND_S = 5.0
"""Seconds after which an expected event is taken for missing."""

Event = dict[str, Any]

# Events that real services send and the SDK has no class for.
_UNTYPED = {"conversation.item.done", "rate_limits.updated"}


def tone(ms: int, *, rate: int = 24000, hertz: int = 200) -> bytes:
    """Loud PCM16: what the scripted brain takes for speech."""
    return bytes((np.sin(2 * np.pi * hertz * np.arange(rate * ms // 1000) / rate) * 8000).astype("<i2").tobytes())


def silence(ms: int, *, rate: int = 24000) -> bytes:
    """Quiet PCM16."""
    return bytes(2 * (rate * ms // 1000))


class Caller:
    """One connection. `events` holds all that came, without event ids."""

    def __init__(self, connection: VoiceLiveConnection) -> None:
        self.connection = connection
        self.events: list[Event] = []
        self._ids: set[str] = set()

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a client event."""
        await self.connection.send({"type": kind, **fields})

    async def update(self, **session: Any) -> Event:
        """Update the session; the effective session that comes back."""
        await self.send("session.update", session=session)
        updated: Event = (await self.until("session.updated"))["session"]
        return updated

    async def hear(self, pcm: bytes, *, frame_ms: int = 40, rate: int = 24000) -> None:
        """Send audio in frames, faster than real time."""
        size = rate * frame_ms // 1000 * 2
        for start in range(0, len(pcm), size):
            audio = base64.b64encode(pcm[start : start + size]).decode()
            await self.send("input_audio_buffer.append", audio=audio)

    async def say(self, ms: int = 600, silence_ms: int = 400) -> None:
        """Speak one utterance and be quiet."""
        await self.hear(tone(ms) + silence(silence_ms))

    async def type(self, text: str) -> None:
        """Put a typed message into the conversation and ask for a response."""
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        await self.send("conversation.item.create", item=item)
        await self.send("response.create")

    async def next(self) -> Event:
        """The next event; fails when none comes in time, or when it does not fit the SDK's models."""
        frame = await asyncio.wait_for(self.connection.recv_bytes(), BOUND_S)
        event: Event = orjson.loads(frame)
        assert event["event_id"] not in self._ids, "event ids are unique"
        self._ids.add(event["event_id"])
        fits_sdk(event)
        event = {name: value for name, value in event.items() if name != "event_id"}
        self.events.append(event)
        return event

    async def until(self, *kinds: str) -> Event:
        """The next event of one of these kinds."""
        while True:
            event = await self.next()
            if event["type"] in kinds:
                return event

    async def answer(self) -> Event:
        """The response of the next `response.done`."""
        response: Event = (await self.until("response.done"))["response"]
        return response

    async def nothing_more(self) -> None:
        """Fails if anything was on its way: an event with a known answer is sent, and only that answer may come."""
        await self.send("conversation.item.retrieve", item_id="nobody")
        event = await self.next()
        assert event["type"] == "error", f"unexpected {event['type']}"

    def of(self, kind: str) -> list[Event]:
        """All events of a kind so far."""
        return [event for event in self.events if event["type"] == kind]

    def kinds(self) -> list[str]:
        """Kinds in order of arrival; repeated ones in a row once."""
        kinds = [event["type"] for event in self.events]
        return [kind for place, kind in enumerate(kinds) if place == 0 or kinds[place - 1] != kind]

    def audio(self, kind: str = "response.audio.delta") -> bytes:
        """All audio of the replies."""
        return b"".join(base64.b64decode(event["delta"]) for event in self.of(kind))


def fits_sdk(event: Event) -> None:
    """Parse with the SDK and read every attribute, nested ones too."""
    parsed = ServerEvent._deserialize(event, [])  # type: ignore[no-untyped-call]
    assert type(parsed) is not ServerEvent or event["type"] in _UNTYPED, f"the SDK has no class for {event['type']}"
    _read(parsed)


def _read(model: Any) -> None:
    for name in getattr(model, "_attr_to_rest_field", {}):
        value = getattr(model, name)
        for part in value if isinstance(value, list) else [value]:
            _read(part)


@asynccontextmanager
async def calling(
    base: str,
    model: str = "gpt-realtime",
    *,
    key: str = "test",
    query: dict[str, str] | None = None,
    greet: bool = True,
) -> AsyncIterator[Caller]:
    """A connection through the SDK. greet: take `session.created` off first."""
    options: Any = {"close_timeout": 1}
    manager = connect(
        endpoint=base, credential=AzureKeyCredential(key), model=model, query=query or {}, connection_options=options
    )
    async with manager as connection:
        caller = Caller(connection)
        if greet:
            await caller.until("session.created")
        yield caller


def pitch(pcm: bytes) -> int:
    """Strongest frequency of the first half second, Hz."""
    samples = np.frombuffer(pcm[:24000], "<i2").astype(np.float64)
    return int(np.argmax(np.abs(np.fft.rfft(samples))) * 24000 / len(samples))
