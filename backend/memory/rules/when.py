"""Dates in a statement. `memory/dates.py` reads them as a question means them; here they are what was said or planned.

"By Friday" is Friday, "27 to 31 October" is one stay, and a plan for "the fifth of June" means the next one, not the
last.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta

from backend.memory.dates import Period, periods
from backend.memory.spoken_numbers import ORDINALS

HAS_TIME = re.compile(
    r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*"
    r"|\b(?:ago|last|next|this|today|tonight|tomorrow|yesterday|weeks?|months?|years?|spring|summer|autumn|fall|winter"
    r"|christmas|easter|weekend|morning|noon|quarter|new year)\b"
    r"|\b(?:on|by|until|till|from|to|before|after|is|for) (?:the )?(?:twenty|thirty|first|second|third|[a-z]+th)\b",
    re.IGNORECASE,
)
"""What a text needs for a date to be in it."""

PAST = re.compile(
    r"\b(?:was|were|went|had|did|been|got|gave|took|came|saw|met|ran|won|lost|sold|bought|flew|drove|spent|left|began|made"
    r"|found|held|broke|built|read|wrote|spoke|swam|fell|hurt|quit|died|dug|tore|rang|sent|paid|taught|thought|told|said|kept|felt|slept|chose|drew|grew|threw|stole|sank|woke|rode|sang|stood|lent|spent|burnt|learnt|caught|brought|fought|froze|flooded|last|ago|yesterday|[a-z]{3,}ed)\b",
    re.IGNORECASE,
)
"""What tells that a clause speaks of the past."""

_ORDINALS = {word: day for word, day in ORDINALS.items() if day <= 31} | {
    f"{tens} {word}": number + day
    for tens, number in (("twenty", 20), ("thirty", 30))
    for word, day in ORDINALS.items()
    if day < 10 and number + day <= 31
}
_BARE_DAY = re.compile(
    rf"\b(?:on|by|until|till|from|to|before|after|is|for) (?:the )?(?P<day>{'|'.join(sorted(_ORDINALS, key=len, reverse=True))}|\d{{1,2}}(?:st|nd|rd|th))"
    r"(?=$|[,.]| (?:at|and|in|for|with|we|i|he|she|until|to|because|so|then|from|now|instead)\b)",
    re.IGNORECASE,
)
"""A day whose month is understood: "on the twelfth"."""
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
    found = [_meant(period, now, ahead=ahead, span=spans) for period in periods(text, now)]
    if not found and (bare := _BARE_DAY.search(text)):
        found = _day_of_month(bare, now, ahead=ahead)
    return found


def _day_of_month(said: re.Match[str], now: datetime, *, ahead: bool) -> list[Period]:
    """Return the next day of that number, or the last where it is not ahead."""
    word = said["day"].casefold()
    number = _ORDINALS.get(word) or int(word[:-2])
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for months in (0, 1, 2) if ahead else (0, -1, -2):
        month = first.month - 1 + months
        begin = first.replace(year=first.year + month // 12, month=month % 12 + 1)
        try:
            day = begin.replace(day=number)
        except ValueError:  # 31 April
            continue
        if (day >= now - timedelta(days=1)) if ahead else (day <= now):
            return [Period(day, day + timedelta(days=1), said[0])]
    return []


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
