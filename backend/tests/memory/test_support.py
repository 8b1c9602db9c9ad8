"""Whether what was found can answer: a no only in plain cases."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.context import Turn
from backend.memory.support import supported

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)
SAID = [
    Turn(f"t{number}", "user", text, "chat", "elena", NOW)
    for number, text in enumerate(
        [
            "Ruben starts in the depot on Monday, he is 34.",
            "my sister moved to Graz",
            "Ottilie from finance signs the order",
            "The crane costs 900 euros a day.",
        ]
    )
]


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("How old is Ruben?", True),
        ("How old is Ottilie?", False),
        ("What is Ottilie's phone number?", False),
        ("For how much did we rent the crane?", True),
        ("What does Benedikt do?", False),
        ("Where does my sister live?", True),
        ("Where does my brother live?", True),  # a brother may be there under another word
        ("who signs the order", True),
    ],
)
def test_a_question_is_refused_when_its_subject_or_its_kind_of_answer_is_missing(question: str, answered: bool) -> None:
    assert supported(question, SAID, []) == answered


def test_nothing_found_answers_nothing() -> None:
    assert not supported("Who signs?", [], [])


@given(st.text())
def test_any_question_can_be_judged(question: str) -> None:
    assert supported(question, SAID, []) in (True, False)
