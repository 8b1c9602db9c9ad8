"""Cheap signs of what a turn can answer, and of what a question wants: a time, a number or a name.

"When did I ...?" is answered by a turn that says "yesterday", "how many" by one with a number, "who", "where" and
"which" by one with names. None of this needs a model or the other turns: a turn's cues are taken once, when it is
indexed. They only tip the scales between turns that match anyway.
"""

import re
from typing import NamedTuple

from backend.memory.text import is_question, sentences

_TIME = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|last|next|ago|recently|just|weeks?|weekends?|months?|years?|since|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|september|october|"
    r"november|december|(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|once|twice|couple|few|"
    r"several|dozen|both|first|second|third)\b",
    re.IGNORECASE,
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
    return Cues(
        asking / letters if letters else 0.0,
        min(len(_TIME.findall(text)), 2) / 2,
        1.0 if _NUMBER.search(text) else 0.0,
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
