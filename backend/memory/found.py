"""What memory answers when it is asked itself: facts with their proof, and what a search found."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.core.context import Fact, Passage, Turn
from backend.memory.question import Understanding


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A fact, the one it replaced, and the turns that prove it (those that still exist), oldest first."""

    fact: Fact
    replaces: Fact | None
    proof: Sequence[Turn]

    @property
    def current(self) -> bool:
        """Whether it is held for true now: not replaced, and not said to have ended."""
        return self.fact.superseded_at is None and self.fact.valid_to is None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found. supported: whether memory holds an answer to it at all."""

    supported: bool
    facts: Sequence[KnownFact]
    passages: Sequence[Passage]
    understood: Understanding


@dataclass(frozen=True, slots=True)
class Why:
    """What an assistant was given for one of its answers, as far as it is still known."""

    facts: Sequence[KnownFact]
    passages: Sequence[Passage]
