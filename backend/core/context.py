"""EnterpriseContext: what an assistant is given before it answers, in four layers, for chat and voice alike.

security    who is speaking, and with which rights
episodic    the turns of this conversation
semantic    what is known about the person: facts, and passages recalled from earlier turns
operational which assistant answers, on which channel

`memory/recall.py` fills it (`enrich_context`) and stores what it gained (`persist_conversation`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

Role = Literal["user", "assistant"]
Channel = Literal["chat", "voice"]
FactKind = Literal["profile", "preference", "event", "task"]
FactSource = Literal["rule", "model", "user", "zep", "import"]


class Turn(NamedTuple):
    """One thing said, by the user or an assistant. A tuple, because some fifty are made for each answer.

    id: unique within its owner; storing the same id twice stores it once.
    content: what was said and, for a spoken answer, what was heard of it.
    unheard: the rest of an interrupted answer; empty otherwise.
    item_id: VoiceLive's item id for a spoken turn.
    said_at: when it began; the order of a conversation. UTC.
    recalled: for an answer, the ids of the facts and turns that were given to the assistant for it.
    seq: position in the owner's log, given by the store (0 before it is stored).
    """

    id: str
    role: Role
    content: str
    channel: Channel
    agent_id: str
    said_at: datetime
    session_id: str = ""
    item_id: str | None = None
    unheard: str = ""
    interrupted: bool = False
    seq: int = 0
    recalled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement about the user or their world: when it was true, since when it is known, which turns prove it.

    text: a plain sentence about the user in the third person, without a subject where that is the user
        ("Works at Siemens.").
    said_at: when its newest proof was said. All times UTC.
    subject: "user", or who or what it is about ("Maya").
    predicate: snake_case ("employer"); `memory/predicates.py` lists the known ones. value: the rest, as it was said.
    confidence: 0 to 1. proof: ids of the turns that say it, oldest first. channel: how the newest of them came.
    valid_from, valid_to: when it was true, half-open; None: not known, or still.
    recorded_at, superseded_at: since when and until when the store held it for true; superseded_by: the id of the fact
        that replaced it. Nothing is overwritten: a change closes this fact and adds another.
    seq: position in the owner's log, given by the store.
    """

    id: str
    text: str
    said_at: datetime
    subject: str = "user"
    predicate: str = ""
    value: str = ""
    kind: FactKind = "profile"
    source: FactSource = "rule"
    confidence: float = 1.0
    proof: tuple[str, ...] = ()
    channel: Channel | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    recorded_at: datetime | None = None
    superseded_at: datetime | None = None
    superseded_by: str | None = None
    seq: int = 0


class Passage(NamedTuple):
    """An earlier turn recalled for a message. `score` is in [0, 1]; only its order means anything.

    lead: the turn it answers, where it cannot be understood without ("Yes, the third of May.").
    """

    turn: Turn
    score: float
    lead: Turn | None = None


class Said(NamedTuple):
    """A turn in its place: what was said before and after it in its conversation, None where there is nothing."""

    turn: Turn
    before: Turn | None = None
    after: Turn | None = None


@dataclass(frozen=True, slots=True)
class SecurityLayer:
    """Who is speaking."""

    tenant: str
    user_id: str
    display_name: str
    roles: frozenset[str]


@dataclass(slots=True)
class EpisodicLayer:
    """The conversation so far, oldest first. `unsaved` are the turns that the store has not got yet.

    earlier: the most telling of the turns that are too old for `turns`.
    """

    session_id: str
    turns: list[Turn] = field(default_factory=list)
    earlier: list[Turn] = field(default_factory=list)
    unsaved: list[Turn] = field(default_factory=list)


@dataclass(slots=True)
class SemanticLayer:
    """What is known about the person. `degraded` says why it may be incomplete (memory slow or down), or is empty.

    overtaken: ids of facts that newer words among the passages may have replaced; they are told among those, by date.
    personal: the message asks for something of the person's, or of what they spoke of. unanswered: so it does, and
    memory was searched for it and seems not to hold it. doubtful: a model found no answer in what was recalled.
    best: the turns that were looked at for that, best first.
    """

    facts: list[Fact] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    overtaken: frozenset[str] = frozenset()
    personal: bool = False
    unanswered: bool = False
    doubtful: bool = False
    best: Sequence[Said] = ()
    degraded: str = ""


@dataclass(slots=True)
class OperationalLayer:
    """Which assistant answers, and how the person reaches it."""

    agent_id: str
    channel: Channel


@dataclass(slots=True)
class EnterpriseContext:
    """The four layers together. Lives as long as one chat turn or one call; an agent switch keeps it."""

    security: SecurityLayer
    episodic: EpisodicLayer
    semantic: SemanticLayer
    operational: OperationalLayer

    def add_turn(self, turn: Turn) -> None:
        """Append a turn that is to be stored by the next `persist_conversation`."""
        self.episodic.turns.append(turn)
        self.episodic.unsaved.append(turn)
