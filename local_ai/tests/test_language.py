"""One model, many who ask: order, bounds, cancellation, and what the real model does with them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
import pytest

from local_ai.brains import Brain, Busy, ReplyDelta, ReplyEnd, Unanswerable
from local_ai.gateway import ChatCompletions
from local_ai.language import CONTEXT, Language
from local_ai.model_files import choose_tier, open_folder
from local_ai.model_progress import Silent

USER = [{"role": "user", "content": "Hello"}]


class FakeServer(httpx.AsyncBaseTransport):
    """llama.cpp's server as far as `Language` sees it: answers when told to, and knows what was asked and closed."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.running = 0
        self.most_running = 0
        self.closed = 0
        self.words: Callable[[dict[str, Any]], list[str]] = lambda body: ["Hello", " there"]
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.status = 200
        self.failure = b""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = orjson.loads(await request.aread())
        self.asked.append(body)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        if self.status != 200:
            return httpx.Response(self.status, stream=_Pieces(self, [self.failure]))
        return httpx.Response(200, stream=_Pieces(self, self.events(body)))

    def events(self, body: dict[str, Any]) -> list[bytes]:
        words = self.words(body)
        timings = {"cache_n": 3, "prompt_n": 7, "predicted_n": len(words)}
        chunks: list[dict[str, Any]] = [{"choices": [{"delta": {"role": "assistant", "content": None}}]}]
        chunks += [{"choices": [{"delta": {"content": word}}], "timings": timings} for word in words]
        chunks += [{"choices": [{"delta": {}, "finish_reason": "stop"}], "timings": timings}]
        return [b"data: " + orjson.dumps(chunk) + b"\n\n" for chunk in chunks] + [b"data: [DONE]\n\n"]


class _Pieces(httpx.AsyncByteStream):
    def __init__(self, server: FakeServer, pieces: list[bytes]) -> None:
        self._server, self._pieces = server, pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for number, piece in enumerate(self._pieces):
            if number == 2:
                await self._server.go_on.wait()
            yield piece

    async def aclose(self) -> None:
        self._server.running -= 1
        self._server.closed += 1


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def language(server: FakeServer) -> Language:
    client = httpx.AsyncClient(transport=server, base_url="http://model")
    return Language(Path("unused.gguf"), max_waiting=3, client=client)


async def answer(
    language: Language, text: str = "Hello", stop_on: asyncio.Event | None = None, **more: Any
) -> tuple[str, ReplyEnd]:
    said, end = "", None
    messages = [{"role": "user", "content": text}]
    asked = {"max_tokens": 20, "temperature": 0.0, **more}
    async for piece in language.reply(messages, stop_on=stop_on, **asked):
        if isinstance(piece, ReplyDelta):
            said += piece.text
        else:
            end = piece
    assert end is not None, "a reply ends with ReplyEnd"
    return said, end


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until `condition` holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  nothing here has an event to wait for; each pass is one loop turn
            await asyncio.sleep(0)


async def test_a_reply_is_deltas_and_then_the_count(language: Language) -> None:
    said, end = await answer(language)
    assert said == "Hello there"
    assert end == ReplyEnd(input_tokens=10, cached_tokens=3, output_tokens=2, finish_reason="stop")


async def test_requests_are_answered_one_at_a_time_in_the_order_in_which_they_came(
    language: Language, server: FakeServer
) -> None:
    await asyncio.gather(*[answer(language, f"question {number}") for number in range(4)])
    assert [body["messages"][0]["content"] for body in server.asked] == [f"question {number}" for number in range(4)]
    assert server.most_running == 1


async def test_past_the_bound_the_answer_is_busy_and_says_when_to_come_again(
    language: Language, server: FakeServer
) -> None:
    server.go_on.clear()
    accepted = [asyncio.create_task(answer(language)) for _ in range(4)]  # one runs, three wait
    await until(lambda: server.running == 1)
    with pytest.raises(Busy) as busy:
        await answer(language)
    assert busy.value.retry_after >= 1
    server.go_on.set()
    await asyncio.gather(*accepted)
    assert (await answer(language))[0] == "Hello there"


async def test_closing_the_reply_closes_the_request_and_frees_the_model(language: Language, server: FakeServer) -> None:
    async with aclosing(language.reply(USER, max_tokens=20, temperature=0.0)) as reply:
        server.go_on.clear()
        assert await anext(reply) == ReplyDelta("Hello")
    assert server.closed == 1
    server.go_on.set()
    assert (await answer(language))[0] == "Hello there"


async def test_a_stop_ends_the_reply_with_its_count_even_while_the_model_is_silent(
    language: Language, server: FakeServer
) -> None:
    server.go_on.clear()
    stop = asyncio.Event()
    asking = asyncio.create_task(answer(language, stop_on=stop))
    await until(lambda: server.running == 1)
    stop.set()
    said, end = await asking
    assert said in ("", "Hello")
    assert end.finish_reason == "stop"
    assert server.running == 0


async def test_who_stops_while_waiting_never_reaches_the_model(language: Language, server: FakeServer) -> None:
    server.go_on.clear()
    first = asyncio.create_task(answer(language, "first"))
    await until(lambda: server.running == 1)
    stop = asyncio.Event()
    second = asyncio.create_task(answer(language, "second", stop_on=stop))
    third = asyncio.create_task(answer(language, "third"))
    fourth = asyncio.create_task(answer(language, "fourth"))
    await asyncio.sleep(0)
    stop.set()
    assert await second == ("", ReplyEnd(0, 0, 0, "stop"))
    third.cancel()
    server.go_on.set()
    await first
    await fourth
    assert [body["messages"][0]["content"] for body in server.asked] == ["first", "fourth"]


async def test_a_caller_cancelled_at_any_moment_leaves_the_queue_in_order(
    language: Language, server: FakeServer
) -> None:
    for steps in range(30):
        task = asyncio.create_task(answer(language))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)  # cancelled, or quick enough to finish
        async with asyncio.timeout(5):
            assert (await answer(language))[0] == "Hello there"
    assert server.running == 0


async def test_warming_gives_way_to_a_request(language: Language, server: FakeServer) -> None:
    server.go_on.clear()
    warming = asyncio.create_task(language.warm(USER))
    await until(lambda: server.running == 1)
    asking = asyncio.create_task(answer(language, "real"))
    await warming  # stopped, though the model had not answered it
    server.go_on.set()
    assert (await asking)[0] == "Hello there"


async def test_messages_that_exceed_the_context_are_told_so(language: Language, server: FakeServer) -> None:
    server.status = 400
    error = {"type": "exceed_context_size_error", "message": "x", "n_prompt_tokens": 9000, "n_ctx": 8192}
    server.failure = orjson.dumps({"error": error})
    with pytest.raises(Unanswerable, match=r"9000 tokens .* holds 8192.*Shorten") as refusal:
        await answer(language)
    assert refusal.value.code == "context_length_exceeded"


@pytest.mark.parametrize("stream", [False, True])
async def test_over_http_messages_that_exceed_the_context_are_a_400_that_no_client_repeats(
    language: Language, server: FakeServer, stream: bool
) -> None:
    server.status = 400
    error = {"type": "exceed_context_size_error", "message": "x", "n_prompt_tokens": 9000, "n_ctx": 8192}
    server.failure = orjson.dumps({"error": error})
    service = cast(Any, ChatCompletions(cast(Brain, language), faults=False))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://test") as client:
        asked = {"model": "local", "messages": USER, "stream": stream}
        refused = await client.post("/openai/v1/chat/completions", json=asked)
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "context_length_exceeded"
    assert "9000 tokens" in refused.json()["error"]["message"]


async def test_a_failing_model_is_an_error_and_not_an_empty_answer(language: Language, server: FakeServer) -> None:
    server.status, server.failure = 500, b"<html>"
    with pytest.raises(RuntimeError):
        await answer(language)
    server.status = 200
    assert (await answer(language))[0] == "Hello there"


# The real model ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def qwen() -> AsyncIterator[Language]:
    files = open_folder()
    path = await asyncio.to_thread(files.ensure, files.manifest.by_role("language", choose_tier()), Silent())
    loaded = Language(path)
    await loaded.load()
    yield loaded
    await loaded.close()


@pytest.mark.models
async def test_the_capital_of_france_is_paris(qwen: Language) -> None:
    said, end = await answer(qwen, "What is the capital of France? Answer in one sentence.")
    assert "Paris" in said
    assert end.finish_reason == "stop"
    assert end.output_tokens >= 1
    assert end.input_tokens > 10


@pytest.mark.models
async def test_a_prefix_read_ahead_is_not_read_again(qwen: Language) -> None:
    system = {"role": "system", "content": "You are Elena, a business analyst who answers in few words. " * 6}
    await qwen.warm([system])
    end = None
    question = [system, {"role": "user", "content": "Who are you?"}]
    async for piece in qwen.reply(question, max_tokens=1, temperature=0.0):
        end = piece
    assert isinstance(end, ReplyEnd)
    assert end.cached_tokens >= 0.8 * end.input_tokens
    assert end.finish_reason == "length"


@pytest.mark.models
async def test_a_schema_is_obeyed(qwen: Language) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"enum": ["Paris", "Berlin"]}},
        "required": ["city"],
        "additionalProperties": False,
    }
    said, _ = await answer(qwen, "Which city is the capital of Germany?", schema=schema, max_tokens=30)
    assert orjson.loads(said) in ({"city": "Berlin"}, {"city": "Paris"})


@pytest.mark.models
async def test_a_schema_that_means_nothing_is_refused(qwen: Language) -> None:
    with pytest.raises(Unanswerable) as refusal:
        await answer(qwen, "Hello", schema={"type": "bogus"})
    assert refusal.value.code == "invalid_json_schema"


@pytest.mark.models
async def test_a_cancelled_prompt_frees_the_model_long_before_it_would_have_been_read(qwen: Language) -> None:
    clock = asyncio.get_running_loop().time
    asking = asyncio.create_task(answer(qwen, "apple tree " * 1200))
    await asyncio.wait([asking], timeout=0.5)
    asking.cancel()
    start = clock()
    await answer(qwen, "Hi", max_tokens=1)
    # 2,400 tokens take 20 s and more on two cores; what must be waited for is one batch of 128.
    assert clock() - start < 10


@pytest.mark.models
async def test_the_real_model_says_when_messages_do_not_fit(qwen: Language) -> None:
    with pytest.raises(Unanswerable, match=f"holds {CONTEXT}"):
        await answer(qwen, "word " * (CONTEXT + 100))
