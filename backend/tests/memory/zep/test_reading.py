"""Zep's facts come along when they are in time, and only those that are true and say something new."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from backend.core.context import Fact
from backend.identity.principal import Principal
from backend.memory.zep.delivery import user_id
from backend.memory.zep.port import ZepFact
from backend.memory.zep.reading import AT_ONCE, KEPT_SECONDS, merge
from backend.tests.conftest import a_person, a_turn
from backend.tests.memory.zep.conftest import Bench

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WAIT = 10.0


@pytest.fixture
async def known(zep: Bench, person: Principal) -> Principal:
    """Somebody whom Zep knows."""
    await zep.delivery.take(person, [a_turn("hello", session="s")], deleted=False)
    return person


async def test_facts_come_newest_first_and_without_those_that_are_over(zep: Bench, known: Principal) -> None:
    past, future = "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
    for number in range(30):
        zep.stub.add_edge(user_id(known), f"Ada knows thing {number}", valid_at=past)
    zep.stub.add_edge(user_id(known), "Ada lived in Bonn", invalid_at=past)
    zep.stub.add_edge(user_id(known), "Ada liked tea", expired_at=past)
    zep.stub.add_edge(user_id(known), "Ada rents a flat", invalid_at=future)
    found = await zep.reader.facts(known).within(WAIT)
    if not zep.port.capabilities.facts:
        assert found == []
        return
    assert len(found) == 20
    if zep.port.capabilities.fact_list:
        assert [fact.text for fact in found[:2]] == ["Ada rents a flat", "Ada knows thing 29"]
    if zep.port.capabilities.validity:
        assert found[0].valid_to == datetime(2099, 1, 1, tzinfo=UTC)
        assert not {"Ada lived in Bonn", "Ada liked tea"} & {fact.text for fact in found}


async def test_a_search_finds_facts(zep: Bench, known: Principal) -> None:
    zep.stub.add_edge(user_id(known), "Ada plays the cello")
    zep.stub.add_edge(user_id(known), "Ada has a dog")
    found = await zep.reader.search(known, "who plays the cello?").within(WAIT)
    assert [fact.text for fact in found][:1] == (["Ada plays the cello"] if zep.port.capabilities.search else [])


async def test_of_somebody_zep_does_not_know_nothing_is_asked(zep: Bench) -> None:
    assert await zep.reader.facts(a_person("Eve")).within(WAIT) == []
    assert await zep.reader.search(a_person("Eve"), "what?").within(WAIT) == []
    assert zep.stub.requests == []


async def test_a_server_that_is_slow_or_failing_costs_the_caller_no_more_than_the_deadline(
    v3: Bench, person: Principal
) -> None:
    await v3.delivery.take(person, [a_turn("hello", session="s")], deleted=False)
    for fault in ("stall", "500", "non_json", "reset", "404", "wrong_form", "429"):
        v3.stub.fault = lambda _method, _path, fault=fault: fault  # type: ignore[misc]  # bound at once
        begun = time.monotonic()
        assert await v3.reader.search(person, "what?").within(0.01) == []
        assert time.monotonic() - begun < 0.3


async def test_facts_that_come_too_late_are_there_for_the_next_message(v3: Bench, person: Principal) -> None:
    await v3.delivery.take(person, [a_turn("hello", session="s")], deleted=False)
    v3.stub.add_edge(user_id(person), "Ada has a dog")
    reading = v3.reader.facts(person)
    assert await reading.within(0) == []
    await reading.within(WAIT)
    asked = len(v3.stub.requests)
    again = await v3.reader.facts(person).within(WAIT)
    assert [fact.text for fact in again] == ["Ada has a dog"]
    assert len(v3.stub.requests) == asked
    v3.clock.advance(KEPT_SECONDS + 1)
    await v3.reader.facts(person).within(WAIT)
    assert len(v3.stub.requests) == asked + 1


async def test_where_there_was_no_fact_just_now_nothing_is_searched(v3: Bench, person: Principal) -> None:
    await v3.delivery.take(person, [a_turn("hello", session="s")], deleted=False)
    assert await v3.reader.facts(person).within(WAIT) == []
    asked = len(v3.stub.requests)
    assert await v3.reader.search(person, "what?").within(WAIT) == []
    assert len(v3.stub.requests) == asked


async def test_a_hundred_conversations_at_once_make_no_queue(v3: Bench) -> None:
    people = [a_person(f"P{number}") for number in range(100)]
    for somebody in people:
        await v3.ledger.save_user(somebody, "v3", user_id(somebody))
    v3.stub.fault = lambda _method, _path: "stall"
    readings = [v3.reader.search(somebody, "what?") for somebody in people]
    await asyncio.gather(*(reading.within(0.05) for reading in readings))
    assert len(v3.stub.requests) <= AT_ONCE


def ours(text: str, predicate: str = "", value: str = "", **more: object) -> Fact:
    """A fact of ours."""
    return Fact(f"f_{text}", text, NOW, predicate=predicate, value=value, **more)  # type: ignore[arg-type]  # as given


def zeps(text: str, name: str = "", **more: datetime) -> ZepFact:
    """A fact of Zep's."""
    return ZepFact(f"u_{text}", text, name, created_at=NOW, **more)  # type: ignore[arg-type]  # times only


def texts(facts: list[Fact]) -> list[str]:
    return [fact.text for fact in facts]


def test_what_zep_adds_stands_behind_ours_and_says_where_it_is_from() -> None:
    merged = merge([ours("Has a dog.")], [zeps("Ada plays the cello", valid_from=NOW - timedelta(9))], now=NOW)
    assert texts(merged) == ["Has a dog.", "Ada plays the cello"]
    assert merged[1].source == "zep"
    assert merged[1].valid_from == NOW - timedelta(9)
    assert merged[1].confidence < 1


@pytest.mark.parametrize("text", ["Ada has a dog", "The user has a DOG.", "User has a dog!", "Ada Lovelace has a dog"])
def test_what_we_know_already_is_not_said_twice(text: str) -> None:
    assert len(merge([ours("Has a dog.")], [zeps(text)], now=NOW, name="Ada Lovelace")) == 1


def test_ours_wins_where_only_one_value_can_be_true() -> None:
    mine = ours("Works at Siemens.", "employer", "Siemens")
    rivals = [
        zeps("Ada works at Bosch"),
        zeps("Ada has been with Bosch for years", "WORKS_AT"),
        zeps("Ada works at night on trains", "LIKES"),
    ]
    assert texts(merge([mine], rivals, now=NOW, name="Ada")) == ["Works at Siemens."]
    many = ours("Likes tea.", "likes", "tea")
    assert len(merge([many], [zeps("Ada likes coffee")], now=NOW, name="Ada")) == 2


def test_what_is_over_replaced_or_forgotten_does_not_come_back_through_zep() -> None:
    found = [
        zeps("Ada lives in Bonn", valid_to=NOW - timedelta(1)),
        zeps("Ada had a cat", expired_at=NOW),
        zeps("Ada works at Bosch"),
        zeps("Ada is allergic to peanuts"),
        zeps("Ada sings"),
    ]
    replaced, forgotten = [ours("Works at Bosch.")], ["user|allergy|Peanuts"]
    merged = merge([], found, now=NOW, name="Ada", outdated=replaced, forgotten=forgotten)
    assert texts(merged) == ["Ada sings"]
