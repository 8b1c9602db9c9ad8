"""The search index against a naive reading of its definition, and against what a person would expect of it.

Over 500 lines: the definition that every case is held against stands here once.
"""

import math
import random
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from backend.core.context import Turn
from backend.memory.dates import Period
from backend.memory.index import Query, TurnIndex
from backend.memory.postings import digests
from backend.memory.segment import SegmentBroken, pack
from backend.memory.text import terms
from backend.memory.windows import Bm25
from backend.tests.conftest import a_turn

WORDS = ["apple", "river", "stone", "cloud", "tiger", "piano"]
FORM = Bm25()
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
HELD = a_turn("What the asker has already.")


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


def naive_answers(turns: Sequence[Turn], query: str) -> dict[str, float]:
    """BM25 of the question before each turn, from the definition; 0 where it is none."""
    mean = sum(len(terms(turn.content)) for turn in turns) / len(turns) or 1.0
    scores = {turn.id: 0.0 for turn in turns}
    said = sorted(turns, key=lambda turn: (turn.session_id, turn.said_at, turn.seq))
    for before, turn in pairwise(said):
        if before.session_id == turn.session_id and before.content.endswith("?"):
            words = terms(before.content)
            damping = FORM.k1 * (1 - FORM.b + FORM.b * len(words) / mean)
            for word in set(terms(query)).intersection(words):
                holding = sum(1 for each in turns if word in terms(each.content))
                rarity = math.log(1 + (len(turns) - holding + 0.5) / (holding + 0.5))
                scores[turn.id] += rarity * words.count(word) * (FORM.k1 + 1) / (words.count(word) + damping)
    return scores


def scores_of(index: TurnIndex, query: str) -> tuple[dict[str, float], dict[str, float]]:
    """What the index makes of the same: windows, and answers."""
    numbers = index._table.live.nonzero()[0].tolist()
    windows, answers = (
        {index._table.turn(number).id: float(found[number]) for number in numbers}
        for found in index._windows.scores(digests(dict.fromkeys(terms(query))), 48)
    )
    return windows, answers


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
            " ".join(words) + "?" * (number % 3 == 1),
            "chat",
            "elena",
            BEGINNING + timedelta(seconds=second),
            f"s{session_of.setdefault(number, session)}",
            seq=seq,
        )
        for seq, (number, session, second, words) in enumerate(rows, 1)
    ]


withdrawn_ids = st.sets(st.integers(0, 14), max_size=3)


def withdraw(index: TurnIndex, numbers: set[int], final: dict[str, Turn]) -> None:
    """Take turns out of both."""
    for number in numbers:
        index.withdraw(f"t{number}")
        final.pop(f"t{number}", None)
        assert f"t{number}" not in index


@given(rows=turn_lists, query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), withdrawn=withdrawn_ids)
@settings(max_examples=300)
def test_scores_are_those_of_the_definition_however_turns_arrive_and_go(
    rows: list[tuple[int, int, int, list[str]]], query: list[str], withdrawn: set[int]
) -> None:
    index = TurnIndex()
    final: dict[str, Turn] = {}
    for place, turn in enumerate(turns := made(rows)):
        index.add(turn)
        final[turn.id] = turn
        if place == len(turns) // 2:
            withdraw(index, withdrawn, final)  # some of them come back
    withdraw(index, {number + 1 for number in withdrawn}, final)
    if not final:
        assert index.search(Query(" ".join(query))) == []
        return
    assert len(index) == len(final)
    turns, text = list(final.values()), " ".join(query)
    windows, answers = scores_of(index, text)
    assert windows == pytest.approx(naive_windows(turns, text), abs=1e-5)
    assert answers == pytest.approx(naive_answers(turns, text), abs=1e-5)
    for session in {turn.session_id for turn in final.values()}:
        in_order = sorted(
            (turn for turn in final.values() if turn.session_id == session), key=lambda turn: (turn.said_at, turn.seq)
        )
        assert index.session(session, 100) == in_order
        assert index.session(session, 2) == in_order[-2:]


@given(rows=turn_lists, query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), hidden=st.integers(0, 14))
@settings(max_examples=150)
def test_what_is_returned_is_sorted_wanted_and_between_0_and_1(
    rows: list[tuple[int, int, int, list[str]]], query: list[str], hidden: int
) -> None:
    index = TurnIndex()
    for turn in made(rows):
        index.add(turn)
    text = " ".join(query)
    held = {turn.id: turn for turn in made(rows) if turn.id == f"t{hidden}"}
    found = index.search(Query(text, limit=5, held=held, session_id="s1"))
    assert len([hit for hit in found if hit.turn.id not in held]) <= 5
    scores = [hit.score for hit in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert len({hit.turn.id for hit in found}) == len(found)
    for hit in found:
        assert hit.turn is held.get(hit.turn.id, hit.turn)
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


@pytest.mark.parametrize(
    "asked", ["Why?", "What is the plan of the migration team for the second week of June, and who leads it?"]
)
def test_what_says_the_same_in_other_marks_is_no_answer_either(asked: str) -> None:
    index = TurnIndex()
    same = [asked.upper(), asked.replace(",", "").rstrip("?"), f"  {asked.replace(',', ' /')}!?  …"]
    others = [f"{asked[:-1]} now?", f"And {asked}"]
    for number, content in enumerate([*same, *others]):
        index.add(a_turn(content)._replace(id=f"t{number}"))
    assert {hit.turn.content for hit in index.search(Query(asked))} <= set(others)
    assert sorted(index._table.saying(asked)) == list(range(len(same)))


def test_what_has_no_word_in_common_is_not_recalled(life: TurnIndex) -> None:
    assert life.search(Query("quantum chromodynamics")) == []
    assert life.search(Query("who are you?")) == []
    assert life.search(Query("")) == []
    assert TurnIndex().search(Query("anything")) == []


def test_a_later_statement_comes_before_an_equal_earlier_one() -> None:
    index = TurnIndex()
    for city, session in (("Paris", "a"), ("Rome", "b")):
        index.add(a_turn(f"I live in {city} now.")._replace(session_id=session))
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


def a_vector(seed: int) -> bytes:
    values = np.random.default_rng(seed).standard_normal(384)
    return bytes(np.rint(values * 127 / np.linalg.norm(values)).astype(np.int8).tobytes())


def as_floats(vector: bytes | None) -> NDArray[np.float64]:
    return np.zeros(384) if vector is None else np.frombuffer(vector, np.int8).astype(np.float64)


@given(
    rows=turn_lists,
    lacking=st.sets(st.integers(0, 40)),
    silenced=st.sets(st.integers(0, 14), max_size=4),
    late=st.sets(st.integers(0, 14), max_size=4),
    withdrawn=withdrawn_ids,
)
@settings(max_examples=150)
def test_similarity_is_that_of_the_definition_however_turns_and_vectors_arrive_and_go(
    rows: list[tuple[int, int, int, list[str]]],
    lacking: set[int],
    silenced: set[int],
    late: set[int],
    withdrawn: set[int],
) -> None:
    index = TurnIndex()
    final: dict[str, Turn] = {}
    vectors: dict[str, bytes] = {}
    for seq, turn in enumerate(made(rows)):
        vector = None if seq in lacking else a_vector(seq)
        index.add(turn, vector=vector)
        if vector is not None:
            vectors[turn.id] = vector
        elif turn.id in final and final[turn.id].content != turn.content:
            vectors.pop(turn.id, None)
        final[turn.id] = turn
    index.silence({f"t{number}" for number in silenced})
    for number in late:
        index.set_vector(f"t{number}", a_vector(100 + number))
        vectors[f"t{number}"] = a_vector(100 + number)
    for number in silenced:
        vectors.pop(f"t{number}", None)
    query = a_vector(1_000)
    index._vectors.cosines(query)
    withdraw(index, withdrawn, final)
    vectors = {turn_id: vector for turn_id, vector in vectors.items() if turn_id in final}
    asked = as_floats(query)
    own, window = index._vectors.cosines(query)
    for session in {turn.session_id for turn in final.values()}:
        said = sorted(
            (turn for turn in final.values() if turn.session_id == session), key=lambda turn: (turn.said_at, turn.seq)
        )
        for place, turn in enumerate(said):
            number = index._table.find(turn.id)
            assert own[number] == pytest.approx(asked @ as_floats(vectors.get(turn.id)) / 127**2, abs=1e-5)
            mixed = as_floats(vectors.get(turn.id))
            for other in (place - 1, place + 1):
                if 0 <= other < len(said):
                    mixed = mixed + 0.5 * as_floats(vectors.get(said[other].id))
            expected = asked @ mixed / (127 * np.linalg.norm(mixed)) if mixed.any() else 0
            assert window[number] == pytest.approx(expected, abs=1e-5)
    lacking_now = {turn.id for turn in index.without_vector(100)}
    assert lacking_now == set(final) - set(vectors) - {f"t{number}" for number in silenced}


@given(rows=turn_lists, silenced=st.sets(st.integers(0, 14)), before=st.booleans())
@settings(max_examples=100)
def test_a_silenced_turn_is_neither_found_nor_lends_its_words_but_keeps_its_place(
    rows: list[tuple[int, int, int, list[str]]], silenced: set[int], before: bool
) -> None:
    index, without = TurnIndex(), TurnIndex()
    away = {f"t{number}" for number in silenced}
    if before:
        index.silence(away)
    final: dict[str, Turn] = {}
    for turn in made(rows):
        index.add(turn)
        without.add(turn._replace(content="") if turn.id in away else turn)
        final[turn.id] = turn
    index.silence(away)
    found = {hit.turn.id for hit in index.search(Query(" ".join(WORDS), limit=50))}
    assert found.isdisjoint(away)
    assert found == {hit.turn.id for hit in without.search(Query(" ".join(WORDS), limit=50))} - away
    for turn in final.values():
        assert turn in index.session(turn.session_id, 100)
        [pair] = index.neighbours([turn.id])
        assert {each.id for each in pair if each is not None}.isdisjoint(away)


@given(rows=turn_lists, more=turn_lists)
@settings(max_examples=60)
def test_a_dumped_index_is_the_same_when_loaded_and_goes_on(
    rows: list[tuple[int, int, int, list[str]]], more: list[tuple[int, int, int, list[str]]]
) -> None:
    index = TurnIndex()
    for seq, turn in enumerate(made(rows)):
        index.add(turn, speaker="Ada", vector=a_vector(seq) if seq % 3 else None)
    index.silence({"t3", "t99"})
    loaded = TurnIndex.load(index.dump())
    for each in (index, loaded):
        for turn in made(more):
            each.add(turn._replace(seq=turn.seq + 100))
    assert len(loaded) == len(index)
    query = Query("apple river tiger", vector=a_vector(7), limit=50)
    assert loaded.search(query) == index.search(query)
    assert loaded.dump() == index.dump()


def test_a_damaged_or_foreign_segment_is_refused() -> None:
    index = TurnIndex()
    for turn in conversation("My name is Ada.", "Nice to meet you.", session="s"):
        index.add(turn)
    blob = index.dump()
    for wrong in (b"", b"something else", blob[:-1], blob + b"x", blob[:-5] + b"?" + blob[-4:], b"X" + blob[1:]):
        with pytest.raises(SegmentBroken):
            TurnIndex.load(wrong)
    with pytest.raises(SegmentBroken):
        TurnIndex.load(pack({"begin": np.zeros(3, np.int64)}))


def test_turns_come_back_as_they_were_given() -> None:
    index = TurnIndex()
    given = [
        Turn("tü", "assistant", "Grüße, 東京 \ud800", "voice", "marcus", BEGINNING, "s", "item_1", "and more", True, 7),
        Turn("", "user", "", "chat", "", BEGINNING + timedelta(microseconds=1), "", None, "", False, 0),
        Turn("x" * 300, "user", "long " * 20_000, "chat", "elena", BEGINNING, "s", None, "", False, 8),
    ]
    for turn in given:
        index.add(turn)
    for turn in given:
        assert index.turn(turn.id) == turn
        assert turn.id in index
    assert index.turn("unknown") is None
    assert index.neighbours(["unknown", "tü"]) == [(None, None), (None, given[2])]
    assert index.session("unknown", 5) == []


@pytest.fixture
def mixed() -> TurnIndex:
    """The same words from two speakers, two agents, on two channels, on four days."""
    index = TurnIndex()
    for day, (role, channel, agent, speaker) in enumerate(
        [
            ("user", "chat", "elena", "Ada"),
            ("assistant", "voice", "elena", "Elena"),
            ("user", "voice", "marcus", "Ada"),
            ("assistant", "chat", "marcus", "Marcus"),
        ]
    ):
        said = Turn(f"t{day}", role, f"The budget is {day}", channel, agent, BEGINNING + timedelta(days=day), f"s{day}")  # type: ignore[arg-type]
        index.add(said, speaker=speaker)
    return index


@pytest.mark.parametrize(
    ("demand", "found"),
    [
        ({}, {"t0", "t1", "t2", "t3"}),
        ({"roles": {"user"}}, {"t0", "t2"}),
        ({"agents": {"marcus"}}, {"t2", "t3"}),
        ({"agents": {"nobody"}}, set()),
        ({"channel": "voice"}, {"t1", "t2"}),
        ({"since": BEGINNING + timedelta(days=1), "until": BEGINNING + timedelta(days=3)}, {"t1", "t2"}),
        ({"session_id": "s3", "within_session": True}, {"t3"}),
        ({"session_id": "unknown", "within_session": True}, set()),
        ({"session_id": "s3"}, {"t0", "t1", "t2", "t3"}),
        ({"limit": 1, "held": {"t2": HELD, "unknown": HELD}}, {HELD.id, "t0"}),
        ({"limit": 1, "held": {"t0": HELD}}, {"t2"}),
        ({"limit": 2}, {"t2", "t0"}),
        ({"limit": 0}, set()),
    ],
)
def test_demands_are_met(mixed: TurnIndex, demand: dict[str, Any], found: set[str]) -> None:
    assert {hit.turn.id for hit in mixed.search(Query("what is the budget", **demand))} == found


THAT_DAY = Period(BEGINNING + timedelta(days=1), BEGINNING + timedelta(days=2), "that day")


@pytest.mark.parametrize(
    ("wish", "first"),
    [
        ({}, "t2"),
        ({"speakers": {"Ben"}}, "t1"),
        ({"periods": [THAT_DAY]}, "t1"),
        ({"periods": [THAT_DAY], "as_of": BEGINNING + timedelta(hours=1)}, "t1"),
        ({"boosts": {"t0": 1.0, "unknown": 1.0}}, "t0"),
        ({"session_id": "s1"}, "t1"),
    ],
)
def test_wishes_come_first(wish: dict[str, Any], first: str) -> None:
    index = TurnIndex()
    for day, speaker in enumerate(("Ada", "Ben", "Ada")):
        said = Turn(f"t{day}", "user", "The budget is set", "chat", "elena", BEGINNING + timedelta(days=day), f"s{day}")
        index.add(said, speaker=speaker)
    found = index.search(Query("what is the budget", **wish))
    assert found[0].turn.id == first
    assert len(found) == 3


def test_what_an_assistant_said_comes_after_what_the_user_said(mixed: TurnIndex) -> None:
    assert [hit.turn.id for hit in mixed.search(Query("what is the budget"))] == ["t2", "t0", "t3", "t1"]


def test_a_time_alone_finds_what_was_said_then(mixed: TurnIndex) -> None:
    assert [hit.turn.id for hit in mixed.search(Query("what did we talk about", periods=[THAT_DAY]))] == ["t1"]


@pytest.mark.parametrize("with_vectors", [False, True])
def test_the_size_it_states_is_the_memory_it_takes(with_vectors: bool) -> None:
    chance = random.Random(3)
    turns = [
        a_turn(" ".join(f"w{int(chance.paretovariate(0.7)) % 5_000}" for _ in range(15)), session=f"s{number // 20}")
        for number in range(1_500)
    ]
    vectors = [a_vector(number) if with_vectors else None for number in range(len(turns))]
    for turn in turns:
        terms(turn.content)  # the stemmer's memory is not the index's
    TurnIndex().add(turns[0])
    tracemalloc.start()
    try:
        digests(word for turn in turns for word in terms(turn.content))
        before, _ = tracemalloc.get_traced_memory()
        index = TurnIndex()
        for turn, vector in zip(turns, vectors, strict=True):
            index.add(turn, vector=vector)
        index.search(Query("w1 w2 w3", vector=a_vector(1)))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert index.nbytes == pytest.approx(after - before, rel=0.2)


def test_many_sessions_at_once_stay_in_order_and_waste_little() -> None:
    index = TurnIndex()
    chance = random.Random(5)
    said: dict[str, list[str]] = {}
    for number in range(3_000):
        session = f"s{chance.randrange(40)}"
        turn = a_turn(f"remark {number}")._replace(session_id=session)
        index.add(turn)
        said.setdefault(session, []).append(turn.id)
    for session, ids in said.items():
        assert [turn.id for turn in index.session(session, 1_000)] == ids
    assert index._table.sessions.width < 4 * 3_000 + 1_000


@given(rows=turn_lists)
@settings(max_examples=50)
def test_searching_between_additions_changes_nothing(rows: list[tuple[int, int, int, list[str]]]) -> None:
    searched, index = TurnIndex(), TurnIndex()
    query = Query("apple river tiger", vector=a_vector(7), limit=50)
    for seq, turn in enumerate(made(rows)):
        for each in (searched, index):
            each.add(turn, vector=a_vector(seq) if seq % 3 else None)
        searched.search(query)
    assert searched.search(query) == index.search(query)
