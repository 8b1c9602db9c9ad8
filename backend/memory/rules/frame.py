"""A frame: a class of verbs, whom it may be about, and where its value stands. The tables are lists of frames."""

import re
from dataclasses import dataclass
from functools import cached_property

from backend.memory.rules.grammar import Statement
from backend.memory.rules.rule import Rule, When

WHOLE = "*"
"""The value is the verb and all that follows."""

PRONOUN = r"^(?:it|that|this|them|him|her|you|me|us|so|one|what|how|there|up|out|off|on|over|down|back|through)\b"
MOMENT = r"\b(?:moment|minute|second|question|idea|look|break|coffee|tea|guess|bit|lot|chat|word|laugh|sound|feeling)\b"
TALK = rf"{PRONOUN}|{MOMENT}"
"""What follows a verb in talk that is about nothing that lasts: "take a look", "send it"."""


WEEKDAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"


@dataclass(frozen=True)
class Frame:
    """A line of the table.

    by: prepositions, one of which stands before the value; '' where the verb's object is the value. who: whom it may be
    about ("self", "third", "other"). modes: of the verb; "" is plain. denied: the sentence says no. needs, never:
    expressions that the rest must have, must not have. about_it: the subject may be a thing ("the union signed"), which
    topic, an expression, must fit. human: only people do it, so an unknown word as its subject is a name. speaker: "i" or
    "we", where it makes a difference.
    """

    predicate: str
    verbs: str
    kind: str = WHOLE
    by: str = ""
    who: str = "self third other"
    modes: str = " "
    denied: bool = False
    needs: str = ""
    never: str = ""
    value: str = "{}"
    when: When = "state"
    ends: bool = False
    dated: bool = False
    passive: bool | None = None
    going_on: bool | None = None
    human: bool = False
    always: bool = False
    speaker: str = ""
    past: bool | None = None
    topic: str = ""
    verbs_of: frozenset[str] = frozenset()
    about_it: bool = False
    subject: str = ""
    sure: float = 0.8

    @cached_property
    def rule(self) -> Rule:
        """How the fact is kept: as of a rule."""
        return Rule(
            self.predicate,
            "",
            "",
            ends=self.ends,
            when=self.when,
            dated=self.dated,
            sure=self.sure,
            subject=self.subject,
        )

    @cached_property
    def _needs(self) -> re.Pattern[str] | None:
        return re.compile(self.needs, re.IGNORECASE) if self.needs else None

    @cached_property
    def _never(self) -> re.Pattern[str] | None:
        return re.compile(self.never, re.IGNORECASE) if self.never else None

    @cached_property
    def _by(self) -> re.Pattern[str] | None:
        if not self.by:
            return None
        by = "|".join(part.replace("_", " ") for part in sorted(self.by.split(" "), key=len, reverse=True))
        return re.compile(
            rf"^(?:(?!(?:and|but|because|so|if|that|who|which)\b)[\w'-]+,? ){{0,5}}?(?:{by}) (?P<value>.+)",
            re.IGNORECASE,
        )

    def compile(self) -> None:
        """Compile its expressions, which are compiled when they are first looked at otherwise."""
        _ = (self._needs, self._never, self._by)

    def value_in(self, said: Statement) -> str:
        """Return what stands where the value is, before it is cut to its kind; '' when the frame does not fit."""
        if said.who not in self.who or (said.mode or "-") not in (self.modes.split() or ("-",)):
            return ""
        if self.verbs_of and said.verb not in self.verbs_of:
            return ""
        if said.denied is not self.denied or (self.going_on is not None and said.going_on is not self.going_on):
            return ""
        if self.speaker and self.speaker not in said.subject.casefold().split():
            return ""
        if self.topic and not re.match(self.topic, said.subject, re.IGNORECASE):
            return ""
        if self.always and not said.always:
            return ""
        if self.past is not None and said.past is not self.past:
            return ""
        if self.passive is not None and said.passive is not self.passive:
            return ""
        if self._needs is not None and not self._needs.search(said.rest):
            return ""
        if self._never is not None and self._never.search(said.rest):
            return ""
        if self.kind in (WHOLE, "duty"):
            return said.phrase
        if self.kind == "subject":
            return said.subject
        if self.kind == "reaction_of":
            return f"{said.subject} {said.phrase}"
        if self.kind == "verb":
            return said.verb
        if self._by is None:
            return said.rest
        found = self._by.match(said.rest)
        return found["value"] if found else ""
