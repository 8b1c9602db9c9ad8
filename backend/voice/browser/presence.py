"""Whether the browser is there: the connections of a call, one after the other, and how long it does without one.

A browser that begins with `hello` may come back: its call goes on for `Patience.away` seconds without a connection, and
the next one gets what it has missed. For any other browser the end of the connection is the end of the call.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from fastapi import WebSocketDisconnect

from backend.voice.browser import messages
from backend.voice.browser.caller import Browser, Caller, Ear
from backend.voice.browser.messages import BadFrame, Hello
from backend.voice.counters import ABSENCES
from backend.voice.patience import Patience

log = logging.getLogger("backend.voice")

HELLO_S = 5.0
"""How long a connection that announced a `hello` may take to say it."""
TAKE_OVER_S = 0.5
"""How long a connection to a running call is given to say that it comes back, before it takes the call over."""
BLINK_S = 1.0
"""An absence shorter than this is not told to VoiceLive."""
TRAILING_SILENCE_S = 6.0
"""How long silence is sent for somebody who was cut off in mid-sentence, so that the sentence ends."""
FRAME_S = 0.04
SILENCE = b"A" * 2560
"""A frame of silence: 40 ms of PCM16 at 24 kHz, as base64."""
_GOOD_BYES = (1000, 1001)
"""Close codes of a browser that means it: hung up, page closed. 1005 is also told of connections that just broke."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a call, or one of its connections, is over. code: WebSocket close code; reason: at most 123 bytes."""

    code: int
    reason: str


class Presence:
    """The browser's side of one call as connections. `hear` takes a frame, `silence` a frame of sound in its place.

    ear: is offered sound before `hear` is.
    missed: the browser lacks what is not here any more. end: ends the call. spawn: starts a task of the call.
    """

    def __init__(
        self,
        call: str,
        caller: Caller,
        patience: Patience,
        *,
        hear: Callable[[str | bytes], None],
        ear: Ear,
        silence: Callable[[bytes], None],
        missed: Callable[[], None],
        end: Callable[[int, str], None],
        spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
    ) -> None:
        self._call = call
        self._caller = caller
        self._patience = patience
        self._hear = hear
        self._ear = ear
        self._silence = silence
        self._missed = missed
        self._end = end
        self._spawn = spawn
        loop = asyncio.get_running_loop()
        self._clock = loop.time
        self._told: asyncio.Future[Ending] | None = None
        self._absence: asyncio.Task[None] | None = None
        self._received, self._heard_at = -1, 0.0
        self.lasting = False
        """Whether the browser may come back."""
        self.call_id = ""
        """The browser's own name for the call, which tells one of its calls from another in the same session."""
        self.over: asyncio.Future[Ending] = loop.create_future()
        """Set when the call has ended and everything is stored."""

    async def attend(self, browser: Browser, hello: Hello | None) -> Ending:
        """Speak with one connection until it ends, another follows it, or the call is over; return how to close it."""
        self._let_go(Ending(4409, "replaced by a newer connection"))
        told: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._told = told
        self._received, self._heard_at = -1, self._clock()
        if self._absence is not None:
            self._absence.cancel()
            self._absence = None
        self._caller.disconnect()
        self._caller.connect(browser)
        if hello is not None and not self.welcome(hello):
            self._missed()
        reading, writing = asyncio.create_task(self._read(browser)), asyncio.create_task(self._caller.run())
        try:
            parts: set[asyncio.Future[Any]] = {reading, writing, told, self.over}
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            good_bye = reading.done() and not reading.cancelled() and reading.exception() is None
            code = reading.result() if good_bye else 1006
            for task in (reading, writing):
                task.cancel()
            failures = await asyncio.gather(reading, writing, return_exceptions=True)
            if self._told is told:
                self._told = None
                self._caller.disconnect()
        if self.over.done():
            return self.over.result()
        if told.done() and told.result().code == 4409:
            return told.result()
        for failure in failures:
            if isinstance(failure, Exception) and not isinstance(failure, OSError | RuntimeError | WebSocketDisconnect):
                log.error("%s: the browser's connection failed", self._call, exc_info=failure)
        if self.lasting and code not in _GOOD_BYES:
            log.debug("%s: the browser is away", self._call)
            ABSENCES.inc()
            self._absence = self._spawn(self._await_return())
            return told.result() if told.done() else Ending(1001, "the connection was lost")
        self._end(1000, "the browser hung up")
        return await asyncio.shield(self.over)

    def welcome(self, hello: Hello) -> bool:
        """Take the hello of a connection; tell whether what the browser has missed is still here."""
        self.lasting = True
        self.call_id = hello.call_id or self.call_id
        if hello.binary:
            self._caller.speak_binary()
        complete = self._caller.catch_up(hello.resume_after)
        if hello.playing is not None:
            self._caller.played(hello.playing.item_id, hello.playing.ms)
        return complete

    def greeted(self, hello: Hello) -> None:
        """Take a hello that comes when the call is under way already: what was sent before it was not kept."""
        if self.lasting:
            self._caller.seen(hello.resume_after)
            if hello.binary:
                self._caller.speak_binary()
        elif not self.welcome(hello):
            self._caller.say(messages.resumed(complete=False))

    def check(self, received: int) -> None:
        """Let a connection go that does not take what is sent, or of which nothing is heard. received: a running count
        of what came from it.
        """
        if self._told is None:
            return
        if self._caller.stuck_for() > self._patience.browser:
            self._drop("the browser does not read")
        elif received != self._received:
            self._received, self._heard_at = received, self._clock()
        elif self.lasting and self._clock() - self._heard_at > self._patience.silent:
            self._drop("nothing was heard of the browser")

    def _drop(self, reason: str) -> None:
        if self.lasting:
            self._let_go(Ending(4408, reason))
        else:
            self._end(4408, reason)

    def _let_go(self, why: Ending) -> None:
        if self._told is not None and not self._told.done():
            self._told.set_result(why)

    async def _read(self, browser: Browser) -> int:
        """Read until the connection ends; return its close code."""
        self._caller.deliver(self._hear, self._ear)
        while True:
            message = await browser.receive()
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or 1005)
            text = message.get("text")
            self._hear(text if text is not None else message["bytes"])

    async def _await_return(self) -> None:
        """The browser is away: let a sentence that was cut off end, and after a while the call."""
        since = self._clock()
        await asyncio.sleep(BLINK_S)
        while self._caller.state == "listening" and self._clock() - since < TRAILING_SILENCE_S:
            self._silence(SILENCE)
            await asyncio.sleep(FRAME_S)
        await asyncio.sleep(since + self._patience.away - self._clock())
        self._end(1001, "the browser did not come back")


async def first_message(browser: Browser, within: float) -> tuple[Hello | None, Browser]:
    """Wait at most `within` seconds for the first message.

    Returns the hello with the browser, or None with one that gives what was read once more.
    """
    reading = asyncio.ensure_future(browser.receive())
    await asyncio.wait({reading}, timeout=within)
    if reading.done() and reading.exception() is None and (text := reading.result().get("text")) is not None:
        try:
            incoming = messages.parse_text(text)
        except BadFrame:
            incoming = b""  # answered when it is read again
        if isinstance(incoming, Hello):
            return incoming, browser
    read_ahead: list[asyncio.Future[Any]] = [reading]

    async def receive() -> Any:
        if not read_ahead:
            return await browser.receive()
        message = await read_ahead[0]
        read_ahead.clear()
        return message

    return None, replace(browser, receive=receive)
