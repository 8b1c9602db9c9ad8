"""How much of an answer was heard: reported by the browser, or read off the clock."""

import pybase64
import pytest

from backend.voice.browser.playback import REPORT_TRUST_S, Playback, milliseconds


def send(playback: Playback, item_id: str, ms: int, now: float) -> None:
    playback.sent(item_id, pybase64.b64encode(bytes(48 * ms)), ms, now)


@pytest.mark.parametrize("samples", [1, 2, 3, 24, 960, 961, 24_000])
def test_the_playing_time_follows_from_the_length_of_the_base64(samples: int) -> None:
    assert milliseconds(pybase64.b64encode(bytes(2 * samples))) == pytest.approx(samples / 24)


def test_without_reports_the_position_follows_the_clock_up_to_what_was_sent() -> None:
    playback = Playback()
    send(playback, "a", 1000, 10.0)
    assert playback.heard_ms("a", 10.4) == pytest.approx(400)
    assert playback.heard_ms("a", 99.0) == 1000


def test_a_second_item_is_heard_after_the_first() -> None:
    playback = Playback()
    send(playback, "a", 1000, 10.0)
    send(playback, "b", 1000, 10.1)
    assert playback.heard_ms("b", 10.9) == 0
    assert playback.heard_ms("b", 11.5) == pytest.approx(500)
    assert playback.remaining_s(10.5) == pytest.approx(1.5)


def test_the_report_of_the_browser_wins_over_the_clock() -> None:
    playback = Playback()
    send(playback, "a", 5000, 10.0)
    playback.played("a", 200, 12.0)
    assert playback.heard_ms("a", 12.1) == pytest.approx(300)
    assert playback.heard_ms("a", 60.0) == pytest.approx(200 + REPORT_TRUST_S * 1000), (
        "a browser that stopped reporting"
    )


def test_a_report_beyond_what_was_sent_or_of_an_unknown_item_changes_nothing_else() -> None:
    playback = Playback()
    send(playback, "a", 1000, 10.0)
    playback.played("a", 9e9, 10.1)
    playback.played("nobody", 5, 10.1)
    assert playback.heard_ms("a", 10.1) == 1000
    assert playback.remaining_s(10.1) == 0


def test_a_cut_names_what_was_not_heard_to_its_end_and_only_once() -> None:
    playback = Playback()
    send(playback, "over", 100, 10.0)
    send(playback, "now", 1000, 10.1)
    send(playback, "next", 1000, 10.1)
    cuts = playback.cut(10.6)
    assert [(cut.item_id, cut.heard_ms) for cut in cuts] == [("now", pytest.approx(500, abs=1)), ("next", 0)]
    assert playback.cut(10.7) == []
    assert playback.remaining_s(10.7) == 0


def test_when_the_call_ends_what_the_browser_has_not_reported_as_heard_was_not() -> None:
    playback = Playback()
    send(playback, "now", 5000, 10.0)
    send(playback, "next", 1000, 10.1)
    assert playback.left_unheard(11.0) == [], "a browser that never reports is given the benefit of the doubt"
    playback.played("now", 1500, 12.0)
    left = playback.left_unheard(12.2)
    assert [(cut.item_id, cut.heard_ms) for cut in left] == [("now", pytest.approx(1700, abs=1)), ("next", 0)]


def test_an_answer_that_is_further_ahead_than_is_kept_cannot_go_on() -> None:
    playback = Playback()
    frame = pybase64.b64encode(bytes(48 * 1000))
    for second in range(70):
        playback.sent("long", frame, 1000, 10.0 + second / 100)
    playback.cut(11.0)
    assert not playback.resumable, "more than the bound was unheard"


def test_what_was_heard_makes_room_for_what_was_not_also_without_reports() -> None:
    playback = Playback()
    frame = pybase64.b64encode(bytes(48 * 1000))
    for second in range(200):
        playback.sent("heard", frame, 1000, 100.0 + second)
    playback.cut(299.5)
    assert playback.resumable
    (rest,) = playback.resume()
    assert rest.item_id == "heard"
    assert sum(milliseconds(frame) for frame in rest.frames) == pytest.approx(200_000 - rest.from_ms)


@pytest.mark.parametrize("heard_ms", [0, 1, 249, 250, 251, 777.3, 1999.9])
def test_what_goes_on_is_exactly_what_was_not_heard(heard_ms: float) -> None:
    playback = Playback()
    sound = bytes(range(256)) * 375  # 96,000 bytes: two seconds
    for start in range(0, len(sound), 12_000):
        playback.sent("a", pybase64.b64encode(sound[start : start + 12_000]), 250, 10.0)
    playback.ended("a")
    playback.cut(10.0)
    assert playback.stopped_at("a", heard_ms) == int(heard_ms)
    (rest,) = playback.resume()
    assert heard_ms - 0.125 < rest.from_ms <= heard_ms
    assert b"".join(map(pybase64.b64decode, rest.frames)) == sound[round(rest.from_ms * 48) :]
    assert rest.ended
