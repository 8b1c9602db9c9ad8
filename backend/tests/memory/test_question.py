"""What a question asks: times, people, the past, kinds of facts; and in which order answers are shown."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.context import Fact, Turn
from backend.memory.predicates import PREDICATES
from backend.memory.question import holds, newest_first, overtaken, predicates, understand

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)
AGENTS = {"elena": "Elena", "marcus": "Marcus"}


def _turn(number: int, *, days: int, role: str = "user") -> Turn:
    return Turn(f"t{number}", "user" if role == "user" else "assistant", "words", "chat", "elena", _day(days))


def _day(days: int) -> datetime:
    return NOW - timedelta(days)


@pytest.mark.parametrize(
    ("text", "speakers", "agents"),
    [
        ("What did Marcus suggest about the budget?", ("Marcus",), ("marcus",)),
        ("what did i tell marcus about the trip", ("Ada Byron",), ("marcus",)),
        ("When did I talk with Elena about it?", (), ("elena",)),
        ("what did you recommend for the pilot", ("Elena", "Marcus"), ()),
        ("What does Ada like?", ("Ada Byron",), ()),
        ("who is my manager", (), ()),
        ("What did Ada, Elena and Marcus agree on?", (), ("elena", "marcus")),
        ("did the adage hold", (), ()),
    ],
)
def test_whose_words_are_asked_for(text: str, speakers: tuple[str, ...], agents: tuple[str, ...]) -> None:
    read = understand(text, NOW, user_name="Ada Byron", agents=AGENTS)
    assert (read.speakers, read.agents) == (speakers, agents)


@pytest.mark.parametrize(
    ("text", "as_of"),
    [
        ("Where did I live in March?", datetime(2026, 3, 1, tzinfo=UTC)),
        ("who was my manager last summer", datetime(2025, 9, 1, tzinfo=UTC)),
        ("Where was I working this year?", NOW),
        ("how much could we spend before Christmas", datetime(2025, 12, 25, tzinfo=UTC)),
        ("Where do I live?", None),
        ("What did I say in March?", None),
        ("When did we move in March?", None),
        ("When was the weekly call in March?", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Where did I live?", None),
    ],
)
def test_a_past_state_is_asked_for_as_of_the_beginning_of_a_month_and_the_end_of_a_longer_time(
    text: str, as_of: datetime | None
) -> None:
    assert understand(text, NOW).as_of == as_of


def test_the_past_is_told_from_the_present() -> None:
    assert understand("Who was my boss?", NOW).asks_of_past
    assert not understand("Who is my boss?", NOW).asks_of_past


@pytest.mark.parametrize(
    ("text", "predicate"),
    [
        ("Where do I work?", "employer"),
        ("who do I report to", "manager"),
        ("Where am I living now?", "lives_in"),
        ("When is my birthday?", "birthday"),
        ("What am I allergic to?", "allergy"),
        ("what is the budget", "budget"),
        ("when is the go-live", "deadline"),
        ("What is my wife's name?", "spouse"),
    ],
)
def test_a_question_names_the_kinds_of_facts_that_would_answer_it(text: str, predicate: str) -> None:
    assert predicate in predicates(text, PREDICATES)
    assert predicates(text, [predicate]) == [predicate]
    assert predicates(text, []) == []


def test_what_is_newest_is_shown_first() -> None:
    turns = [_turn(1, days=3), _turn(2, days=1), _turn(3, days=2)]
    assert [turn.id for turn in newest_first(turns)] == ["t2", "t3", "t1"]


def test_as_of_a_time_what_was_said_later_comes_last() -> None:
    turns = [_turn(1, days=9), _turn(2, days=5), _turn(3, days=3), _turn(4, days=1)]
    assert [turn.id for turn in newest_first(turns, _day(4))] == ["t2", "t1", "t3", "t4"]


def test_a_fact_is_overtaken_by_what_the_user_said_later_among_the_best_turns() -> None:
    fact = Fact("f", "Lives in Graz.", _day(5))
    assert overtaken(fact, [_turn(1, days=9), _turn(2, days=1)])
    assert not overtaken(fact, [_turn(1, days=9), _turn(2, days=1, role="assistant")])
    assert overtaken(fact, [_turn(1, days=9)], _day(6))
    assert not overtaken(fact, [*(_turn(number, days=9) for number in range(9)), _turn(9, days=1)])


def test_a_fact_holds_from_when_it_was_said_or_from_the_time_it_names_until_it_ends() -> None:
    fact = Fact("f", "Lives in Graz.", _day(5), valid_to=_day(2))
    assert [holds(fact, _day(days)) for days in (6, 5, 3, 2)] == [False, True, True, False]
    assert holds(Fact("f", "Lives in Graz.", _day(5), valid_from=_day(90)), _day(50))


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_question_can_be_read(text: str, user_name: str, agents: dict[str, str]) -> None:
    read = understand(text, NOW, user_name=user_name, agents=agents)
    assert set(read.agents) <= set(agents)
    assert set(read.speakers) <= {user_name, *agents.values()}
