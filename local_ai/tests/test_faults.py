"""Faults on demand: each is seen by the real clients the way the real fault would be."""

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import openai
import pytest
from azure.ai.voicelive.aio import ConnectionClosed
from azure.ai.voicelive.aio import ConnectionError as LinkError

from .caller import BOUND_S, Caller, calling, tone
from .conftest import Start


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_the_handshake_is_refused_with_the_status_in_the_key(server: str, status: int) -> None:
    with pytest.raises(LinkError) as refused:
        async with calling(server, key=f"fault-{status}"):
            pass
    cause = refused.value.__cause__
    assert isinstance(cause, aiohttp.WSServerHandshakeError)
    assert cause.status == status
    assert cause.headers is not None
    assert cause.headers.get("Retry-After") == ("7" if status == 429 else None)


async def test_a_handshake_without_a_key_is_refused_with_json(server: str) -> None:
    async with aiohttp.ClientSession() as client:
        url = server + "/voice-live/realtime?api-version=2025-10-01&model=gpt-realtime"
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        async with client.get(url, headers={**upgrade, "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg=="}) as answer:
            assert answer.status == 401
            assert (await answer.json())["error"]["code"] == "401"


@pytest.mark.parametrize("query", ["model=gpt-realtime", "api-version=2025-10-01", "api-version=1&agent-name=a"])
async def test_a_handshake_without_version_or_model_is_refused(server: str, query: str) -> None:
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(f"{server}/voice-live/realtime?{query}", headers={"api-key": "k"})
    assert refused.value.status == 400


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer abc"}, {"api-key": "abc"}])
async def test_any_key_or_token_opens_the_door(server: str, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as client:
        url = server + "/voice-live/realtime?api-version=1&agent-name=a&agent-project-name=p"
        async with client.ws_connect(url, headers=headers) as link:
            assert (await asyncio.wait_for(link.receive_json(), BOUND_S))["type"] == "session.created"


async def _end(caller: Caller) -> int:
    """The close code that the transport saw; 1006 for a connection that broke."""

    async def listen() -> None:
        while True:
            await caller.next()

    with pytest.raises((ConnectionClosed, LinkError)):
        await listen()
    return int(caller.connection._connection.close_code or 0)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011])
async def test_the_socket_closes_with_the_code_asked_for_in_the_text(server: str, code: int) -> None:
    async with calling(server) as caller:
        await caller.type(f"please [fault:close-{code}]")
        assert await _end(caller) == code
    assert caller.of("response.created") == []


@pytest.mark.parametrize("where", ["query", "metadata"])
async def test_a_fault_of_the_session_goes_off_at_the_next_turn(server: str, where: str) -> None:
    query = {"fault": "close-1011"} if where == "query" else None
    async with calling(server, query=query) as caller:
        await caller.update(metadata={"fault": "close-1011"} if where == "metadata" else {})
        await caller.nothing_more()
        await caller.say()
        assert await _end(caller) == 1011


async def test_a_fault_marked_start_goes_off_at_once(server: str) -> None:
    async with calling(server) as caller:
        await caller.send("session.update", session={"metadata": {"fault": "close-1001@start"}})
        assert await _end(caller) == 1001


async def test_a_reset_after_the_commit_leaves_no_close_frame(server: str) -> None:
    async with calling(server) as caller:
        await caller.update(metadata={"fault": "reset-after-commit"}, turn_detection=None)
        await caller.hear(tone(600))
        # Nothing is sent behind it: whoever is still sending at a reset loses what has arrived and is not read.
        await caller.send("input_audio_buffer.commit")
        assert await _end(caller) == 1006
    assert "input_audio_buffer.committed" in caller.kinds()
    assert "response.created" not in caller.kinds()


async def test_a_stalled_response_can_be_cancelled_and_the_next_one_works(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("[fault:stall]")
        await caller.until("response.created")
        await caller.nothing_more()
        await caller.send("response.cancel")
        assert (await caller.answer())["status"] == "cancelled"
        await caller.send("response.create")
        assert (await caller.answer())["status"] == "completed"


async def test_a_response_can_stall_in_the_middle(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("[fault:stall-midway] and a few words more")
        await caller.until("response.audio.delta")
        await caller.nothing_more()


async def test_late_deltas_come_before_and_after_the_end_of_a_cancelled_response(server: str) -> None:
    async with calling(server, query={"fault": "late-deltas", "pace": "1"}) as caller:
        await caller.type("tell me something long")
        await caller.until("response.audio.delta")
        before = len(caller.of("response.audio.delta"))
        await caller.send("response.cancel")
        cancelled = await caller.answer()
        during = len(caller.of("response.audio.delta"))
        late = await caller.until("response.audio.delta")
    assert cancelled["status"] == "cancelled"
    assert during >= before + 4
    assert late["response_id"] == cancelled["id"]


@pytest.mark.parametrize("model", ["gpt-realtime", "gpt-4.1"])
async def test_a_turn_that_cannot_be_transcribed_is_told_and_the_call_goes_on(server: str, model: str) -> None:
    async with calling(server, model) as caller:
        await caller.update(
            metadata={"fault": "transcription-failed"}, input_audio_transcription={"model": "whisper-1"}
        )
        await caller.say()
        failed = await caller.until("conversation.item.input_audio_transcription.failed")
        await caller.say()
        done = await caller.answer()
    assert failed["error"]["code"] == "transcription_failed"
    assert done["output"][0]["content"][0]["transcript"] == "You said: utterance 2."
    assert caller.of("conversation.item.created")[0]["item"]["content"][0]["transcript"] is None


async def test_a_script_can_make_one_utterance_fail(start: Start, tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text('- hear: "[fault:transcription-failed]"\n- {hear: Hello, say: Good day}\n')
    async with calling(await start("--script", str(script)), "gpt-4.1") as caller:
        await caller.say()
        await caller.until("conversation.item.input_audio_transcription.failed")
        await caller.say()
        assert (await caller.answer())["output"][0]["content"][0]["transcript"] == "Good day"


async def test_a_failed_response_says_so(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("[fault:response-failed]")
        done = await caller.answer()
    assert done["status"] == "failed"
    assert done["status_details"]["error"]["code"] == "server_error"


async def test_a_busy_model_fails_the_response_not_the_session(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("[fault:busy]")
        done = await caller.answer()
        await caller.type("hello")
        assert (await caller.answer())["status"] == "completed"
    assert done["status_details"]["error"]["code"] == "rate_limit_exceeded"


async def test_a_session_expires_at_the_time_it_says(server: str) -> None:
    async with calling(server) as caller:
        before = await caller.update()
        after = await caller.update(metadata={"expires_in": "0.3"})
        error = await caller.until("error")
        assert await _end(caller) == 1001
    assert before["expires_at"] - time.time() == pytest.approx(3600, abs=30)
    assert after["expires_at"] - time.time() < 2
    assert error["error"]["code"] == "session_expired"


async def test_an_unknown_event_and_an_error_event_do_not_stop_the_turn(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("[fault:unknown-event]")
        assert (await caller.answer())["status"] == "completed"
        await caller.type("[fault:error-event]")
        assert (await caller.answer())["status"] == "completed"
    assert "rate_limits.updated" in caller.kinds()
    assert caller.of("error")[0]["error"]["code"] == "server_error"


async def test_a_frame_that_is_not_json_reaches_the_client(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("[fault:bad-json]")
        with pytest.raises(ValueError, match="unexpected end of data"):
            await caller.answer()
        assert (await caller.answer())["status"] == "completed"


async def test_a_frame_over_the_clients_limit_ends_the_connection(server: str) -> None:
    async with calling(server) as caller:
        await caller.type("[fault:big-message]")
        assert await _end(caller) in (1006, 1009)


async def test_a_client_that_vanishes_does_not_hurt_the_others(server: str) -> None:
    async with calling(server, query={"pace": "1"}) as caller:
        async with calling(server, query={"pace": "1"}) as leaving:
            await leaving.type("tell me something long")
            await leaving.until("response.audio.delta")
            link: Any = leaving.connection._connection
            link._response.connection.transport.abort()
        await caller.type("hello")
        assert (await caller.until("response.audio.delta"))["response_id"]


def _chat(server: str, key: str, *, timeout: float = BOUND_S) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=server + "/openai/v1", api_key=key, max_retries=0, timeout=timeout)


async def _ask(client: openai.AsyncOpenAI, text: str = "hello") -> str | None:
    completion = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    return completion.choices[0].message.content


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
async def test_chat_fails_with_the_status_in_the_key_or_the_text(
    server: str, status: int, error: type[openai.APIStatusError]
) -> None:
    with pytest.raises(error) as by_key:
        await _ask(_chat(server, f"fault-{status}"))
    with pytest.raises(error) as by_text:
        await _ask(_chat(server, "k"), f"now [fault:{status}]")
    assert by_key.value.status_code == by_text.value.status_code == status
    assert by_key.value.response.headers.get("retry-after") == ("7" if status == 429 else None)
    assert by_key.value.body is not None


async def test_chat_that_fails_once_works_when_asked_again(server: str) -> None:
    client = _chat(server, "fault-once-503-a")
    with pytest.raises(openai.InternalServerError):
        await _ask(client)
    assert await _ask(client) == "You said: hello."


async def test_chat_that_stalls_runs_into_the_clients_timeout(server: str) -> None:
    with pytest.raises(openai.APITimeoutError):
        await _ask(_chat(server, "fault-stall", timeout=0.2))


async def test_chat_that_is_reset_is_a_connection_error(server: str) -> None:
    with pytest.raises(openai.APIConnectionError):
        await _ask(_chat(server, "fault-reset"))


@pytest.mark.parametrize("key", ["fault-stall-midway", "fault-reset-midway"])
async def test_a_stream_can_break_after_its_first_words(server: str, key: str) -> None:
    client = _chat(server, key, timeout=0.3)
    words: list[str | None] = []
    stream = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}], stream=True)

    async def listen() -> None:
        async for chunk in stream:
            words.extend(choice.delta.content for choice in chunk.choices)

    with pytest.raises((httpx.HTTPError, openai.APIError)):
        await listen()
    assert words == ["You"]


async def test_chat_can_answer_with_nothing_of_use(server: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    async with httpx.AsyncClient(base_url=server + "/openai/v1") as client:
        bad, none, empty = [
            await client.post("/chat/completions", json=body, headers={"api-key": key})
            for key in ("fault-badjson", "fault-nochoices", "fault-empty")
        ]
    assert [bad.status_code, none.status_code, empty.status_code] == [200, 200, 200]
    with pytest.raises(ValueError, match="Expecting"):
        bad.json()
    assert none.json()["choices"] == []
    assert empty.json()["choices"][0]["message"]["content"] == ""
