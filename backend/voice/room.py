"""What the calls of one process share, and how long each thing is waited for."""

from dataclasses import dataclass, field

from backend.agents.profiles import AgentDirectory
from backend.agents.tools import NO_TOOLS, Toolboxes
from backend.core.settings import Settings
from backend.telemetry.traces import Traces
from backend.voice.admission import Admission
from backend.voice.keeper import ConversationMemory
from backend.voice.link import VoiceLive


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each thing is waited for, in seconds.

    connect: VoiceLive's handshake; confirm: its answer to `session.update`; answer: any event while an answer is due;
    words: a late transcript before another agent takes over; browser: one write to it; store: memory at the call's end.
    tool: one of a tool's calls; filler: its answer, before the agent says that it takes a moment.
    away: a browser that may come back; silent: anything from one that should be there.
    """

    connect: float = 10.0
    confirm: float = 10.0
    answer: float = 20.0
    words: float = 1.0
    browser: float = 10.0
    store: float = 5.0
    tool: float = 8.0
    filler: float = 0.7
    away: float = 30.0
    silent: float = 12.0
    tick: float = 0.25


@dataclass(frozen=True, slots=True)
class Room:
    """What the calls of one process share."""

    settings: Settings
    agents: AgentDirectory
    memory: ConversationMemory
    voicelive: VoiceLive
    admission: Admission
    toolboxes: Toolboxes = NO_TOOLS
    patience: Patience = Patience()
    traces: Traces = field(default_factory=Traces)
