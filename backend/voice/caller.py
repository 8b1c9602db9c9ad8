"""The browser's side of a call: the one writer to it, the numbering of messages, and what it has played."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from backend.voice import messages
from backend.voice.messages import CallState, Outgoing
from backend.voice.outlet import Outlet
from backend.voice.playback import Cut, Playback, milliseconds

QUEUED_BYTES = 4 << 20
"""Above this VoiceLive is not read until the browser catches up: about a minute of sound ahead of a slow network."""


class Wire(Protocol):
    """The short way to the browser that our own server offers: see `backend/api/wire.py`."""

    def deliver(self, to: Callable[[str | bytes], None] | None) -> None:
        """Hand messages to `to` as they arrive."""
        ...

    def write(self, payload: bytes) -> bool:
        """Send a text message if that takes no waiting; tell whether it did."""
        ...


@dataclass(frozen=True, slots=True)
class Browser:
    """A WebSocket as ASGI has it, and the short way to it where the server has one."""

    receive: Callable[[], Awaitable[Mapping[str, Any]]]
    send: Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
    wire: Wire | None = None


class Caller:
    """Sends to the browser. Every message gets the next `seq` when it is written, so that there are no gaps."""

    def __init__(self, browser: Browser) -> None:
        self.receive = browser.receive
        self._send = browser.send
        self._wire = browser.wire
        self._seq = 0
        self._outlet: Outlet[Outgoing] = Outlet(self._write, messages.weight)
        self._state: CallState | None = None
        self._playback = Playback()
        self._clock = asyncio.get_running_loop().time
        self.frames = 0

    def say(self, message: Outgoing) -> None:
        """Send a message; never waits."""
        if self._outlet.free and self._wire is not None and self._wire.write(messages.encode(message, self._seq + 1)):
            self._seq += 1
        else:
            self._outlet.put(message)

    def set_state(self, state: CallState) -> None:
        """Tell what the call is doing, once for each change."""
        if state != self._state:
            self._state = state
            self.say(messages.state(state))

    def audio(self, base64: bytes, item_id: str) -> float:
        """Send sound of an answer; return its playing time in milliseconds."""
        ms = milliseconds(base64)
        self._playback.sent(item_id, base64, ms, self._clock())
        self.frames += 1
        outlet, wire, seq = self._outlet, self._wire, self._seq + 1
        if outlet.free and wire is not None and wire.write(messages.sound(base64, item_id, seq)):
            self._seq = seq
        else:
            outlet.put(messages.Sound(base64, item_id))
        return ms

    def audio_end(self, item_id: str) -> None:
        """No more sound comes for this item."""
        self._playback.ended(item_id)
        self.say(messages.audio_end(item_id))

    def played(self, item_id: str, ms: float) -> int | None:
        """The browser reports the position it plays. Of an answer just cut: return where exactly it stopped, ms."""
        self._playback.played(item_id, ms, self._clock())
        return self._playback.stopped_at(item_id, ms)

    def speaking_for(self) -> float:
        """Return how many seconds of sound are still to be heard."""
        return self._playback.remaining_s(self._clock())

    def rest(self, responding: bool) -> None:
        """Say that the call is ready for the next word once an answer has been heard to its end."""
        if self._state == "speaking" and not responding and self.speaking_for() <= 0:
            self._playback.settle(self._clock())
            self.set_state("ready")

    def hush(self) -> list[Cut]:
        """Stop the sound: take back what is queued, tell the browser, and return which answers were cut where."""
        cuts = self._playback.cut(self._clock())
        self._outlet.drop(messages.is_sound)
        for cut in cuts:
            self.say(messages.interrupted(cut.item_id, cut.heard_ms))
        return cuts

    def put_aside(self, base64: bytes, item_id: str) -> float:
        """Keep sound of an answer that is cut, in case it goes on; return its playing time in milliseconds."""
        ms = milliseconds(base64)
        self._playback.put_aside(item_id, base64, ms, self._clock())
        return ms

    def put_aside_end(self, item_id: str) -> None:
        """No more sound comes for an item that is cut."""
        self._playback.ended(item_id)

    @property
    def resumable(self) -> bool:
        """Whether what was cut can go on where it stopped."""
        return self._playback.resumable

    def resume(self) -> None:
        """Go on where `hush` stopped: tell the browser from where, and send again what was not heard."""
        for rest in self._playback.resume():
            self._playback.resumed(rest.item_id, rest.from_ms, self._clock())
            self.say(messages.resumed_speech(rest.item_id, rest.from_ms))
            for base64 in rest.frames:
                self.audio(base64, rest.item_id)
            if rest.ended:
                self.audio_end(rest.item_id)

    def give_up(self) -> None:
        """What `hush` cut stays cut."""
        self._playback.give_up()

    @property
    def behind(self) -> bool:
        """Whether so much is queued that VoiceLive should not be read for now."""
        return self._outlet.weight > QUEUED_BYTES

    async def caught_up(self) -> None:
        """Wait until nothing is queued."""
        await self._outlet.emptied()

    def stuck_for(self) -> float:
        """Return for how many seconds the browser has not taken what is being sent to it."""
        return self._outlet.stuck_for()

    async def run(self) -> None:
        """Write what has to wait, for as long as the call lasts."""
        await self._outlet.run()

    def abandon(self) -> None:
        """The browser is gone."""
        self._outlet.abandon()

    def deliver(self, to: Callable[[str | bytes], None] | None) -> None:
        """Hand messages to `to` as they arrive, where the server can; all others come through `receive`."""
        if self._wire is not None:
            self._wire.deliver(to)

    async def _write(self, message: Outgoing) -> None:
        self._seq += 1
        await self._send({"type": "websocket.send", "text": messages.encode(message, self._seq).decode()})
