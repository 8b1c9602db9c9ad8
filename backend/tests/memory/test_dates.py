"""Times in questions: which days are meant, written or spoken, always against a given now (Wednesday 20 May 2026)."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.memory.dates import Period, periods

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)


def _days(text: str, now: datetime = NOW) -> list[tuple[str, str]]:
    return [(f"{found.begin:%Y-%m-%d}", f"{found.end:%Y-%m-%d}") for found in periods(text, now)]


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("what did I say yesterday", "2026-05-19", "2026-05-20"),
        ("the day before yesterday", "2026-05-18", "2026-05-19"),
        ("what happened last night", "2026-05-19", "2026-05-20"),
        ("this morning", "2026-05-20", "2026-05-21"),
        ("last Tuesday", "2026-05-19", "2026-05-20"),
        ("last wednesday", "2026-05-13", "2026-05-14"),
        ("on friday", "2026-05-15", "2026-05-16"),
        ("what will I do on Friday", "2026-05-22", "2026-05-23"),
        ("next Friday", "2026-05-22", "2026-05-23"),
        ("on tuesday last week", "2026-05-12", "2026-05-13"),
        ("last week", "2026-05-11", "2026-05-18"),
        ("this week", "2026-05-18", "2026-05-25"),
        ("last weekend", "2026-05-16", "2026-05-18"),
        ("the weekend before", "2026-05-16", "2026-05-18"),
        ("the weekend before last", "2026-05-09", "2026-05-11"),
        ("two weeks ago", "2026-05-04", "2026-05-11"),
        ("a few weeks ago", "2026-04-13", "2026-05-11"),
        ("twenty five days ago", "2026-04-25", "2026-04-26"),
        ("three months ago", "2026-02-01", "2026-03-01"),
        ("in the last two months", "2026-03-20", "2026-05-21"),
        ("last month", "2026-04-01", "2026-05-01"),
        ("at the end of last month", "2026-04-21", "2026-05-01"),
        ("a year ago", "2025-01-01", "2026-01-01"),
    ],
)
def test_a_time_relative_to_now_is_resolved_towards_the_past(text: str, begin: str, end: str) -> None:
    assert _days(text) == [(begin, end)]


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("on 3 May", "2026-05-03", "2026-05-04"),
        ("the third of may", "2026-05-03", "2026-05-04"),
        ("may the twenty first", "2025-05-21", "2025-05-22"),
        ("on May 3rd, 2023", "2023-05-03", "2023-05-04"),
        ("on monday the third of june", "2025-06-03", "2025-06-04"),
        ("on the 3rd", "2026-05-03", "2026-05-04"),
        ("on the twenty first", "2026-04-21", "2026-04-22"),
        ("2023-05-03", "2023-05-03", "2023-05-04"),
        ("3.5.2023", "2023-05-03", "2023-05-04"),
        ("in May", "2026-05-01", "2026-06-01"),
        ("in june", "2025-06-01", "2025-07-01"),
        ("last may", "2025-05-01", "2025-06-01"),
        ("in march last year", "2025-03-01", "2025-04-01"),
        ("early may", "2026-05-01", "2026-05-11"),
        ("mid-June", "2025-06-11", "2025-06-21"),
        ("the first week of June", "2025-06-01", "2025-06-08"),
        ("in twenty twenty three", "2023-01-01", "2024-01-01"),
        ("in the summer of 2023", "2023-06-01", "2023-09-01"),
        ("last summer", "2025-06-01", "2025-09-01"),
        ("this winter", "2025-12-01", "2026-03-01"),
        ("in the third quarter", "2025-07-01", "2025-10-01"),
        ("Q3 2025", "2025-07-01", "2025-10-01"),
        ("in q two", "2026-04-01", "2026-07-01"),
        ("last quarter", "2026-01-01", "2026-04-01"),
        ("thanksgiving 2023", "2023-11-23", "2023-11-24"),
        ("at Easter", "2026-04-05", "2026-04-06"),
    ],
)
def test_a_time_of_the_calendar_is_the_latest_that_has_begun(text: str, begin: str, end: str) -> None:
    assert _days(text) == [(begin, end)]


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("before Christmas", "1-01-01", "2025-12-25"),
        ("since March", "2026-03-01", "2026-05-21"),
        ("after the new year", "2026-01-02", "2026-05-21"),
        ("until last week", "1-01-01", "2026-05-11"),
        ("two days before christmas", "2025-12-23", "2025-12-24"),
        ("the weekend before 13 September 2023", "2023-09-09", "2023-09-11"),
        ("the week before 27 June, 2023", "2023-06-20", "2023-06-27"),
        ("the Friday before 14September, 2022", "2022-09-09", "2022-09-10"),
        ("the week of May 4", "2026-05-04", "2026-05-11"),
        ("between november and february", "2025-11-01", "2026-03-01"),
        ("from 3 May to 10 May", "2026-05-03", "2026-05-11"),
        ("around Easter", "2026-04-02", "2026-04-09"),
    ],
)
def test_before_since_and_between_reach_from_or_to_the_time_they_name(text: str, begin: str, end: str) -> None:
    assert [(found[0].lstrip("0"), found[1]) for found in _days(text)] == [(begin, end)]


@pytest.mark.parametrize(
    "text",
    [
        "may i ask you something", "what did I march for", "one second please", "the second thing I said",
        "I paid 2022 dollars", "9000 years ago", "spring to mind", "",
        "how late may one call me", "who leads the Tuesday meeting",
    ],
)  # fmt: skip
def test_words_that_only_look_like_times_name_none(text: str) -> None:
    assert periods(text, NOW) == []


def test_a_question_may_name_several_times_and_keeps_their_words() -> None:
    found = periods("Did I move on 3 May or last week?", NOW)
    assert [period.words for period in found] == ["on 3 May", "last week"]


def test_now_counts_in_utc() -> None:
    late = datetime(2026, 5, 20, 1, tzinfo=timezone(timedelta(hours=3)))
    assert _days("yesterday", late) == [("2026-05-18", "2026-05-19")]


WORDS = st.sampled_from(
    """the a on in at of before after since until between and last next this two three few weeks week weekend days day
    month months year ago may march june friday tuesday 3 3rd 31 2023 third twenty first christmas new year's eve end
    early summer quarter q q3 easter from to now hours ten thousand 0 99 february 2024-02-30 30.2.2024 by of""".split()
)


@given(st.lists(WORDS, max_size=12), st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))
def test_whatever_is_asked_periods_are_half_open_and_their_words_stand_in_the_text(
    words: list[str], now: datetime
) -> None:
    text = " ".join(words)
    found = periods(text, now)
    at = 0
    for period in found:
        assert period.begin < period.end
        assert period.begin in period
        assert period.end not in period
        at = text.index(period.words, at) + len(period.words)


@given(st.text(), st.datetimes(timezones=st.just(UTC)))
def test_any_text_can_be_asked(text: str, now: datetime) -> None:
    assert all(isinstance(period, Period) for period in periods(text, now))


@given(st.dates(date(1950, 1, 1), NOW.date()))
def test_a_full_date_is_that_day_however_it_is_written(day: date) -> None:
    month = f"{day:%B}"
    for text in (
        f"on {day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day:%Y-%m-%d}",
        f"the {day.day}th of {month.lower()} {day.year}",
    ):
        assert _days(text) == [(f"{day:%Y-%m-%d}", f"{day + timedelta(1):%Y-%m-%d}")]
