"""The log of facts at its door: added, superseded, closed, forgotten, and gone with the episode that proved them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.core.context import Fact
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory.fact_log import FactLog, marker_of
from backend.memory.log import TurnLog
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from backend.tests.conftest import a_person, a_turn

NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def facts(each_database: Database, each_keys: KeyRing) -> FactLog:
    return FactLog(each_database, each_keys)


def a_fact(value: str, *proof: str, predicate: str = "employer", after: int = 0, **more: object) -> Fact:
    """Return a fact of the rules."""
    made = Fact(
        new_id("fact"), f"Works at {value}.", NOON + timedelta(hours=after), "user", predicate, value, "profile",
        "rule" if proof else "user", 0.9, proof, "chat",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]  # the fields' types differ


async def said(log: TurnLog, person: Principal, *texts: str, session: str = "s") -> list[str]:
    """Store turns; return their ids."""
    return [turn.id for turn in await log.append(person, session, [a_turn(text) for text in texts])]


async def test_a_fact_comes_back_as_it_was_given(facts: FactLog, log: TurnLog, person: Principal) -> None:
    [proof] = await said(log, person, "I work at Siemens 🙂")
    given = a_fact("Sièmens 🙂", proof, valid_from=NOON - timedelta(days=9), valid_to=NOON + timedelta(days=900))
    [stored] = await facts.add(person, [given])
    assert stored == replace(given, seq=2, recorded_at=stored.recorded_at)
    assert stored.recorded_at is not None
    assert await facts.all(person) == [stored]
    changes = await log.changes(person, 0, 10)
    assert (changes.facts, changes.head, changes.upto) == ([stored], 2, 2)
    assert [turn.seq for turn in changes.turns] == [1]
    assert await facts.all(a_person("Eve")) == []


async def test_the_same_fact_given_twice_is_held_once(facts: FactLog, person: Principal) -> None:
    one, two, three = a_fact("Bosch"), a_fact("Siemens"), a_fact("Zeiss", after=1)
    first = await facts.add(person, [one, two, one])
    assert [fact.id for fact in first] == [one.id, two.id]
    again = await facts.add(person, [replace(one, text="changed"), three])
    assert again[0].seq == first[0].seq
    assert [fact.text for fact in await facts.all(person)] == [
        "Works at Bosch.",
        "Works at Siemens.",
        "Works at Zeiss.",
    ]
    assert await facts.add(person, []) == []


async def test_writers_at_the_same_time_agree_and_a_reader_sees_every_fact(
    facts: FactLog, log: TurnLog, person: Principal
) -> None:
    same = [a_fact(f"Firm {number}") for number in range(5)]
    results = await asyncio.gather(*(facts.add(person, [*same, a_fact(f"Own {number}")]) for number in range(8)))
    assert all([fact.seq for fact in one[:5]] == [fact.seq for fact in results[0][:5]] for one in results)
    found = (await log.changes(person, 0, 100)).facts
    assert len(found) == len({fact.seq for fact in found}) == 13


async def test_a_new_value_supersedes_the_old_one_and_a_reader_is_told_of_both(
    facts: FactLog, log: TurnLog, person: Principal
) -> None:
    [old] = await facts.add(person, [a_fact("Bosch")])
    seen = (await log.changes(person, 0, 10)).head
    new = a_fact("Siemens", after=5, valid_from=NOON)
    [stored] = await facts.add(person, [new], supersede={old.id: new.id}, close={old.id: NOON})
    changes = await log.changes(person, seen, 10)
    assert {fact.id for fact in changes.facts} == {old.id, new.id}
    before, after = await facts.all(person)
    assert (before.superseded_by, before.valid_to) == (new.id, NOON)
    assert before.superseded_at is not None
    assert before.value == "Bosch"
    assert (after, after.superseded_at) == (stored, None)
    third = a_fact("Zeiss", after=6)
    await facts.add(person, [third], supersede={old.id: third.id, new.id: "fact_unknown"})
    assert [fact.superseded_by for fact in await facts.all(person)] == [new.id, None, None]


async def test_closing_alone_keeps_a_fact_and_ends_its_truth(facts: FactLog, person: Principal) -> None:
    [fact] = await facts.add(person, [a_fact("Bosch")])
    assert await facts.add(person, [], close={fact.id: NOON, "fact_unknown": NOON}) == []
    [closed] = await facts.all(person)
    assert (closed.valid_to, closed.superseded_at) == (NOON, None)


async def test_a_forgotten_fact_is_destroyed_its_turns_are_silenced_and_it_is_known_again(
    facts: FactLog, log: TurnLog, person: Principal, each_database: Database
) -> None:
    proof = await said(log, person, "I work at Siemens", "Siemens, yes")
    kept, doomed = await facts.add(person, [a_fact("Bosch"), a_fact("Siemens", *proof)])
    head = (await log.changes(person, 0, 10)).head
    assert await facts.forget(person, doomed.id) == doomed
    assert await facts.all(person) == [kept]
    changes = await log.changes(person, head, 10)
    assert [(fact.id, fact.text) for fact in changes.facts] == [(doomed.id, "")]
    assert sorted(changes.silenced) == sorted(proof)
    assert changes.turns == []
    assert await facts.forgotten(person) == {marker_of(doomed)}
    assert marker_of(replace(doomed, value=" siemens ", id="other", text="")) == marker_of(doomed)
    assert marker_of(kept) not in await facts.forgotten(person)
    assert await facts.add(person, [doomed]) == []
    assert await facts.forgotten(a_person("Eve")) == set()
    for who, fact_id in ((person, doomed.id), (a_person("Eve"), kept.id)):
        with pytest.raises(Problem) as caught:
            await facts.forget(who, fact_id)
        assert caught.value.status == 404
    assert len(await log.transcript(person, "s")) == 2


async def test_a_deleted_episode_takes_along_what_it_alone_proved(
    facts: FactLog, log: TurnLog, person: Principal
) -> None:
    [here], [there] = await said(log, person, "Siemens", session="gone"), await said(log, person, "x", session="kept")
    old = a_fact("Bosch", there, after=-5)
    alone = a_fact("Siemens", here, valid_from=NOON)
    both, own = a_fact("tea", here, there, predicate="likes"), a_fact("red", predicate="likes", after=2)
    await facts.add(person, [old])
    await facts.add(person, [alone, both, own], supersede={old.id: alone.id}, close={old.id: NOON})
    await log.delete(person, "gone")
    found = {fact.id: fact for fact in await facts.all(person)}
    assert set(found) == {old.id, both.id, own.id}
    assert found[both.id].proof == (there,)
    assert (found[old.id].superseded_by, found[old.id].superseded_at, found[old.id].valid_to) == (None, None, None)
    changes = await log.changes(person, 0, 10)
    assert changes.epoch == 1
    assert {fact.id for fact in changes.facts} == set(found)


async def test_a_fact_that_arrives_after_its_episode_was_deleted_is_not_kept(
    facts: FactLog, log: TurnLog, person: Principal
) -> None:
    [here], [there] = await said(log, person, "a", session="gone"), await said(log, person, "b", session="kept")
    await log.delete(person, "gone")
    late, partly = a_fact("Siemens", here), a_fact("Bosch", here, there)
    imported = replace(a_fact("Zeiss", "turn_of_elsewhere"), source="import")
    assert [fact.id for fact in await facts.add(person, [late, partly, imported])] == [partly.id, imported.id]


async def test_a_long_log_of_turns_and_facts_is_read_page_by_page_without_a_gap(
    facts: FactLog, log: TurnLog, person: Principal
) -> None:
    for number in range(6):
        await said(log, person, *(f"line {number} {place}" for place in range(5)))
        await facts.add(person, [a_fact(f"Firm {number} {place}") for place in range(number)])
    seen: list[int] = []
    after = 0
    while True:
        changes = await log.changes(person, after, 4)
        page = [turn.seq for turn in changes.turns] + [fact.seq for fact in changes.facts]
        assert all(after < seq <= changes.upto for seq in page)
        seen += page
        assert changes.upto > after or changes.upto == changes.head
        after = changes.upto
        if after == changes.head:
            break
    assert sorted(seen) == list(range(1, 46))


async def test_a_fact_that_was_changed_in_the_database_costs_itself_only(
    facts: FactLog, log: TurnLog, person: Principal, each_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    one, two, three = await facts.add(person, [a_fact("Bosch"), a_fact("Siemens", after=1), a_fact("Zeiss", after=2)])
    async with each_database.pool.connection() as connection:
        await connection.execute(
            "UPDATE fact SET body = (SELECT body FROM fact WHERE id = %s) WHERE id = %s", (two.id, one.id)
        )
    assert await facts.all(person) == [two, three]
    assert (await log.changes(person, 0, 10)).facts == [two, three]
    assert "1 facts" in caplog.text
    assert (await facts.forget(person, one.id)).text == ""
    assert await facts.forgotten(person) == set()
