"""Zep's facts for a conversation, on the side: begun early, awaited no longer than the caller can spare.

What comes too late is not lost: the facts of a session start are kept for a minute, so the next message has them.
"""

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from backend.core.context import Fact
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory.grumble import Grumble
from backend.memory.zep.delivery import user_id
from backend.memory.zep.ledger import Ledger
from backend.memory.zep.port import ZepError, ZepFact, ZepPort

logger = logging.getLogger("backend.memory")

FACTS = 20
"""Facts of one reading, at most (SOP 1.1)."""

AT_ONCE = 16
"""Readings under way at once; past it a conversation goes on without, rather than wait in a queue."""

KEPT_SECONDS = 60.0
_KEPT_OWNERS = 500
_ASKED = 50  # expired facts come along and are dropped; this is what the cloud takes

SINGLE_VALUED = frozenset(
    """name employer role lives_in from_place birthday age email phone spouse manager team diet deadline
    budget""".split()
)
"""Predicates of which one value is true at a time."""

RELATIONS = {
    "WORKS_AT": "employer",
    "WORKS_FOR": "employer",
    "EMPLOYED_BY": "employer",
    "LIVES_IN": "lives_in",
    "RESIDES_IN": "lives_in",
    "COMES_FROM": "from_place",
    "IS_FROM": "from_place",
    "MARRIED_TO": "spouse",
    "HAS_SPOUSE": "spouse",
    "REPORTS_TO": "manager",
    "MANAGED_BY": "manager",
    "HAS_ROLE": "role",
    "WORKS_AS": "role",
    "BORN_ON": "birthday",
    "HAS_BIRTHDAY": "birthday",
    "HAS_NAME": "name",
    "HAS_EMAIL": "email",
    "HAS_PHONE": "phone",
}
"""Zep's relations that are ours by another name. Others keep no predicate."""

_WORDS = re.compile(r"[^\W_]+")


class Reading:
    """Facts that are on their way. Leaving it alone is fine: it ends by itself within a second."""

    def __init__(self, task: "asyncio.Task[list[ZepFact]] | None") -> None:
        self._task = task

    async def within(self, seconds: float) -> list[ZepFact]:
        """Return the facts, or none when they are not there in `seconds` or Zep failed. Never raises for Zep."""
        if self._task is None:
            return []
        if not self._task.done():
            await asyncio.wait((self._task,), timeout=max(0.0, seconds))
        if not self._task.done() or self._task.cancelled() or self._task.exception() is not None:
            return []
        return self._task.result()


class ZepReader:
    """Begins readings. One per process; `close` it before the transport."""

    def __init__(
        self,
        port: ZepPort,
        ledger: Ledger,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._port = port
        self._ledger = ledger
        self._clock = clock
        self._now = now
        self._under_way: dict[object, asyncio.Task[list[ZepFact]]] = {}
        self._kept: OrderedDict[tuple[str, str], tuple[float, list[ZepFact]]] = OrderedDict()
        self._grumble = Grumble(logger)

    def facts(self, principal: Principal, limit: int = FACTS) -> Reading:
        """Begin to read the user's facts, newest first; returns at once."""
        if not self._port.capabilities.facts:
            return Reading(None)
        if (kept := self._fresh(principal)) is not None:
            return Reading(_ready(kept[:limit]))
        owner = (principal.tenant, principal.user_id)
        return self._begin(owner, lambda: self._read_facts(principal, limit))

    def search(self, principal: Principal, query: str, limit: int = FACTS) -> Reading:
        """Begin to search the user's facts; returns at once."""
        if not self._port.capabilities.search or not query.strip():
            return Reading(None)
        if self._fresh(principal) == []:  # a minute ago there was no fact at all
            return Reading(None)
        return self._begin(object(), lambda: self._search(principal, query[:400], limit))

    def kept(self, principal: Principal) -> list[ZepFact]:
        """Return the facts that are here; when they are old or none are, begin to read them for the next time."""
        kept = self._kept.get((principal.tenant, principal.user_id))
        if kept is None or self._clock() - kept[0] >= KEPT_SECONDS:
            self.facts(principal)
        return [] if kept is None else kept[1]

    def forget(self, principal: Principal) -> None:
        """Forget what is kept of a user."""
        self._kept.pop((principal.tenant, principal.user_id), None)

    async def close(self) -> None:
        """End the readings that are under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2.0)

    def _fresh(self, principal: Principal) -> list[ZepFact] | None:
        kept = self._kept.get((principal.tenant, principal.user_id))
        return kept[1] if kept is not None and self._clock() - kept[0] < KEPT_SECONDS else None

    def _begin(self, key: object, read: Callable[[], Coroutine[Any, Any, list[ZepFact]]]) -> Reading:
        if (running := self._under_way.get(key)) is not None:
            return Reading(running)
        if len(self._under_way) >= AT_ONCE:
            return Reading(None)
        task = self._under_way[key] = asyncio.create_task(read())
        task.add_done_callback(lambda ended: self._end(key, ended))
        return Reading(task)

    def _end(self, key: object, task: "asyncio.Task[list[ZepFact]]") -> None:
        self._under_way.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, Problem):
            self._grumble("Zep could not be read (%s)", error)

    async def _read_facts(self, principal: Principal, limit: int) -> list[ZepFact]:
        user = await self._user(principal)
        found: list[ZepFact] = []
        if user:
            try:
                found = self._valid(await self._port.facts(user, _ASKED), limit)
            except ZepError as error:
                if error.cause != "not_found":  # nobody there, so no facts either
                    raise
        owner = (principal.tenant, principal.user_id)
        self._kept[owner] = (self._clock(), found)
        self._kept.move_to_end(owner)
        if len(self._kept) > _KEPT_OWNERS:
            self._kept.popitem(last=False)
        return found

    async def _search(self, principal: Principal, query: str, limit: int) -> list[ZepFact]:
        user = await self._user(principal)
        return self._valid(await self._port.search(user, query, _ASKED), limit) if user else []

    async def _user(self, principal: Principal) -> str:
        """Return the user's address, '' when Zep has nothing of them or they are being erased."""
        known = await self._ledger.user(principal)
        if known is None or known.erasing:
            return ""
        if self._port.capabilities.named_sessions:
            return user_id(principal)
        return known.address if known.dialect == self._port.dialect else ""

    def _valid(self, facts: Sequence[ZepFact], limit: int) -> list[ZepFact]:
        now = self._now()
        return [fact for fact in facts if is_valid(fact, now)][:limit]


def is_valid(fact: ZepFact, now: datetime) -> bool:
    """Whether a fact is true now, as far as Zep knows."""
    return not any(end is not None and end <= now for end in (fact.valid_to, fact.expired_at))


def merge(
    ours: Sequence[Fact],
    zeps: Sequence[ZepFact],
    *,
    now: datetime,
    name: str = "",
    outdated: Sequence[Fact] = (),
    forgotten: Collection[str] = (),
) -> list[Fact]:
    """Return our facts and behind them those of Zep's that add something, as facts with the source "zep".

    Zep's are left out that are over, that say what one of ours says, that give a single-valued predicate another value
    than ours, that repeat one of `outdated` (facts of ours that were replaced), or that hold the value of a marker in
    `forgotten` ("subject|predicate|value": the user had it forgotten). name: the user's, which Zep begins its
    sentences with.
    """
    known = {_plain(fact.text, name) for fact in (*ours, *outdated)}
    stems = {stem for fact in ours if fact.predicate in SINGLE_VALUED and (stem := _stem(fact, name))}
    settled = {fact.predicate for fact in ours if fact.predicate in SINGLE_VALUED and fact.subject == "user"}
    gone = {value for marker in forgotten if (value := _plain(marker.rsplit("|", 1)[-1], ""))}
    merged = list(ours)
    for zep in zeps:
        plain = _plain(zep.text, name)
        if not plain or plain in known or not is_valid(zep, now):
            continue
        if RELATIONS.get(zep.name) in settled or any(plain.startswith(stem + " ") for stem in stems):
            continue
        if any(f" {value} " in f" {plain} " for value in gone):
            continue
        known.add(plain)
        merged.append(_fact(zep, now))
    return merged


def _fact(zep: ZepFact, now: datetime) -> Fact:
    return Fact(
        id=f"zep_{zep.uuid}",
        text=zep.text,
        said_at=zep.valid_from or zep.created_at or now,
        predicate=RELATIONS.get(zep.name, ""),
        source="zep",
        confidence=0.7,  # drawn by a model from what was said, and not checked against the words
        valid_from=zep.valid_from,
        valid_to=zep.valid_to,
        recorded_at=zep.created_at,
        superseded_at=zep.expired_at,
    )


def _plain(text: str, name: str) -> str:
    """Return a sentence's words, case folded, without its subject where that is the user."""
    words = _WORDS.findall(text.casefold())
    for subject in (_WORDS.findall(name.casefold()), ["the", "user"], ["user"]):
        if subject and words[: len(subject)] == subject:
            return " ".join(words[len(subject) :])
    first = _WORDS.findall(name.casefold())[:1]
    return " ".join(words[1:] if first and words[:1] == first else words)


def _stem(fact: Fact, name: str) -> str:
    """Return how a fact begins before its value ("works at"), '' when the value does not end it."""
    plain, value = _plain(fact.text, name), _plain(fact.value, "")
    return plain.removesuffix(value).strip() if value and plain.endswith(value) and fact.subject == "user" else ""


def _ready(facts: list[ZepFact]) -> "asyncio.Task[list[ZepFact]]":
    async def given() -> list[ZepFact]:
        return facts

    return asyncio.create_task(given())
