"""A call: everything that is decided between a browser and VoiceLive is decided here and in `events`.

Each side has one reader and one writer. Readers never wait for anything slow: memory, agent switches and typed text run
beside them. Sound goes on as it came, in both directions.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Coroutine
from typing import Any

from backend.agents.profiles import AgentProfile
from backend.agents.tools import HandOver
from backend.core.context import EnterpriseContext
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.voice.browser import messages
from backend.voice.browser.caller import Browser, Caller
from backend.voice.browser.messages import BadFrame, Hello
from backend.voice.browser.presence import Ending, Presence
from backend.voice.browser.rate import Allowance
from backend.voice.call.duration import Duration
from backend.voice.call.errands import Errands
from backend.voice.call.events import Events
from backend.voice.call.hand_over import HandOvers
from backend.voice.call.inheritance import Beginning, inherit
from backend.voice.call.line import GO_ON, Line
from backend.voice.call.meanwhile import follow
from backend.voice.call.measures import Measures
from backend.voice.call.microphone import Microphone
from backend.voice.call.stopwatch import Stopwatch
from backend.voice.counters import ENDINGS, FAILURES, FRAMES
from backend.voice.elsewhere import call_mark
from backend.voice.pulse import Watch
from backend.voice.room import Room
from backend.voice.voicelive import configuration
from backend.voice.voicelive.leg import Leg, short_id
from backend.voice.words.keeper import Keeper, without_memory
from backend.voice.words.transcript import Transcript

log = logging.getLogger("backend.voice")

WAITING_REQUESTS = 16

Request = messages.SwitchAgent | messages.Typed | HandOver
"""What takes time and is worked on one after the other, beside the sound."""


class VoiceSession:
    """One call. `run` returns when it is over; meanwhile the browser's connections `attend`."""

    def __init__(
        self, room: Room, principal: Principal, session_id: str, agent: AgentProfile, returning: Hello | None = None
    ) -> None:
        """returning: how the browser greeted us when another process began the call, or this one before it ended."""
        self._room = room
        self._principal = principal
        self._session_id = session_id
        self._profile = agent
        self._returning = returning
        self.mark = call_mark(principal, session_id)
        """The call's name between replicas."""
        loop = asyncio.get_running_loop()
        self._clock = loop.time
        self._caller = Caller()
        self._allowance = Allowance(self._clock)
        self._requests: asyncio.Queue[messages.SwitchAgent | messages.Typed | HandOver] = asyncio.Queue(
            WAITING_REQUESTS
        )
        self._ended: asyncio.Future[Ending] = loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._messages_up = 0
        self._watch = Watch(self._look)
        self._keeper: Keeper | None = None
        self._line = Line(room, session_id, self._caller, self._spawn)
        measures = Measures(session_id, room.traces, self._model_of, self._caller.say)
        self._stopwatch = Stopwatch(time.monotonic, measures.tell)
        settings = room.settings
        self._duration = Duration(
            settings.voice_idle_minutes * 60, settings.voice_max_minutes * 60, self._clock(), self._notice, self.end
        )
        self._microphone = Microphone(self._line, self._allowance.sound)
        self._presence = Presence(
            session_id,
            self._caller,
            room.patience,
            hear=self._take,
            ear=self._microphone,
            silence=self._line.microphone,
            missed=self._missed_too_much,
            end=self.end,
            spawn=self._spawn,
        )

    @property
    def _leg(self) -> Leg | None:
        return self._line.leg

    async def run(self, ours: Awaitable[None] | None = None) -> Ending:
        """Hold the call until either side ends it; everything it opened is closed and stored when this returns.

        ours: waited for before memory is read: nobody else writes to the session from then on.
        """
        log.debug("%s: call begins with %s", self._session_id, self._profile.id)
        self._caller.say(messages.agent_switched(self._profile.id))
        opening = asyncio.create_task(self._line.connect(self._profile, returning=self._returning is not None))
        ending = Ending(1011, "internal error")
        try:
            if ours is not None:
                await ours
            context = await self._open_context()
            self._keeper = Keeper(self._room.memory, self._principal, context)
            self._transcript = Transcript(self._session_id, self._keeper, self._caller.say)
            self._errands = self._send_errands(context)
            self._events = Events(
                self._session_id,
                self._caller,
                self._transcript,
                self._stopwatch,
                self._clock,
                lambda: self._line.leg,
                self._errands,
                self._watch.stir,
            )
            self._line.attach(self._keeper, self._transcript, self._events, self._errands)
            self._hand_overs = HandOvers(
                self._room,
                self._line,
                self._caller,
                self._events,
                self._errands,
                self._stopwatch,
                lambda: not self._requests.empty(),
            )
            self._spawn(self._keeper.run())
            beginning: Beginning = "listen"
            if self._returning is not None:
                turns = list(context.episodic.turns)
                beginning = inherit(turns, self._transcript, self._caller, self._returning.playing)
            self._spawn(self._work(opening, beginning))
            if (changes := self._room.changes) is not None:
                memory, who = self._room.memory, self._principal
                self._spawn(follow(changes, memory, who, self._keeper, self._caller, lambda: self._leg))
            ending = await self._ended
        finally:
            try:
                await self._close(opening)
            finally:
                ENDINGS.labels(str(ending.code)).inc()
                log.debug("%s: call ends, %d %s", self._session_id, ending.code, ending.reason)
                self._presence.over.set_result(ending)
        return ending

    async def attend(self, browser: Browser, hello: Hello | None) -> Ending:
        """Hold one connection of the call; return how to close it. See `Presence`."""
        return await self._presence.attend(browser, hello)

    def _missed_too_much(self) -> None:
        """The browser lacks sound that is not here any more: stop the answer where the person stopped hearing it."""
        if self._leg is not None:
            self._events.floor.interrupt(self._leg)

    def continued_by(self, hello: Hello) -> bool:
        """Tell whether a connection that begins so belongs to this call, which is not over."""
        mine = self._presence.call_id
        same = hello.call_id == mine if hello.call_id and mine else hello.resume_after > 0
        return same and self._presence.lasting

    async def over(self) -> None:
        """Wait until the call has ended and what was said is stored."""
        await asyncio.shield(self._presence.over)

    @property
    def ending(self) -> bool:
        """Whether the call takes no more connections."""
        return self._ended.done()

    def belongs_to(self, principal: Principal, session_id: str) -> bool:
        """Tell whether this is a call of that session of that person."""
        mine = self._principal
        return (mine.tenant, mine.user_id, self._session_id) == (principal.tenant, principal.user_id, session_id)

    def end(self, code: int, reason: str) -> None:
        """End the call; the first reason counts."""
        if not self._ended.done():
            self._ended.set_result(Ending(code, reason))

    async def move(self, reason: str, after_ms: int) -> None:
        """Ask the browser to go on at another replica, when the present turn ends or has taken too long."""
        deadline = self._clock() + self._room.patience.drain
        while self._in_a_turn and self._clock() < deadline and not self.ending:  # noqa: ASYNC110  # bounded, and rare
            await asyncio.sleep(self._room.patience.tick)
        self._caller.say(messages.moved(reason, after_ms))
        self.end(4410, "moved")
        await self.over()

    @property
    def _in_a_turn(self) -> bool:
        if self._keeper is None or not self._caller.connected:
            return False
        heard = self._caller.speaking_for() <= 0 and self._caller.state not in ("listening", "thinking")
        return not heard or not self._transcript.worded or (self._leg is not None and self._leg.busy)

    async def _close(self, opening: asyncio.Task[Leg]) -> None:
        self._caller.deliver(None)
        self._stopwatch.close()
        if self._keeper is not None:
            self._events.floor.hung_up()
            await self._errands.close(self._room.patience.store)
            self._transcript.close()
            await self._keeper.finish(self._room.patience.store)
            FRAMES.labels("late").inc(self._events.late_frames)
        if self._caller.connected:
            try:  # the last message says why the call ends: let it out before the socket closes
                await asyncio.wait_for(self._caller.caught_up(), 1.0)
            except TimeoutError:
                log.debug("%s: the browser did not take the last messages", self._session_id)
        tasks: list[asyncio.Task[Any]] = [*self._tasks, opening]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._caller.abandon()
        await self._line.close()
        FRAMES.labels("up").inc(self._microphone.frames)
        FRAMES.labels("down").inc(self._caller.frames)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        failure = None if task.cancelled() else task.exception()
        if failure is None or self._ended.done():
            return
        if isinstance(failure, Problem):
            FAILURES.labels(failure.code).inc()
            log.warning("%s: %s", self._session_id, failure.code)
            self._caller.say(messages.error(failure.detail, failure.code, retryable=failure.retryable))
            self.end(4429 if failure.status == 429 else 4503, failure.code)
        else:
            log.error("%s: the voice session failed", self._session_id, exc_info=failure)
            remedy = "The voice session failed inside. Start the call again."
            self._caller.say(messages.error(remedy, "internal", retryable=True))
            self.end(1011, "internal error")

    # Opening, and the requests that take time

    async def _open_context(self) -> EnterpriseContext:
        """Ask memory, with a bound of our own: a memory that hangs costs its notes, not the call."""
        who = self._principal
        asked = asyncio.create_task(self._room.memory.open_context(who, self._session_id, self._profile.id, "voice"))
        # Not wait_for: cancelling a read half-way can break a connection pool.
        await asyncio.wait({asked}, timeout=self._room.settings.memory_timeout_ms / 1000 + 0.2)
        if asked.done() and asked.exception() is None:
            return asked.result()
        asked.add_done_callback(lambda task: None if task.cancelled() else task.exception())
        log.warning("%s: memory did not answer; the call begins without it", self._session_id)
        return without_memory(who, self._session_id, self._profile.id)

    def _model_of(self, agent_id: str) -> str:
        return self._line.model(self._room.agents.get(agent_id))

    async def _work(self, opening: asyncio.Task[Leg], beginning: Beginning) -> None:
        await self._line.begin(await opening, self._profile)
        if beginning != "listen" and self._leg is not None:
            self._leg.ask_response(GO_ON if beginning == "go on" else "")
            self._caller.set_state("thinking")
        elif self._caller.speaking_for() > 0:
            self._caller.set_state("speaking")
        self._spawn(self._watch.keep(self._room.patience.tick))
        while True:
            request = await self._requests.get()
            await self._line.standing.wait()
            match request:
                case messages.SwitchAgent(agent_id):
                    await self._switch(agent_id)
                case messages.Typed(content):
                    self._typed(content)
                case HandOver(agent):
                    await self._switch(agent.id, request)

    def _send_errands(self, context: EnterpriseContext) -> Errands:
        return Errands(
            self._session_id,
            context.security,
            self._caller,
            self._stopwatch,
            self._room.patience,
            as_written=configuration.takes_prepared_words(self._room.settings.azure_voicelive_api_version),
            asked_by=lambda: self._transcript.last_item,
            current=lambda: self._leg,
            recalled=self._transcript.recalled,
            bring_in=self._bring_in,
        )

    def _bring_in(self, hand_over: HandOver) -> None:
        try:
            self._requests.put_nowait(hand_over)
        except asyncio.QueueFull:
            log.warning("%s: no hand-over, too many requests wait", self._session_id)

    def _typed(self, content: str) -> None:
        if self._leg is not None:
            self._watch.stir()
            item_id = short_id("typed")
            self._transcript.typed(item_id, content, self._profile.id)
            self._stopwatch.typed(item_id)
            self._errands.interrupt(self._leg)
            self._leg.say(item_id, "user", content)
            self._leg.ask_response()
            self._caller.set_state("thinking")

    async def _switch(self, agent_id: str, brought_in: HandOver | None = None) -> None:
        try:
            profile = self._room.agents.get(agent_id)
        except Problem as unknown:
            self._caller.say(messages.error(unknown.detail, "unknown_agent", retryable=False))
            return
        if await self._hand_overs.to(profile, brought_in):
            assert self._keeper is not None
            self._profile = profile
            self._keeper.context.operational.agent_id = profile.id

    def _notice(self, text: str) -> None:
        """Tell the person something that is no turn of the conversation."""
        self._caller.say(messages.transcription("complete", text, "assistant", short_id("notice"), self._profile.id))

    def _look(self) -> float:
        """Look after what nobody reports: a browser that does not read, an answer that does not come, overdue words.

        Returns when the next of these is due (loop time); what the person does not notice may wait for longer.
        """
        due = min(self._line.tend(), self._events.floor.decide(), self._transcript.tend())
        sounds_for = self._caller.speaking_for()
        if self._leg is not None and self._caller.rest(self._leg.busy):
            due = min(due, self._clock() + sounds_for)
        self._presence.check(self._microphone.frames + self._messages_up)
        self._duration.check(self._clock(), active=self._caller.state != "ready" or sounds_for > 0)
        self._stopwatch.tick(sounding=sounds_for > 0)
        return due

    # From the browser

    def _take(self, frame: str | bytes) -> None:
        """Deal with one frame; never waits, never raises."""
        try:
            incoming = messages.parse_text(frame) if isinstance(frame, str) else messages.parse_binary(frame)
            if isinstance(incoming, bytes):
                self._sound(incoming)
            else:
                self._request(incoming)
        except BadFrame as bad:
            self._refuse(bad)

    def _sound(self, base64: bytes) -> None:
        if not self._allowance.sound.take(len(base64)):
            FRAMES.labels("refused").inc()
            raise BadFrame("rate_limited", "Sound comes much faster than it is spoken. Send it as it is recorded.")
        self._microphone.count()
        self._line.microphone(base64)

    def _request(self, incoming: messages.Incoming) -> None:
        if not self._allowance.message():
            raise BadFrame("rate_limited", "Too many messages. Send at most 20 a second.")
        self._messages_up += 1
        match incoming:
            case messages.Played(item_id, ms):
                self._events.floor.stopped_at(item_id, ms)
                self._stopwatch.played(item_id, ms)
                if self._leg is not None:
                    self._caller.rest(self._leg.busy)
            case messages.Playback():
                self._stopwatch.playback(incoming)
            case messages.Cancel():
                self._watch.stir()
                if self._leg is not None:
                    self._events.floor.interrupt(self._leg)
                    self._errands.interrupt(self._leg)
                    self._leg.cancel()
                    self._caller.set_state("ready")
            case messages.SwitchAgent() | messages.Typed():
                try:
                    self._requests.put_nowait(incoming)
                except asyncio.QueueFull:
                    raise BadFrame("rate_limited", "Earlier requests are still being worked on. Try again.") from None
            case messages.Ping(seen):
                self._caller.seen(seen)
                self._caller.say(messages.pong(self._clock()))
            case messages.Hello():
                self._presence.greeted(incoming)

    def _refuse(self, bad: BadFrame) -> None:
        if self._allowance.complaint():
            FAILURES.labels(bad.code).inc()
            self._caller.say(messages.error(bad.remedy, bad.code, retryable=bad.code == "rate_limited"))
        elif self._allowance.exhausted:
            self.end(4429, "too many bad frames")
