"""The gist of a long conversation: telling, varied, word for word, within its budget."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.core.context import Turn
from backend.core.tokens import tokens
from backend.memory.gist import gist

BEGINNING = datetime(2026, 5, 3, tzinfo=UTC)


def said(*contents: str) -> list[Turn]:
    """Turns of the user, a minute apart."""
    return [
        Turn(f"t{n}", "user", text, "chat", "elena", BEGINNING + timedelta(minutes=n), "s", seq=n)
        for n, text in enumerate(contents)
    ]


def test_what_the_conversation_is_about_is_kept_and_the_small_talk_is_not() -> None:
    turns = said(
        "The migration of the billing system starts in June.",
        "Thanks, that is all for now.",
        "The weather is lovely outside today.",
        "Billing data must be migrated before the contract with the old system ends in June.",
        "The migration needs two people from the billing team.",
    )
    kept = [turn.id for turn in gist(turns, token_budget=45)]
    assert set(kept) <= {"t0", "t3", "t4"}
    assert len(kept) >= 2


def test_the_same_thing_said_twice_is_told_once_while_others_wait() -> None:
    turns = said(
        "The budget is two hundred thousand euros.",
        "The budget is two hundred thousand euros.",
        "Maria signs the contract in Lisbon.",
    )
    assert {turn.content for turn in gist(turns, token_budget=40)} == {turns[0].content, turns[2].content}


def test_questions_and_greetings_are_no_gist() -> None:
    assert gist(said("Hello Elena", "What is the budget?", "ok thanks"), token_budget=500) == []


@given(st.lists(st.text("abcdefg  .?", max_size=60), max_size=30), st.integers(0, 300))
def test_the_gist_is_an_ordered_part_within_the_budget(contents: list[str], budget: int) -> None:
    turns = said(*contents)
    kept = gist(turns, token_budget=budget)
    assert sum(tokens(turn.content) for turn in kept) <= budget
    assert kept == [turn for turn in turns if turn in kept]
