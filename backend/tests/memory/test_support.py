"""Whether what was found can answer a question: in plain cases by rules, in others whether a model's answer stands."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.context import Said, Turn
from backend.memory.extraction import extract
from backend.memory.support import supported, vouched

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)


def turns(*texts: str) -> list[Said]:
    return [Said(Turn(f"t{n}", "user", text, "chat", "elena", NOW)) for n, text in enumerate(texts)]


SAID = turns(
    "Ruben starts in the depot on Monday, he is 34.",
    "my sister moved to Graz",
    "Ottilie from finance signs the order",
    "The crane costs 900 euros a day.",
    "we went to the lake with my cousin hilde and a friend",
    "The flat in Graz has two balconies, we looked at it for hours.",
    "My cook is called Yusuf and the budget for the oven is 12k.",
)
ASKED = Turn("q", "assistant", "And who is Milan?", "chat", "elena", NOW)


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("How old is Ruben?", True),
        ("How old is Ottilie?", False),
        ("How old is Yusuf?", False),
        ("how old is ottilie", True),  # nothing tells that this is a name: it was the first word where it was said
        ("What is Ottilie's phone number?", False),
        ("For how much did we rent the crane?", True),
        ("What did the flat cost?", False),
        ("What does Benedikt do?", False),
        ("What does Ottilie do for a living?", False),
        ("Where does my sister live?", True),
        ("Where does my brother live?", True),  # a brother may be there under another word
        ("What is my cousin's name?", True),
        ("What is my sister's name?", False),
        ("What is Ruben's sister called?", False),
        ("Which school does Ruben go to?", False),
        ("Did I show the order to Benedikt?", True),  # what I did with somebody may stand under another name
    ],
)
def test_a_question_is_refused_when_its_subject_or_its_kind_of_answer_is_missing(question: str, answered: bool) -> None:
    assert supported(question, SAID, []).holds == answered


def test_what_the_assistant_once_answered_is_no_proof_of_itself() -> None:
    asked = Turn("q", "user", "How old is Milan?", "chat", "elena", NOW)
    answered = Turn("a", "assistant", "Milan is 51 years old.", "chat", "elena", NOW)
    more = Turn("m", "user", "What does Milan do?", "chat", "elena", NOW)
    found = [Said(answered, asked), Said(asked, None, answered), Said(more, answered)]
    assert not supported("How old is Milan?", found, []).holds


def test_an_answer_beside_the_question_that_it_was_given_to_counts() -> None:
    reply = Turn("a", "user", "our driver, he is 51", "chat", "elena", NOW)
    assert supported("How old is Milan?", [Said(reply, ASKED)], []).holds
    assert supported("How old is Milan?", [Said(ASKED, None, reply)], []).holds
    assert not supported("How old is Milan?", [Said(ASKED)], []).holds


@pytest.mark.parametrize(
    ("question", "personal"),
    [
        ("How old is my sister?", True),
        ("How old is Ottilie?", True),
        ("What does the crane weigh?", True),
        ("How old is Napoleon?", False),
        ("What is the capital of France?", False),
    ],
)
def test_what_memory_does_not_speak_of_may_be_asked_of_the_world(question: str, personal: bool) -> None:
    assert supported(question, SAID, []).personal == personal


def test_nothing_found_answers_nothing() -> None:
    assert not supported("Who signs?", [], []).holds


@pytest.mark.parametrize(
    ("question", "words", "stands"),
    [
        ("How old is Ruben?", "34", True),
        ("Who signs the order?", "Ottilie from finance", True),
        ("Who signs the order?", "ottilie, of finance", True),
        ("How old is Ottilie?", "34", False),  # Ruben's
        ("Who signs the order?", "Benedikt", False),  # nobody said so
        ("What order does Ottilie sign?", "the order", False),  # the question's own words
        ("Who signs the order?", "", False),
        ("Where does my sister live?", "Graz", True),
        ("Where does my cousin live?", "Graz", False),
        ("Who signs for Ruben?", "Ottilie", True),  # he is not whom the question is about
        ("What did the flat cost?", "900 euros", False),  # the crane's
    ],
)
def test_a_model_s_answer_stands_where_it_was_said_beside_whom_it_is_asked_of(
    question: str, words: str, stands: bool
) -> None:
    assert vouched(question, words, SAID, []) == stands


def test_a_story_is_not_judged() -> None:
    story = f"{'how much my ' * 2_000}does Ottilie cost?"
    assert supported(story, SAID, []).holds
    assert vouched(story, "", SAID, [])


@given(st.text(), st.text())
def test_any_question_can_be_judged(question: str, words: str) -> None:
    assert supported(question, SAID, []).holds in (True, False)
    assert vouched(question, words, SAID, []) in (True, False)


def test_what_was_said_plainly_is_not_taken_for_unsaid() -> None:
    refused = []
    for line in (Path(__file__).parent / "plain_questions.tsv").read_text().splitlines():
        statement, question = line.split("\t")
        said = Turn("t", "user", statement, "chat", "elena", NOW)
        support = supported(question, [Said(said)], list(extract(said, previous=None)))
        if support.personal and not support.holds:
            refused.append(line)
    assert refused == []
