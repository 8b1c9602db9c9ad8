"""Calls in which nobody speaks any more end, and none lasts for ever."""

from dataclasses import replace

from backend.tests.voice.conftest import UTTERANCE, StartService
from backend.tests.voice.test_call import answered
from backend.voice.call.duration import IDLE, LONGEST, Duration
from backend.voice.patience import Patience

QUICK = replace(Patience(), tick=0.05)


class Told:
    """What a `Duration` says and does, by a clock that the test turns."""

    def __init__(self, idle_s: float, longest_s: float) -> None:
        self.said: list[str] = []
        self.ended: list[tuple[int, str]] = []
        self.duration = Duration(
            idle_s, longest_s, 0.0, self.said.append, lambda code, why: self.ended.append((code, why))
        )

    def at(self, now: float, active: bool = False) -> "Told":
        self.duration.check(now, active)
        return self


def test_the_end_is_told_a_minute_before_once_for_each_silence() -> None:
    told = Told(600, 0).at(0, active=True).at(539)
    assert not told.said
    told.at(540).at(541)
    assert told.said == ["Are you still there? If nobody says anything, this call ends in a minute."]
    told.at(560, active=True).at(1099)
    assert len(told.said) == 1
    told.at(1100)
    assert len(told.said) == 2
    assert not told.ended
    told.at(1160)
    assert told.ended == [(IDLE, "nobody spoke any more")]


def test_a_call_with_a_longest_time_ends_while_somebody_speaks_and_says_so_before() -> None:
    told = Told(0, 3600).at(3539, active=True)
    assert not told.said
    told.at(3541, active=True).at(3550, active=True)
    assert told.said == ["A call has a longest time. This one ends in a minute; what was said is kept."]
    told.at(3600, active=True)
    assert told.ended == [(LONGEST, "the longest time of a call is over")]


def test_without_bounds_a_call_lasts_for_ever() -> None:
    told = Told(0, 0).at(1e9)
    assert (told.said, told.ended) == ([], [])


async def test_a_call_in_which_nobody_speaks_is_warned_and_closed_with_4411(start_service: StartService) -> None:
    async with start_service(patience=QUICK, voice_idle_minutes=2.0 / 60) as service:
        phone = await service.ready()
        await phone.send(type="text", content="hello")
        item_id = await answered(phone)
        notice = await phone.wait(lambda m: m["type"] == "transcription" and "still there" in m["text"])
        assert notice["item_id"] != item_id
        assert await phone.closed() == IDLE
        await service.idle()
        assert [turn.content for turn in service.memory.transcript] == ["hello", "You said: hello."]


async def test_a_call_that_reached_its_longest_time_is_closed_with_4412(start_service: StartService) -> None:
    async with start_service(patience=QUICK, voice_max_minutes=1.5 / 60) as service:
        phone = await service.ready()
        await phone.speak(UTTERANCE)
        await phone.wait(lambda m: m["type"] == "transcription" and "longest time" in m["text"])
        assert await phone.closed() == LONGEST
