"""Under high load microphone frames go out several at a time, all of them and in order; otherwise each at once."""

import asyncio
import time

import hypothesis.strategies as st
import pybase64
from hypothesis import given

from backend.agents.profiles import AgentDirectory
from backend.voice.load import HIGH_S, LOW_S, RECENT, SECOND, Load, load_for
from backend.voice.voicelive.leg import GATHERED_BYTES, Leg
from backend.voice.voicelive.link import Link
from backend.voice.voicelive.queue import Quota
from backend.voice.voicelive.upstream import Endpoint

PROFILE = AgentDirectory.load().default


class Connection(Link):
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.has_sent = asyncio.Event()
        self.append = self._append
        self._send_frame = self._put

    def _append(self, base64: bytes) -> bool:
        self.sent.append(base64)
        return True

    async def _put(self, payload: bytes, kind: object) -> None:
        self.sent.append(payload)

    async def send_audio(self, base64: bytes) -> None:
        self.sent.append(base64)
        self.has_sent.set()

    async def close(self) -> None: ...


def leg_on(connection: Connection) -> Leg:
    return Leg(connection, Endpoint("", Quota(30)), PROFILE, {}, 50)


async def heard(pieces: list[bytes], high: list[bool]) -> tuple[list[bytes], bool]:
    """Speak into a leg, with the load as told at each frame; return what was sent, and what is left when it ends."""
    connection = Connection()
    leg = leg_on(connection)
    leg._load = Load()
    for number, pcm in enumerate(pieces):
        leg._load.high = high[number % len(high)]
        sound = pybase64.b64encode(pcm)
        if not leg.at_once(sound):  # as the line does
            leg.audio(sound)
    leg._send_gathered()
    await leg.close()
    return connection.sent, bool(leg._gathered)


@given(
    st.lists(st.sampled_from([960, 1920, 4800, 962, 1924, 2, 9600]).map(lambda size: b"\x01\x02" * (size // 2))),
    st.lists(st.booleans(), min_size=1, max_size=9),
)
def test_all_sound_arrives_in_order_however_the_load_changes(pieces: list[bytes], high: list[bool]) -> None:
    marked = [bytes([number % 256, 0]) + pcm[2:] for number, pcm in enumerate(pieces)]
    sent, left = asyncio.run(heard(marked, high))
    assert b"".join(pybase64.b64decode(frame, validate=True) for frame in sent) == b"".join(marked)
    assert not left
    alone = {len(pybase64.b64encode(pcm)) for pcm in marked}
    assert all(len(frame) <= GATHERED_BYTES or len(frame) in alone for frame in sent)


async def test_without_load_each_frame_goes_at_once_and_under_load_two_frames_of_40_ms_go_as_one() -> None:
    frame = bytes(1920)
    assert len((await heard([frame] * 6, [False]))[0]) == 6
    assert len((await heard([frame] * 6, [True]))[0]) == 3
    assert len((await heard([bytes(960)] * 10, [True]))[0]) == 2


async def test_sound_that_nothing_follows_goes_out_all_the_same() -> None:
    connection = Connection()
    leg = leg_on(connection)
    leg._load = Load()
    leg._load.high = True
    leg.audio(b"AAAA")
    assert connection.sent == []
    async with asyncio.timeout(5):
        await connection.has_sent.wait()
    assert connection.sent == [b"AAAA"]


async def test_an_event_does_not_overtake_sound_that_was_kept() -> None:
    connection = Connection()
    leg = leg_on(connection)
    leg._load = Load()
    leg._load.high = True
    leg.audio(b"AAAA")
    leg.send({"type": "x"})
    assert connection.sent == [b"AAAA", b'{"type":"x"}']


def test_load_is_high_when_most_samples_are_late_and_low_after_a_second_without() -> None:
    load = Load()
    seen = []
    for late in [0.0] * (RECENT - 1) + [HIGH_S * 10] + [HIGH_S] * RECENT + [LOW_S / 2] * SECOND:
        load.sample(late)
        seen.append(load.high)
    assert not any(seen[:RECENT]), "one hiccup is no load"
    assert all(seen[2 * RECENT : -1])
    assert not seen[-1]


async def test_a_loop_that_is_kept_busy_is_noticed_and_told() -> None:
    leg = leg_on(Connection())
    told = asyncio.Event()
    leg.waits = told.set
    load = load_for(leg)
    async with asyncio.timeout(10):
        while not load.high:
            time.sleep(0.1)  # noqa: ASYNC251 - what is measured
            await asyncio.sleep(0)
    assert told.is_set(), "frames are gathered from here on"


async def test_sound_does_not_overtake_an_event_that_waits() -> None:
    connection = Connection()
    leg = leg_on(connection)
    leg._load = Load()
    told = asyncio.Event()
    leg.waits = told.set
    assert leg.at_once(b"AAAA")
    leg.outlet.hold()  # the service takes nothing for now
    leg.send({"type": "x"})
    assert told.is_set()
    assert not leg.at_once(b"BBBB")
    leg.audio(b"BBBB")
    assert connection.sent == [b"AAAA"]
    leg.outlet.go_on()
    writing = asyncio.create_task(leg.write())
    async with asyncio.timeout(5):
        await connection.has_sent.wait()
    assert connection.sent == [b"AAAA", b'{"type":"x"}', b"BBBB"]
    writing.cancel()
