"""The project's own dialogues (`bench/dialogues/*.json`): a user with two assistants, by chat and voice, over months.

What is measured:

recall@10            evidence turns among the first ten found, over the questions that have evidence.
contradiction, as-of the right value stands in what a model would be shown, and no line before it holds an outdated
                     value unmarked. Shown are, within 1,400 tokens: the facts that hold (then, for a question about the
                     past), best first; behind them, by date, the newest first, the turns found and those facts that
                     are older than one of the best turns. What was said after the time asked for comes last. An
                     outdated value is marked by a line that holds both values ("from Bosch to Siemens") or says that
                     it is over ("not", "any more", "instead of", "I leave"). A value stands in a line when
                     its words do, case and punctuation apart, as the answer or one of the forms in `also`.
unanswerable         questions whose answer nobody gave, and where the assistant is told so by rules (`support.py`);
                     beside it the share of the other questions where it is told so wrongly. What the local model adds:
                     `memory_answered.py`.
facts                what the rules find, against the labels: right when a label has the predicate and its words are
                     the value's or hold them or are held by them; recall over the labels.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backend.core.context import Fact, Said, Turn
from backend.memory.embeddings import Embedder
from backend.memory.extraction import normalised
from backend.memory.predicates import predicate_of
from backend.memory.question import Understanding, newest_first, overtaken
from backend.memory.support import BEST, supported
from bench.memory import TOKENS, Remembered, embed, line_of, recall, within
from bench.memory_locomo import Asked, Dialogue

DIALOGUES = Path(__file__).parent / "dialogues"
AGENTS = {"elena": "Elena", "marcus": "Marcus"}
ASKED_LATER = "asked_later"
SPLITS = ("dev", "held_out", ASKED_LATER)
"""asked_later: further questions about all ten dialogues; nothing was tuned on them."""

_NEITHER = re.compile(r"[^\w]+")
_OVER = re.compile(r" (?:any ?more|no longer|not|instead of|up from|down from|rather than|used to|i leave|i left) ")


def read_own(path: Path | None = None, split: str = "") -> list[tuple[dict[str, Any], Dialogue]]:
    """Return the dialogues of a file, or all (of a split), each with its raw labels."""
    paths = [path] if path else sorted(DIALOGUES.glob("*.json"))
    raw = [json.loads(each.read_text(encoding="utf-8")) for each in paths]
    if split == ASKED_LATER:
        return [(labels, _dialogue(labels, split)) for labels in raw if split in labels]
    return [(labels, _dialogue(labels)) for labels in raw if split in ("", labels["split"])]


def _dialogue(raw: dict[str, Any], asked_in: str = "questions") -> Dialogue:
    turns: list[Turn] = []
    for session in raw["sessions"]:
        begins = datetime.fromisoformat(session["begins"]).astimezone(UTC)
        for place, said in enumerate(session["turns"]):
            turns.append(
                Turn(
                    said["id"],
                    said["role"],
                    said["text"],
                    session["channel"],
                    session["agent"],
                    begins + timedelta(seconds=30 * place),
                    session["id"],
                    seq=len(turns) + 1,
                )
            )
    speakers = {turn.id: "" if turn.role == "user" else AGENTS[turn.agent_id] for turn in turns}
    asked = tuple(
        Asked(
            question["text"],
            question["category"],
            tuple(question["evidence"]),
            question["id"],
            question.get("answer", ""),
            tuple(question.get("also", ())),
            tuple(question.get("outdated", ())),
        )
        for question in raw[asked_in]
    )
    asked_at = datetime.fromisoformat(raw["asked_at"]).astimezone(UTC)
    return Dialogue(raw["name"], raw["user"], AGENTS, tuple(turns), speakers, asked, asked_at, named=False)


def closed(facts: Sequence[Fact]) -> list[Fact]:
    """Let a later value of a single-valued predicate end the earlier one, as the store of facts does."""
    result: list[Fact] = []
    last: dict[tuple[str, str], int] = {}
    for fact in sorted(facts, key=lambda fact: fact.said_at):
        if predicate_of(fact.predicate).single:
            key = (fact.subject.casefold(), fact.predicate)
            if (place := last.get(key)) is not None and result[place].valid_to is None:
                earlier = result[place]
                if normalised(earlier.value) != normalised(fact.value):
                    result[place] = replace(earlier, valid_to=fact.valid_from or fact.said_at, superseded_by=fact.id)
            last[key] = len(result)
        result.append(fact)
    return result


def shown(memory: Remembered, read: Understanding, facts: Iterable[Fact], turns: Sequence[Turn]) -> list[str]:
    """The lines a model would be shown within the budget."""
    first: list[str] = []
    dated: list[tuple[Fact | Turn, str]] = []
    budget = TOKENS
    for fact in facts:
        line = f"- {fact.said_at:%d %b %Y}: {fact.text}"
        budget -= len(line.encode()) // 4 + 1
        if overtaken(fact, turns, read.as_of):
            dated.append((fact, line))
        else:
            first.append(line)
    kept = within(turns, memory.dialogue.speakers, budget)
    dated += [(turn, line_of(turn, memory.dialogue.speakers[turn.id])) for turn in kept]
    lines = {id(item): line for item, line in dated}
    return first + [lines[id(item)] for item in newest_first([item for item, _ in dated], read.as_of)]


def holds_value(lines: Sequence[str], asked: Asked) -> bool:
    """Tell whether the right value stands there, before any line that holds an outdated one unmarked."""
    right = [_plain(value) for value in (asked.answer, *asked.also) if value]
    wrong = [_plain(value) for value in asked.outdated]
    for line in map(_plain, lines):
        if any(value in line for value in right):
            return True
        if any(value in line for value in wrong) and not _OVER.search(line):
            return False
    return False


def _plain(text: str) -> str:
    return f" {_NEITHER.sub(' ', text.casefold().replace(',', '')).strip()} "


def own(path: Path | None = None) -> dict[str, Any]:
    """Measure, print a table for each split, and return the figures by split."""
    embedder = Embedder.load()
    return {split: figures for split in SPLITS if (figures := _split(read_own(path, split), embedder, split))}


def _split(
    dialogues: Sequence[tuple[dict[str, Any], Dialogue]], embedder: Embedder | None, split: str
) -> dict[str, Any]:
    if not dialogues:
        return {}
    found: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
    right: defaultdict[str, list[bool]] = defaultdict(list)
    refused: dict[bool, list[bool]] = {True: [], False: []}
    predicted = hits = labels = recalled = 0
    for raw, dialogue in dialogues:
        memory = Remembered(dialogue, embedder, closed)
        vectors = embed(embedder, [asked.text for asked in dialogue.asked])
        for place, asked in enumerate(dialogue.asked):
            vector = vectors[place] if vectors else None
            turns, facts, read = memory.search(asked.text, vector)
            if asked.evidence:
                ids = [turn.id for turn in turns]
                at5, at10, at20 = (recall(ids[:k], asked.evidence) for k in (5, 10, 20))
                found[asked.category].append((at5, at10, at20))
            lines = shown(memory, read, facts, turns)
            if asked.category in ("contradiction", "as-of"):
                right[asked.category].append(holds_value(lines, asked))
            beside = memory.index.neighbours([turn.id for turn in turns[:BEST]])
            said = [Said(turn, *around) for turn, around in zip(turns, beside, strict=False)]
            support = supported(asked.text, said, facts)
            refused[not asked.evidence].append(support.personal and not support.holds)
        for fact in memory.known:
            predicted += 1
            hits += any(_same(fact, label) for label in (*raw["facts"], *raw.get("optional", ())))
        labels += len(raw["facts"])
        recalled += sum(any(_same(fact, label) for fact in memory.known) for label in raw["facts"])
    every = [row for rows in found.values() for row in rows]
    print(f"\n{split}: {len(dialogues)} dialogues, {sum(len(dialogue.turns) for _, dialogue in dialogues)} turns")
    print("| category | questions | recall @5 / @10 / @20, % | value shown, % |")
    print("|---|---|---|---|")
    for category, rows in {"all": every, **found}.items():
        mean = " / ".join(f"{100 * sum(column) / len(rows):.1f}" for column in zip(*rows, strict=True))
        value = f"{_share(right[category]):.1f}" if category in right else ""
        print(f"| {category} | {len(rows)} | {mean} | {value} |")
    figures = {
        "recall@10": round(100 * sum(row[1] for row in every) / len(every), 1),
        "unanswerable_recognised": _share(refused[True]),
        "wrongly_refused": _share(refused[False]),
    }
    if split != ASKED_LATER:  # it asks about dialogues that are measured already, and for single things only
        figures |= {
            "contradiction": _share(right["contradiction"]),
            "as_of": _share(right["as-of"]),
            "facts_precision": round(100 * hits / max(predicted, 1), 1),
            "facts_recall": round(100 * recalled / max(labels, 1), 1),
        }
    print(", ".join(f"{name} {value} %" for name, value in figures.items()))
    return figures


def _share(outcomes: Sequence[bool]) -> float:
    return round(100 * sum(outcomes) / len(outcomes), 1) if outcomes else 0.0


def _same(fact: Fact, label: dict[str, Any]) -> bool:
    mine, theirs = _plain(fact.value), _plain(label["value"])
    return fact.predicate == label["predicate"] and (mine in theirs or theirs in mine)
