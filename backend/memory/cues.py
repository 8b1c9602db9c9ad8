"""Cheap signs of what a turn can answer, and of what a question wants: a time, a number or a name.

"When did I ...?" is answered by a turn that says "yesterday", "how many" by one with a number, "who", "where" and
"which" by one with names. None of this needs a model or the other turns: a turn's cues are taken once, when it is
indexed. They only tip the scales between turns that match anyway.
"""

import re
from typing import NamedTuple

from backend.memory.text import is_question, sentences

_WORD = re.compile(r"\w+")
_TIMES = frozenset(
    """yesterday today tonight tomorrow last next ago recently just week weeks weekend weekends month months year years
    since monday tuesday wednesday thursday friday saturday sunday january february march april june july august
    september october november december""".split()
)
_NUMBERS = frozenset(
    """one two three four five six seven eight nine ten eleven twelve hundred thousand once twice couple few several
    dozen both first second third""".split()
)
_NAME = re.compile(r"(?<=[a-z,;:'\"] )[A-Z][a-z]+|\"[^\"]+\"")

_WANTS_TIME = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:date|day|month|year|time|week)\b|\bhow long ago\b", re.IGNORECASE
)
_WANTS_NUMBER = re.compile(r"\bhow (?:many|much|often|old|long)\b", re.IGNORECASE)
_WANTS_NAME = re.compile(
    r"\b(?:who|whom|whose|where|which|names?|called|what (?:city|country|state|place|book|movie|film|show|game|song|"
    r"band|company|team|restaurant))\b",
    re.IGNORECASE,
)

_LENGTH = 4_000
"""Characters of a turn that are read; longer ones are documents."""


class Cues(NamedTuple):
    """What a turn offers, each in [0, 1]. asking: the share of its letters that asks or requests."""

    asking: float
    times: float
    numbers: float
    names: float


class Wanted(NamedTuple):
    """What a question asks for."""

    time: bool
    number: bool
    name: bool


def cues(text: str) -> Cues:
    """Return a turn's cues. Names are told by their capitals, so recognised speech without capitals offers none."""
    text = text[:_LENGTH]
    pieces = sentences(text)
    letters = sum(map(len, pieces))
    asking = sum(len(piece) for piece in pieces if is_question(piece))
    words = _WORD.findall(text.lower())
    digits = [word for word in words if word[0].isdigit()]
    times = sum(word in _TIMES for word in words)
    times += sum(len(word) == 4 and word[:2] in ("19", "20") and word.isdigit() for word in digits)
    return Cues(
        asking / letters if letters else 0.0,
        min(times, 2) / 2,
        0.0 if _NUMBERS.isdisjoint(words) and not any(map(str.isdigit, digits)) else 1.0,
        min(len(_NAME.findall(text)), 2) / 2,
    )


def wanted(question: str) -> Wanted:
    """Return what a question asks for; "how long ago" asks for a time as well as for a number."""
    question = question[:_LENGTH]
    return Wanted(
        _WANTS_TIME.search(question) is not None,
        _WANTS_NUMBER.search(question) is not None,
        _WANTS_NAME.search(question) is not None,
    )
