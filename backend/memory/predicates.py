"""What a fact can be about: the table of predicates. A newcomer extends the vocabulary by adding a line.

A predicate says of which kind its facts are, whether a subject can have only one value at a time (a new one then closes
the old), and how the fact reads as a sentence. Unknown predicates are many-valued and read "Subject, predicate: value".
"""

import re
from dataclasses import dataclass
from typing import Literal

from backend.core.context import FactKind

USER = "user"
PROJECT = "project"
"""The subject of a deadline or a budget whose project was not named; `Facts.learn` finds out which it is."""

Scope = Literal["person", "project"]

_SMALL_WORDS = frozenset(("a", "an", "and", "at", "by", "de", "for", "in", "of", "on", "the", "to", "van", "von"))


@dataclass(frozen=True, slots=True)
class Predicate:
    """A row of the table.

    sentence: about the user, with {value} (and {label}, where the words name the relation: "Daughter").
    of_another: about anybody or anything else, with {subject} too.
    single: at most one open value for each subject. proper: the value is a name, and is written like one.
    """

    name: str
    kind: FactKind
    sentence: str
    of_another: str
    single: bool = False
    scope: Scope = "person"
    proper: bool = False
    label: str = ""


def _one(name: str, kind: FactKind, sentence: str, of_another: str, *, proper: bool = False) -> Predicate:
    return Predicate(name, kind, sentence, of_another, single=True, proper=proper)


def _many(name: str, kind: FactKind, sentence: str, of_another: str, *, proper: bool = False) -> Predicate:
    return Predicate(name, kind, sentence, of_another, proper=proper)


def _relative(name: str, label: str, *, single: bool = False) -> Predicate:
    return Predicate(
        name, "profile", "{label}: {value}.", "{label} of {subject}: {value}.", single, proper=True, label=label
    )


_TABLE = (
    _one("name", "profile", "Is called {value}.", "{subject} is called {value}.", proper=True),
    _one("employer", "profile", "Works at {value}.", "{subject} works at {value}.", proper=True),
    _one("role", "profile", "Role: {value}.", "Role of {subject}: {value}."),
    _one("lives_in", "profile", "Lives in {value}.", "{subject} lives in {value}.", proper=True),
    _one("from_place", "profile", "Comes from {value}.", "{subject} comes from {value}.", proper=True),
    _one("birthday", "profile", "Birthday: {value}.", "Birthday of {subject}: {value}."),
    _one("age", "profile", "Age: {value}.", "{subject} is {value} years old."),
    _one("email", "profile", "E-mail: {value}.", "E-mail of {subject}: {value}."),
    _one("phone", "profile", "Phone: {value}.", "Phone of {subject}: {value}."),
    _relative("spouse", "Partner", single=True),
    _relative("child", "Child"),
    _relative("parent", "Parent"),
    _relative("sibling", "Sibling"),
    _relative("pet", "Pet"),
    _relative("friend", "Friend"),
    _relative("colleague", "Colleague"),
    _relative("manager", "Manager", single=True),
    _one("team", "profile", "Team: {value}.", "Team of {subject}: {value}."),
    _many("allergy", "profile", "Is allergic to {value}.", "{subject} is allergic to {value}."),
    _one("diet", "preference", "Diet: {value}.", "Diet of {subject}: {value}."),
    _many("likes", "preference", "Likes {value}.", "{subject} likes {value}."),
    _many("dislikes", "preference", "Dislikes {value}.", "{subject} dislikes {value}."),
    _many("prefers", "preference", "Prefers {value}.", "{subject} prefers {value}."),
    _many("language", "profile", "Speaks {value}.", "{subject} speaks {value}.", proper=True),
    _many("hobby", "preference", "Hobby: {value}.", "Hobby of {subject}: {value}."),
    _many("owns", "profile", "Has {value}.", "{subject} has {value}."),
    _many("uses_tool", "profile", "Uses {value}.", "{subject} uses {value}.", proper=True),
    _many("works_on", "profile", "Works on {value}.", "{subject} works on {value}."),
    Predicate("deadline", "task", "Deadline: {value}.", "The deadline of {subject} is {value}.", True, "project"),
    Predicate("budget", "task", "Budget: {value}.", "The budget of {subject} is {value}.", True, "project"),
    _many("amount", "event", "Figure: {value}.", "Figure for {subject}: {value}."),
    _many("decision", "event", "Decided: {value}.", "Decided for {subject}: {value}."),
    _many("commitment", "task", "Has undertaken: {value}.", "{subject} has undertaken: {value}."),
    _many("meeting", "event", "Meeting: {value}.", "Meeting of {subject}: {value}."),
    _many("trip", "event", "Trip: {value}.", "Trip of {subject}: {value}."),
    _many("event", "event", "Event: {value}.", "Event of {subject}: {value}."),
    _many("goal", "preference", "Goal: {value}.", "Goal of {subject}: {value}."),
)

PREDICATES: dict[str, Predicate] = {predicate.name: predicate for predicate in _TABLE}


def predicate_of(name: str) -> Predicate:
    """Return the table's row, or a many-valued one for a predicate that is not in it."""
    found = PREDICATES.get(name)
    if found is not None:
        return found
    words = name.replace("_", " ").strip() or "note"
    return _many(name, "profile", f"{words.capitalize()}: {{value}}.", f"{{subject}}, {words}: {{value}}.")


def sentence_of(name: str, value: str, subject: str = USER, *, label: str = "", when: str = "") -> str:
    """Write a fact as a sentence, such as "Works at Siemens." or "The deadline of the CRM migration is 3 May 2026.".

    label: the word for the relation where the speaker gave one ("daughter"). when: an absolute date to be added.
    """
    predicate = predicate_of(name)
    written = _proper(value) if predicate.proper else value
    if when and when.casefold() not in written.casefold():
        written = f"{written} ({when})"
    pattern = predicate.sentence if subject == USER else predicate.of_another
    subject = "the project" if subject == PROJECT else _proper(subject)
    if predicate.scope == "project" and subject[-1:].islower() and " " in subject and not subject.startswith("the "):
        last = subject.rsplit(" ", 1)[1]
        subject = f"the {subject}" if last == last.lower() else subject
    text = pattern.replace("{label}", (label or predicate.label).capitalize())
    # The value goes in last: what somebody said is not searched for places to fill.
    subject_at, value_at = text.find("{subject}"), text.find("{value}")
    if 0 <= subject_at < value_at:
        before, after = text[:value_at].replace("{subject}", subject), text[value_at + 7 :]
    else:
        before, after = text[:value_at], text[value_at + 7 :].replace("{subject}", subject)
    text = before + written.rstrip(" .") + after
    return text[:1].upper() + text[1:]


def parse(text: str) -> tuple[str, str, str] | None:
    """Read a sentence as the table writes it ("Works at Siemens."): predicate, subject and value, or None."""
    said = text.strip().rstrip(".")
    for predicate in _TABLE:
        for pattern, subject in ((predicate.sentence, USER), (predicate.of_another, "")):
            if "{label}" in pattern:
                pattern = pattern.replace("{label}", predicate.label)
            expression = re.escape(pattern.rstrip(".")).replace(r"\{value\}", "(?P<value>.+)")
            found = re.fullmatch(expression.replace(r"\{subject\}", "(?P<subject>[^ ].*?)"), said, re.IGNORECASE)
            if found and (subject or found["subject"].casefold() not in ("i", "user", "the user")):
                return predicate.name, subject or found["subject"].removeprefix("the "), found["value"]
    return None


def _proper(name: str) -> str:
    """Write a name that came from speech, in lower case, with capitals; a name that has some is left as it is."""
    if name != name.lower():
        return name
    return " ".join(
        word if at and word in _SMALL_WORDS else word[:1].upper() + word[1:] for at, word in enumerate(name.split())
    )
