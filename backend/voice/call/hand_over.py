"""Another agent takes over in a running call: by a button, or because the one who answers brings them in.

A voice that has spoken cannot change, and a model is chosen by its session. So where either differs, the next agent
gets a session of its own, which is connected, configured and told what was said while the first agent still talks; then
one takes the other's place between two frames. What the person is saying just then has no words yet: the next one hears
it again, from its beginning. What the person says once the change is wanted is for the next one to answer. Nothing is
lost when the next session cannot be had: the first agent has never stopped.
"""

import asyncio
import logging
from collections.abc import Callable

from backend.agents.own_tools import handed_over
from backend.agents.profiles import AgentProfile, voice_name
from backend.agents.tools import HandOver
from backend.core.problems import Problem
from backend.voice.browser import messages
from backend.voice.browser.caller import Caller
from backend.voice.call.errands import Errands
from backend.voice.call.events import Events
from backend.voice.call.line import Line
from backend.voice.call.stopwatch import Stopwatch
from backend.voice.counters import FAILURES
from backend.voice.room import Room
from backend.voice.voicelive.leg import Leg

log = logging.getLogger("backend.voice")

HEARD_OUT_S = 15.0
"""How long the sentence with which an agent brings in another one is heard at most."""
_LOOK_S = 0.05


class HandOvers:
    """The changes of agent of one call, one at a time. hurry: whether something else waits for the change."""

    def __init__(
        self,
        room: Room,
        line: Line,
        caller: Caller,
        events: Events,
        errands: Errands,
        stopwatch: Stopwatch,
        hurry: Callable[[], bool],
    ) -> None:
        self._room = room
        self._line = line
        self._caller = caller
        self._events = events
        self._errands = errands
        self._stopwatch = stopwatch
        self._hurry = hurry

    async def to(self, profile: AgentProfile, brought_in: HandOver | None = None) -> bool:
        """Let this agent answer from here on; tell whether it does. One who is brought in speaks by itself."""
        line, began = self._line, self._stopwatch.now()
        old = line.leg
        assert old is not None, "a request is worked on while a leg stands"
        before = old.profile
        if profile.id != before.id:
            greeting = handed_over(before, brought_in.reason) if brought_in is not None else ""
            old.yielding = True
            if brought_in is None and old.responding and old.unheard:
                old.give_way()
            try:
                fresh = None if self._fits(old, profile) else await line.prepared(profile)
                if brought_in is not None:
                    await self._heard_out()
                await line.standing.wait()
                if fresh is None or line.leg is None:
                    await self._on_this_leg(profile, greeting)
                else:
                    self._on_another_leg(fresh, line.leg, greeting)
                old.yielding = False
            except Problem as problem:
                self._not_switched(profile, problem, brought_in)
                return False
            self._stopwatch.handed_off(profile.id, began)
            log.debug("%s answers from here on, after %.3f s", profile.id, self._stopwatch.now() - began)
        self._caller.say(messages.agent_switched(profile.id))
        return True

    def _fits(self, leg: Leg, profile: AgentProfile) -> bool:
        """Tell whether this leg can serve the agent: the same model, and a voice that can still be chosen."""
        settings = self._room.settings
        same_voice = voice_name(profile, settings) == voice_name(leg.profile, settings)
        return self._line.model(profile) == self._line.model(leg.profile) and (same_voice or not leg.spoken)

    async def _heard_out(self) -> None:
        """Wait until the one who hands over has been heard to the end, unless somebody speaks or types meanwhile."""
        until = self._stopwatch.now() + HEARD_OUT_S
        while self._stopwatch.now() < until and not self._hurry():
            leg = self._line.leg
            if leg is not None and not leg.responding and self._caller.speaking_for() <= 0:
                return
            await asyncio.sleep(_LOOK_S)

    async def _on_this_leg(self, profile: AgentProfile, greeting: str) -> None:
        leg = self._line.leg
        assert leg is not None
        if not self._fits(leg, profile):  # it has begun to speak meanwhile
            self._on_another_leg(await self._line.prepared(profile), leg, greeting)
            return
        due = self._due(leg)
        self._stop(leg)
        leg.cancel()
        leg.yielding = leg.yielded = False
        await self._line.configure(leg, profile)
        if leg.deaf:  # lost meanwhile: what took its place was asked for the same agent
            await self._line.standing.wait()
        if (greeting or due) and self._line.leg is leg:
            leg.ask_response(greeting)
            self._caller.set_state("thinking")

    def _on_another_leg(self, fresh: Leg, old: Leg, greeting: str) -> None:
        ask = bool(greeting) or self._due(old)
        self._stop(old)
        self._line.replace(old, fresh, ask=ask, instructions=greeting)

    def _due(self, leg: Leg) -> bool:
        """Tell whether the person waits for an answer of which nothing has been heard."""
        return leg.yielded or leg.unheard

    def _stop(self, leg: Leg) -> None:
        self._events.floor.interrupt(leg)
        self._errands.interrupt(leg)

    def _not_switched(self, profile: AgentProfile, problem: Problem, brought_in: HandOver | None) -> None:
        FAILURES.labels(problem.code).inc()
        told = f"Not switched. {problem.detail}"
        self._caller.say(messages.error(told, problem.code, retryable=problem.retryable))
        leg = self._line.leg
        if leg is None:
            return
        unanswered, leg.yielding, leg.yielded = leg.yielded, False, False
        if brought_in is not None:
            leg.ask_response(f"{profile.name} could not be brought in just now. Say so, and go on yourself.")
        elif unanswered:
            leg.ask_response()
