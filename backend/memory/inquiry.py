"""Memory asked itself: what is known about a person, where from and why it was told, and what a search finds.

Unlike a conversation, these answers are about memory, so a store that does not answer is told (`Problem` 503).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from backend.core.context import Channel, Fact, FactKind, Turn
from backend.identity.principal import Principal
from backend.memory import cursors
from backend.memory.cache import OwnerMemory
from backend.memory.embeddings import Embedder
from backend.memory.fact_reads import current, replaced_by, valid_at, without_repetitions
from backend.memory.facts import Facts
from backend.memory.found import Found, KnownFact, Why
from backend.memory.recall import RECENT_TURNS
from backend.memory.recollection import Where, known_passages, recollect
from backend.memory.text import terms

_SEARCHED = 100


class Owners(Protocol):
    """What is needed of `recall.Memory`."""

    async def owner(self, principal: Principal) -> OwnerMemory:
        """Return what is known of an owner, up to date."""
        ...

    async def turn(self, principal: Principal, turn_id: str) -> Turn:
        """Return one turn as it was stored."""
        ...


class Inquiry:
    """One per process, beside `Memory`. Every method raises `Problem` 503 when the store does not answer."""

    def __init__(self, memory: Owners, facts: Facts, agents: Mapping[str, str], embedder: Embedder | None) -> None:
        self._memory = memory
        self._facts = facts
        self._agents = agents
        self._embedder = embedder

    async def facts(
        self,
        principal: Principal,
        *,
        holding: bool | None = None,
        kind: FactKind | None = None,
        query: str = "",
        as_of: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> tuple[list[KnownFact], str | None]:
        """Return a page of what is known, the latest said first, and the next page's cursor.

        holding: True for what holds now, False for what held before, None for both. query: words that a fact must hold.
        as_of: what was true at that time, whatever holds now. Raises `Problem` 422 for a cursor that is none.
        """
        owner = await self._memory.owner(principal)
        rows = without_repetitions(owner.facts.values())
        if as_of is not None:
            rows = valid_at(rows, as_of)
        if holding is not None:
            now_held = {fact.id for fact in current(owner.facts.values())}
            rows = [fact for fact in rows if (fact.id in now_held) is holding]
        wanted = set(terms(query))
        rows = [
            fact
            for fact in rows
            if (kind is None or fact.kind == kind) and wanted <= set(terms(f"{fact.subject} {fact.text} {fact.value}"))
        ]
        rows.sort(key=lambda fact: (fact.said_at, fact.id), reverse=True)
        if cursor:
            last = cursors.read(cursor)
            rows = [fact for fact in rows if (fact.said_at, fact.id) < last]
        page = rows[:limit]
        return self._known(owner, page), cursors.write(page[-1].said_at, page[-1].id) if len(rows) > limit else None

    async def add_fact(self, principal: Principal, text: str, kind: FactKind | None) -> KnownFact:
        """Add what the user says of themselves."""
        return await self._shown(principal, await self._facts.add(principal, text, kind))

    async def edit_fact(self, principal: Principal, fact_id: str, text: str) -> KnownFact:
        """Replace a fact by the user's own wording. Raises `Problem` 404."""
        return await self._shown(principal, await self._facts.edit(principal, fact_id, text))

    async def forget_fact(self, principal: Principal, fact_id: str) -> None:
        """Forget a fact; the turns that prove it are not recalled any more. Raises `Problem` 404."""
        await self._facts.forget(principal, fact_id)

    async def search(
        self,
        principal: Principal,
        query: str,
        *,
        limit: int = 10,
        budget: int | None = None,
        session_id: str = "",
        channel: Channel | None = None,
        agent_id: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        beside: str = "",
    ) -> Found:
        """Return what memory holds for `query`, the best first. budget: tokens of facts and passages together.

        beside: a session whose last turns the one who asks has before them; they are left out.
        """
        owner = await self._memory.owner(principal)
        vector = None if self._embedder is None else await self._embedder.query(query)
        found = recollect(
            owner,
            query,
            vector,
            now=datetime.now(UTC),
            agents=self._agents,
            where=Where(session_id, bool(session_id), channel, agent_id, since, until),
            held={turn.id: turn for turn in owner.index.session(beside, RECENT_TURNS)} if beside else {},
            limit=min(limit, _SEARCHED),
            token_budget=budget,
        )
        return Found(found.supported, self._known(owner, found.facts), found.passages, found.understood)

    async def why(self, principal: Principal, turn_id: str) -> Why:
        """Return what an answer was given from, as far as it is still known. Raises `Problem` 404."""
        answer = await self._memory.turn(principal, turn_id)
        owner = await self._memory.owner(principal)
        facts = [owner.facts[source] for source in answer.recalled if source in owner.facts]
        return Why(self._known(owner, facts), known_passages(owner, answer.recalled))

    async def _shown(self, principal: Principal, fact: Fact) -> KnownFact:
        owner = await self._memory.owner(principal)
        return self._known(owner, [owner.facts.get(fact.id, fact)])[0]

    def _known(self, owner: OwnerMemory, facts: Iterable[Fact]) -> list[KnownFact]:
        every: Sequence[Fact] = list(owner.facts.values())
        return [
            KnownFact(
                fact,
                replaced_by(every, fact),
                [turn for turn_id in fact.proof if (turn := owner.index.turn(turn_id)) is not None],
            )
            for fact in facts
        ]
