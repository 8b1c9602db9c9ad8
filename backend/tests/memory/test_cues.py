"""Cues: what a turn offers, what a question wants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.memory.cues import Cues, cues, wanted


def test_a_statement_does_not_ask_and_a_question_only_asks() -> None:
    assert cues("I moved to Graz. It is quiet here.").asking == 0
    assert cues("Where do you live now?").asking == 1
    assert 0 < cues("I moved to Graz. Do you know it?").asking < 1


def test_times_numbers_and_names_are_seen() -> None:
    found = cues("Last week I met Priya Nair and two of her friends in Graz.")
    assert (found.times, found.numbers, found.names) == (1.0, 1.0, 1.0)
    assert cues("I like the quiet.") == Cues(0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("When did I move?", (True, False, False)),
        ("what year did we start", (True, False, False)),
        ("how many people are on my team", (False, True, False)),
        ("how long ago was that", (True, True, False)),
        ("who is my manager", (False, False, True)),
        ("What company do I work for?", (False, False, True)),
        ("Why did I leave?", (False, False, False)),
    ],
)
def test_a_question_wants_a_time_a_number_or_a_name(question: str, wants: tuple[bool, bool, bool]) -> None:
    assert tuple(wanted(question)) == wants


@given(st.text())
def test_cues_of_any_text_are_shares(text: str) -> None:
    assert all(0 <= value <= 1 for value in cues(text))
