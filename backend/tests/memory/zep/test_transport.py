"""One call to Zep: bounded, never repeated in secret, every failure one exception, nothing secret in it."""

import asyncio
import email.utils
import logging
import time
from datetime import UTC, datetime, timedelta

import pytest

from backend.identity.principal import Principal
from backend.memory.zep.dialects import authorization, base_url, configured
from backend.memory.zep.port import ZepError
from backend.memory.zep.transport import BREAK_AFTER, BREAK_SECONDS, READ_SECONDS, WRITE_SECONDS, Transport
from backend.tests.conftest import a_turn
from backend.tests.memory.zep.conftest import Bench, Chosen, breaker
from backend.tests.memory.zep.stub import KEY


async def failure(zep: Bench, fault: str) -> ZepError:
    """The error that a search raises under a fault."""
    zep.stub.fault = lambda _method, _path: fault
    with pytest.raises(ZepError) as caught:
        await zep.port.facts("engram-x", 20)
    zep.stub.fault = lambda _method, _path: ""
    return caught.value


@pytest.mark.parametrize(
    ("fault", "cause", "retryable"),
    [
        ("404", "not_found", False),
        ("429", "rate_limited", True),
        ("500", "server", True),
        ("stall", "timeout", True),
        ("non_json", "malformed", True),
        ("huge", "malformed", True),
        ("reset", "unreachable", True),
    ],
)
async def test_each_failure_is_one_exception_with_its_cause_and_one_request(
    fault: str, cause: str, retryable: bool, v3: Bench
) -> None:
    error = await failure(v3, fault)
    assert (error.cause, error.retryable) == (cause, retryable)
    assert error.status == 503
    assert len(v3.stub.requests) == 1


async def test_no_server_at_all_is_unreachable_and_nothing_can_have_happened(v3: Bench) -> None:
    await v3.stub.stop()
    error = await failure(v3, "")
    assert (error.cause, error.retryable, error.happened) == ("unreachable", True, False)


@pytest.mark.parametrize("base", ["zep.example.org", "ftp://zep", "http://user:password@127.0.0.1:9", "http://[", ""])
async def test_an_address_that_is_none_is_unreachable_and_says_which_setting(base: str, v3: Bench) -> None:
    transport = Transport(base, "Api-Key k")
    v3.port = type(v3.port)(transport)  # type: ignore[call-arg]  # every port is made of a transport
    error = await failure(v3, "")
    assert (error.cause, error.happened) == ("unreachable", False)
    assert "ZEP_API_URL" in error.detail
    assert "password" not in repr(error)
    await transport.close()


async def test_a_get_over_a_connection_that_the_server_had_closed_is_asked_again(v3: Bench) -> None:
    asked = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, keep the connection, and close it on the next one without a word."""
        for _ in range(2):
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            if len(asked) != 2:
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")
                await writer.drain()
            else:
                break
        writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", 0)
    transport = Transport(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "")
    v3.port = type(v3.port)(transport)  # type: ignore[call-arg]  # as above
    await v3.port.check()
    await v3.port.check()
    assert len(asked) == 3
    await transport.close()
    server.close()


async def test_a_wrong_key_is_not_tried_again_at_once(v3: Bench) -> None:
    transport = Transport(v3.stub.base, "Api-Key wrong", clock=v3.clock.monotonic)
    v3.port = type(v3.port)(transport)  # type: ignore[call-arg]  # every port is made of a transport
    assert (await failure(v3, "")).cause == "unauthorised"
    assert (await failure(v3, "")).retry_after == 60
    assert len(v3.stub.requests) == 1
    await transport.close()


def test_a_read_takes_a_second_at_most_and_a_write_three() -> None:
    assert (READ_SECONDS, WRITE_SECONDS) == (1.0, 3.0)


async def test_the_bound_counts_for_the_whole_call_however_the_answer_trickles(v3: Bench) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        try:
            while not writer.is_closing():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            pass

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    transport = Transport(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "", read_seconds=0.2)
    v3.port = type(v3.port)(transport)  # type: ignore[call-arg]  # as above
    begun = time.monotonic()
    assert (await failure(v3, "")).cause == "timeout"
    assert time.monotonic() - begun < 5
    await transport.close()
    server.close()


async def test_after_a_429_nothing_is_asked_until_the_time_it_names(v3: Bench) -> None:
    v3.stub.retry_after = "20"
    assert (await failure(v3, "429")).retry_after == 20
    v3.clock.advance(19)
    with pytest.raises(ZepError) as refused:
        await v3.port.check()
    assert refused.value.retry_after == pytest.approx(1)
    assert len(v3.stub.requests) == 1
    v3.clock.advance(2)
    await v3.port.check()
    assert breaker(v3) == "closed"


async def test_retry_after_may_be_a_date(v3: Bench) -> None:
    v3.stub.retry_after = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert (await failure(v3, "429")).retry_after == pytest.approx(90, abs=5)


async def test_five_failures_open_the_breaker_and_one_probe_closes_it(v3: Bench) -> None:
    for _ in range(BREAK_AFTER):
        assert (await failure(v3, "500")).cause == "server"
    assert breaker(v3) == "open"
    assert (await failure(v3, "")).cause == "breaker"
    assert len(v3.stub.requests) == BREAK_AFTER
    v3.clock.advance(BREAK_SECONDS)
    assert breaker(v3) == "half_open"
    assert (await failure(v3, "500")).cause == "server"
    assert (await failure(v3, "")).cause == "breaker"
    v3.clock.advance(BREAK_SECONDS)
    await v3.port.ensure_user("engram-x")
    assert await v3.port.facts("engram-x", 20) == []
    assert breaker(v3) == "closed"


async def test_while_the_breaker_is_half_open_only_one_call_tries(v3: Bench) -> None:
    for _ in range(BREAK_AFTER):
        await failure(v3, "500")
    v3.clock.advance(BREAK_SECONDS)
    v3.stub.fault = lambda _method, _path: "stall"
    results = await asyncio.gather(*(v3.port.facts("engram-x", 20) for _ in range(10)), return_exceptions=True)
    assert sorted(error.cause for error in results if isinstance(error, ZepError)) == ["breaker"] * 9 + ["timeout"]


async def test_a_caller_that_goes_away_leaves_the_breaker_able_to_try_again(v3: Bench) -> None:
    for _ in range(BREAK_AFTER):
        await failure(v3, "500")
    v3.clock.advance(BREAK_SECONDS)
    v3.stub.fault = lambda _method, _path: "stall"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(v3.port.facts("engram-x", 20), 0.02)
    v3.stub.fault = lambda _method, _path: ""
    assert (await failure(v3, "404")).cause == "not_found"
    assert breaker(v3) == "closed"


async def test_slow_searches_do_not_stop_the_delivery(v3: Bench, person: Principal) -> None:
    for _ in range(BREAK_AFTER):
        await failure(v3, "500")
    await v3.delivery.take(person, [a_turn("hello", session="s")], deleted=False)
    assert v3.stub.contents() == ["hello"]


async def test_neither_errors_nor_logs_hold_the_key_a_name_or_what_was_said(
    zep: Bench, person: Principal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    for fault in ("404", "429", "500", "stall", "non_json", "reset", "wrong_form"):
        zep.stub.fault = lambda _method, _path, fault=fault: fault  # type: ignore[misc]  # bound at once
        with pytest.raises(ZepError) as caught:
            await zep.delivery.take(person, [a_turn("my planted secret", session="s")], deleted=False)
        told.append(f"{caught.value!r} {caught.value.detail} {caught.value.__cause__!r}")
        zep.clock.advance(100)
    everything = " ".join(told) + caplog.text
    for secret in (KEY, "planted", person.user_id):
        assert secret not in everything


@pytest.mark.parametrize(
    ("settings", "base", "header"),
    [
        (Chosen("v3"), "https://api.getzep.com/api/v2", "Api-Key k"),
        (Chosen("v4"), "https://api.getzep.com/api/v4", "Api-Key k"),
        (Chosen("v3", "https://zep.example.org/"), "https://zep.example.org/api/v2", "Api-Key k"),
        (Chosen("v3", "https://zep.example.org/api/v2"), "https://zep.example.org/api/v2", "Api-Key k"),
        (Chosen("ce", "http://zep:8000"), "http://zep:8000/api/v2", "Api-Key k"),
        (Chosen("oss", "http://zep:8000/behind"), "http://zep:8000/behind/api/v1", "Bearer k"),
        (Chosen("oss", "http://zep:8000", ""), "http://zep:8000/api/v1", ""),
    ],
)
def test_the_settings_name_the_server_and_the_header(settings: Chosen, base: str, header: str) -> None:
    assert configured(settings)
    assert (base_url(settings), authorization(settings)) == (base, header)


@pytest.mark.parametrize("settings", [Chosen("v3", "https://z", ""), Chosen("ce"), Chosen("oss", "", "k")])
def test_without_what_a_dialect_needs_there_is_no_zep(settings: Chosen) -> None:
    assert not configured(settings)
