"""How turns are measured, on a clock that the test turns."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.voice.browser.messages import Playback
from backend.voice.call.stopwatch import OPEN_TURNS, Stopwatch, TurnRecord


class Bench:
    """A stopwatch, its clock in milliseconds, and what it told."""

    def __init__(self) -> None:
        self.ms = 1_000_000.0
        self.told: list[TurnRecord] = []
        self.watch = Stopwatch(lambda: self.ms / 1000, self.told.append)

    def after(self, ms: float) -> Stopwatch:
        """Let time go by."""
        self.ms += ms
        return self.watch

    def ask(self, item: str = "u1") -> None:
        """Somebody speaks for a second."""
        self.after(0).speech_started(interrupts=True)
        self.after(1000).speech_stopped(item)

    def answer(self, response: str = "r1", item: str = "a1", agent: str = "elena") -> None:
        """An answer begins: created after 100 ms, its first word after 300, its first sound after 500."""
        self.after(100).response_created(response, agent)
        self.after(200).token(response)
        self.after(200).sound(response, item)

    def done(self, response: str = "r1", status: str = "completed", **more: Any) -> None:
        """The response is complete."""
        self.watch.response_done({"id": response, "status": status, **more})

    @property
    def only(self) -> TurnRecord:
        """The one turn that was told."""
        (record,) = self.told
        return record


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_every_stage_counts_from_the_end_of_the_persons_turn(bench: Bench) -> None:
    bench.ask()
    bench.after(150).transcribed("u1")
    bench.answer()
    # 40 ms each way; the page waited 70 ms until it played, and the loudspeaker is 20 ms behind.
    bench.after(150).playback(Playback("a1", waited_ms=70, output_ms=20, silence_ms=540, buffer_ms=60))
    bench.done(usage={"input_tokens": 120, "output_tokens": 40})
    assert bench.told == []
    bench.after(2000).playback(Playback("a1", gaps=2, buffer_ms=110, over="finished"))
    record = bench.only
    assert (record.turn, record.item_id, record.response_id, record.agent_id) == (1, "a1", "r1", "elena")
    assert (record.input, record.status, record.interrupted) == ("speech", "completed", False)
    assert record.transcript_ms == 150
    assert record.first_token_ms == 450
    assert record.first_audio_ms == 650
    assert record.heard_ms == 650 + 40 + 70 + 20
    assert record.end_of_speech_ms == 540 - 40
    assert (record.underruns, record.buffer_ms) == (2, 110)
    assert (record.input_tokens, record.output_tokens) == (120, 40)
    assert record.ended - record.began == pytest.approx(2.8)
    assert [name for name, _ in record.moments] == ["transcript", "first_token", "first_audio", "heard"]


def test_coming_in_is_measured_from_the_voice_to_the_silence(bench: Bench) -> None:
    bench.ask()
    bench.answer()
    bench.after(60).playback(Playback("a1", waited_ms=40, output_ms=0))  # 10 ms each way
    bench.after(3000).speech_started(interrupts=True)
    bench.watch.cut("a1")
    bench.done(status="cancelled")
    bench.after(45).playback(Playback("a1", output_ms=20, over="flushed"))
    bench.after(300).tick(sounding=False)
    bench.after(1500).tick(sounding=False)
    assert bench.told == [], "it may turn out that nobody came in"
    bench.watch.came_in("a1")
    assert bench.only.interrupted
    assert bench.only.stop_ms == 45 - 10 + 20
    assert bench.only.status == "cancelled"


def test_an_answer_stopped_by_wish_is_interrupted_and_has_no_stop_time(bench: Bench) -> None:
    bench.ask()
    bench.answer()
    bench.after(500).cut("a1")
    bench.done(status="cancelled")
    bench.after(20).playback(Playback("a1", over="flushed"))
    assert bench.only.interrupted
    assert bench.only.stop_ms is None


def test_the_turn_that_comes_in_is_one_of_its_own(bench: Bench) -> None:
    bench.ask("u1")
    bench.answer("r1", "a1")
    bench.after(0).speech_started(interrupts=True)
    bench.watch.cut("a1")
    bench.done("r1", "cancelled")
    bench.after(1000).speech_stopped("u2")
    bench.answer("r2", "a2")
    bench.watch.came_in("a1")
    bench.watch.playback(Playback("a1", over="flushed"))
    bench.done("r2")
    bench.watch.playback(Playback("a2", over="finished"))
    assert [(r.turn, r.item_id, r.first_audio_ms) for r in bench.told] == [(1, "a1", 500), (2, "a2", 500)]


def test_a_false_interruption_leaves_no_trace(bench: Bench) -> None:
    bench.ask()
    bench.answer()
    bench.watch.speech_started(interrupts=True)
    bench.watch.cut("a1")
    bench.done()
    bench.after(50).playback(Playback("a1", over="flushed"))
    bench.after(2000).resumed("a1")
    bench.after(3000).tick(sounding=True)
    bench.watch.playback(Playback("a1", over="finished"))
    assert (bench.only.interrupted, bench.only.stop_ms) == (False, None)


def test_tools_and_the_answer_after_them_are_one_turn(bench: Bench) -> None:
    bench.ask()
    bench.after(100).response_created("r1", "elena")
    began = bench.watch.now()
    bench.done("r1", output=[{"type": "function_call"}], usage={"input_tokens": 10, "output_tokens": 1})
    bench.after(250).tool("search_memory", began)
    bench.after(0).tool("get_time", began, failed=True)
    bench.answer("r2")
    bench.done("r2", usage={"input_tokens": 20, "output_tokens": 2})
    bench.watch.playback(Playback("a1", over="finished"))
    assert [(tool.name, tool.ms, tool.failed) for tool in bench.only.tools] == [
        ("search_memory", 250, False),
        ("get_time", 250, True),
    ]
    assert bench.only.first_audio_ms == 850
    assert (bench.only.input_tokens, bench.only.output_tokens) == (30, 3)


def test_a_filler_before_the_answer_is_the_first_sound_and_not_the_end(bench: Bench) -> None:
    bench.ask()
    bench.answer("r1", "filler")
    bench.watch.playback(Playback("filler", waited_ms=0))
    bench.done("r1", output=[{"type": "message"}, {"type": "function_call"}])
    bench.after(900).playback(Playback("filler", gaps=1, over="finished"))
    bench.answer("r2", "a1")
    bench.watch.playback(Playback("a1", waited_ms=0))
    bench.done("r2")
    assert bench.told == []
    bench.watch.playback(Playback("a1", gaps=1, over="finished"))
    assert (bench.only.item_id, bench.only.first_audio_ms, bench.only.heard_ms) == ("a1", 500, 500)
    assert bench.only.underruns == 2


def test_a_hand_over_counts_to_the_answer_that_follows(bench: Bench) -> None:
    began = bench.watch.now()
    bench.after(700).handed_off("marcus", began)
    bench.watch.typed("t1")
    bench.answer(agent="marcus")
    bench.done()
    bench.watch.playback(Playback("a1", over="finished"))
    assert bench.only.hand_off is not None
    assert (bench.only.hand_off.name, bench.only.hand_off.ms) == ("marcus", 700)
    assert (bench.only.input, bench.only.end_of_speech_ms, bench.only.transcript_ms) == ("text", None, None)


def test_noise_that_was_no_speech_is_no_turn(bench: Bench) -> None:
    bench.ask()
    bench.watch.nothing_said("u1")
    bench.watch.response_created("greeting", "elena")
    bench.done("greeting")
    assert (bench.only.input, bench.only.turn) == ("none", 1)


def test_a_browser_that_reports_positions_only_tells_when_it_was_heard(bench: Bench) -> None:
    bench.ask()
    bench.answer()
    bench.after(180).played("a1", 100)
    bench.after(100).played("a1", 200)
    bench.done()
    bench.after(0).tick(sounding=True)
    bench.after(900).tick(sounding=False)
    assert bench.told == []
    bench.after(1000).tick(sounding=False)
    assert bench.only.heard_ms == 580
    assert (bench.only.end_of_speech_ms, bench.only.buffer_ms) == (None, None)


def test_a_browser_that_reports_nothing_costs_only_its_numbers(bench: Bench) -> None:
    bench.ask()
    bench.answer()
    bench.watch.played("a1", 3_600_000)  # before it was sent: cannot be
    bench.watch.playback(Playback("unknown", waited_ms=1))
    bench.done()
    bench.watch.close()
    assert (bench.only.first_audio_ms, bench.only.heard_ms) == (500, None)


def test_a_turn_that_failed_before_its_first_sound_is_told_at_once(bench: Bench) -> None:
    bench.ask()
    bench.after(100).response_created("r1", "elena")
    bench.done(status="failed")
    assert (bench.only.status, bench.only.item_id, bench.only.first_token_ms) == ("failed", "", None)


EVENTS = (
    "speech", "stop", "typed", "final", "created", "token", "sound", "done", "played", "started", "over", "cut", "tick",
    "came_in", "resumed",
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 5), st.integers(0, 400)), max_size=60))
def test_whatever_comes_in_whatever_order_each_turn_is_told_once_and_nothing_is_negative(
    events: list[tuple[str, int, int]],
) -> None:
    bench = Bench()
    for name, n, ms in events:
        watch = bench.after(ms)
        match name:
            case "speech":
                watch.speech_started(interrupts=bool(n % 2))
            case "stop":
                watch.speech_stopped(f"u{n}")
            case "typed":
                watch.typed(f"u{n}")
            case "final":
                watch.transcribed(f"u{n}")
            case "created":
                watch.response_created(f"r{n}", "elena")
            case "token":
                watch.token(f"r{n}")
            case "sound":
                watch.sound(f"r{n}", f"a{n}")
            case "done":
                bench.done(f"r{n}")
            case "played":
                watch.played(f"a{n}", ms)
            case "started":
                watch.playback(Playback(f"a{n}", waited_ms=ms / 2, output_ms=10, silence_ms=300))
            case "over":
                watch.playback(Playback(f"a{n}", over="flushed" if n % 2 else "finished"))
            case "cut":
                watch.cut(f"a{n}")
            case "came_in":
                watch.came_in(f"a{n}")
            case "resumed":
                watch.resumed(f"a{n}")
            case "tick":
                watch.tick(sounding=bool(n % 2))
        assert len(watch._open) <= OPEN_TURNS
    bench.watch.close()
    numbers = [record.turn for record in bench.told]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    for record in bench.told:
        for name in (f.name for f in fields(record) if f.name.endswith("_ms")):
            assert (getattr(record, name) or 0) >= 0, name
        assert record.ended >= record.began
