"""VoiceLive fails and goes on failing: the caller is told why and what to do; the call ends with close code 4503."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from backend.tests.fault_proxy import FaultProxy
from backend.tests.voice.conftest import UTTERANCE, Service, StartService
from backend.tests.voice.test_call import answered
from backend.voice.patience import Patience

QUICK = replace(
    Patience(),
    connect=0.5,
    confirm=0.5,
    answer=0.5,
    words=0.3,
    browser=0.5,
    store=0.5,
    lost=0.5,
    mend=0.1,
    turn=1.0,
    tick=0.05,
)


@pytest.mark.parametrize(
    ("key", "code", "retryable", "words"),
    [
        ("fault-401", "voicelive_unauthorised", False, "Assign Cognitive Services Speech User"),
        ("fault-403", "voicelive_forbidden", False, "Assign Cognitive Services Speech User"),
        ("fault-404", "voicelive_not_found", False, "AZURE_VOICELIVE_MODEL"),
        ("fault-429", "voicelive_rate_limited", True, "Try again in 7 s"),
        ("fault-503", "voicelive_unavailable", True, "status of Azure AI Services"),
    ],
)
async def test_a_refused_handshake_is_told_with_cause_and_remedy(
    start_service: StartService, key: str, code: str, retryable: bool, words: str
) -> None:
    async with start_service(azure_voicelive_key=key, patience=replace(QUICK, connect=10.0)) as service:
        phone = await service.call()
        error = await phone.of("error")
        assert (error["code"], error["retryable"]) == (code, retryable)
        assert f"Failed to establish WebSocket connection: {key[-3:]}" in error["message"]
        assert words in error["message"]
        assert key not in error["message"]
        assert phone.got[0]["type"] == "agent_switched"
        assert await phone.closed() == 4503


async def test_a_missing_endpoint_is_told(start_service: StartService) -> None:
    async with start_service(endpoint="") as service:
        phone = await service.call()
        error = await phone.of("error", code="voicelive_not_configured")
        assert "Set AZURE_VOICELIVE_ENDPOINT" in error["message"]
        assert await phone.closed() == 4503


async def test_an_endpoint_where_nobody_listens_is_told(start_service: StartService) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    async with start_service(endpoint=f"http://127.0.0.1:{port}") as service:
        phone = await service.call()
        await phone.of("error", code="voicelive_unreachable", retryable=True)
        assert await phone.closed() == 4503


def open_sessions() -> set[int]:
    """Return which HTTP sessions of aiohttp are open in this process."""
    gc.collect()
    return {id(thing) for thing in gc.get_objects() if type(thing) is ClientSession and not thing.closed}


@pytest.fixture
async def silent_endpoint() -> AsyncIterator[str]:
    """A server that takes connections and says nothing."""
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda reader, writer: writers.append(writer), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for writer in writers:
        writer.close()
    server.close()


async def test_a_handshake_without_an_answer_ends_in_time_and_leaves_nothing_open(
    start_service: StartService, silent_endpoint: str
) -> None:
    before = open_sessions()
    async with start_service(endpoint=silent_endpoint, patience=QUICK) as service:
        phone = await service.call()
        await phone.of("error", code="voicelive_timed_out", retryable=True)
        assert await phone.closed() == 4503
    assert open_sessions() <= before


async def test_a_browser_that_hangs_up_during_the_handshake_leaves_nothing_open(service: Service) -> None:
    before = open_sessions()
    for turns_of_the_loop in range(40):
        phone = await service.call(f"s{turns_of_the_loop}")
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        phone.socket.transport.abort()
    await service.idle()
    assert open_sessions() <= before


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("reset", "voicelive_connection_lost"),
        ("close-1000", "voicelive_closed"),
        ("close-1001", "voicelive_going_away"),
        ("close-1008", "voicelive_policy"),
        ("close-1011", "voicelive_internal_error"),
        ("stall", "voicelive_stalled"),
        ("stall-midway", "voicelive_stalled"),
    ],
)
async def test_a_connection_that_ends_or_stalls_in_the_call_is_told_with_its_true_cause(
    start_service: StartService, fault: str, code: str
) -> None:
    async with start_service(patience=QUICK) as service:
        phone = await service.ready()
        await phone.send(type="text", content=f"[fault:{fault}] hello")
        error = await phone.of("error")
        assert error["code"] == code
        assert error["retryable"] == (code != "voicelive_policy")
        assert await phone.closed() == 4503
        await service.idle()
        assert [t.role for t in service.memory.transcript][:1] == ["user"], "what was said before is kept"


async def test_a_question_after_a_long_silence_is_given_its_time(start_service: StartService, stand_in: str) -> None:
    seconds = 0.5
    patience = replace(QUICK, answer=seconds, tick=0.01)
    place = urlsplit(stand_in)
    async with FaultProxy(str(place.hostname), place.port or 80) as line:
        line.down.latency = seconds / 4
        async with start_service(endpoint=f"http://127.0.0.1:{line.port}", patience=patience) as service:
            phone = await service.ready()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(phone.of("error"), 1.5 * seconds)
            await phone.send(type="text", content="still there?")
            await answered(phone)
            assert not [message for message in phone.got if message["type"] == "error"]
            assert line.accepted == 1


async def test_a_failed_transcription_is_told_and_the_call_goes_on(start_service: StartService) -> None:
    async with start_service(patience=replace(QUICK, answer=0.3)) as service:
        phone = await service.ready()
        await phone.send(type="text", content="[fault:transcription-failed] hello")
        await answered(phone)
        mark = len(phone.got)
        await phone.speak(UTTERANCE)
        error = await phone.of("error", mark, code="transcription_failed", retryable=True)
        await phone.of("state", phone.got.index(error) - 1, state="ready")
        mark = len(phone.got)
        await phone.speak(UTTERANCE, pace=0.01)  # longer than an answer is waited for: none is due
        await answered(phone, mark)
        await phone.hang_up()
        await service.idle()
        stored = service.memory.transcript
        assert [t.role for t in stored] == ["user", "assistant"] * 2, "an utterance without words is no turn"


@pytest.mark.parametrize("fault", ["bad-json", "unknown-event", "big-message", "error-event", "response-failed"])
async def test_odd_things_from_upstream_do_not_end_the_call(service: Service, fault: str) -> None:
    phone = await service.ready()
    await phone.send(type="text", content=f"[fault:{fault}] hello")
    await phone.wait(lambda m: m["type"] == "error" or (m.get("speaker") == "assistant" and m["status"] == "complete"))
    mark = len(phone.got)
    await phone.send(type="text", content="still there?")
    await phone.of("transcription", mark, speaker="assistant", status="complete", text="You said: still there?.")
