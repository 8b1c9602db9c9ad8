"""Measures the rule pass on labelled dialogues: `python -m bench.facts [--split SPLIT] [--only NAME …] [--misses]`.

A found fact is right when a label has its predicate, its subject and its value (the content words of one contain the
other's). Precision counts every other fact as wrong, also a true one that nobody labelled; what was found on turns
that are labelled as free of facts is counted apart. Recall counts labels that were found. The last line is JSON.
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backend.core.context import Fact, Turn
from backend.memory.extraction import extract, normalised, warm
from backend.memory.rules.naming import lately, names_of
from backend.memory.rules.speech import plain

DIALOGUES = Path(__file__).parent / "dialogues"
SPLITS = ("dev", "held_out", "fresh", "sealed", "unseen", "blind")
SUMS_ONLY = ("blind",)
"""Splits whose misses nobody reads: no rule is changed on account of one."""
_SMALL = frozenset("a an and at for from have i in is it me my of on our the to was we with be are am no not".split())
_ALIKE = (
    frozenset(("likes", "hobby")),
    frozenset(("event", "meeting", "trip")),
    frozenset(("deadline", "event", "decision")),
    frozenset(("colleague", "friend")),
    frozenset(("goal", "commitment")),
    frozenset(("meeting", "commitment")),
    frozenset(("allergy", "diet")),
    frozenset(("manager", "colleague")),
    frozenset(("dislikes", "diet")),
    frozenset(("prefers", "likes")),
    frozenset(("amount", "budget")),
    frozenset(("uses_tool", "decision")),
    frozenset(("prefers", "decision")),
    frozenset(("goal", "decision")),
    frozenset(("amount", "decision")),
)
"""Predicates between which a labeller may choose differently."""


@dataclass
class Score:
    """Counts of one split."""

    turns: int = 0
    found: int = 0
    right: int = 0
    labels: int = 0
    recalled: int = 0
    free_turns: int = 0
    on_free: int = 0
    seconds: float = 0.0
    by_predicate: dict[str, Counter[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def line(self) -> dict[str, float]:
        """Return percentages, and CPU milliseconds a turn."""
        return {
            "turns": self.turns,
            "found": self.found,
            "labels": self.labels,
            "precision": round(100 * self.right / max(self.found, 1), 1),
            "recall": round(100 * self.recalled / max(self.labels, 1), 1),
            "on_fact_free_turns": self.on_free,
            "fact_free_turns": self.free_turns,
            "ms_a_turn": round(1000 * self.seconds / max(self.turns, 1), 3),
        }


def dialogues(split: str, only: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield the dialogues of a split, by name. only: those alone, where given."""
    for path in sorted((*DIALOGUES.glob("*.json"), *DIALOGUES.glob("facts/*.json"))):
        dialogue = json.loads(path.read_text())
        if dialogue["split"] == split and (not only or dialogue["name"] in only):
            yield dialogue


def turns_of(dialogue: dict[str, Any]) -> Iterator[tuple[Turn, Turn | None]]:
    """Yield a dialogue's turns, each with the one before it in its session, half a minute apart."""
    for session in dialogue["sessions"]:
        begins = datetime.fromisoformat(session["begins"]).astimezone(UTC)
        before: Turn | None = None
        for place, said in enumerate(session["turns"]):
            at = begins + timedelta(seconds=30 * place)
            turn = Turn(said["id"], said["role"], said["text"], session["channel"], session["agent"], at, session["id"])
            yield turn, before
            before = turn


def measure(split: str, only: Collection[str] = ()) -> Score:
    """Run the rules over a split and compare with its labels."""
    score = Score()
    warm()
    for dialogue in dialogues(split, only):
        free = set(dialogue["fact_free"])
        found: list[Fact] = []
        known: dict[str, str] = {}
        said: dict[str, str] = {}
        for turn, before in turns_of(dialogue):
            if turn.role != "user":
                continue
            said[turn.id] = turn.content
            began = time.process_time()
            facts = extract(turn, previous=before, known=known, told_of=lately(found, turn.said_at))
            known.update(names_of(facts))
            score.seconds += time.process_time() - began
            score.turns += 1
            score.free_turns += turn.id in free
            for fact in facts:
                found.append(fact)
                if turn.id in free:
                    score.on_free += 1
        labels = dialogue["facts"]
        true = labelled(dialogue)
        score.found += len(found)
        score.labels += len(labels)
        for fact in found:
            right = any(same(fact, label) for label in true)
            score.right += right
            _count(score, fact.predicate, "right" if right else "wrong")
            if not right:
                words = said[fact.proof[0]][:200]
                score.notes.append(
                    f"- wrong  {fact.predicate}: {fact.value!r} of {fact.subject} <- {fact.proof[0]} {words}"
                )
        for label in labels:
            recalled = any(same(fact, label) for fact in found)
            score.recalled += recalled
            _count(score, label["predicate"], "recalled" if recalled else "missed")
            if not recalled:
                words = " / ".join(said.get(turn_id, "?")[:240] for turn_id in label["proof"])
                score.notes.append(
                    f"- missed {label['predicate']}: {label['value']!r} of {label['subject']} <- {words}"
                )
    return score


def _count(score: Score, predicate: str, what: str) -> None:
    score.by_predicate.setdefault(predicate, Counter())[what] += 1


def labelled(dialogue: dict[str, Any]) -> list[dict[str, Any]]:
    """Return everything that is true by the labels: what must be found, and what may be."""
    return [*dialogue["facts"], *dialogue.get("optional", ())]


def same(fact: Fact, label: dict[str, Any]) -> bool:
    """Tell whether a fact says what a label says."""
    if fact.predicate != label["predicate"] and not any(
        {fact.predicate, label["predicate"]} <= some for some in _ALIKE
    ):
        return False
    user = label["subject"].casefold() == "user"
    if fact.subject != "project" and (fact.subject == "user") != user and fact.predicate == label["predicate"]:
        project = fact.predicate in ("deadline", "budget", "amount", "decision", "event")
        if not project:
            return False
    # As the rules read it: a label has the stutter and the contractions of speech.
    value, wanted = plain(fact.value), plain(label["value"])
    if user and fact.subject not in ("user", "project"):
        value = f"{fact.subject} {value}"  # "mother moved in" is what "moved in" of "mother" says
    pairs = ((value, wanted), (normalised(value), normalised(wanted)))  # "45k" is "forty five thousand"
    return any(_alike(_content(ours), _content(theirs)) for ours, theirs in pairs)


def _alike(ours: set[str], theirs: set[str]) -> bool:
    return bool(ours and theirs) and (ours <= theirs or theirs <= ours)


def _content(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[^\W_]+", text.casefold()) if word not in _SMALL} or set(
        re.findall(r"[^\W_]+", text.casefold())
    )


def main() -> None:
    """Print a table for each split asked for, and the figures as JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=SPLITS, help="one split only")
    parser.add_argument("--misses", action="store_true", help="list what is wrong and what was missed")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these dialogues only")
    asked = parser.parse_args()
    lines: dict[str, dict[str, float]] = {}
    for split in [asked.split] if asked.split else SPLITS:
        score = measure(split, asked.only)
        lines[split] = score.line()
        print(f"{split}: {lines[split]}")
        for predicate, counts in sorted(score.by_predicate.items()):
            row = "  ".join(f"{what} {counts[what]:3d}" for what in ("right", "wrong", "recalled", "missed"))
            print(f"  {predicate:12s} {row}")
        if asked.misses and split not in SUMS_ONLY:
            print("\n".join(score.notes))
    print(json.dumps(lines))


if __name__ == "__main__":
    main()
