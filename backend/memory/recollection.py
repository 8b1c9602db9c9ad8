"""What comes to mind for a message: the facts that may answer it, and earlier turns within a budget. In process, exact.

The message is read first (times, names, which kind of fact it asks for), then the facts are searched, which lend their
weight to the turns that prove them, then the turns. Pure over one owner's memory; `recall.py` keeps that current.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from backend.core import notes
from backend.core.context import Channel, Fact, Passage, Said, Turn
from backend.memory.cache import OwnerMemory
from backend.memory.index import Query
from backend.memory.question import Understanding, newest_first, overtaken, understand
from backend.memory.support import BEST, supported
from backend.memory.text import terms

FACTS = 8
PASSAGES = 32
"""Turns considered; how many are told is the budget's matter."""

_SHORT, _LEANING = 60, 6
"""Characters and index terms; a turn with fewer may not be understood without the one before it."""


@dataclass(frozen=True, slots=True)
class Where:
    """Demands on what may be found; each is met by every passage. within_session: of `session_id` only."""

    session_id: str = ""
    within_session: bool = False
    channel: Channel | None = None
    agent_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


ANYWHERE = Where()


@dataclass(frozen=True, slots=True)
class Recollection:
    """What was found, facts and passages each as they are to be told. overtaken: as in `SemanticLayer`.

    supported: whether memory holds an answer at all. personal: it was asked for something of the person's, or of what
    they spoke of; a question about the world, or no question, is never that. unanswered: so it was, and holds nothing.
    best: the turns that this was judged by.
    """

    understood: Understanding
    facts: list[Fact]
    passages: list[Passage]
    overtaken: frozenset[str]
    supported: bool
    personal: bool
    best: list[Said]

    @property
    def unanswered(self) -> bool:
        return self.personal and not self.supported


def recollect(
    owner: OwnerMemory,
    message: str,
    vector: bytes | None,
    *,
    now: datetime,
    agents: Mapping[str, str],
    where: Where = ANYWHERE,
    held: Mapping[str, Turn] = MappingProxyType({}),
    limit: int = PASSAGES,
    token_budget: int | None = notes.TOKENS,
) -> Recollection:
    """Return what answers `message`. vector: the message's, None for words alone. agents: names by id.

    held: turns by id that the conversation has already. token_budget: of facts and passages together; None: no bound
    but `limit`, and the passages stay in the order of their scores.
    """
    understood = understand(message, now, user_name=owner.name, agents=agents)
    fact_hits = owner.fact_index.search(message, understood, now, limit=FACTS)
    boosts: dict[str, float] = {}
    for hit in fact_hits:
        for turn_id in hit.fact.proof:
            boosts[turn_id] = max(boosts.get(turn_id, 0.0), hit.match)
    hits = owner.index.search(
        Query(
            message,
            vector,
            periods=understood.periods,
            as_of=understood.as_of,
            speakers=understood.speakers,
            agents=(where.agent_id,) if where.agent_id else (),
            session_id=where.session_id,
            within_session=where.within_session,
            channel=where.channel,
            since=where.since,
            until=where.until,
            boosts=boosts,
            held=held,  # not told again, but may be the answer
            limit=limit,
        )
    )
    facts = [hit.fact for hit in fact_hits]
    first = [hit.turn for hit in hits[:BEST]]
    beside = owner.index.neighbours([turn.id for turn in first])
    best = [Said(turn, *around) for turn, around in zip(first, beside, strict=True)]
    support = supported(message, best, facts)
    new = [hit for hit in hits if hit.turn.id not in held]
    leads = _leads(owner, [hit.turn for hit in new])
    passages = [Passage(hit.turn, hit.score, leads.get(hit.turn.id)) for hit in new]
    late = frozenset(fact.id for fact in facts if overtaken(fact, [hit.turn for hit in new]))
    if token_budget is not None:
        kept = notes.within(facts, passages, token_budget)
        order = {turn.id: place for place, turn in enumerate(newest_first([p.turn for p in kept], understood.as_of))}
        passages = sorted(kept, key=lambda passage: order[passage.turn.id])
    return Recollection(understood, facts, passages, late, support.holds, support.personal, best)


def _leads(owner: OwnerMemory, turns: Sequence[Turn]) -> dict[str, Turn]:
    """Return the turns before those too short to be understood by themselves, where somebody else said them."""
    short = [turn for turn in turns if len(turn.content) <= _SHORT and len(terms(turn.content)) < _LEANING]
    if not short:
        return {}
    beside = owner.index.neighbours([turn.id for turn in short])
    return {
        turn.id: before
        for turn, (before, _) in zip(short, beside, strict=True)
        if before is not None and before.role != turn.role
    }


def known_passages(owner: OwnerMemory, ids: Collection[str]) -> list[Passage]:
    """Return the turns with these ids that are still known, in this order."""
    turns = (owner.index.turn(turn_id) for turn_id in ids)
    return [Passage(turn, 0.0) for turn in turns if turn is not None]
