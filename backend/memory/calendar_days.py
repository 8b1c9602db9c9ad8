"""The calendar behind `dates.py`: the words for its parts, and sums with whole days.

Weeks begin on Monday; seasons are the northern ones in whole months.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from backend.memory.spoken_numbers import FEW, ORDINALS, SMALL, TENS

MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1,
    )
    for name in names.split()
}  # fmt: skip
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("monday mon", "tuesday tues", "wednesday", "thursday thurs", "friday fri", "saturday", "sunday")
    )
    for name in names.split()
}
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
UNITS = {name + more: name for name in ("day", "week", "weekend", "month", "quarter", "year") for more in ("", "s")}
UNITS |= {"fortnight": "fortnight", "hour": "hour", "hours": "hour", "minutes": "hour"}
DAYS = {"today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1}
PARTS = frozenset(("morning", "afternoon", "evening", "night"))
LAST = frozenset(("last", "past", "previous"))
NEXT = frozenset(("next", "coming", "upcoming", "following"))
PAST = frozenset(("was", "were", "did", "had", "didn't", "wasn't", "weren't"))
PRONOUNS = frozenset(("i", "you", "we", "he", "she", "it", "they", "one", "people"))
FUTURE = frozenset(("will", "shall", "going", "i'll", "we'll", "upcoming", "coming", "planned"))
LEADS = frozenset(("in", "on", "at", "during", "over", "for", "of", "around", "about", "within", "this"))
HOLIDAYS = {
    ("christmas", "eve"): "christmas eve", ("christmas", "day"): "christmas", ("christmas",): "christmas",
    ("boxing", "day"): "boxing day", ("new", "year's", "eve"): "new year's eve",
    ("new", "years", "eve"): "new year's eve",
    ("new", "year's", "day"): "new year", ("new", "year's"): "new year", ("new", "year"): "new year",
    ("halloween",): "halloween", ("valentine's", "day"): "valentine", ("valentine's",): "valentine",
    ("valentines", "day"): "valentine", ("thanksgiving",): "thanksgiving", ("easter",): "easter",
    ("independence", "day"): "independence day",
}  # fmt: skip
FIXED = {
    "christmas eve": (12, 24), "christmas": (12, 25), "boxing day": (12, 26), "new year's eve": (12, 31),
    "new year": (1, 1), "halloween": (10, 31), "valentine": (2, 14), "independence day": (7, 4),
}  # fmt: skip
FIRST_WORDS = frozenset(words[0] for words in HOLIDAYS)
TRIGGERS = (
    frozenset(MONTHS) | frozenset(WEEKDAYS) | frozenset(SEASONS) | frozenset(UNITS) | frozenset(DAYS) | FIRST_WORDS
    | frozenset(ORDINALS) | frozenset(("ago", "night", "morning", "evening", "afternoon"))
    | frozenset(("thousand", "twenty", "nineteen", "q"))
)  # fmt: skip

RELATIONS = frozenset(("before", "until", "till", "by", "since", "after", "around", "about"))
STARTS = (
    TRIGGERS | RELATIONS | LAST | NEXT | frozenset(SMALL) | frozenset(TENS) | frozenset(FEW)
    | frozenset("between from this current beginning start early middle mid end late two an".split())
)  # fmt: skip
ARTICLES = frozenset(("the", "a", "in", "on", "at", "during", "over"))

DAY = timedelta(days=1)
EARLIEST, LATEST = date(1, 1, 1), date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `begin` up to but not including `end`; `next` is the token behind the words."""

    begin: date
    end: date
    next: int


def monday(day: date) -> date:
    return day - timedelta(day.weekday())


def shift(day: date, unit: str, number: int) -> date:
    """Move by whole units; the day of the month is cut to what the month has."""
    if unit in ("hour", "day"):
        return day + timedelta(0 if unit == "hour" else number)
    if unit in ("week", "weekend", "fortnight"):
        return day + timedelta(number * (14 if unit == "fortnight" else 7))
    months = day.year * 12 + day.month - 1 + number * {"month": 1, "quarter": 3, "year": 12}[unit]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def around(day: date, unit: str) -> tuple[date, date]:
    """The calendar's unit that holds `day`."""
    if unit in ("week", "fortnight"):
        return monday(day), monday(day) + timedelta(7)
    if unit == "weekend":
        return monday(day) + timedelta(5), monday(day) + timedelta(7)
    if unit in ("month", "quarter", "year"):
        month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[unit]
        begin = date(day.year, month, 1)
        return begin, shift(begin, unit, 1)
    return day, day + DAY


def weekday_beside(weekday: int, relation: str, anchor: Span) -> Span:
    """ "the Friday before ...", "the Friday after ...", "the Friday of that week"."""
    if relation == "before":
        day = anchor.begin - timedelta((anchor.begin.weekday() - weekday - 1) % 7 + 1)
    elif relation == "of":
        day = monday(anchor.begin) + timedelta(weekday)
    else:
        last = anchor.end - DAY
        day = last + timedelta((weekday - last.weekday() - 1) % 7 + 1)
    return Span(day, day + DAY, anchor.next)


def unit_beside(unit: str, number: int, relation: str, anchor: Span, *, counted: bool) -> Span | None:
    """ "the week before ...": the days up to it; "two weeks before ...": the day so far from it, or its week."""
    if relation == "of":
        begin, end = around(anchor.begin, unit)
        return Span(min(begin, anchor.begin), end, anchor.next)
    back = relation == "before"
    if unit == "weekend":
        weekday = weekday_beside(5, relation, anchor)
        return Span(weekday.begin, weekday.begin + 2 * DAY, anchor.next)
    if counted and number > 1:
        edge = shift(anchor.begin if back else anchor.end - DAY, unit, -number if back else number)
        begin, end = (edge, edge + DAY) if unit == "day" else (edge - 3 * DAY, edge + 4 * DAY)
        return Span(begin, end, anchor.next)
    if back:
        return Span(shift(anchor.begin, unit, -1), anchor.begin, anchor.next)
    return Span(anchor.end, shift(anchor.end, unit, 1), anchor.next)


def holiday(name: str, year: int) -> date:
    if name == "easter":
        return easter(year)
    if name == "thanksgiving":  # the fourth Thursday of November
        first = date(year, 11, 1)
        return first + timedelta((3 - first.weekday()) % 7 + 21)
    return date(year, *FIXED[name])


def easter(year: int) -> date:
    """Western Easter Sunday, by the anonymous Gregorian algorithm."""
    golden, century, rest = year % 19, year // 100, year % 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
