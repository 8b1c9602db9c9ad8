"""Facts: what is learned, what closes what, what holds now and held then, and what the user changes themselves."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.context import Channel, Fact, Turn
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory.fact_plan import begins, dated, plan, same
from backend.memory.fact_reads import (
    current,
    profile,
    replaced_by,
    tokens_of,
    valid_at,
    without_repetitions,
)
from backend.memory.facts import Facts
from backend.memory.predicates import predicate_of
from backend.tests.memory.fake_facts import FactsInMemory

ADA = Principal("test", "ada", "Ada", frozenset({"engram.user"}))
DAY = timedelta(days=1)
MARCH = datetime(2026, 3, 1, 9, tzinfo=UTC)


def said(text: str, day: int = 0, turn_id: str = "", channel: Channel = "chat") -> Turn:
    return Turn(turn_id or f"t{day}-{abs(hash(text))}", "user", text, channel, "elena", MARCH + day * DAY, "s")


@pytest.fixture
def log() -> FactsInMemory:
    return FactsInMemory()


@pytest.fixture
def facts(log: FactsInMemory) -> Facts:
    return Facts(log)


async def learned(facts: Facts, *turns: Turn) -> list[Fact]:
    for turn in turns:
        await facts.learn(ADA, [turn])
    return await facts.all(ADA)


def values(rows: Sequence[Fact], predicate: str) -> list[str]:
    return [fact.value for fact in rows if fact.predicate == predicate]


async def test_learning_from_many_turns_lets_others_go_on_in_between(facts: Facts) -> None:
    learning = asyncio.create_task(facts.learn(ADA, [said(f"I met Ada on day {day}.", day) for day in range(100)]))
    went_on = 0
    while not learning.done():
        await asyncio.sleep(0)
        went_on += 1
    assert went_on > 10


async def test_a_change_closes_the_older_fact_and_keeps_it(facts: Facts) -> None:
    rows = await learned(facts, said("I work at Bosch."), said("I work at Siemens now.", 30))
    assert values(current(rows), "employer") == ["Siemens"]
    old = next(fact for fact in rows if fact.value == "Bosch")
    new = next(fact for fact in rows if fact.value == "Siemens")
    assert (old.superseded_by, old.valid_to) == (new.id, new.said_at)
    assert old.superseded_at is not None
    assert replaced_by(rows, new) == old


async def test_a_change_with_a_date_holds_from_that_date(facts: Facts) -> None:
    rows = await learned(facts, said("I live in Bonn."), said("I moved from Bonn to Hamburg on 20 March.", 60))
    assert values(current(rows), "lives_in") == ["Hamburg"]
    assert values(valid_at(rows, datetime(2026, 3, 10, tzinfo=UTC)), "lives_in") == ["Bonn"]
    assert values(valid_at(rows, datetime(2026, 3, 25, tzinfo=UTC)), "lives_in") == ["Hamburg"]
    assert len(values(rows, "lives_in")) == 2


async def test_a_repetition_adds_its_proof_and_no_second_fact(facts: Facts) -> None:
    first, again = said("I work at Siemens."), said("as you know i work at siemens", 3)
    rows = await learned(facts, first, again)
    (fact,) = current(rows)
    assert fact.proof == (first.id, again.id)
    assert fact.confidence > 0.9
    assert fact.said_at == again.said_at
    assert without_repetitions(rows) == [fact]
    assert replaced_by(rows, fact) is None


async def test_learning_again_from_the_same_turns_changes_nothing(facts: Facts, log: FactsInMemory) -> None:
    turns = [
        said("My name is Ada and I work at Bosch."),
        said("I work at Siemens now.", 5),
        said("I work at Siemens.", 6),
    ]
    before = await learned(facts, *turns)
    await facts.learn(ADA, turns)
    await learned(facts, *turns)
    assert await facts.all(ADA) == before


async def test_turns_that_arrive_late_do_not_undo_what_was_said_after_them(facts: Facts) -> None:
    rows = await learned(facts, said("I live in Hamburg.", 10), said("I live in Bonn.", 2))
    assert values(current(rows), "lives_in") == ["Hamburg"]
    assert values(valid_at(rows, MARCH + 5 * DAY), "lives_in") == ["Bonn"]


async def test_what_is_over_closes_without_a_successor(facts: Facts) -> None:
    rows = await learned(facts, said("I work at Bosch."), said("I don't work at Bosch any more.", 9))
    assert values(current(rows), "employer") == []
    assert values(valid_at(rows, MARCH + DAY), "employer") == ["Bosch"]


async def test_an_amended_turn_takes_back_what_it_no_longer_says(facts: Facts) -> None:
    heard = said("i live in bonn", 1, "t1", "voice")
    rows = await learned(facts, heard, heard._replace(content="i live in hamburg"))
    assert values(current(rows), "lives_in") == ["hamburg"]
    assert values(valid_at(rows, MARCH + 2 * DAY), "lives_in") == ["hamburg"]


async def test_a_deadline_belongs_to_the_project_spoken_of_last(facts: Facts) -> None:
    rows = await learned(
        facts,
        said("I lead the CRM migration."),
        said("The deadline is 3 May.", 1),
        said("The deadline is now 1 June.", 9),
    )
    (deadline,) = [fact for fact in current(rows) if fact.predicate == "deadline"]
    assert (deadline.subject, deadline.value) == ("CRM migration", "1 June")
    assert [fact.value for fact in rows if fact.predicate == "deadline"] == ["3 May", "1 June"]


async def test_a_forgotten_fact_is_not_learned_again(facts: Facts) -> None:
    rows = await learned(facts, said("I work at Siemens."), said("i work at siemens", 1))
    await facts.forget(ADA, current(rows)[0].id)
    assert await learned(facts, said("I work at Siemens!", 2)) == []
    with pytest.raises(Problem) as failure:
        await facts.forget(ADA, current(rows)[0].id)
    assert failure.value.status == 404


@pytest.mark.parametrize(
    ("text", "predicate", "value"),
    [
        ("I work at Siemens", "employer", "Siemens"),
        ("Works at Siemens.", "employer", "Siemens"),
        ("My parking place is 14 B", "note", "My parking place is 14 B"),
    ],
)
async def test_the_user_adds_a_fact(facts: Facts, text: str, predicate: str, value: str) -> None:
    fact = await facts.add(ADA, text)
    assert (fact.predicate, fact.value, fact.source, fact.confidence) == (predicate, value, "user", 1.0)
    assert current(await facts.all(ADA)) == [fact]


async def test_the_user_edits_a_fact(facts: Facts) -> None:
    (old,) = await learned(facts, said("I work at Simens."))
    new = await facts.edit(ADA, old.id, "Works at Siemens.")
    rows = await facts.all(ADA)
    assert current(rows) == [new]
    assert (new.value, new.source, new.proof) == ("Siemens", "user", old.proof)
    assert replaced_by(rows, new) is not None
    assert values(valid_at(rows, MARCH + DAY), "employer") == ["Siemens"]  # it never was the other one


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
async def test_a_fact_that_says_nothing_is_refused(facts: Facts, text: str) -> None:
    with pytest.raises(Problem) as failure:
        await facts.add(ADA, text)
    assert failure.value.status == 422


async def test_a_profile_is_bounded_and_begins_with_who_the_user_is(facts: Facts) -> None:
    turns = [said(f"I love topic{number}.", number) for number in range(30)]
    rows = await learned(facts, *turns, said("My name is Ada. I'm allergic to nuts."), said("I work at Siemens."))
    found = profile(rows)
    assert len(found) == 20
    assert {fact.predicate for fact in found[:3]} == {"name", "allergy", "employer"}
    small = profile(rows, token_budget=40)
    assert sum(map(tokens_of, small)) <= 40
    assert small


# Invariants, whatever is said in whatever order

STATEMENTS = [
    "I live in {place}.", "I moved to {place} in {month}.", "I moved from {other} to {place} in {month}.",
    "I don't live in {place} any more.", "I used to live in {place}.", "I live in {place} since {month}.",
    "I love {place}.", "I work at {place}.", "I left {place}.",
]  # fmt: skip
turns = st.builds(
    lambda template, place, other, month, day: (template.format(place=place, other=other, month=month), day),
    st.sampled_from(STATEMENTS),
    st.sampled_from(["Bonn", "Hamburg", "Oslo"]),
    st.sampled_from(["Bonn", "Hamburg", "Oslo"]),
    st.sampled_from(["January", "March", "April"]),
    st.integers(0, 120),
)


@settings(max_examples=150)
@given(st.lists(turns, max_size=12))
async def test_whatever_is_said_history_stays_and_as_of_reads_match_what_was_read_then(
    given_turns: list[tuple[str, int]],
) -> None:
    from backend.memory.extraction import extract

    rows: dict[str, Fact] = {}
    clock = datetime(2026, 8, 1, tzinfo=UTC)
    seen: list[tuple[datetime, set[str]]] = []
    for number, (text, day) in enumerate(given_turns):
        clock += timedelta(hours=1)
        found = extract(Turn(f"t{number}", "user", text, "chat", "elena", MARCH + day * DAY, "s"))
        made = plan(list(rows.values()), found, (), clock)
        before = dict(rows)
        for fact in made.add:
            assert fact.id not in rows
            rows[fact.id] = fact
        for old, new in made.supersede.items():
            assert rows[old].superseded_at is None
            rows[old] = replace(rows[old], superseded_at=clock, superseded_by=new)
        for old, moment in made.close.items():
            assert old in made.supersede
            rows[old] = replace(rows[old], valid_to=moment)
        assert before.keys() <= rows.keys()
        assert not plan(list(rows.values()), found, (), clock + timedelta(minutes=1))  # a replay changes nothing

        now = clock + timedelta(minutes=30)
        open_values: dict[tuple[str, str], str] = {}
        for fact in rows.values():
            if fact.superseded_at is None and fact.valid_to is None and predicate_of(fact.predicate).single:
                assert open_values.setdefault((fact.subject, fact.predicate), fact.id) == fact.id
            assert fact.superseded_by is None or fact.superseded_by in rows
        for one in current(rows.values()):
            assert not any(
                same(one, other) and one.id != other.id and not dated(one) for other in current(rows.values())
            )
        seen.append((now, {fact.id for fact in current(rows.values(), now)}))
    for moment, ids in seen:
        assert {fact.id for fact in current(rows.values(), moment)} == ids
    for day in range(0, 150, 10):
        at = valid_at(rows.values(), MARCH + day * DAY)
        singles = [(fact.subject, fact.predicate) for fact in at if predicate_of(fact.predicate).single]
        assert len(singles) == len(set(singles))
        assert all(fact.valid_to is None or fact.valid_to > begins(fact) for fact in at)
