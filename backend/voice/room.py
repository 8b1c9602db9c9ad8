"""What the calls of one process share."""

from dataclasses import dataclass, field

from backend.agents.profiles import AgentDirectory
from backend.agents.tools import NO_TOOLS, Toolboxes
from backend.core.settings import Settings
from backend.memory.changes import Changes
from backend.telemetry.traces import Traces
from backend.voice.admission import Admission
from backend.voice.patience import Patience
from backend.voice.voicelive.upstream import Upstream
from backend.voice.words.keeper import ConversationMemory


@dataclass(frozen=True, slots=True)
class Room:
    """Handed to each call."""

    settings: Settings
    agents: AgentDirectory
    memory: ConversationMemory
    upstream: Upstream
    admission: Admission
    patience: Patience
    toolboxes: Toolboxes = NO_TOOLS
    traces: Traces = field(default_factory=Traces)
    changes: Changes | None = None
