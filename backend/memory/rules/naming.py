"""Names that are known before a turn is read, and names that it completes: speech has no capitals to tell them by.

Known are the people of the facts that are held ("a daughter, Tanvi"), so that "tanvi wants to study" is about her; and
whoever speaks of "gareth" and then of "gareth pugh" has given somebody's full name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from backend.core.context import Fact
from backend.memory.predicates import PROJECT, USER, predicate_of
from backend.memory.rules.grammar import VERBS
from backend.memory.rules.rule import KIN
from backend.memory.rules.values import nameable

PEOPLE = frozenset(("spouse", "child", "parent", "sibling", "pet", "friend", "colleague", "manager"))
"""Predicates whose values are names."""

_HUMANS = PEOPLE - {"pet"}
_REMEMBERED = timedelta(minutes=2)
_MOST_WORDS = 3
_WORD = re.compile(r"[^\W\d_][\w'-]+|[^\s,]")
_BY_ITSELF = re.compile(r"\b([\w-]+) (?:by|after|to) \1\b")
"""Said twice, but no name: "clinic by clinic"."""
_INSIDE = re.compile(r"(?<=[a-z,;:] )(?<!\bat )(?<!\bin )(?<!\bfrom )(?<!\bnear )(?<!\bon )(?<!\bspeaks )[A-Z][\w'-]+")
"""A capital within a sentence, but for places and firms."""
_TITLE = re.compile(r"\b(?:mister|missus|doctor|professor|mr|mrs|ms|miss|dr|sir|don)\b")
_TITLED = re.compile(
    r"\b(?:mister|missus|doctor|professor|mr|mrs|ms|miss|dr|sir|don)\.? (?P<last>[^\W\d_][\w'-]+),? (?P<first>[^\W\d_][\w'-]+) (?P=last)\b",
    re.IGNORECASE,
)


MENTION = re.compile(
    r"^(?P<who>[^\W\d_][\w'-]+(?: [^\W\d_][\w'-]+)??),? (?:is|has|was|will|goes|wants|does|did|from|our|my|the)\b"
    r"|^(?P<named>[A-Z][\w'-]+(?: [A-Z][\w'-]+)?)(?=, | \()"
    r"|\b(?:to|with|by|is|with|for) (?P<last>[^\W\d_][\w'-]+)$"
    r"|\b(?:my|our) (?:\w+ )?(?:nephew|niece|cousin|uncle|aunt|auntie|godson|goddaughter|godfather|brother[- ]in[- ]law|sister[- ]in[- ]law|stepson|stepdaughter|grandson|granddaughter|friend|neighbour|neighbor|tenant|nanny) (?P<kin>[^\W\d_][\w'-]+)(?= (?:who|with|is|has|was|and|does|at|from|in)\b|,|$)"
    r"|\b(?P<owner>(?-i:[A-Z])[\w'-]+)'s [\w-]+$"
    r"|(?::|,) (?P<full>(?-i:[A-Z])[\w'-]+ (?-i:[A-Z])[\w'-]+)(?=,|$)"
    r"|\bthere is (?P<there>[^\W\d_][\w'-]+) (?:in|at|from)\b",
    re.IGNORECASE,
)
"""Where somebody is brought up of whom the next "he" or "she" may speak."""


def names_of(facts: Iterable[Fact]) -> dict[str, str]:
    """Return the people whom facts name, case folded, by full and by first name, each with what they are to the user.

    What they are is a predicate of `PEOPLE`, or '' where only something else is known of them.
    """
    known: dict[str, str] = {}
    for fact in facts:
        if fact.predicate in PEOPLE:
            _learn(known, fact.value, fact.predicate)
            if fact.value.casefold() in KIN:  # "father", who has no name yet
                known[fact.value.casefold()] = fact.predicate
        elif fact.subject not in (USER, PROJECT) and predicate_of(fact.predicate).scope == "person":
            _learn(known, fact.subject, "")
    return known


def lately(facts: Sequence[Fact], at: datetime) -> str:
    """Return the one person of whom the last turn before `at` that told of anybody spoke; '' for several or too long ago.

    facts: oldest first. Their "he" or "she" is understood in the next turn, where that names nobody.
    """
    told: set[str] = set()
    last: datetime | None = None
    for fact in reversed(facts):
        if fact.said_at >= at:
            continue
        if fact.said_at < at - _REMEMBERED or (last is not None and fact.said_at < last):
            break
        name = fact.value if fact.predicate in _HUMANS else fact.subject
        if name not in (USER, PROJECT) and predicate_of(fact.predicate).scope == "person":
            told.add(name)
            last = fact.said_at
    longest = max(told, key=len, default="")
    return longest if all(name.casefold() in longest.casefold() for name in told) else ""


def names_anybody(text: str, known: Mapping[str, str], *, written: bool) -> bool:
    """Tell whether a turn names somebody itself: a capital within a sentence, in speech a name that is known."""
    if written:
        return any(nameable(word.casefold()) for word in _INSIDE.findall(text))
    return any(word in known for word in text.casefold().split())


def _learn(known: dict[str, str], name: str, relation: str) -> None:
    words = name.casefold().split()
    if not 0 < len(words) <= _MOST_WORDS or not all(nameable(word) for word in words):
        return
    for key in {" ".join(words), words[0]}:
        if relation or key not in known:
            known[key] = relation


def relations(known: Mapping[str, str]) -> frozenset[str]:
    """Return the predicates of which somebody is known by name."""
    return frozenset(known.values())


def completed(text: str) -> Iterator[str]:
    """Yield the full names that spoken words complete: "gianni takes care gianni ferrari he is the foreman".

    text: the words as they were recognised, the repetition still in them.
    """
    low = text.casefold()
    if len(low.split()) < _MOST_WORDS:
        return
    for found in _TITLED.finditer(low) if _TITLE.search(low) else ():
        if nameable(found["first"]) and nameable(found["last"]):
            yield f"{found['first']} {found['last']}"
    words = _WORD.findall(low)
    if len(set(words)) == len(words) and "'s" not in low:
        return
    seen: set[str] = set()
    low = _BY_ITSELF.sub(" ", low)
    for first, last in pairwise(_WORD.findall(low)):
        again = first in seen and first != last and last not in VERBS and not last.endswith("ing")
        if again and nameable(first) and nameable(last):
            yield f"{first} {last}"
        seen.add(first.removesuffix("'s"))
