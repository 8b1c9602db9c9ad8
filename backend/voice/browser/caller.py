"""The browser's side of a call: the one writer to it, the numbering of messages, and what it has played."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from backend.voice import fast_path
from backend.voice.browser import messages
from backend.voice.browser.messages import CallState, Outgoing, Playing, pcm16
from backend.voice.browser.playback import Cut, Playback, milliseconds
from backend.voice.browser.resend import Sent
from backend.voice.outlet import Outlet

QUEUED_BYTES = 4 << 20
"""Above this VoiceLive is not read until the browser catches up: about a minute of sound ahead of a slow network."""


class Ear(Protocol):
    """Takes microphone sound at once, or answers False to have it go the usual way."""

    def binary(self, payload: bytes) -> bool:
        """Take a binary message."""
        ...

    def text(self, payload: bytes) -> bool:
        """Take a text message that begins as sound does."""
        ...

    @property
    def whole(self) -> Callable[[bytes], bool] | None:
        """Takes a WebSocket frame as it came from the socket, masked; None: it is to be unmasked first."""
        ...


class Wire(Protocol):
    """The short way to the browser that our own server offers: see `backend/api/wire.py`."""

    def deliver(self, to: Callable[[str | bytes], None] | None, ear: "Ear | None" = None) -> None:
        """Hand messages to `to` as they arrive; sound to `ear` first."""
        ...

    def write(self, payload: bytes) -> bool:
        """Send a text message if that takes no waiting; tell whether it did."""
        ...

    def writer(self, before: bytes, between: bytes, *, binary: bool) -> Callable[[bytes, bytes], bool]:
        """Return a function of two parts that sends before + first + between + second in the same way."""
        ...


@dataclass(frozen=True, slots=True)
class Browser:
    """A WebSocket as ASGI has it, and the short way to it where the server has one."""

    receive: Callable[[], Awaitable[Mapping[str, Any]]]
    send: Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
    wire: Wire | None = None


def _not_at_once(first: bytes, second: bytes) -> bool:
    return False


class Caller:
    """Sends to the browser. Every message gets the next `seq` when it is written, so that there are no gaps.

    While no connection stands everything waits. On a narrow line captions go before the sound that waits.
    """

    def __init__(self) -> None:
        self._browser: Browser | None = None
        self._wire: Wire | None = None
        self._tally = fast_path.Tally(_not_at_once)
        self._kept: Sent | None = None
        self._position = Playback()
        self._frames = 0
        self._sounded_at = 0.0
        self._missed: list[tuple[int, Outgoing]] = []
        self._told: list[Outgoing] = []
        self._outlet: Outlet[Outgoing] = Outlet(self._write, messages.weight, messages.overtakes)
        self._outlet.hold()
        self._state: CallState | None = None
        self._clock = asyncio.get_running_loop().time

    def say(self, message: Outgoing) -> None:
        """Send a message; never waits."""
        seq = self._tally.seq + 1
        if self._outlet.free and self._wire is not None and self._wire.write(messages.encode(message, seq)):
            self._count(message)
        else:
            self._wait(message)

    @property
    def state(self) -> CallState | None:
        """What the call is doing, as last told."""
        return self._state

    def set_state(self, state: CallState) -> None:
        """Tell what the call is doing, once for each change."""
        if state != self._state:
            self._state = state
            self.say(messages.state(state, self._clock()))

    def set_waiting(self, place: int, seconds: float) -> None:
        """Tell that the call waits for its turn, and where in the queue it stands."""
        self._state = "waiting"
        self.say(messages.waiting(place, seconds))

    def audio(self, base64: bytes, item_id: str) -> float:
        """Send sound of an answer; return its playing time in milliseconds."""
        ms, now = milliseconds(base64), self._clock()
        if item_id != self._tally.item_id:
            self._begin(item_id)
        if not self.audio_at_once(base64, item_id, ms, now):
            self._playback.sent(item_id, base64, ms, now)
            self._frames += 1
            self._wait(messages.Sound(base64, item_id))
        return ms

    def audio_at_once(self, base64: bytes, item_id: str, ms: float, now: float) -> bool:
        """Send more sound of the item that `audio` sent last, if that takes no waiting; tell whether it did.

        ms: its playing time; now: loop time, seconds.
        """
        tally = self._tally
        if item_id != tally.item_id:
            return False
        seq, write = tally.seq + 1, tally.write
        first, second = (seq.to_bytes(4, "little"), pcm16(base64)) if tally.binary else (base64, b"%d}" % seq)
        if not write(first, second):
            return False
        tally.seq = seq
        tally.fresh.append((base64, item_id, ms, now))
        return True

    def downward(self) -> "fast_path.Downward | None":
        """Return what cuts sound out of its frame and does `audio_at_once`, in C; None where it is not compiled."""
        return fast_path.Downward(self._tally, self._clock, pcm16) if fast_path.COMPILED else None

    def _begin(self, item_id: str) -> None:
        """Send the sound of this item at once from here on, if the way is free."""
        tally = self._tally
        if self._wire is None or not self._outlet.free:
            tally.item_id = None
            return
        parts = messages.binary_head(item_id) if tally.binary else (messages.SOUND, messages.sound_end(item_id))
        tally.item_id, tally.write = item_id, self._wire.writer(*parts, binary=tally.binary)

    def _wait(self, message: Outgoing) -> None:
        """Send what has to wait, or to go the long way; sound goes behind it."""
        self._tally.item_id = None
        self._outlet.put(message)

    # What is sent at once is only noted, and entered into the books when somebody looks into them: at the latest when
    # the call is looked after, every two seconds or sooner. Frame by frame, caches cold, the books cost as much as the
    # sending.

    def _enter(self) -> None:
        fresh, self._tally.fresh, sent = self._tally.fresh, [], self._position.sent
        self._frames += len(fresh)
        self._sounded_at = fresh[-1][3]
        for base64, item_id, ms, now in fresh:
            sent(item_id, base64, ms, now)
        if self._kept is not None:
            self._kept.extend(fresh)

    @property
    def _playback(self) -> Playback:
        if self._tally.fresh:
            self._enter()
        return self._position

    @property
    def _sent(self) -> Sent | None:
        if self._tally.fresh:
            self._enter()
        return self._kept

    @property
    def frames(self) -> int:
        """How many frames of sound were sent."""
        return self._frames + len(self._tally.fresh)

    @property
    def sounded_at(self) -> float:
        """When sound was sent at once last (loop time, seconds)."""
        return self._tally.fresh[-1][3] if self._tally.fresh else self._sounded_at

    def speak_binary(self) -> None:
        """Send sound as binary messages from here on, for as long as this connection stands."""
        self._tally.binary, self._tally.item_id = True, None

    def audio_end(self, item_id: str) -> None:
        """No more sound comes for this item."""
        self._playback.ended(item_id)
        self.say(messages.audio_end(item_id))

    def played(self, item_id: str, ms: float) -> int | None:
        """The browser reports the position it plays. Of an answer just cut: return where exactly it stopped, ms."""
        self._playback.played(item_id, ms, self._clock())
        return self._playback.stopped_at(item_id, ms)

    def adopt(self, playing: Playing) -> None:
        """The browser has sound of an answer that another process sent it; no more of it comes."""
        now = self._clock()
        self._playback.resumed(playing.item_id, playing.received_ms, now)
        self._playback.ended(playing.item_id)
        self._playback.played(playing.item_id, playing.ms, now)

    def speaking_for(self) -> float:
        """Return how many seconds of sound are still to be heard."""
        return self._playback.remaining_s(self._clock())

    def rest(self, responding: bool) -> bool:
        """Say that the call is ready for the next word once an answer has been heard to its end; tell whether it is yet
        to be.
        """
        if self._state != "speaking" or responding:
            return False
        if self.speaking_for() > 0:
            return True
        self._playback.settle(self._clock())
        self.set_state("ready")
        return False

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

    def left_unheard(self) -> list[Cut]:
        """The call is over: return what was not heard to its end."""
        return self._playback.left_unheard(self._clock())

    def give_up(self) -> None:
        """What `hush` cut stays cut."""
        self._playback.give_up()

    @property
    def behind(self) -> bool:
        """Whether so much is queued that VoiceLive should not be read for now."""
        return self._outlet.weight > QUEUED_BYTES

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._browser is not None

    async def caught_up(self) -> None:
        """Wait until nothing is queued."""
        await self._outlet.emptied()

    def stuck_for(self) -> float:
        """Return for how many seconds the browser has not taken what is being sent to it."""
        return self._outlet.stuck_for()

    def connect(self, browser: Browser) -> None:
        """Speak with this connection from now on, as soon as `run` does."""
        self._browser, self._wire = browser, browser.wire
        self._tally.binary, self._tally.item_id = False, None
        self._missed, self._told = [], []

    def disconnect(self) -> None:
        """There is no connection: what is said from now on waits for the next."""
        self.deliver(None)
        self._browser = self._wire = self._tally.item_id = None
        self._tally.write = _not_at_once
        self._outlet.hold()

    def catch_up(self, seq: int) -> bool:
        """The browser has everything up to `seq` and may come back: from here on what it has not seen is kept.

        Before `run`: it begins with what the browser has missed. Returns False when that is not here any more.
        """
        missed: list[tuple[int, Outgoing]] | None = [] if self._sent is None and self._tally.seq == seq else None
        if self._sent is None:
            self._tally.seq = max(self._tally.seq, seq)
            self._kept = Sent(self._tally.seq)
        else:
            missed = self._sent.after(seq)
            self._sent.seen(seq)
        if missed is None and self._kept is not None:
            self._kept.clear()
        self._missed = missed or []
        if self._tally.seq:
            self._told = [messages.resumed(complete=missed is not None)]
            if self._state is not None:
                self._told.append(messages.state(self._state, self._clock()))
        return missed is not None

    def seen(self, seq: int) -> None:
        """The browser has everything up to `seq`."""
        if self._sent is not None:
            self._sent.seen(seq)

    async def run(self) -> None:
        """Write what the connection has missed, and then what has to wait, for as long as it stands."""
        assert self._browser is not None
        send = self._browser.send
        for seq, message in self._missed:
            await send(self._frame(message, seq))
        for message in self._told:
            await self._write(message)
        self._outlet.go_on()
        await self._outlet.run()

    def abandon(self) -> None:
        """The browser is gone."""
        self._outlet.abandon()

    def deliver(self, to: Callable[[str | bytes], None] | None, ear: Ear | None = None) -> None:
        """Hand messages to `to` (sound to `ear` first) as they arrive, where the server can; others by `receive`."""
        if self._wire is not None:
            self._wire.deliver(to, ear)

    def _count(self, message: Outgoing) -> None:
        self._tally.seq += 1
        if (sent := self._sent) is not None:
            sent.append(message)

    async def _write(self, message: Outgoing) -> None:
        assert self._browser is not None
        self._count(message)  # before it is known to have arrived: what has not will be sent again
        await self._browser.send(self._frame(message, self._tally.seq))

    def _frame(self, message: Outgoing, seq: int) -> dict[str, Any]:
        if self._tally.binary and isinstance(message, messages.Sound):
            sound = messages.binary_sound(message.base64, message.item_id, seq)
            return {"type": "websocket.send", "bytes": sound}
        return {"type": "websocket.send", "text": messages.encode(message, seq).decode()}
