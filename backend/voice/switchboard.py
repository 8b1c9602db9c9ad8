"""What the calls of one process share, and the way into a call."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from backend.agents.profiles import AgentDirectory
from backend.agents.tools import NO_TOOLS, Toolboxes
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.outgoing import Outgoing
from backend.identity.principal import Principal
from backend.memory.changes import Changes
from backend.telemetry.traces import Traces
from backend.voice.admission import Admission, Seat
from backend.voice.browser.caller import Browser
from backend.voice.browser.messages import Hello
from backend.voice.browser.presence import HELLO_S, TAKE_OVER_S, Ending, first_message
from backend.voice.call.session import VoiceSession
from backend.voice.counters import CALLS
from backend.voice.elsewhere import Elsewhere
from backend.voice.patience import Patience
from backend.voice.room import Room
from backend.voice.voicelive.shared_quota import SharedQuota
from backend.voice.voicelive.upstream import Upstream
from backend.voice.words.keeper import ConversationMemory

log = logging.getLogger("backend.voice")

SPREAD_MS = 20
"""Browsers that are asked to move come to the next replica so far apart."""


class Switchboard:
    """One per process. Holds the bounds and the calls that are running."""

    def __init__(
        self,
        settings: Settings,
        agents: AgentDirectory,
        memory: ConversationMemory,
        outgoing: Outgoing,
        patience: Patience | None = None,
        traces: Traces | None = None,
        toolboxes: Toolboxes = NO_TOOLS,
        elsewhere: Elsewhere | None = None,
        changes: Changes | None = None,
        quota: SharedQuota | None = None,
    ) -> None:
        """elsewhere: the way to other replicas, where there may be some. changes: tells what is said outside calls.

        quota: what all replicas have opened of VoiceLive's connections.
        """
        patience = patience or Patience()
        self.upstream = Upstream(settings, outgoing, patience, quota)
        admission = Admission(settings.voice_max_sessions)
        boxes = toolboxes if settings.voice_tools else NO_TOOLS
        self._room = Room(
            settings, agents, memory, self.upstream, admission, patience, boxes, traces or Traces(), changes
        )
        self._calls: dict[VoiceSession, asyncio.Event] = {}
        self._holding: set[asyncio.Task[None]] = set()
        self.draining = False
        """Whether the process is about to stop and takes no more calls."""
        self._elsewhere = elsewhere
        if elsewhere is not None:
            elsewhere.holders = lambda mark: [call for call in self._calls if call.mark == mark and not call.ending]

    @property
    def active_sessions(self) -> int:
        """How many calls are running."""
        return len(self._calls)

    @property
    def configured(self) -> bool:
        """Whether VoiceLive has an endpoint."""
        return self.upstream.configured

    async def call(
        self, browser: Browser, principal: Principal, session_id: str, agent_id: str | None, *, resumable: bool = False
    ) -> Ending:
        """Hold a connection until it is over; return how to close it. Raises `Problem`: 404 for an unknown agent, 429
        when all seats are taken.

        One that comes back to its running call goes on with it. Any other connection of the same session of the same
        person takes a running call over: that one ends with 4409, and the new one begins when what was said is stored.
        resumable: the browser has announced that its first message is `hello`.
        """
        agents = self._room.agents
        agent = agents.get(agent_id) if agent_id else agents.default
        if self.draining:
            raise Problem(503, "moved", "Moving", "This server is about to stop. Connect again.", retryable=True)
        hello: Hello | None = None
        if resumable or self._running(principal, session_id) is not None:
            hello, browser = await first_message(browser, HELLO_S if resumable else TAKE_OVER_S)
        running = self._running(principal, session_id)
        if running is not None and hello is not None:
            if running.continued_by(hello):
                return await running.attend(browser, hello)
            if hello.resume_after:  # while this browser was away, somebody else took its call over
                return Ending(4409, "replaced by a newer connection")
        returning = hello if hello is not None and hello.resume_after else None
        session = VoiceSession(self._room, principal, session_id, agent, returning)
        older = [over for call, over in self._calls.items() if call.belongs_to(principal, session_id)]
        seat = self._room.admission.enter(
            principal, session_id, lambda: session.end(4409, "replaced by a newer connection")
        )
        self._calls[session] = asyncio.Event()
        CALLS.set(len(self._calls))
        holding = asyncio.create_task(self._hold(session, seat, older, self._claim(session, returning is not None)))
        self._holding.add(holding)
        holding.add_done_callback(self._holding.discard)
        return await session.attend(browser, hello)

    def _running(self, principal: Principal, session_id: str) -> VoiceSession | None:
        mine = (call for call in self._calls if call.belongs_to(principal, session_id) and not call.ending)
        return next(mine, None)

    async def _claim(self, session: VoiceSession, resuming: bool) -> None:
        if self._elsewhere is not None:
            await self._elsewhere.claim(session.mark, resuming=resuming)

    async def _hold(
        self, session: VoiceSession, seat: Seat, older: list[asyncio.Event], ours: Coroutine[Any, Any, None]
    ) -> None:
        try:
            await asyncio.gather(*(over.wait() for over in older))
            await session.run(ours)
        finally:
            self._calls.pop(session).set()
            self._room.admission.leave(seat)
            CALLS.set(len(self._calls))

    async def idle(self) -> None:
        """Wait until the calls that are running now are over."""
        await asyncio.gather(*(over.wait() for over in list(self._calls.values())))

    async def drain(self) -> None:
        """Take no more calls; ask those that run to go on at another replica, each at the end of its turn. Bounded."""
        self.draining = True
        log.info("Draining: %d calls move", len(self._calls))
        # Not all browsers at the same moment.
        moving = [call.move("restart", place * SPREAD_MS) for place, call in enumerate(list(self._calls))]
        await asyncio.gather(*moving)
        await self.idle()

    async def close(self) -> None:
        """End all calls with 1012 (restart), wait until they have stored what was said."""
        for session in self._calls:
            session.end(1012, "the service restarts")
        await self.idle()
