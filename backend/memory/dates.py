"""Times named in a question, as periods of UTC days: "last Tuesday", "before Christmas", "the third of may".

English, written or spoken: numbers may be words, capitals and punctuation may be missing. A time without a year is the
latest one that has begun, because a question to a memory is about the past, unless the question speaks of the future
("will", "going to"). Weeks begin on Monday; seasons are the northern ones in whole months. No model, no time of day:
"this morning" is today.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from backend.memory.calendar_days import (
    ARTICLES,
    DAY,
    DAYS,
    EARLIEST,
    FIRST_WORDS,
    FUTURE,
    HOLIDAYS,
    LAST,
    LATEST,
    LEADS,
    MONTHS,
    NEXT,
    PARTS,
    PAST,
    PRONOUNS,
    RELATIONS,
    SEASONS,
    STARTS,
    TRIGGERS,
    UNITS,
    WEEKDAYS,
    Span,
    around,
    holiday,
    monday,
    shift,
    unit_beside,
    weekday_beside,
)
from backend.memory.spoken_numbers import ORDINALS, Words

MAX_TEXT = 2_000
"""Characters that are read; a longer text is a pasted page, and its dates say little about the question."""

_TOKEN = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4}|\d+(?:st|nd|rd|th)?|[^\W\d_]+(?:['’][^\W\d_]+)?")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, half-open, UTC, and the words of the question that name it.

    begin is `datetime.min` (in UTC) for "before ...": nothing says since when. end is at most the last day of 9999.
    """

    begin: datetime
    end: datetime
    words: str

    def __contains__(self, moment: datetime) -> bool:
        return self.begin <= moment < self.end


def periods(text: str, now: datetime) -> list[Period]:
    """Return the times that `text` names, in its order. now: an aware time, against which "last week" is meant.

    Of a time that cannot be ("31 June") what can be is returned (June), or nothing.
    """
    matches = list(_TOKEN.finditer(text[:MAX_TEXT]))
    words = Words(match.group().casefold().replace("’", "'") for match in matches)  # noqa: RUF001
    if TRIGGERS.isdisjoint(words) and not any(word[0].isdigit() or word[0] == "q" for word in words):
        return []
    reader = _Reader(words, now.astimezone(UTC).date())
    found: list[Period] = []
    at = 0
    while at < len(words):
        span = None
        if reader.may_begin(at):
            try:
                span = reader.related(at)
            except (OverflowError, ValueError):  # beyond the calendar ("9000 years ago", "30 February")
                span = None
        if span is None or span.end <= span.begin:
            at += 1
            continue
        named = text[matches[at].start() : matches[span.next - 1].end()]
        found.append(Period(_midnight(span.begin), _midnight(span.end), named))
        at = span.next
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


class _Reader:
    """Reads one question, token by token. Every method takes the token to begin at, and returns None if it is not its.

    `date` may raise ValueError or OverflowError for days that do not exist; `periods` passes over them.
    """

    def __init__(self, words: Words, today: date) -> None:
        self._words = words
        self._today = today
        self._future = not FUTURE.isdisjoint(words) and PAST.isdisjoint(words)

    def may_begin(self, at: int) -> bool:
        """Tell quickly whether a time can begin here; most words cannot."""
        while at < len(self._words) and self._words[at] in ARTICLES:
            at += 1
        word = self._words.word(at)
        return word in STARTS or word[:1].isdigit()

    def related(self, at: int) -> Span | None:
        """A time with what relates it: "before ...", "since ...", "between ... and ...", "two days after ..."."""
        word = self._words.word(at)
        if word in ("between", "from"):
            if (first := self.named(at + 1, led=True)) and self._words.word(first.next) in (
                "and",
                "to",
                "till",
                "until",
            ):
                last = self.named(first.next + 1, led=True)
                if last and last.end > first.begin:
                    return Span(first.begin, last.end, last.next)
                if last and last.begin.year - first.begin.year < 2:  # "between november and february"
                    begin = first.begin.replace(year=first.begin.year - 1)
                    return Span(begin, last.end, last.next)
            return None
        if word in RELATIONS:
            span = self.named(at + 1, led=True)
            return self._beside(word, span) if span else None
        return self._counted_from(at) or self.named(at, led=at > 0 and self._words[at - 1] in LEADS)

    def _beside(self, word: str, span: Span) -> Span:
        tomorrow = self._today + DAY
        match word:
            case "before" | "until" | "till":
                return Span(EARLIEST, span.begin, span.next)
            case "by":
                return Span(EARLIEST, span.end, span.next)
            case "since":
                return Span(span.begin, max(tomorrow, span.begin + DAY), span.next)
            case "after":
                return Span(span.end, tomorrow if span.end < tomorrow else LATEST, span.next)
            case "about":  # a topic ("about march") as well as a guess
                return span
            case _:
                margin = max((span.end - span.begin) // 4, 3 * DAY)
                return Span(span.begin - margin, span.end + margin, span.next)

    def _counted_from(self, at: int) -> Span | None:
        """ "the week before 3 May", "two days after Christmas", "the Friday before ...", "the weekend of ..."."""
        start = at + 1 if self._words.word(at) in ("the", "a") else at
        number, after = 1, start
        if (counted := self._words.amount(start)) is not None:
            number, after = counted[0], counted[2]
        elif self._words.word(start + 1) == "week" and (
            self._words.word(start) in ORDINALS or self._words.word(start) == "last"
        ):
            after = start + 1
        name = self._words.word(after)
        relation = self._words.word(after + 1)
        if relation not in ("before", "after", "of", "following") or (name not in UNITS and name not in WEEKDAYS):
            return None
        if (
            relation == "before" and name in UNITS and self._words.word(after + 2) == "last"
        ):  # "the weekend before last"
            begin, end = self._unit(UNITS[name], -2)
            return Span(begin, end, after + 3)
        if relation == "of" and name == "week" and (which := self._ordinal_week(at, after)):
            return which
        anchor = self.named(after + 2, led=True)
        if anchor is None:
            if relation == "before" and name in UNITS and start > at and number == 1:  # "the weekend before"
                begin, end = self._unit(UNITS[name], -1)
                return Span(begin, end, after + 2)
            return None
        if name in WEEKDAYS:
            return weekday_beside(WEEKDAYS[name], relation, anchor)
        return unit_beside(UNITS[name], number, relation, anchor, counted=counted is not None)

    def _ordinal_week(self, at: int, week: int) -> Span | None:
        """ "the first week of June": its days 1 to 7; "the last week of June": its last seven."""
        word = self._words.word(week - 1)
        number = ORDINALS.get(word) if word != "last" else -1
        if number is None or week - 1 < at or not -1 <= number <= 5:
            return None
        whole = self._month(week + 2, True)
        if whole is None:
            return None
        begin = whole.end - timedelta(7) if number < 0 else whole.begin + timedelta(7 * (number - 1))
        return Span(begin, min(begin + timedelta(7), whole.end), whole.next)

    def named(self, at: int, *, led: bool = False) -> Span | None:
        """A time by itself. led: a word before it says that it is a time ("in may"; without it, "may" is a verb)."""
        while self._words.word(at) in ARTICLES and self._words.word(at) != "a":
            led = True
            at += 1
        if not self.may_begin(at):
            return None
        readers: tuple[Callable[[int, bool], Span | None], ...] = (
            self._digits, self._part, self._relative_day, self._ago, self._weekday, self._holiday, self._calendar_day,
            self._quarter, self._month, self._season, self._this_or_last, self._year_alone, self._day_alone,
        )  # fmt: skip
        for read in readers:
            if (span := read(at, led)) is not None:
                return span
        return None

    # -- days

    def _digits(self, at: int, led: bool) -> Span | None:
        """ "2023-05-03", "3.5.2023"."""
        word = self._words.word(at)
        if "-" in word:
            day = date.fromisoformat(word)
        elif "." in word:
            number, month, year = map(int, word.split("."))
            day = date(year, month, number)
        else:
            return None
        return Span(day, day + DAY, at + 1)

    def _relative_day(self, at: int, led: bool) -> Span | None:
        word, second = self._words.word(at), self._words.word(at + 1)
        if word == "day" and second in ("before", "after") and self._words.word(at + 2) in ("yesterday", "tomorrow"):
            day = self._today + timedelta(DAYS[self._words.word(at + 2)] + (-1 if second == "before" else 1))
            return Span(day, day + DAY, at + 3)
        if word == "last" and second == "night":
            return Span(self._today - DAY, self._today, at + 2)
        if word == "this" and second in PARTS:
            return Span(self._today, self._today + DAY, at + 2)
        if word not in DAYS:
            return None
        day = self._today + timedelta(DAYS[word])
        return Span(day, day + DAY, at + 1 + (second in PARTS))

    def _ago(self, at: int, led: bool) -> Span | None:
        """ "two weeks ago", "in three days", "the last four months", "a month from now"."""
        word = self._words.word(at)
        ending = word in LAST or word in NEXT
        counted = self._words.amount(at + ending)
        if counted is None or self._words.word(counted[2]) not in UNITS:
            return None
        low, high, after = counted
        unit = UNITS[self._words.word(after)]
        behind = self._words.word(after + 1)
        if ending and self._words.word(at + 1) not in ("a", "an"):
            begin, end = shift(self._today, unit, -high), self._today + DAY
            if word in NEXT:
                begin, end = self._today, shift(self._today, unit, high) + DAY
            return Span(begin, end, after + 1)
        if behind in ("ago", "back"):
            return Span(self._unit(unit, -high, near=True)[0], self._unit(unit, -low, near=True)[1], after + 2)
        from_now = behind == "from" and self._words.word(after + 2) in ("now", "today")
        if from_now or (at and self._words[at - 1] == "in" and self._future):
            begin, end = self._unit(unit, low, near=True)[0], self._unit(unit, high, near=True)[1]
            return Span(begin, end, after + (3 if from_now else 1))
        return None

    def _weekday(self, at: int, led: bool) -> Span | None:
        """ "last Tuesday", "on tuesday", "next Friday" (the first to come), "Tuesday last week"."""
        word = self._words.word(at)
        which = word if word in LAST or word in NEXT or word == "this" else ""
        name = self._words.word(at + bool(which))
        if name not in WEEKDAYS or (len(name) < 5 and not (which or led)):
            return None
        after = at + bool(which) + 1
        weekday = WEEKDAYS[name]
        if not which and self._words.word(at - 1) == "the" and self._words.word(at - 2) != "on":
            return self._calendar_day(after, True)  # "the Tuesday meeting" is any Tuesday's
        if self._words.word(after) in PARTS:
            after += 1
        skip = after + (self._words.word(after) == "of")
        if not which and self._words.word(skip) in (*LAST, *NEXT, "this") and self._words.word(skip + 1) == "week":
            weeks = -1 if self._words.word(skip) in LAST else 0 if self._words.word(skip) == "this" else 1
            day = monday(self._today) + timedelta(7 * weeks + weekday)
            return Span(day, day + DAY, skip + 2)
        if not which and (dated := self._calendar_day(after, True)):  # "Tuesday the third of May"
            return dated
        if which == "this":
            day = monday(self._today) + timedelta(weekday)
        elif which in NEXT or (not which and self._future):
            day = self._today + timedelta((weekday - self._today.weekday() - 1) % 7 + 1)
        else:
            day = self._today - timedelta((self._today.weekday() - weekday - 1) % 7 + 1)
        return Span(day, day + DAY, after)

    def _holiday(self, at: int, led: bool) -> Span | None:
        start = at + (self._words.word(at) in (*LAST, *NEXT, "this"))
        if self._words.word(start) not in FIRST_WORDS:
            return None
        for length in (3, 2, 1):
            name = HOLIDAYS.get(tuple(self._words[start : start + length]))
            if name is None or start + length > len(self._words):
                continue
            year, after = self._year_behind(start + length)
            if year is None:
                past = not (self._future or (start > at and self._words.word(at) in NEXT))
                day = self._fitting(partial(holiday, name), past=past)
            else:
                day = holiday(name, year)
            return Span(day, day + DAY, after)
        return None

    def _calendar_day(self, at: int, led: bool) -> Span | None:
        """ "3 May", "May 3rd, 2023", "the third of may", "may the third"."""
        if self._words.word(at) == "the":
            at += 1
        day = month = None
        after = at
        if (numbered := self._words.ordinal(at)) is not None:
            day, after = numbered
            after += self._words.word(after) == "of"
            month = MONTHS.get(self._words.word(after))
            after += 1
        elif not self._asks(at) and (month := MONTHS.get(self._words.word(at))) is not None:
            after = at + 1 + (self._words.word(at + 1) == "the")
            if (numbered := self._words.ordinal(after)) is None:
                return None
            day, after = numbered
        if month is None or day is None:
            return None
        year, after = self._year_behind(after)
        if year is not None:
            found = date(year, month, day)
        else:
            found = self._fitting(lambda of: date(of, month, min(day, monthrange(of, month)[1])), past=not self._future)
            found = found.replace(day=day)  # raises for 31 June
        return Span(found, found + DAY, after)

    def _asks(self, at: int) -> bool:
        """Tell the verb from the month: "how late may I call", "may one ask"."""
        return self._words.word(at) == "may" and self._words.word(at + 1) in PRONOUNS

    def _day_alone(self, at: int, led: bool) -> Span | None:
        """ "on the 3rd", "on the twenty first": of this month or, when it is still to come, of the last one."""
        if (
            at < 2
            or self._words[at - 1] != "the"
            or self._words[at - 2] not in ("on", "before", "after", "since", "by")
        ):
            return None
        numbered = self._words.ordinal(at)
        if numbered is None or self._words.word(at).isdigit():
            return None
        day, after = numbered
        if self._words.word(after) in ("day", "time", "page", "floor", "week", "month") or not 1 <= day <= 31:
            return None
        first = self._today.replace(day=1)
        if day > self._today.day and not self._future:
            first = shift(first, "month", -1)
        while monthrange(first.year, first.month)[1] < day:
            first = shift(first, "month", -1)
        found = first.replace(day=day)
        return Span(found, found + DAY, after)

    # -- longer

    def _month(self, at: int, led: bool) -> Span | None:
        """ "in May", "May 2023", "last may"."""
        word = self._words.word(at)
        which = word if word in LAST or word in NEXT or word == "this" else ""
        start = at + bool(which)
        name = self._words.word(start)
        month = MONTHS.get(name)
        if month is None:
            return None
        year, after = self._year_behind(start + 1)
        doubtful = name in ("may", "march", "mar", "sep", "dec", "jan", "jun")  # verbs and names, too
        if doubtful and not (which or led or year):
            return None
        if self._asks(start):
            return None
        if year is None:
            year = self._fitting(lambda of: date(of, month, 1), past=not self._future and which not in NEXT).year
            if which in LAST and (year, month) == (self._today.year, self._today.month):
                year -= 1
            if which == "this":
                year = self._today.year
        begin = date(year, month, 1)
        return Span(begin, shift(begin, "month", 1), after)

    def _season(self, at: int, led: bool) -> Span | None:
        word = self._words.word(at)
        which = word if word in LAST or word in NEXT or word == "this" else ""
        start = at + bool(which)
        month = SEASONS.get(self._words.word(start))
        if month is None or not (which or led or self._year_behind(start + 1)[0]):
            return None
        year, after = self._year_behind(start + 1)
        if year is None:
            begin = self._fitting(lambda of: date(of, month, 1), past=not self._future and which not in NEXT)
            running = begin <= self._today < shift(begin, "month", 3)
            if which in LAST and running:
                begin = shift(begin, "year", -1)
            if which == "this" and not running:  # the nearer one: in May, last winter and the coming summer
                coming = shift(begin, "year", 1)
                begin = min(begin, coming, key=lambda day: abs((day - self._today).days + 45))
        else:
            begin = date(year, month, 1)
        return Span(begin, shift(begin, "month", 3), after)

    def _quarter(self, at: int, led: bool) -> Span | None:
        """ "Q3", "q three 2023", "the third quarter of 2023"; "last quarter" is read elsewhere."""
        word = self._words.word(at)
        number, after = 0, at + 1
        if word == "q" and (digit := self._words.digit(at + 1)) is not None:
            number, after = digit, at + 2
        elif word in ("first", "second", "third", "fourth", "1st", "2nd", "3rd", "4th"):
            if self._words.word(at + 1) != "quarter":
                return None
            number, after = int(word[0]) if word[0].isdigit() else ORDINALS[word], at + 2
        if not 1 <= number <= 4:
            return None
        year, after = self._year_behind(after)
        month = 3 * number - 2
        begin = date(year, month, 1) if year else self._fitting(lambda of: date(of, month, 1), past=not self._future)
        return Span(begin, shift(begin, "month", 3), after)

    def _this_or_last(self, at: int, led: bool) -> Span | None:
        """ "last week", "this month", "next year", "the weekend"."""
        word = self._words.word(at)
        if word in UNITS and word in ("weekend",) and led:
            begin, end = self._unit("weekend", 1 if self._future else -1)
            return Span(begin, end, at + 1)
        offset = -1 if word in LAST else 1 if word in NEXT else 0 if word in ("this", "current") else None
        unit = UNITS.get(self._words.word(at + 1))
        if offset is None or unit is None or unit in ("hour", "day") or (unit != self._words.word(at + 1) and offset):
            return None
        begin, end = self._unit(unit, offset)
        return Span(begin, end, at + 2)

    def _part(self, at: int, led: bool) -> Span | None:
        """ "at the end of last month", "early May", "mid june", "the beginning of 2023": a third of it."""
        word = self._words.word(at)
        third = {"beginning": 0, "start": 0, "early": 0, "middle": 1, "mid": 1, "end": 2, "late": 2}.get(word)
        if third is None:
            return None
        after = at + 1 + (self._words.word(at + 1) == "of")
        after += self._words.word(after) == "the"
        whole = self._month(after, True) or self._season(after, True) or self._this_or_last(after, True)
        whole = whole or self._quarter(after, True) or self._year_alone(after, True)
        if whole is None:
            unit = UNITS.get(self._words.word(after))
            if unit not in ("week", "month", "quarter", "year"):
                return None
            begin, end = self._unit(unit, 0)
            whole = Span(begin, end, after + 1)
        length = (whole.end - whole.begin) / 3
        begin = whole.begin + third * length
        return Span(begin, whole.end if third == 2 else begin + length, whole.next)

    def _year_alone(self, at: int, led: bool) -> Span | None:
        named = self._words.word(at) == "year"
        year, after = self._words.year(at + named)
        if year is None or not (led or named):
            return None
        return Span(date(year, 1, 1), date(year + 1, 1, 1), after)

    def _year_behind(self, at: int) -> tuple[int | None, int]:
        """The year behind a month or a day ("of 2023", "last year"), and the token behind that; None for none."""
        start = at + (self._words.word(at) in ("of", "in"))
        year, after = self._words.year(start)
        if year is not None:
            return year, after
        if self._words.word(start + 1) == "year" and self._words.word(start) in (*LAST, "this", *NEXT):
            word = self._words.word(start)
            return self._today.year + (-1 if word in LAST else 0 if word == "this" else 1), start + 2
        return None, at

    # -- the calendar around today

    def _fitting(self, of_year: Callable[[int], date], *, past: bool) -> date:
        """The latest such day that is not after today or, for the future, the first that is not before it."""
        year = self._today.year
        if past:
            return this if (this := of_year(year)) <= self._today else of_year(year - 1)
        return this if (this := of_year(year)) >= self._today else of_year(year + 1)

    def _unit(self, unit: str, offset: int, *, near: bool = False) -> tuple[date, date]:
        """The calendar's week, month, ... `offset` from the present one. near: "ago", where a day counts from today."""
        if unit == "weekend":
            saturday = monday(self._today) + timedelta(5)
            if offset < 0 and self._today > saturday + DAY:
                saturday += timedelta(7)
            saturday += timedelta(7 * (offset - (offset > 0 and self._today < saturday)))
            return saturday, saturday + 2 * DAY
        middle = shift(self._today, unit, offset)
        return around(middle, unit) if near or unit != "day" else (middle, middle + DAY)
