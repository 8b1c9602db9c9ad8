"""Fifty calls each whose VoiceLive session is reset, refused or expires, through two replicas and PostgreSQL.

They run with ENGRAM_SOAK=1 only; `backend/tests/voice/test_upstream_lost.py` holds the same promises in every run.
"""

import asyncio
import gc
import json
import os
import random
import struct
import sys
from collections.abc import AsyncIterator, Iterator
from subprocess import PIPE

import pybase64
import pytest

from backend.tests.api.conftest import someone
from backend.tests.api.replicas import SOON, Caller, Town, town
from backend.tests.api.test_replicas import QUESTION, answered, begin, check
from backend.tests.conftest import StoreSettings
from backend.tests.voice.conftest import FRAME_MS, RATE, UTTERANCE
from backend.tests.voice.relay import Event, Leg, Relay

pytestmark = [
    pytest.mark.skipif(os.environ.get("ENGRAM_SOAK") != "1", reason="takes minutes: set ENGRAM_SOAK=1"),
    pytest.mark.timeout(900),
]
CALLS = 50
GOES_ON_S = 2.0
"""How soon after its session is lost a call has another."""
FRAME_BYTES = 2 * RATE * FRAME_MS // 1000


@pytest.fixture(scope="module")
async def relays() -> AsyncIterator[tuple[Relay, Relay]]:
    """The first and the second endpoint: a stand-in behind both that speaks twice as fast as one listens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local_ai", "--port", "0", "--brain", "scripted",
        env=os.environ | {"SCRIPTED_PACE": "2"}, stdout=PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), SOON)).decode().strip()
    address = line.removeprefix("local_ai ready on ")
    async with Relay(address).running() as first, Relay(address).running("localhost") as second:
        yield first, second
    process.terminate()
    await process.wait()


@pytest.fixture(scope="module")
async def two(
    debian_url: str, tmp_path_factory: pytest.TempPathFactory, relays: tuple[Relay, Relay]
) -> AsyncIterator[Town]:
    """Two replicas that know both endpoints."""
    store = StoreSettings(debian_url, tmp_path_factory.mktemp("sessions"))
    endpoints = json.dumps([relay.url for relay in relays])
    async with town(store, relays[0].url, AZURE_VOICELIVE_ENDPOINTS=endpoints) as running:
        yield running


@pytest.fixture(autouse=True)
def as_they_were(relays: tuple[Relay, Relay]) -> None:
    """Each test begins with endpoints that work."""
    for relay in relays:
        relay.legs.clear()
        relay.refuse = relay.expires_in = None
        relay.breaks = lambda leg, event: False


async def went_on(caller: Caller, mark: int) -> float:
    """Return how many seconds a call whose session was lost, after message `mark`, was without one."""
    lost = await caller.of("state", mark, state="reconnecting")
    after = caller.got.index(lost)
    back = await caller.wait(lambda m: m["type"] == "state" and m["state"] not in ("reconnecting", "waiting"), after)
    return float(back["_at"] - lost["_at"])


def tell(what: str, took: list[float]) -> None:
    middle, most = sorted(took)[len(took) // 2], max(took)
    print(f"{what}: {middle:.2f} s without a session in the middle, {most:.2f} s at most, {len(took)} calls")  # noqa: T201
    assert most <= GOES_ON_S


async def over(caller: Caller, town: Town, session_id: str, token: str, question: str) -> None:
    """End a call that was asked `question` and "and then"; check what is stored of it."""
    assert not [message for message in caller.got if message["type"] == "error"]
    assert not caller.codes, "the browser's connection stood all the while"
    await caller.hang_up()
    whole = f"You said: {question}."
    *first, last = (turn["content"] for turn in check(await town.transcript(session_id, token), [question, "and then"]))
    assert last == "You said: and then."
    if first != [whole]:  # what was spoken of it, and what it went on with
        beginning, rest = first
        assert beginning, first
        assert whole.startswith(beginning), first
        assert rest == "And so on."


async def test_a_reset_after_any_event_of_a_turn_costs_no_turn(two: Town, relays: tuple[Relay, Relay]) -> None:
    dice, left = random.Random(23), dict[str, int]()

    def breaks(leg: Leg, event: Event) -> bool:
        if leg.call in left:
            left[leg.call] -= 1
            if left[leg.call] <= 0:
                del left[leg.call]
                return True
        return False

    relays[0].breaks = breaks
    took: list[float] = []

    async def call(number: int) -> None:
        session_id, token, spoken = f"reset-{number}", someone(), number % 2 == 1
        caller = await begin(two, session_id, token)
        mark = len(caller.got)
        left[session_id] = dice.randint(1, 30 if spoken else 60)
        if spoken:
            for start in range(0, len(UTTERANCE), FRAME_BYTES):
                await caller.speak(UTTERANCE[start : start + FRAME_BYTES])
                await asyncio.sleep(FRAME_MS / 1000)
        else:
            await caller.say(QUESTION)
        took.append(await went_on(caller, mark))
        await caller.wait(
            lambda m: (
                m["type"] == "transcription"
                and m["speaker"] == "assistant"
                and m["status"] == "complete"
                and m["text"].endswith(".")  # of the whole answer, or of the rest of one that broke off
            ),
            mark,
        )
        await caller.of("audio_end", mark)
        await caller.hear(3_600_000)
        await answered(caller, "and then")
        await over(caller, two, session_id, token, "utterance 1" if spoken else QUESTION)

    for batch in range(0, CALLS, 10):
        await asyncio.gather(*(call(number) for number in range(batch, batch + 10)))
    tell("reset", took)


async def test_calls_go_on_at_the_second_endpoint_in_mid_answer_when_the_first_refuses_them(
    two: Town, relays: tuple[Relay, Relay]
) -> None:
    first, second = relays
    people = [(f"refused-{number}", someone()) for number in range(CALLS)]
    callers = await asyncio.gather(*(begin(two, session_id, token) for session_id, token in people))
    marks = [len(caller.got) for caller in callers]
    await asyncio.gather(*(caller.say(QUESTION) for caller in callers))
    await asyncio.gather(*(caller.of("audio", mark) for caller, mark in zip(callers, marks, strict=True)))
    assert not second.legs
    first.refuse = 401
    first.break_all()
    took = await asyncio.gather(*(went_on(caller, mark) for caller, mark in zip(callers, marks, strict=True)))
    for (session_id, token), caller, mark in zip(people, callers, marks, strict=True):
        await caller.of("transcription", mark, speaker="assistant", status="complete", text="And so on.")
        await caller.hear(3_600_000)
        await answered(caller, "and then")
        await over(caller, two, session_id, token, QUESTION)
    assert len(second.legs) == CALLS
    tell("refused", list(took))


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What this process has gathered of earlier calls takes its collector half a second to look through."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def numbered(number: int) -> bytes:
    """Return a frame that is silence to a listener and carries a number."""
    return struct.pack("<hh", number % 128, number // 128) + bytes(FRAME_BYTES - 4)


@pytest.mark.usefixtures("no_collector")
async def test_sessions_that_expire_in_20_s_are_rolled_over_unheard(two: Town, relays: tuple[Relay, Relay]) -> None:
    first, frames = relays[0], 24_000 // FRAME_MS
    first.expires_in = 20
    seen: dict[str, dict[int, float]] = {}
    sent: dict[str, list[float]] = {}

    async def call(number: int) -> None:
        session_id, token = f"expires-{number}", someone()
        await asyncio.sleep(number * 0.1)  # as people call
        caller = await begin(two, session_id, token)
        times = sent[session_id] = list[float]()

        async def talk() -> None:
            loop = asyncio.get_running_loop()
            began = loop.time()
            for place in range(frames):
                await asyncio.sleep(began + place * FRAME_MS / 1000 - loop.time())
                times.append(loop.time())
                await caller.speak(numbered(place))

        talking = asyncio.create_task(talk())
        questions: list[str] = []
        while not talking.done():
            questions.append(f"question {len(questions)}")
            await answered(caller, questions[-1])
            await asyncio.wait({talking}, timeout=1.5 + number / CALLS)
        await talking
        await answered(caller, "and then")
        assert not [message for message in caller.got if message["type"] in ("error", "interrupted")]
        assert not [message for message in caller.got if message.get("state") == "reconnecting"]
        await caller.hang_up()
        answers = check(await two.transcript(session_id, token), [*questions, "and then"])
        assert [turn["content"] for turn in answers] == [f"You said: {text}." for text in [*questions, "and then"]]

    await asyncio.gather(*(call(number) for number in range(CALLS)))
    gaps = []
    for leg in first.legs:
        assert "session_expired" not in json.dumps([e for e in leg.answered if e["type"] == "error"])
        appended = [(at, event) for at, event in leg.sent if event["type"] == "input_audio_buffer.append"]
        for at, event in appended:
            pcm = pybase64.b64decode(event["audio"])
            for start in range(0, len(pcm), FRAME_BYTES):
                low, high = struct.unpack_from("<hh", pcm, start)
                mine = seen.setdefault(leg.call, {})
                mine[low + 128 * high] = min(at, mine.get(low + 128 * high, at))
    for session_id, times in sent.items():
        heard = seen[session_id]
        assert sorted(heard) == list(range(frames)), f"{session_id}: a frame is lost"
        _, following = (leg for leg in first.legs if leg.call == session_id)  # rolled over once
        change = next(at for at, event in following.sent if event["type"] == "input_audio_buffer.append")
        # What a busy machine adds to the pauses between sending is not the service's, nor what it does at other times.
        late = {place: heard[place] - times[place] for place in range(frames) if abs(heard[place] - change) < 1.0}
        assert len(late) > 20
        gaps.append(FRAME_MS / 1000 + max(late[place] - late[place - 1] for place in late if place - 1 in late))
    told = f"{sorted(gaps)[len(gaps) // 2] * 1000:.0f} ms in the middle, {max(gaps) * 1000:.0f} ms at most"
    print(f"expires: longest time without a frame while sessions change {told}, {len(gaps)} calls")  # noqa: T201
    assert max(gaps) <= 0.2
