"""How much of the evidence memory finds: `make bench-memory [DATA=<LoCoMo file>]`.

DATA, a LoCoMo file: evidence recall (found evidence over evidence, averaged over the questions) among the first 5, 10
and 20 turns and inside 1,400 tokens, by category, beside the formulas of others on the same turns and vectors, and how
long a search takes in one memory of 5,000 turns. The last line is one JSON object.

Without DATA: the project's own dialogues (`memory_dialogues.py`).

What runs is the product: its index, its reading of questions, its rules for facts.
"""

import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.core.context import Fact, Turn
from backend.memory.embeddings import Embedder
from backend.memory.extraction import extract
from backend.memory.fact_index import FactIndex
from backend.memory.index import Query, TurnIndex
from backend.memory.question import Understanding, understand
from backend.memory.rules.naming import names_of
from bench.memory_baselines import Plain
from bench.memory_locomo import Dialogue, is_locomo, read_locomo

TOKENS = 1_400
DEEP = 60
"""Turns asked for when a token budget is to be filled."""

TIMED_TURNS = 5_000
TIMED_QUESTIONS = 400
TRIES = 3
"""Each question is put so often, and its quickest answer counts: what else the machine does is not memory's."""


class Remembered:
    """A dialogue in the product's index, and the facts that the rules find in it."""

    def __init__(
        self, dialogue: Dialogue, embedder: Embedder | None, close: Callable[[list[Fact]], list[Fact]] = list
    ) -> None:
        self.dialogue = dialogue
        self.vectors = embed(embedder, [dialogue.indexed(turn) for turn in dialogue.turns])
        self.index = TurnIndex()
        for place, turn in enumerate(dialogue.turns):
            self.index.add(
                turn, speaker=dialogue.speakers[turn.id], vector=self.vectors[place] if self.vectors else None
            )
        self.known = close(facts_of(dialogue))
        self.facts = FactIndex(self.known)

    def search(
        self, text: str, vector: bytes | None, limit: int = DEEP, index: TurnIndex | None = None
    ) -> tuple[list[Turn], list[Fact], Understanding]:
        """Put a question as the product does: return the turns and the facts found, best first, and how it was read."""
        dialogue = self.dialogue
        read = understand(text, dialogue.asked_at, user_name=dialogue.user, agents=dialogue.agents)
        facts = self.facts.search(text, read, dialogue.asked_at)
        boosts: dict[str, float] = {}
        for hit in facts:
            for turn_id in hit.fact.proof:
                boosts[turn_id] = max(boosts.get(turn_id, 0), hit.match)
        query = Query(
            text, vector, periods=read.periods, as_of=read.as_of, speakers=read.speakers, boosts=boosts, limit=limit
        )
        hits = (index or self.index).search(query)
        return [hit.turn for hit in hits], [hit.fact for hit in facts], read


def embed(embedder: Embedder | None, texts: Sequence[str]) -> list[bytes] | None:
    """Vectors of all texts, or None without the model."""
    if embedder is None:
        return None
    found: list[bytes] = []
    for at in range(0, len(texts), 64):
        found += embedder.embed(texts[at : at + 64])
    return found


def facts_of(dialogue: Dialogue) -> list[Fact]:
    """What the rules find, each fact with its proof."""
    found: list[Fact] = []
    known: dict[str, str] = {}
    before: Turn | None = None
    for turn in dialogue.turns:
        if before is not None and before.session_id != turn.session_id:
            before = None
        if turn.role == "user":
            new = extract(turn, previous=before, known=known)
            known.update(names_of(new))
            found += new
        before = turn
    return found


def recall(found: Sequence[str], evidence: Iterable[str]) -> float:
    """The share of the evidence that was found."""
    wanted = set(evidence)
    return len(wanted.intersection(found)) / len(wanted)


def line_of(turn: Turn, speaker: str) -> str:
    """A recalled turn as it stands in a prompt."""
    return f'- {turn.said_at:%d %b %Y}, {speaker or turn.role} said: "{turn.content}"'


def within(turns: Iterable[Turn], speakers: Mapping[str, str], budget: int = TOKENS) -> list[Turn]:
    """The turns whose lines fit a budget, in this order; one that is too long is passed over for shorter ones.

    A token is taken for four bytes: English has about 4.3.
    """
    kept: list[Turn] = []
    for turn in turns:
        cost = math.ceil(len(line_of(turn, speakers.get(turn.id, "")).encode()) / 4) + 1
        if cost <= budget:
            budget -= cost
            kept.append(turn)
    return kept


def unpacked(vectors: Sequence[bytes]) -> NDArray[np.float32]:
    """The int8 vectors as floats of length 1, for the formulas of others."""
    block = np.frombuffer(b"".join(vectors), np.int8).reshape(len(vectors), -1).astype(np.float32)
    lengths = np.linalg.norm(block, axis=1, keepdims=True).astype(np.float32)
    floats: NDArray[np.float32] = block / np.maximum(lengths, np.float32(1e-9))
    return floats


def locomo(path: Path) -> dict[str, float]:
    """Measure, print the tables, and return the figures of the last line."""
    embedder = Embedder.load()
    if embedder is None:
        print("No embedding model: lexical search only.")
    figures: dict[str, dict[str, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    budgets: list[float] = []
    memories: list[tuple[Remembered, list[bytes] | None]] = []
    for dialogue in read_locomo(path):
        memory = Remembered(dialogue, embedder)
        asked = embed(embedder, [question.text for question in dialogue.asked])
        memories.append((memory, asked))
        plain = Plain(
            [f"{dialogue.speakers[turn.id]} {turn.content}" for turn in dialogue.turns],
            unpacked(memory.vectors) if memory.vectors else None,
        )
        for place, question in enumerate(dialogue.asked):
            vector = asked[place] if asked else None
            floats = unpacked([vector])[0] if vector else None
            ours = memory.search(question.text, vector)[0]
            ranked = {
                "Engram": [turn.id for turn in ours],
                "Engram, lexical only": [turn.id for turn in memory.search(question.text, None, 20)[0]],
            }
            for name, scores in (
                ("Graphiti (RRF, k = 1)", plain.fused(question.text, floats, 1)),
                ("mem0's formula", plain.summed(question.text, floats)),
                ("RRF, k = 60", plain.fused(question.text, floats, 60)),
                ("BM25", plain.bm25(question.text)),
            ):
                best = np.argsort(-scores, kind="stable")[:20]
                ranked[name] = [dialogue.turns[number].id for number in best.tolist()]
            for name, found in ranked.items():
                at = tuple(recall(found[:k], question.evidence) for k in (5, 10, 20))
                figures[name][question.category].append(at)
            kept = within(ours, dialogue.speakers)
            budgets.append(recall([turn.id for turn in kept], question.evidence))
    _table(figures)
    p95 = timed(memories)
    ours_all = _mean(figures["Engram"])
    lexical = _mean(figures["Engram, lexical only"])
    inside = 100 * sum(budgets) / len(budgets)
    print(f"\nEvidence inside {TOKENS} tokens: {inside:.1f} %")
    print(f"Lexical only: {' / '.join(f'{value:.1f}' for value in lexical)} %")
    print(f"Search in {TIMED_TURNS} turns, the question's reading included, its vector not: p95 {p95:.3f} ms")
    return {
        "recall@5": round(ours_all[0], 1),
        "recall@10": round(ours_all[1], 1),
        "recall@20": round(ours_all[2], 1),
        "recall@10_lexical": round(lexical[1], 1),
        "recall_1400_tokens": round(inside, 1),
        "p95_ms": round(p95, 3),
    }


def timed(memories: Sequence[tuple[Remembered, list[bytes] | None]]) -> float:
    """The 95th percentile, in milliseconds, of a search in one memory of `TIMED_TURNS` turns: the dialogues as one
    person's, repeated until there are enough.
    """
    index = TurnIndex()
    number = 0
    while number < TIMED_TURNS:
        for memory, _ in memories:
            for place, turn in enumerate(memory.dialogue.turns):
                if number == TIMED_TURNS:
                    break
                number += 1
                renamed = turn._replace(id=f"{number}", session_id=f"{memory.dialogue.name}/{number // 40}", seq=number)
                vector = memory.vectors[place] if memory.vectors else None
                index.add(renamed, speaker=memory.dialogue.speakers[turn.id], vector=vector)
    asked = [
        (memory, question.text, vectors[place] if vectors else None)
        for memory, vectors in memories
        for place, question in enumerate(memory.dialogue.asked)
    ]
    step = max(1, len(asked) // TIMED_QUESTIONS)
    took: list[float] = []
    for memory, text, vector in asked[::step]:
        best = math.inf
        for _ in range(TRIES):
            began = time.perf_counter()
            memory.search(text, vector, 20, index)
            best = min(best, time.perf_counter() - began)
        took.append(best)
    return 1000 * float(np.percentile(took, 95))


def _mean(by_category: Mapping[str, list[tuple[float, ...]]]) -> list[float]:
    every = [row for rows in by_category.values() for row in rows]
    return [100 * sum(column) / len(every) for column in zip(*every, strict=True)]


def _table(figures: Mapping[str, Mapping[str, list[tuple[float, ...]]]]) -> None:
    categories = sorted({category for rows in figures.values() for category in rows})
    count = {category: len(next(iter(figures.values()))[category]) for category in categories}
    print(f"Evidence recall @5 / @10 / @20, %, of {sum(count.values())} questions")
    heads = ["all", *(f"{category} ({count[category]})" for category in categories)]
    print("| how | " + " | ".join(heads) + " |")
    print("|---|" + "---|" * len(heads))
    for name, rows in figures.items():
        cells = [_mean(rows), *(_mean({category: rows[category]}) for category in categories)]
        print(f"| {name} | " + " | ".join(" / ".join(f"{value:.1f}" for value in cell) for cell in cells) + " |")


def main(arguments: Sequence[str]) -> None:
    """Measure a LoCoMo file, or the project's own dialogues."""
    path = Path(arguments[0]) if arguments and arguments[0] else None
    if path is not None and is_locomo(path):
        print(json.dumps(locomo(path)))
        return
    from bench.memory_dialogues import own  # it needs `Remembered`

    print(json.dumps(own(path)))


if __name__ == "__main__":
    main(sys.argv[1:])
