"""Facts as a service: learning from turns, and the user's own changes. What comes of them is worked out by `fact_plan`,
and `fact_reads` tells what holds; this file brings both to the log of facts, one owner at a time.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol
from weakref import WeakValueDictionary

from backend.core import problems
from backend.core.context import Channel, Fact, FactKind, Turn
from backend.core.ids import new_id
from backend.identity.principal import Principal
from backend.memory.extraction import extract, fact_id
from backend.memory.fact_plan import plan, retracted, same
from backend.memory.predicates import USER, parse, predicate_of, sentence_of
from backend.memory.rules.naming import lately, names_of
from backend.memory.text import clean

LONGEST_TEXT = 500
"""Characters of a fact that the user writes."""

_AT_A_STRETCH = 8
"""Turns read at a stretch, up to 4 ms: nothing else in the process, like the sound of calls, waits longer for it."""


class FactStore(Protocol):
    """What this room needs of the log of facts; `FactLog` is it. Its methods raise `Problem` 503."""

    async def add(
        self,
        principal: Principal,
        facts: Sequence[Fact],
        *,
        supersede: Mapping[str, str] | None = None,
        close: Mapping[str, datetime] | None = None,
    ) -> list[Fact]:
        """Store facts, supersede and close others, in one transaction; idempotent by id."""
        ...

    async def all(self, principal: Principal) -> list[Fact]:
        """Return the owner's facts, superseded ones too, oldest first."""
        ...

    async def forget(self, principal: Principal, fact_id: str) -> Fact:
        """Destroy a fact's body; its mark stays. Raises `Problem` 404."""
        ...

    async def forgotten(self, principal: Principal) -> set[str]:
        """Return the marks of forgotten facts."""
        ...


class Facts:
    """One per process, over the log of facts. Changes of one owner's facts go one at a time."""

    def __init__(self, log: FactStore) -> None:
        self._log = log
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def learn(
        self, principal: Principal, turns: Sequence[Turn], *, before: Mapping[str, Turn] | None = None
    ) -> list[Fact]:
        """Learn from `turns` by rules, and return the facts that were added.

        Idempotent: a turn that is learned from again adds nothing; of one that was amended, what it no longer says is
        taken back. before: for a turn's id the turn before it, where that is not among `turns`.
        """
        # Only what was spoken is amended, and only speech needs the names that are known; for the rest a turn without
        # facts costs no read.
        spoken = [turn for turn in turns if turn.role == "user" and turn.channel == "voice"]
        if not spoken:
            return await self.store(principal, await _read(turns, before, ()))
        async with self._lock(principal):
            held = await self._log.all(principal)
            return await self._store(principal, held, await _read(turns, before, held), spoken)

    async def store(self, principal: Principal, found: Sequence[Fact], *, said: Sequence[Turn] = ()) -> list[Fact]:
        """Store facts that were found, by whichever pass; return what was added. said: turns that may be amended."""
        if not found and not said:
            return []
        async with self._lock(principal):
            return await self._store(principal, await self._log.all(principal), found, said)

    async def _store(
        self, principal: Principal, held: Sequence[Fact], found: Sequence[Fact], said: Sequence[Turn]
    ) -> list[Fact]:
        """Store what was found beside what is held; the owner's lock is held as well."""
        gone = retracted(held, said)
        kept = [replace(fact, valid_to=gone[fact.id]) if fact.id in gone else fact for fact in held]
        forgotten = await self._log.forgotten(principal) if found else set[str]()
        made = plan(kept, found, forgotten, datetime.now(UTC))
        if not made and not gone:
            return []
        rows = _unrecorded(made.add)
        return await self._log.add(principal, rows, supersede=made.supersede, close={**gone, **made.close})

    async def all(self, principal: Principal) -> list[Fact]:
        """Return every fact of the owner, superseded ones too, oldest first. `fact_reads` tells what holds."""
        return await self._log.all(principal)

    async def add(self, principal: Principal, text: str, kind: FactKind | None = None) -> Fact:
        """Add what the user says of themselves, and return it as it is held. Raises `Problem` 422 for empty text.

        Where the rules or a sentence of the table recognise it, it is that fact; else a note, word for word.
        """
        fact = written(text, kind)
        added = await self.store(principal, [fact])
        if added:
            return added[0]
        held = await self._log.all(principal)
        return next((row for row in held if row.superseded_at is None and same(row, fact)), fact)

    async def note(self, principal: Principal, text: str, *, proof: str, channel: Channel) -> Fact:
        """Note what the user asked to have remembered, word for word, and return it as it is held.

        proof: the id of the turn in which they asked for it, '' where there is none; channel: how that came. Raises
        `Problem` 422 for empty text.
        """
        fact = replace(as_note(text), proof=(proof,) if proof else (), channel=channel)
        added = await self.store(principal, [fact])
        return added[0] if added else fact

    async def edit(self, principal: Principal, fact_id: str, text: str) -> Fact:
        """Replace a fact by the user's own wording: the old one is superseded, the new one returned.

        Raises `Problem` 404 when there is no such fact, and 422 for empty text.
        """
        async with self._lock(principal):
            held = await self._log.all(principal)
            old = next((fact for fact in held if fact.id == fact_id), None)
            if old is None:
                raise problems.not_found("The fact", "It may have been forgotten already.")
            new = written(text, old.kind)
            if new.predicate == "note" and old.predicate:
                new = replace(new, subject=old.subject, predicate=old.predicate, kind=old.kind)
            new = replace(new, valid_from=new.valid_from or old.valid_from, proof=old.proof)
            alike = [fact for fact in held if fact.superseded_at is None and same(fact, old)]
            others = [fact for fact in held if fact not in alike and fact.id != old.id]
            made = plan(others, [new], (), datetime.now(UTC))
            if not made.add:  # the user's new wording is a fact that is held already
                return next(fact for fact in others if same(fact, new))
            supersede = {**made.supersede, **{fact.id: made.add[0].id for fact in (*alike, old)}}
            stored = await self._log.add(principal, _unrecorded(made.add), supersede=supersede, close=made.close)
            return stored[0] if stored else made.add[0]

    async def forget(self, principal: Principal, fact_id: str) -> Fact:
        """Forget a fact, with all rows that say the same; it is not learned again. Raises `Problem` 404."""
        async with self._lock(principal):
            held = await self._log.all(principal)
            fact = await self._log.forget(principal, fact_id)
            for other in held:
                if other.id != fact.id and same(other, fact):
                    await self._log.forget(principal, other.id)
            return fact

    def _lock(self, principal: Principal) -> asyncio.Lock:
        key = (principal.tenant, principal.user_id)
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock


def _unrecorded(rows: Sequence[Fact]) -> list[Fact]:
    """Leave `recorded_at` to the store: a row then begins at the very moment at which the one it replaces ends."""
    return [replace(row, recorded_at=None) for row in rows]


async def _read(turns: Sequence[Turn], before: Mapping[str, Turn] | None, held: Sequence[Fact]) -> list[Fact]:
    """Return what the rules find in turns, in the order given; each is read with the one before it in its session.

    held: the facts whose names are known.
    """
    found: list[Fact] = []
    known = names_of(held)
    last: dict[str, Turn] = {}
    for place, turn in enumerate(turns, 1):
        if place % _AT_A_STRETCH == 0:
            await asyncio.sleep(0)
        if turn.role == "user":
            earlier = last.get(turn.session_id) or (before or {}).get(turn.id)
            told_of = lately([*held, *found], turn.said_at) if held or found else ""
            new = extract(turn, previous=earlier, known=known, told_of=told_of)
            known.update(names_of(new))
            found.extend(new)
        last[turn.session_id] = turn
    return found


def as_note(text: str) -> Fact:
    """Make a note of what the user wants remembered, word for word. Raises `Problem` 422 for empty text."""
    text, now = _sentence(text), datetime.now(UTC)
    return Fact(
        id=fact_id(new_id("said"), USER, "note", text),
        text=text,
        said_at=now,
        predicate="note",
        value=text,
        source="user",
    )


def _sentence(text: str) -> str:
    text = " ".join(clean(text).split())[:LONGEST_TEXT]
    if not text:
        raise problems.invalid_request("text: write a sentence, such as 'I work at Siemens.'")
    return text


def written(text: str, kind: FactKind | None = None) -> Fact:
    """Make a fact of what the user wrote about themselves. Raises `Problem` 422 for text that says nothing."""
    text = _sentence(text)
    turn = Turn(new_id("said"), "user", text, "chat", "", datetime.now(UTC))
    found = extract(turn)
    if len(found) == 1:
        return replace(found[0], source="user", confidence=1.0, proof=(), channel=None)
    known = parse(text)
    predicate, subject, value = known or ("note", USER, text)
    return Fact(
        id=fact_id(turn.id, subject, predicate, value),
        text=sentence_of(predicate, value, subject) if known else text,
        said_at=turn.said_at,
        subject=subject,
        predicate=predicate,
        value=value,
        kind=predicate_of(predicate).kind if known else kind or "profile",
        source="user",
    )
