"""The search index against a naive reading of its definition, and against what a person would expect of it."""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.context import Turn
from backend.memory.index import Query, TurnIndex
from backend.memory.postings import digests
from backend.memory.text import terms
from backend.memory.windows import Bm25
from backend.tests.conftest import a_turn

WORDS = ["apple", "river", "stone", "cloud", "tiger", "piano"]
FORM = Bm25()
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def naive_windows(turns: Sequence[Turn], query: str) -> dict[str, float]:
    """BM25 of each turn's window, from the definition: counters, no arrays, no increments."""
    bags: dict[str, Counter[str]] = {}
    for session in {turn.session_id for turn in turns}:
        said = sorted((turn for turn in turns if turn.session_id == session), key=lambda turn: (turn.said_at, turn.seq))
        for place, turn in enumerate(said):
            bag: Counter[str] = Counter()
            for steps, share in ((-2, FORM.beyond), (-1, FORM.beside), (0, 1), (1, FORM.beside), (2, FORM.beyond)):
                if 0 <= place + steps < len(said):
                    for word in terms(said[place + steps].content):
                        bag[word] += share  # type: ignore[assignment]
            bags[turn.id] = bag
    mean = sum(sum(bag.values()) for bag in bags.values()) / len(bags) or 1.0
    scores = {}
    for turn_id, bag in bags.items():
        score = 0.0
        for word in set(terms(query)):
            holding = sum(1 for turn in turns if word in terms(turn.content))
            if holding:
                rarity = math.log(1 + (len(bags) - holding + 0.5) / (holding + 0.5))
                damping = FORM.k1 * (1 - FORM.b + FORM.b * sum(bag.values()) / mean)
                score += rarity * bag[word] * (FORM.k1 + 1) / (bag[word] + damping)
        scores[turn_id] = score
    return scores


def windows_of(index: TurnIndex, query: str) -> dict[str, float]:
    """What the index makes of the same."""
    found, _ = index._windows.scores(digests(dict.fromkeys(terms(query))), 48)
    return {index._table.turn(number).id: float(found[number]) for number in index._table.live.nonzero()[0].tolist()}


turn_lists = st.lists(
    st.tuples(
        st.integers(0, 14),  # id: the same one again replaces the turn
        st.integers(0, 2),  # session
        st.integers(0, 6),  # when it was said: late and simultaneous ones happen
        st.lists(st.sampled_from(WORDS), max_size=6),
    ),
    min_size=1,
    max_size=40,
)


def made(rows: list[tuple[int, int, int, list[str]]]) -> list[Turn]:
    session_of: dict[int, int] = {}
    return [
        Turn(
            f"t{number}",
            "user",
            " ".join(words),
            "chat",
            "elena",
            BEGINNING + timedelta(seconds=second),
            f"s{session_of.setdefault(number, session)}",
            seq=seq,
        )
        for seq, (number, session, second, words) in enumerate(rows, 1)
    ]


@given(rows=turn_lists, query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_scores_are_those_of_the_definition_however_turns_arrive(
    rows: list[tuple[int, int, int, list[str]]], query: list[str]
) -> None:
    index = TurnIndex()
    final: dict[str, Turn] = {}
    for turn in made(rows):
        index.add(turn)
        final[turn.id] = turn
    assert len(index) == len(final)
    expected = naive_windows(list(final.values()), " ".join(query))
    assert windows_of(index, " ".join(query)) == pytest.approx(expected, abs=1e-5)
    for session in {turn.session_id for turn in final.values()}:
        in_order = sorted(
            (turn for turn in final.values() if turn.session_id == session), key=lambda turn: (turn.said_at, turn.seq)
        )
        assert index.session(session, 100) == in_order
        assert index.session(session, 2) == in_order[-2:]


@given(rows=turn_lists, query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), hidden=st.integers(0, 14))
@settings(max_examples=150, deadline=None)
def test_what_is_returned_is_sorted_wanted_and_between_0_and_1(
    rows: list[tuple[int, int, int, list[str]]], query: list[str], hidden: int
) -> None:
    index = TurnIndex()
    for turn in made(rows):
        index.add(turn)
    text = " ".join(query)
    found = index.search(Query(text, limit=5, exclude={f"t{hidden}"}, session_id="s1"))
    assert len(found) <= 5
    scores = [hit.score for hit in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert len({hit.turn.id for hit in found}) == len(found)
    for hit in found:
        assert hit.turn.id != f"t{hidden}"
        assert hit.turn.content != text


def test_replacing_many_turns_leaves_no_trace_of_the_old_ones() -> None:
    index, fresh = TurnIndex(), TurnIndex()
    for seq in range(2_000):
        content = f"{WORDS[seq % 6]} number{seq}"
        turn = Turn(
            f"t{seq % 50}", "user", content, "chat", "elena", BEGINNING + timedelta(seconds=seq % 50), "s", seq=seq
        )
        index.add(turn)
        if seq >= 1_950:
            fresh.add(turn)
    assert len(index) == 50
    assert index.search(Query("number3")) == []
    assert index.nbytes < 4 * fresh.nbytes
    assert {hit.turn.id for hit in index.search(Query("tiger"))} == {
        hit.turn.id for hit in fresh.search(Query("tiger"))
    }


def conversation(*lines: str, session: str) -> list[Turn]:
    """Alternate user and assistant."""
    return [a_turn(line, "assistant" if place % 2 else "user", session=session) for place, line in enumerate(lines)]


@pytest.fixture
def life() -> TurnIndex:
    """A few conversations of one person."""
    index = TurnIndex()
    for turn in [
        *conversation(
            "Hello Elena, my name is Ada and I lead the C R M migration",
            "Nice to meet you, Ada. How can I help with the migration?",
            "The go-live is planned for the third of June.",
            "I noted the third of June.",
            session="work",
        ),
        *conversation(
            "Can you recommend a restaurant?",
            "What do you like to eat?",
            "I am allergic to peanuts, and I love Thai food.",
            "Then ask for dishes without satay.",
            session="food",
        ),
        *conversation(
            "What is my name?",
            "You have not told me your name.",
            "Where does my daughter Grace go to school?",
            "You have not told me.",
            session="questions",
        ),
        *conversation("My daughter Grace goes to school in Leeds.", "Leeds is a fine city.", session="family"),
    ]:
        index.add(turn)
    return index


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is my name?", "my name is Ada"),
        ("When is the CRM migration going live?", "third of June"),
        ("Which food am I allergic to?", "allergic to peanuts"),
        ("where does Grace go to school", "school in Leeds"),
    ],
)
def test_the_turn_that_answers_is_among_the_first_three_and_before_any_question(
    life: TurnIndex, question: str, answer: str
) -> None:
    found = [hit.turn.content for hit in life.search(Query(question))]
    assert any(answer in content for content in found[:3])
    places = [place for place, content in enumerate(found) if answer in content or content.endswith("?")]
    assert answer in found[places[0]]


def test_a_question_is_no_answer_to_itself(life: TurnIndex) -> None:
    assert all(hit.turn.content != "What is my name?" for hit in life.search(Query("what is my name", limit=20)))


def test_what_has_no_word_in_common_is_not_recalled(life: TurnIndex) -> None:
    assert life.search(Query("quantum chromodynamics")) == []
    assert life.search(Query("who are you?")) == []
    assert life.search(Query("")) == []
    assert TurnIndex().search(Query("anything")) == []


def test_a_later_statement_comes_before_an_equal_earlier_one() -> None:
    index = TurnIndex()
    for city, session in (("Paris", "a"), ("Rome", "b")):
        index.add(replace(a_turn(f"I live in {city} now."), session_id=session))
    assert [hit.turn.content for hit in index.search(Query("where do I live"))] == [
        "I live in Rome now.",
        "I live in Paris now.",
    ]


def test_a_pasted_book_is_searched_for_in_bounded_time() -> None:
    chance = random.Random(7)
    index = TurnIndex()
    for number in range(600):
        index.add(a_turn(" ".join(f"w{chance.randrange(5_000)}" for _ in range(20)), session=f"s{number // 20}"))
    book = " ".join(f"w{number}" for number in range(5_000))
    assert len(index._postings.rarest(digests(terms(book)), 48)) == 48
    assert index.search(Query(book))
