"""Dates in a statement. `memory/dates.py` reads them as a question means them; here they are what was said or planned.

"By Friday" is Friday, "27 to 31 October" is one stay, and a plan for "the fifth of June" means the next one, not the
last.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta

from backend.memory.dates import Period, periods

HAS_TIME = re.compile(
    r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*"
    r"|\b(?:ago|last|next|this|today|tonight|tomorrow|yesterday|weeks?|months?|years?|spring|summer|autumn|fall|winter"
    r"|christmas|easter|weekend|morning|noon|quarter|new year)\b",
    re.IGNORECASE,
)
"""What a text needs for a date to be in it."""

PAST = re.compile(
    r"\b(?:was|were|went|had|did|been|got|gave|took|came|saw|met|ran|won|lost|sold|bought|flew|drove|spent|left|began|made"
    r"|found|held|broke|built|read|wrote|spoke|swam|fell|hurt|quit|last|ago|yesterday|[a-z]{3,}ed)\b",
    re.IGNORECASE,
)
"""What tells that a clause speaks of the past."""

_SPAN = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)?(?:\s?(?:-|to|until|till|and)\s?)(\d{1,2})(?=(?:st|nd|rd|th)?\b)", re.IGNORECASE
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b|\btwenty twenty|\btwo thousand|\b(?:last|this|next) ")
_MONTH = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\b|\b(?:christmas|easter|new year)", re.IGNORECASE
)
_WEEKDAY = re.compile(r"(?<!last )\b(?:mon|tues|wednes|thurs|fri|satur|sun)day", re.IGNORECASE)
_LONGEST = timedelta(days=366)


def resolve(text: str, now: datetime, *, ahead: bool) -> list[Period]:
    """Return the periods that a statement made at `now` names, in order. ahead: it speaks of a plan."""
    if not HAS_TIME.search(text):
        return []
    spans = _SPAN.search(text)
    return [_meant(period, now, ahead=ahead, span=spans) for period in periods(text, now)]


def _meant(period: Period, now: datetime, *, ahead: bool, span: re.Match[str] | None) -> Period:
    if period.begin.year == MINYEAR:  # "by Friday", "before June"
        day = timedelta(days=1)
        period = replace(period, begin=period.end - day)
    elif period.end.year == MAXYEAR:  # "after Friday", "since March"
        period = replace(period, end=period.begin + timedelta(days=1))
    if span and period.end - period.begin <= timedelta(days=1):
        first, last = int(span[1]), int(span[2])
        if period.begin.day == last and 0 < first < last:
            period = replace(period, begin=period.begin.replace(day=first))
        elif period.begin.day == first and first < last <= 28:
            period = replace(period, end=period.begin.replace(day=last) + timedelta(days=1))
    if ahead and period.end <= now and _WEEKDAY.search(period.words) and now - period.end < timedelta(days=7):
        return replace(period, begin=period.begin + timedelta(days=7), end=period.end + timedelta(days=7))
    if ahead and period.end <= now and _MONTH.search(period.words) and not _YEAR.search(period.words):
        try:
            period = replace(
                period,
                begin=period.begin.replace(year=period.begin.year + 1),
                end=period.end.replace(year=period.end.year + 1),
            )
        except ValueError:  # 29 February
            return period
    return period


def period_of(value: str, named: Sequence[Period]) -> Period | None:
    """Return the period whose words stand in a value."""
    low = value.casefold()
    return next((period for period in named if period.words.casefold() in low or low in period.words.casefold()), None)


def spelled(period: Period) -> str:
    """Write a period: "3 May 2026", "27 Oct to 31 Oct 2025", "May 2026", "2025"; '' for one that is too vague."""
    begin, end = period.begin, period.end
    if end - begin > _LONGEST:
        return ""
    if end - begin <= timedelta(days=1):
        return f"{begin.day} {begin:%b %Y}"
    last = end.astimezone(UTC) - timedelta(seconds=1)
    if begin.day == 1 and end.day == 1:
        if (begin.month, end.month, end.year) == (1, 1, begin.year + 1):
            return f"{begin:%Y}"
        if (begin.year, begin.month) == (last.year, last.month):
            return f"{begin:%b %Y}"
    return f"{begin.day} {begin:%b} to {last.day} {last:%b %Y}"
