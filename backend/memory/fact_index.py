"""Finds the facts that may answer a question: by their kind, and by the words they share with it.

There are few facts beside turns (some hundred for one user), so counting shared words is enough.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from backend.core.context import Fact
from backend.memory.question import MAX_TEXT, Understanding, holds, predicates
from backend.memory.text import terms

KIND = 0.5
"""What it counts that a fact is of a kind that is asked for; all the question's words in the fact count 1."""

ABOUT = 0.2
"""What it counts, on top of either, that a fact is about the user or somebody named in the question."""

LEAST = 0.3


@dataclass(frozen=True, slots=True)
class FactHit:
    """A fact that may answer. match: how well, in (0, 1]."""

    fact: Fact
    match: float


class FactIndex:
    """One owner's facts, superseded ones included. Not thread-safe."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._facts: dict[str, Fact] = {}
        self._subjects: dict[str, frozenset[str]] = {}
        self._holding: defaultdict[str, set[str]] = defaultdict(set)  # by index term
        self._of_kind: defaultdict[str, set[str]] = defaultdict(set)  # by predicate
        for fact in facts:
            self.add(fact)

    def __len__(self) -> int:
        return len(self._facts)

    def add(self, fact: Fact) -> None:
        """Add a fact, or replace the one with its id (closed, perhaps)."""
        if (known := self._facts.get(fact.id)) is not None and known.text != fact.text:
            self.remove(fact.id)
        self._facts[fact.id] = fact
        subject = frozenset(terms(fact.subject)) if fact.subject != "user" else frozenset()
        self._subjects[fact.id] = subject
        for word in subject.union(terms(fact.text)):
            self._holding[word].add(fact.id)
        self._of_kind[fact.predicate].add(fact.id)

    def remove(self, fact_id: str) -> None:
        """Forget a fact; one that is not here is passed over."""
        if self._facts.pop(fact_id, None) is None:
            return
        del self._subjects[fact_id]
        for group in (*self._holding.values(), *self._of_kind.values()):
            group.discard(fact_id)

    def search(self, text: str, understood: Understanding, now: datetime, *, limit: int = 10) -> list[FactHit]:
        """Return the facts that may answer a question, best first; of equal ones the latest said.

        Only facts that hold now or, when the question asks how things were, held at `as_of`.
        """
        asked = set(terms(text[:MAX_TEXT]))
        matches: defaultdict[str, float] = defaultdict(float)
        for word in asked:
            for fact_id in self._holding.get(word, ()):
                matches[fact_id] += 1 / len(asked)
        for predicate in predicates(text, self._of_kind):
            for fact_id in self._of_kind[predicate]:
                matches[fact_id] += KIND
        moment = understood.as_of or now
        found: list[tuple[float, datetime, Fact]] = []
        for fact_id, match in matches.items():
            fact, subject = self._facts[fact_id], self._subjects[fact_id]
            if not subject or subject & asked:
                match += ABOUT
            if match >= LEAST and holds(fact, moment):
                found.append((match, fact.said_at, fact))
        found.sort(key=lambda each: each[:2], reverse=True)
        return [FactHit(fact, min(match, 1.0)) for match, _, fact in found[:limit]]
