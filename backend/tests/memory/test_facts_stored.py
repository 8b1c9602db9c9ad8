"""Facts on the real log: learned by following it, closed and forgotten, gone with what proved them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from backend.core.context import Fact
from backend.identity.principal import Principal
from backend.memory.fact_log import FactLog
from backend.memory.fact_reads import current, profile, valid_at
from backend.memory.facts import Facts
from backend.memory.log import TurnLog
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from backend.tests.conftest import a_turn


@pytest.fixture
def facts(each_database: Database, each_keys: KeyRing) -> Facts:
    return Facts(FactLog(each_database, each_keys))


async def tell(log: TurnLog, facts: Facts, person: Principal, *texts: str, session: str = "s") -> list[Fact]:
    """Store turns, learn from them, and return all facts."""
    stored = await log.append(person, session, [a_turn(text) for text in texts])
    await facts.learn(person, stored)
    return await facts.all(person)


def pairs(rows: Sequence[Fact]) -> set[tuple[str, str]]:
    return {(fact.predicate, fact.value) for fact in rows}


async def test_what_changes_is_closed_and_can_be_read_as_it_was(log: TurnLog, facts: Facts, person: Principal) -> None:
    first = await tell(log, facts, person, "My name is Ada and I work at Bosch.")
    between = datetime.now(UTC)
    rows = await tell(log, facts, person, "I work at Siemens now.", session="s2")
    assert pairs(current(rows)) == {("name", "Ada"), ("employer", "Siemens")}
    old, new = (next(fact for fact in rows if fact.value == value) for value in ("Bosch", "Siemens"))
    assert (old.superseded_by, old.superseded_at) == (new.id, new.recorded_at)
    assert pairs(current(rows, between)) == pairs(first)
    assert pairs(valid_at(rows, old.said_at)) == {("name", "Ada"), ("employer", "Bosch")}
    assert pairs(profile(rows)) == pairs(current(rows))


async def test_a_repetition_is_one_fact_with_two_proofs(log: TurnLog, facts: Facts, person: Principal) -> None:
    await tell(log, facts, person, "I am allergic to peanuts.")
    rows = await tell(log, facts, person, "as i said i am allergic to peanuts", session="s2")
    (fact,) = current(rows)
    assert len(fact.proof) == 2
    await log.delete(person, "s")
    (left,) = current(await facts.all(person))
    assert left.proof == fact.proof[1:]


async def test_deleting_what_closed_a_fact_opens_it_again(log: TurnLog, facts: Facts, person: Principal) -> None:
    await tell(log, facts, person, "I live in Bonn.")
    await tell(log, facts, person, "I live in Oslo.", session="s2")
    await log.delete(person, "s2")
    assert pairs(current(await facts.all(person))) == {("lives_in", "Bonn")}


async def test_what_is_forgotten_is_not_learned_again(log: TurnLog, facts: Facts, person: Principal) -> None:
    rows = await tell(log, facts, person, "I love tea.")
    await facts.forget(person, rows[0].id)
    assert await tell(log, facts, person, "I love tea!", session="s2") == []


async def test_facts_learned_at_once_for_one_owner_do_not_contradict_each_other(
    log: TurnLog, facts: Facts, person: Principal
) -> None:
    turns = [await log.append(person, f"s{number}", [a_turn(f"I live in Place{number}.")]) for number in range(8)]
    await asyncio.gather(*(facts.learn(person, stored) for stored in reversed(turns)))
    rows = await facts.all(person)
    assert pairs(current(rows)) == {("lives_in", "Place7")}
    assert len(rows) == 8


async def test_nobody_sees_anothers_facts(log: TurnLog, facts: Facts, person: Principal) -> None:
    await tell(log, facts, person, "I work at Siemens.")
    other = Principal(person.tenant, person.user_id + "x", "Eve", person.roles)
    assert await facts.all(other) == []
