"""What was found in a clause, and when it is true."""

import re
from dataclasses import dataclass
from datetime import datetime

from backend.memory.rules.clauses import Clause
from backend.memory.rules.keeping import PLANNED
from backend.memory.rules.rule import Rule
from backend.memory.rules.when import HAS_TIME, PAST, period_of, resolve, spelled

_SINCE = re.compile(r"\b(?:since|from|starting|as of|beginning|effective)(?: on| in| the)*$", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:until|till|up to|through)(?: the| end of)*$", re.IGNORECASE)


_UNDER_WAY = re.compile(
    r"\b(?:am|is|are) (?:\w+ )?(?:getting|going|having|being|leaving|moving|starting)\b|\bwill\b", re.IGNORECASE
)
"""What lies ahead though a participle sounds past: "she is getting married in may"."""


@dataclass
class Found:
    predicate: str
    value: str
    subject: str
    label: str
    rule: Rule
    clause: Clause
    begin: datetime | None = None
    end: datetime | None = None
    when: str = ""


def date(found: Found, now: datetime) -> None:
    """Resolve the dates of a clause: against the turn's own time, as what the rule says they mean."""
    text = found.clause.text
    rule = found.rule
    if not HAS_TIME.search(text):
        if rule.ends:
            found.end = now
        return
    if rule.when == "never":
        return
    named = resolve(text, now, ahead=_is_ahead(found.predicate, text))
    if rule.when == "event":
        if not named:
            return
        meant = period_of(found.value, named) or named[0]
        found.begin, found.end, found.when = meant.begin, meant.end, spelled(meant)
        return
    if found.predicate in ("deadline", "birthday", "budget", "amount"):
        if found.predicate == "deadline" and (due := period_of(found.value, named)):
            found.when = spelled(due)
        return
    for period in named:
        at = text.casefold().find(period.words.casefold())
        before = text[: max(at, 0)].rstrip()
        first = period.words.split(" ", 1)[0]
        if _UNTIL.search(before) or _UNTIL.fullmatch(first) or rule.ends:
            found.end = period.begin
        elif rule.when == "start" or _SINCE.search(before) or _SINCE.fullmatch(first):
            found.begin = period.begin
    if rule.ends and found.end is None:
        found.end = now


def _is_ahead(predicate: str, text: str) -> bool:
    """Tell whether a date in the clause lies ahead where its words allow both."""
    if predicate in ("deadline", "commitment"):
        return True
    return predicate in PLANNED and (not PAST.search(text) or _UNDER_WAY.search(text) is not None)
