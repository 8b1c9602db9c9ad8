"""What memory's index costs: search, append, cold build and memory, against a plain index of the same turns.

The plain one is how it is usually done: Turn objects in a list, BM25 scores worked out in advance into a sparse matrix
(as bm25s does), float32 vectors in a matrix, the two scores mixed. It knows no windows, no priors and no change: to add
a turn it is built anew. Both are asked the same questions in turn, with the vectors given: what embedding costs is not
in it. Times are CPU times of the thread, so that what else the machine does counts little. The text is made up, its
words as frequent as words are (Zipf), about half of them stop words.
"""

import gc
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import psutil

from backend.core.context import Turn
from backend.memory.index import Query, TurnIndex
from backend.memory.text import STOP_WORDS, terms
from bench.report import Row

SIZES = (5_000, 50_000)
QUESTIONS = 150
ROUNDS = 3
"""The quietest counts: others may use the machine meanwhile."""
COLD = 1_000
APPENDED = 2_000
USERS, USERS_TURNS = 500, 500
MOST_MS = {5_000: 1.0, 50_000: 5.0}
MOST_APPEND_MS, MOST_COLD_MS, MOST_MIB = 0.2, 60.0, 256.0
"""What memory owes."""

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_VECTORS = 2_000


class Speech:
    """Made-up turns and questions; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        letters = random.Random(1)
        self._words = [
            "".join(letters.choice("bdfgklmnprstvz") + letters.choice("aeiou") for _ in range(letters.randint(2, 4)))
            for _ in range(30_000)
        ]
        shares = 1 / (np.arange(len(self._words)) + 20.0)  # Zipf without its head, which is the stop words
        self._shares = np.cumsum(shares / shares.sum())
        self._small = sorted(STOP_WORDS)
        values = self._random.standard_normal((_VECTORS, 384))
        values *= 127 / np.linalg.norm(values, axis=1, keepdims=True)
        self._vectors = [bytes(row.tobytes()) for row in np.rint(values).astype(np.int8)]

    def text(self, words: int) -> str:
        """Return a sentence of about so many words."""
        chosen = np.searchsorted(self._shares, self._random.random(words)).tolist()
        small = self._random.integers(len(self._small), size=words).tolist()
        pairs = zip(chosen, small, self._random.random(words) < 0.5, strict=True)
        return " ".join(self._small[stop] if is_stop else self._words[word] for word, stop, is_stop in pairs) + "."

    def turns(self, count: int) -> list[Turn]:
        """Return turns of conversations of twenty, user and assistant by turns."""
        sizes = self._random.integers(6, 40, size=count).tolist()
        return [
            Turn(
                f"msg_{number:032x}",
                "assistant" if number % 2 else "user",
                self.text(size),
                "chat",
                "elena",
                _BEGINNING + timedelta(minutes=number),
                f"session-{number // 20}",
                seq=number + 1,
            )
            for number, size in enumerate(sizes)
        ]

    def vectors(self, count: int) -> list[bytes]:
        """Return so many vectors."""
        return [self._vectors[number] for number in self._random.integers(_VECTORS, size=count).tolist()]

    def question(self, turn: Turn) -> str:
        """Return a question about a turn: three of its words among others."""
        words = [word for word in turn.content.rstrip(".").split() if word not in STOP_WORDS][:3]
        return f"what did I say about {' '.join(words)} {self.text(4)}"


class Plain:
    """BM25 in advance as a sparse matrix, and float32 vectors."""

    def __init__(self, turns: Sequence[Turn], vectors: Sequence[bytes]) -> None:
        self.turns = list(turns)
        bags = [Counter(terms(turn.content)) for turn in turns]
        self._vocabulary: dict[str, int] = {}
        rows, columns, times = [], [], []
        for number, bag in enumerate(bags):
            for word, count in bag.items():
                rows.append(self._vocabulary.setdefault(word, len(self._vocabulary)))
                columns.append(number)
                times.append(count)
        order = np.argsort(rows, kind="stable")
        row, column, often = np.array(rows)[order], np.array(columns, np.int32)[order], np.array(times, float)[order]
        holding = np.bincount(row, minlength=len(self._vocabulary))
        length = np.array([bag.total() for bag in bags], float)
        rarity = np.log1p((len(bags) - holding + 0.5) / (holding + 0.5))
        damping = 1.2 * (0.25 + 0.75 * length / (length.mean() or 1.0))
        self._scores = (rarity[row] * often * 2.2 / (often + damping[column])).astype(np.float32)
        self._columns = column
        self._starts = np.concatenate(([0], np.cumsum(holding)))
        self._matrix = np.frombuffer(b"".join(vectors), np.int8).reshape(len(bags), -1).astype(np.float32) / 127

    def search(self, text: str, vector: bytes, limit: int) -> list[tuple[Turn, float]]:
        """Return the best turns and their scores."""
        words = np.zeros(len(self.turns), np.float32)
        for word in set(terms(text)):
            if (row := self._vocabulary.get(word)) is not None:
                run = slice(self._starts[row], self._starts[row + 1])
                words[self._columns[run]] += self._scores[run]
        meaning = self._matrix @ (np.frombuffer(vector, np.int8).astype(np.float32) / 127)
        score = 0.6 * words / (words.max() or 1.0) + 0.4 * meaning / (meaning.max() or 1.0)
        best = np.argpartition(score, -limit)[-limit:]
        return [(self.turns[at], float(score[at])) for at in best[np.argsort(-score[best])].tolist()]


def run() -> list[Row]:
    """Measure everything; a figure that is worse than memory owes says so."""
    speech = Speech(7)
    rows: list[Row] = []
    for size in SIZES:
        rows += _search(speech, size)
    rows += [_cold(speech), _memory()]
    return rows


def _search(speech: Speech, size: int) -> Iterator[Row]:
    turns, vectors = speech.turns(size), speech.vectors(size)
    index, plain = TurnIndex(), Plain(turns, vectors)
    for turn, vector in zip(turns, vectors, strict=True):
        index.add(turn, speaker="Ada", vector=vector)
    about = [turns[place] for place in range(0, size, size // QUESTIONS)][:QUESTIONS]
    asked = list(zip([speech.question(turn) for turn in about], speech.vectors(QUESTIONS), strict=True))
    best: dict[str, tuple[float, float]] = {}
    for _ in range(ROUNDS + 1):  # the first warms up
        taken: dict[str, list[float]] = {"ours": [], "plain": []}
        for text, vector in asked:
            query = Query(text, vector=vector, speakers=("Ada",))
            taken["ours"].append(_milliseconds(lambda query=query: index.search(query)))  # type: ignore[misc]
            taken["plain"].append(_milliseconds(lambda text=text, vector=vector: plain.search(text, vector, 10)))  # type: ignore[misc]
        for name, values in taken.items():
            cuts = statistics.quantiles(values, n=20)
            best[name] = min(best.get(name, (9e9, 9e9)), (cuts[18], statistics.median(values)))
    (p95, p50), (plain_p95, plain_p50) = best["ours"], best["plain"]
    yield _row(f"search p50, {size:,} turns", p50, plain_p50)
    yield _row(f"search p95, {size:,} turns", p95, plain_p95, MOST_MS[size])
    more = zip(speech.turns(APPENDED), speech.vectors(APPENDED), strict=True)

    def append() -> None:
        for number, (turn, vector) in enumerate(more):
            index.add(turn if number % 10 else turns[number], speaker="Ada", vector=vector)  # every tenth is replaced

    anew = _milliseconds(lambda: Plain(turns, vectors))
    yield _row(f"append to {size:,} turns", _milliseconds(append) / APPENDED, anew, MOST_APPEND_MS, "built anew")


def _cold(speech: Speech) -> Row:
    turns, vectors = speech.turns(COLD), speech.vectors(COLD)

    def ours() -> None:
        index = TurnIndex()
        for turn, vector in zip(turns, vectors, strict=True):
            index.add(turn, speaker="Ada", vector=vector)

    plain = min(_milliseconds(lambda: Plain(turns, vectors)) for _ in range(ROUNDS))
    return _row(f"cold build, {COLD:,} turns", min(_milliseconds(ours) for _ in range(ROUNDS)), plain, MOST_COLD_MS)


def _memory() -> Row:
    """Each in a process of its own: what it grew by, in MiB."""
    ours, plain = (
        float(subprocess.run([sys.executable, "-m", __name__, name], check=True, capture_output=True).stdout)
        for name in ("ours", "plain")
    )
    what = f"memory, {USERS} users of {USERS_TURNS} turns"
    over = "" if ours <= MOST_MIB else f" (owed: at most {MOST_MIB:.0f})"
    return Row("memory_speed", what, f"{ours:.0f} MiB{over}", f"{plain:.0f} MiB, plain", f"{ours / plain:.2f}")


def _grown(name: str) -> float:
    """Build all users' indexes and return how much the process has grown by, in MiB."""
    speech = Speech(7)
    kept: list[TurnIndex | Plain] = []
    begun = 0.0
    for user in range(USERS + 1):
        if user == 1:  # the first warms up
            gc.collect()
            begun = psutil.Process().memory_info().rss
        turns, vectors = speech.turns(USERS_TURNS), speech.vectors(USERS_TURNS)
        if name == "plain":
            kept.append(Plain(turns, vectors))
            continue
        index = TurnIndex()
        for turn, vector in zip(turns, vectors, strict=True):
            index.add(turn, speaker="Ada", vector=vector)
        index.search(Query(speech.question(turns[7]), vector=vectors[7]))
        kept.append(index)
    gc.collect()
    assert len(kept) == USERS + 1
    return (psutil.Process().memory_info().rss - begun) / 2**20


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.thread_time()
    work()
    return (time.thread_time() - begun) * 1_000


def _row(what: str, ours: float, plain: float, most: float | None = None, reference: str = "plain") -> Row:
    over = f" (owed: at most {most:g})" if most is not None and ours > most else ""
    return Row("memory_speed", what, f"{ours:.3g} ms{over}", f"{plain:.3g} ms, {reference}", f"{ours / plain:.2g}")


if __name__ == "__main__":
    print(_grown(sys.argv[1]))
