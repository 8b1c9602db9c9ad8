"""A log of facts in memory, with the promises of `FactLog`, and a clock that tests set."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from backend.core import problems
from backend.core.context import Fact
from backend.identity.principal import Principal
from backend.memory.fact_log import marker_of


class FactsInMemory:
    """Holds one owner's facts. `rows` may be looked at."""

    def __init__(self) -> None:
        self.rows: dict[str, Fact] = {}
        self.marks: dict[str, str] = {}
        self.writes = 0

    async def add(
        self,
        principal: Principal,
        facts: Sequence[Fact],
        *,
        supersede: Mapping[str, str] | None = None,
        close: Mapping[str, datetime] | None = None,
    ) -> list[Fact]:
        self.writes += 1
        added = []
        for fact in facts:
            if fact.id in self.marks:
                continue
            if fact.id not in self.rows:
                moment = fact.recorded_at or datetime.now(UTC)
                self.rows[fact.id] = replace(fact, seq=len(self.rows) + 1, recorded_at=moment)
            added.append(self.rows[fact.id])
        for old, new in (supersede or {}).items():
            if self.rows[old].superseded_at is None:
                since = self.rows[new].recorded_at
                self.rows[old] = replace(self.rows[old], superseded_at=since, superseded_by=new)
        for old, moment in (close or {}).items():
            self.rows[old] = replace(self.rows[old], valid_to=moment)
        return added

    async def all(self, principal: Principal) -> list[Fact]:
        return sorted(self.rows.values(), key=lambda fact: (fact.said_at, fact.seq))

    async def forget(self, principal: Principal, fact_id: str) -> Fact:
        if fact_id not in self.rows:
            raise problems.not_found("The fact", "It may have been forgotten already.")
        fact = self.rows.pop(fact_id)
        self.marks[fact_id] = marker_of(fact)
        return fact

    async def forgotten(self, principal: Principal) -> set[str]:
        return set(self.marks.values())
