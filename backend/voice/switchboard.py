"""What the calls of one process share, and the way into a call."""

import asyncio
import logging

from backend.agents.profiles import AgentDirectory
from backend.agents.tools import NO_TOOLS, Toolboxes
from backend.core.settings import Settings
from backend.identity.outgoing import Outgoing
from backend.identity.principal import Principal
from backend.telemetry.traces import Traces
from backend.voice.admission import Admission
from backend.voice.caller import Browser
from backend.voice.counters import CALLS
from backend.voice.keeper import ConversationMemory
from backend.voice.link import VoiceLive
from backend.voice.room import Patience, Room
from backend.voice.session import Ending, VoiceSession

log = logging.getLogger("backend.voice")


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
    ) -> None:
        self._room = Room(
            settings,
            agents,
            memory,
            VoiceLive(settings, outgoing),
            Admission(settings.voice_max_sessions, settings.voice_connections_per_minute),
            toolboxes if settings.voice_tools else NO_TOOLS,
            patience or Patience(),
            traces or Traces(),
        )
        self._calls: dict[VoiceSession, asyncio.Event] = {}

    @property
    def active_sessions(self) -> int:
        """How many calls are running."""
        return len(self._calls)

    @property
    def configured(self) -> bool:
        """Whether VoiceLive has an endpoint."""
        return self._room.voicelive.configured

    async def call(self, browser: Browser, principal: Principal, session_id: str, agent_id: str | None) -> Ending:
        """Hold a call until it is over. Raises `Problem`: 404 for an unknown agent, 429 when all seats are taken.

        A second call of the same session of the same person takes the first one over: the first ends with 4409, and the
        second begins when the first has stored what was said.
        """
        agents = self._room.agents
        agent = agents.get(agent_id) if agent_id else agents.default
        session = VoiceSession(self._room, browser, principal, session_id, agent)
        older = [call for call in self._calls if call.belongs_to(principal, session_id)]
        seat = self._room.admission.enter(
            principal, session_id, lambda: session.end(4409, "replaced by a newer connection")
        )
        over = self._calls[session] = asyncio.Event()
        CALLS.set(len(self._calls))
        try:
            await asyncio.gather(*(self._calls[call].wait() for call in older))
            return await session.run()
        finally:
            over.set()
            del self._calls[session]
            self._room.admission.leave(seat)
            CALLS.set(len(self._calls))

    async def idle(self) -> None:
        """Wait until the calls that are running now are over."""
        await asyncio.gather(*(over.wait() for over in list(self._calls.values())))

    async def close(self) -> None:
        """End all calls with 1012 (restart), wait until they have stored what was said."""
        for session in self._calls:
            session.end(1012, "the service restarts")
        await self.idle()
