"""The call's line to VoiceLive: which leg answers, what it is told when it begins, and how another takes its place.

A leg that is lost, or that is about to expire, is replaced by one that knows the conversation. Words and sound are kept
meanwhile: what the person says until it has words, and what was sent of an answer.
"""

import asyncio
import logging
import math
import random
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from backend.agents.profiles import AgentProfile, voice_name
from backend.core import notes
from backend.core.context import Turn
from backend.core.problems import Problem
from backend.voice.browser.caller import Caller
from backend.voice.browser.playback import milliseconds
from backend.voice.call.errands import Errands
from backend.voice.call.events import Events
from backend.voice.counters import FAILURES, REPLACED
from backend.voice.room import Room
from backend.voice.voicelive import configuration, failures
from backend.voice.voicelive.leg import Leg
from backend.voice.voicelive.link import not_at_once
from backend.voice.voicelive.repetition import Repetition
from backend.voice.words.keeper import Keeper
from backend.voice.words.transcript import BrokenOff, Transcript

log = logging.getLogger("backend.voice")

REPLAYED_TURNS = 20
REPLAYED_CHARACTERS = 12_000
LOSSES = 6
"""How many legs in a row may be lost before one has answered, or has stood for `STEADY_S`."""
STEADY_S = 60.0
PAUSE_S = 1.0
"""How long nothing must have been said or heard for a rollover: longer than the lead that the next leg hears again."""

WARM_AGAIN_S = 5.0
"""How long after a failure the next attempt is made to prepare a leg for a rollover."""

GO_ON = (
    "The connection broke while you were speaking. The person heard your last message as far as it stands here. Go on "
    "from exactly there, without greeting, apology or repetition."
)


class Line:
    """The legs of one call; `leg` is the one that answers, None while there is none: then microphone sound waits.

    standing: set while there is one. keep: keeps what the person said until it has words.
    at_once: sends what they say if it need not wait for anything, tells whether it did, and keeps nothing.
    """

    def __init__(
        self,
        room: Room,
        call: str,
        caller: Caller,
        spawn: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
    ) -> None:
        self._room = room
        self._call = call
        self._caller = caller
        self._spawn = spawn
        self._clock = asyncio.get_running_loop().time
        self.leg: Leg | None = None
        self.at_once: Callable[[bytes], bool] = not_at_once
        self.standing = asyncio.Event()
        self._legs: list[Leg] = []
        self._held: deque[bytes] = deque(maxlen=room.settings.voice_audio_queue_frames)
        self._losses = 0
        self._lost_until = 0.0
        self._began_at = self._busy_at = self._clock()
        self._standby: Leg | None = None
        self._warming: asyncio.Task[None] | None = None
        self._warm_at = 0.0

    def attach(self, keeper: Keeper, transcript: Transcript, events: Events, errands: Errands) -> None:
        """From here on legs can begin: what is known of the conversation is there."""
        self._keeper, self._transcript, self._events, self._errands = keeper, transcript, events, errands
        self.keep = transcript.sound.add

    def microphone(self, base64: bytes) -> None:
        """Send what the person says."""
        if self.leg is None:
            self._held.append(base64)
        else:
            self.keep(base64)
            self.leg.audio(base64)
            self.at_once = self.leg.at_once

    def _wait(self) -> None:
        self.at_once = not_at_once

    # A leg begins

    async def connect(self, profile: AgentProfile, *, returning: bool = True, wait: float | None = None) -> Leg:
        """Open a VoiceLive session, not configured yet; raise `Problem`. See `Upstream.connect`."""
        link, endpoint = await self._room.upstream.connect(
            self.model(profile),
            request_id=self._call,
            returning=returning,
            wait=wait,
            told=None if returning else self._caller.set_waiting,
        )
        leg = Leg(link, endpoint, profile, {}, self._room.settings.voice_audio_queue_frames)
        self._legs.append(leg)
        return leg

    async def begin(self, leg: Leg, profile: AgentProfile) -> None:
        """Prepare a fresh leg and let it answer from here on; raise `Problem`."""
        await self._prepare(leg, profile)
        self.answer_with(leg)
        self._caller.set_state("ready")

    async def _prepare(self, leg: Leg, profile: AgentProfile) -> None:
        """Configure a fresh leg and tell it what was said before; raise `Problem`."""
        patience = self._room.patience
        await self.configure(leg, profile)
        self._tell(leg)
        listening = self._spawn(self._attend(leg))
        self._spawn(leg.write())
        confirmed = asyncio.create_task(leg.ready.wait())
        await asyncio.wait({confirmed, listening}, timeout=patience.confirm, return_when="FIRST_COMPLETED")
        confirmed.cancel()
        if not leg.ready.is_set() or leg.rejected or leg.problem is not None:
            leg.retired = True
            problem = leg.problem or (
                failures.lost(1008, expired=False) if leg.rejected else failures.not_ready(patience.confirm)
            )
            if problem.retryable:
                leg.endpoint.failed(problem)
            else:  # it serves, and refuses what this agent asks for
                leg.endpoint.worked()
            await self._drop(leg)
            raise problem
        leg.endpoint.worked()
        if leg.expires_at is not None:
            left = leg.expires_at - time.time()
            jitter = random.random()  # noqa: S311  # not a secret
            margin = min(patience.rollover, 0.3 * left) * (1 + jitter / 2)
            leg.roll_at = self._clock() + left - margin
            leg.leave_at = self._clock() + left - min(patience.leave, margin / 4)

    async def prepared(self, profile: AgentProfile) -> Leg:
        """Return a leg of an agent, ready to take over, while another one still answers; raise `Problem`."""
        leg = await self.connect(profile, wait=self._room.patience.switch)
        await self._prepare(leg, profile)
        return leg

    def replace(self, old: Leg, fresh: Leg, *, ask: bool, instructions: str) -> None:
        """Let a prepared leg answer from here on in the place of one that was stopped; raise `Problem`.

        ask: an answer is due; while the person is speaking it comes by itself, unless they say nothing.
        """
        if fresh.problem is not None:
            raise fresh.problem
        old.retire()
        left = self._break_off()
        self._tell(fresh)
        frames = self._transcript.sound.frames()
        fresh.hear_again(frames)
        self.answer_with(fresh)
        self._transcript.listened_again()
        if left.unworded and frames:
            fresh.due = instructions if ask else None
        elif ask:
            fresh.ask_response(instructions)
            self._caller.set_state("thinking")
        else:
            self._caller.set_state("ready")
        self._spawn(self._drop(old))

    def answer_with(self, leg: Leg) -> None:
        """Let this leg hear the microphone, from what was held on, and be the one that is heard."""
        self.leg, leg.waits = leg, self._wait
        self._wait()
        self._began_at = self._clock()
        self.standing.set()
        leg.hear_again(self._held)
        for frame in self._held:
            self._transcript.sound.add(frame)
        self._held.clear()
        if self._standby is not None:
            self._spawn(self._drop(self._standby))
            self._standby = None

    def hold(self) -> None:
        """No leg answers from here on; microphone sound waits."""
        self.leg = None
        self._wait()
        self.standing.clear()

    def model(self, profile: AgentProfile) -> str:
        """Return the model that speaks for an agent."""
        return profile.model or self._room.settings.azure_voicelive_model

    async def configure(self, leg: Leg, profile: AgentProfile) -> None:
        """Ask a leg for an agent's session, with what is known about the person and the agent's tools."""
        box = await self._room.toolboxes.open(profile)
        session = configuration.session(
            profile,
            model=self.model(profile),
            voice=voice_name(profile, self._room.settings),
            memory_block=notes.of(self._keeper.context).text,
            box=box,
        )
        leg.configure(profile, session, box)

    def _tell(self, leg: Leg) -> None:
        """Tell a leg the last turns it does not know, in order: what was heard of an answer, not what was meant."""
        recent: list[Turn] = []
        characters = 0
        for turn in reversed(self._keeper.context.episodic.turns[-REPLAYED_TURNS:]):
            characters += len(turn.content)
            if characters > REPLAYED_CHARACTERS or turn.id in leg.told:
                break
            recent.append(turn)
        for turn in reversed(recent):
            if turn.content.strip():
                leg.tell(turn.id, turn.role, turn.content)

    # A leg ends

    async def _attend(self, leg: Leg) -> None:
        """Listen to a leg until its connection ends; when it is the one that answers then, another takes its place."""
        try:
            await self._events.listen(leg)
        except Problem as problem:
            leg.problem = problem
            if leg is self.leg:
                await self.recover(leg, problem)

    async def recover(self, lost: Leg, problem: Problem) -> None:
        """Go on without a leg that was lost; raise a `Problem` where that makes no sense or takes too long.

        The first attempt comes at once, the others after a pause that grows; `Upstream` says when and where.
        """
        if lost.deaf:
            return
        log.warning("%s: a leg is lost: %s", self._call, problem.code)
        self.hold()
        lost.retire()
        self._spawn(self._drop(lost))
        if not problem.retryable:
            raise problem
        if lost.served or self._clock() - self._began_at > STEADY_S:
            self._losses = 0
        elif self._losses and not lost.expired:  # the one before was lost as soon
            lost.endpoint.failed(problem)
        if not self._losses:
            self._lost_until = self._clock() + self._room.patience.lost
        FAILURES.labels(problem.code).inc()
        self._caller.set_state("reconnecting")
        left = self._break_off()
        leg = self._spare(lost)
        while leg is None:
            self._losses += 1
            if self._losses > LOSSES or self._clock() > self._lost_until:
                raise problem
            await asyncio.sleep(random.random() * 0.1 * 2.0**self._losses)  # noqa: S311  # not a secret
            leg = await self.connect(lost.profile, wait=self._lost_until - self._clock())
            try:
                await self._prepare(leg, lost.profile)
            except Problem as failure:
                if not failure.retryable:
                    raise
                problem, leg = failure, None
        REPLACED.labels("lost").inc()
        self._go_on(leg, lost, left)

    def _break_off(self) -> BrokenOff:
        """Nothing more comes of a leg: settle what was under way there. What was sent to the browser keeps playing."""
        self._events.floor.leg_lost()
        left = self._transcript.break_off()
        for item_id in left.silent:
            self._caller.audio_end(item_id)
        return left

    def _go_on(self, leg: Leg, old: Leg, left: BrokenOff) -> None:
        """Let a prepared leg answer in the place of one that is gone, and make good what that one left undone."""
        self._tell(leg)
        frames = self._transcript.sound.frames()
        understood = left.answered != "nothing" or self._errands.unanswered
        if left.unworded and understood and leg.profile.turn_detection.create_response:
            leg.told.update(left.unworded)
            rest = left.answered == "part" and old.owes_answer
            leg.only_listen(Repetition(sum(map(milliseconds, frames)), len(left.unworded), rest))
        leg.hear_again(frames)
        self.answer_with(leg)
        self._transcript.listened_again()
        if left.unworded:
            self._caller.set_state("speaking" if self._caller.speaking_for() > 0 else "ready")
        else:
            self._make_good(leg, owed=old.owes_answer and left.answered != "all", rest=left.answered == "part")

    def _make_good(self, leg: Leg, *, owed: bool, rest: bool) -> None:
        """Have a leg that knows what was said give the answer that another one owed, or the `rest` of it."""
        due = self._errands.carry_over(leg)
        if due == "now" or (owed and due == "no"):
            leg.ask_response(GO_ON if rest and due == "no" else "")
        if due != "no" or owed:
            self._caller.set_state("thinking")
        else:
            self._caller.set_state("speaking" if self._caller.speaking_for() > 0 else "ready")

    def _repeated(self, leg: Leg, repetition: Repetition) -> None:
        """What a leg heard again has its words now, or gets none: it knows what was answered, and answers again."""
        self._tell(leg)
        leg.answer_again()
        self._make_good(leg, owed=repetition.rest and not repetition.missed, rest=repetition.rest)

    # A leg expires

    def tend(self) -> float:
        """Replace a leg that has stalled, or that is about to expire; return when to look again, if nothing happens."""
        self._transcript.sound.trim()
        leg, now = self.leg, self._clock()
        if leg is None:
            return math.inf
        stalls_at = max(leg.silent_since, self._caller.sounded_at) + self._room.patience.answer
        if leg.awaiting and now > stalls_at:
            self._spawn(self.recover(leg, failures.stalled(self._room.patience.answer)))
            return math.inf
        if leg.repetition is not None and not leg.repetition.restoring and self._transcript.worded:
            self._repeated(leg, leg.repetition)
        if leg.due is not None and self._transcript.worded and not leg.busy and not leg.awaiting:
            leg.ask_response(leg.due)  # what sounded at the change of agents was no words
        busy = leg.busy or leg.awaiting or not self._transcript.worded or not self._events.floor.decided
        if busy or self._caller.speaking_for() > 0:
            self._busy_at = now
        if now >= leg.roll_at:
            self._roll_over(leg, now, busy=busy)
        if leg.repetition is not None or leg.due is not None:
            return now
        return min(leg.roll_at, stalls_at) if leg.awaiting else leg.roll_at

    def _roll_over(self, leg: Leg, now: float, *, busy: bool) -> None:
        """Prepare a leg that is to take the place of one about to expire, and let it do so in a pause."""
        standby = self._standby
        if standby is None or standby.problem is not None or standby.profile is not leg.profile:
            if (self._warming is None or self._warming.done()) and now >= self._warm_at:
                self._warming = self._spawn(self._warm(leg))
        elif (
            now - self._busy_at >= PAUSE_S
            or (now >= (leg.roll_at + leg.leave_at) / 2 and not busy)  # only what was sent is still to be heard
            or now >= leg.leave_at
        ):
            self._standby = None
            leg.retire()
            self._go_on(standby, leg, self._break_off())
            self._spawn(self._drop(leg))
            REPLACED.labels("expired").inc()

    async def _warm(self, leg: Leg) -> None:
        """Prepare a leg that can take the place of this one."""
        standby, self._standby = self._standby, None
        if standby is not None:
            await self._drop(standby)
        try:
            standby = await self.connect(leg.profile, wait=max(leg.leave_at - self._clock(), 0.0))
            await self._prepare(standby, leg.profile)
        except Problem as problem:
            log.warning("%s: no leg yet to go on with: %s", self._call, problem.code)
            self._warm_at = self._clock() + WARM_AGAIN_S
            return
        if self.leg is leg:
            self._standby = standby
        else:
            await self._drop(standby)

    def _spare(self, lost: Leg) -> Leg | None:
        """Return the leg that was prepared to take the place of the lost one."""
        spare, self._standby = self._standby, None
        if spare is None or (spare.problem is None and spare.profile is lost.profile):
            return spare
        self._spawn(self._drop(spare))
        return None

    async def _drop(self, leg: Leg) -> None:
        await leg.close()
        if leg in self._legs:
            self._legs.remove(leg)

    async def close(self) -> None:
        """Close every leg that is open."""
        for leg in self._legs:
            if not leg.ready.is_set():
                leg.endpoint.abandoned()
        await asyncio.gather(*(leg.close() for leg in self._legs))
