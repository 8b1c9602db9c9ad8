"""The chat service, asked by the real OpenAI client; and what it does when the client leaves."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import openai
import orjson
import pytest

from local_ai.brains import Brain, ReplyDelta, ReplyEnd
from local_ai.gateway import LARGEST_BODY, ChatCompletions, read_request

from .caller import BOUND_S
from .conftest import ROOT, Start

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
async def client(server: str) -> AsyncIterator[openai.AsyncOpenAI]:
    """The OpenAI client, without retries of its own."""
    async with openai.AsyncOpenAI(base_url=server + "/openai/v1", api_key="k", max_retries=0) as one:
        yield one


def user(text: str) -> Any:
    """A conversation of one message."""
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the capital of France?", "The capital of France is Paris."),
        ("Hello", "You said: Hello."),
        ("What is my name?", "You have not told me your name."),
        ("What's my name?", "You have not told me your name."),
    ],
)
async def test_the_scripted_brain_answers_by_rule(client: openai.AsyncOpenAI, question: str, answer: str) -> None:
    completion = await client.chat.completions.create(model="gpt-5-chat", messages=user(question))
    assert completion.choices[0].message.content == answer
    assert completion.choices[0].finish_reason == "stop"
    assert completion.model == "gpt-5-chat"
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


@pytest.mark.parametrize("role", ["system", "user"])
async def test_a_name_is_found_anywhere_in_the_messages(client: openai.AsyncOpenAI, role: Any) -> None:
    messages: Any = [{"role": role, "content": "Hello, my name is Ada."}, *user("What is my name?")]
    completion = await client.chat.completions.create(model="m", messages=messages)
    assert completion.choices[0].message.content == "Your name is Ada."


async def test_a_stream_is_the_same_answer_in_pieces_with_usage_at_the_end(client: openai.AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="m", messages=user("Hello there"), stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "You said: Hello there."
    assert len(chunks) > 4
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 4
    assert len({chunk.id for chunk in chunks}) == 1


async def test_a_stream_without_the_option_has_no_usage(client: openai.AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(model="m", messages=user("Hello"), stream=True)
    chunks = [chunk async for chunk in stream]
    assert chunks
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


async def test_the_token_limit_is_kept_and_said(client: openai.AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(model="m", messages=user("a b c d"), max_tokens=3)
    assert completion.choices[0].message.content == "You said: a "
    assert completion.choices[0].finish_reason == "length"


async def test_a_schema_shapes_the_answer(client: openai.AsyncOpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "minimum": 1},
            "mood": {"enum": ["calm", "sunny"]},
        },
        "required": ["city", "days", "mood"],
        "additionalProperties": False,
    }
    completion = await client.chat.completions.create(
        model="m",
        messages=user("3 sunny days in Paris"),
        response_format={"type": "json_schema", "json_schema": {"name": "trip", "schema": schema, "strict": True}},
    )
    assert json.loads(completion.choices[0].message.content or "") == {"city": "Paris", "days": 3, "mood": "sunny"}


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_is_called_with_arguments_that_fit_its_schema(client: openai.AsyncOpenAI, streamed: bool) -> None:
    asked: Any = {"model": "m", "messages": user("What is the weather in London?"), "tools": [WEATHER]}
    if streamed:
        chunks = [chunk async for chunk in await client.chat.completions.create(**asked, stream=True)]
        call: Any = next(chunk.choices[0].delta.tool_calls[0] for chunk in chunks if chunk.choices[0].delta.tool_calls)
        reason = chunks[-1].choices[0].finish_reason
    else:
        choice = (await client.chat.completions.create(**asked)).choices[0]
        assert choice.message.tool_calls is not None
        call, reason = choice.message.tool_calls[0], choice.finish_reason
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "London"}
    assert call.id.startswith("call_")
    assert reason == "tool_calls"


@pytest.mark.parametrize("streamed", [False, True])
async def test_words_can_ask_for_any_calls_whatever_their_arguments(client: openai.AsyncOpenAI, streamed: bool) -> None:
    words = user('[say:Let me look.][call:get_weather {"city": "Oslo"}][call:open_doors {broken}]')
    asked: Any = {"model": "m", "messages": words, "tools": [WEATHER]}
    if streamed:
        deltas = [c.choices[0].delta async for c in await client.chat.completions.create(**asked, stream=True)]
        said = "".join(delta.content or "" for delta in deltas)
        calls: list[Any] = [call for delta in deltas for call in delta.tool_calls or []]
    else:
        message = (await client.chat.completions.create(**asked)).choices[0].message
        said, calls = message.content or "", list(message.tool_calls or [])
    assert said == "Let me look."
    assert [(call.function.name, call.function.arguments) for call in calls] == [
        ("get_weather", '{"city": "Oslo"}'),
        ("open_doors", "{broken}"),
    ]


async def test_a_tools_result_that_reads_like_a_call_is_none(client: openai.AsyncOpenAI) -> None:
    function = {"name": "get_weather", "arguments": "{}"}
    messages: Any = [
        *user("Weather?"),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c1", "content": "[call:get_weather {}]"},
    ]
    completion = await client.chat.completions.create(model="m", messages=messages, tools=[WEATHER])
    assert completion.choices[0].message.tool_calls is None


async def test_a_tools_result_is_answered_in_words(client: openai.AsyncOpenAI) -> None:
    function = {"name": "get_weather", "arguments": '{"city": "London"}'}
    messages: Any = [
        *user("What is the weather in London?"),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c1", "content": "12 degrees"},
    ]
    completion = await client.chat.completions.create(model="m", messages=messages, tools=[WEATHER])
    assert completion.choices[0].message.content == "The result is 12 degrees."


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("auto", False),
        ("none", False),
        ("required", True),
        ({"type": "function", "function": {"name": "get_weather"}}, True),
    ],
)
async def test_tool_choice_is_followed(client: openai.AsyncOpenAI, choice: Any, called: bool) -> None:
    completion = await client.chat.completions.create(
        model="m", messages=user("Hello"), tools=[WEATHER], tool_choice=choice
    )
    assert (completion.choices[0].message.tool_calls is not None) is called


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ("{", None),
        ("[]", None),
        ('{"model": "m"}', "messages"),
        ({"messages": [{"role": "user", "content": "a"}]}, "model"),
        ({"model": "m", "messages": []}, "messages"),
        ({"model": "m", "messages": [{"role": "king", "content": "a"}]}, "messages[0].role"),
        ({"model": "m", "messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"model": "m", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content"),
        ({"model": "m", "messages": [{"role": "assistant", "tool_calls": [{"id": 1}]}]}, "messages[0].tool_calls"),
        ({"model": "m", "messages": [{"role": "user", "content": "a"}], "max_tokens": 0}, "max_tokens"),
        ({"model": "m", "messages": [{"role": "user", "content": "a"}], "temperature": 9}, "temperature"),
        ({"model": "m", "messages": [{"role": "user", "content": "a"}], "n": 2}, "n"),
        ({"model": "m", "messages": [{"role": "user", "content": "a"}], "tools": {"a": 1}}, "tools"),
        ({"model": "m", "messages": [{"role": "user", "content": "a"}], "stream_options": [1]}, "stream_options"),
        ({"model": "m", "messages": [{"role": "user", "content": "a"}], "response_format": "x"}, "response_format"),
        (
            {"model": "m", "messages": [{"role": "user", "content": "a"}], "response_format": {"type": "json_schema"}},
            "response_format",
        ),
    ],
)
async def test_a_wrong_request_gets_400_in_openais_shape(server: str, body: Any, param: str | None) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    async with httpx.AsyncClient() as plain:
        answer = await plain.post(f"{server}/openai/v1/chat/completions", content=content, headers={"api-key": "k"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["param"] == param
    assert error["type"] == "invalid_request_error"
    assert error["message"]


async def test_a_body_over_the_bound_gets_413(server: str) -> None:
    async with httpx.AsyncClient() as plain:
        answer = await plain.post(
            f"{server}/openai/v1/chat/completions", content=b"x" * (LARGEST_BODY + 1), headers={"api-key": "k"}
        )
    assert answer.status_code == 413


@pytest.mark.parametrize("headers", [{}, {"api-key": ""}, {"Authorization": "Bearer"}, {"Authorization": "Basic abc"}])
async def test_a_request_without_a_key_gets_401(server: str, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient() as plain:
        answers = [await plain.get(server + path, headers=headers) for path in ("/openai/v1/models", "/nowhere")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json()["error"]["type"] == "authentication_error"


async def test_a_busy_model_answers_429_with_the_seconds_to_wait(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.RateLimitError) as busy:
        await client.chat.completions.create(model="m", messages=user("[fault:busy]"))
    assert busy.value.response.headers["retry-after"] == "3"
    with pytest.raises(openai.RateLimitError):
        await client.chat.completions.create(model="m", messages=user("[fault:busy]"), stream=True)


async def test_models_and_health_are_told(server: str, client: openai.AsyncOpenAI) -> None:
    assert "gpt-5-chat" in [model.id async for model in client.models.list()]
    async with httpx.AsyncClient() as plain:
        health = await plain.get(server + "/health")
        missing = await plain.get(server + "/openai/v1/nowhere", headers={"api-key": "k"})
        wrong = await plain.get(server + "/openai/v1/chat/completions", headers={"api-key": "k"})
    assert health.json() == {"status": "ok", "brain": "scripted", "tier": "standard"}
    assert (missing.status_code, missing.json()["error"]["type"]) == (404, "invalid_request_error")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")


async def test_the_delay_before_the_answer_can_be_set(start: Start) -> None:
    address = await start(SCRIPTED_DELAY_MS="150")
    async with httpx.AsyncClient(headers={"api-key": "k"}) as plain:
        answer = await plain.post(
            f"{address}/openai/v1/chat/completions", json={"model": "m", "messages": user("Hello")}
        )
    assert answer.elapsed.total_seconds() >= 0.15


class _Endless:
    """A brain that talks on until it is stopped, and tells when it was."""

    name = "endless"

    def __init__(self) -> None:
        self.talking = asyncio.Event()
        self.closed = asyncio.Event()
        self.stopped = False

    async def reply(self, messages: Any, *, stop_on: asyncio.Event, **_: Any) -> AsyncIterator[ReplyDelta | ReplyEnd]:
        try:
            while True:
                yield ReplyDelta("on ")
                self.talking.set()
                await asyncio.sleep(0)
        finally:
            self.stopped = stop_on.is_set()
            self.closed.set()


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_client_that_leaves_stops_the_model(streamed: bool) -> None:
    brain: Any = _Endless()
    body = orjson.dumps({"model": "m", "messages": user("go on"), "stream": streamed})
    parts = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        for part in parts:
            return part
        await brain.talking.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        await asyncio.sleep(0)

    endpoint = ChatCompletions(brain, faults=False)
    await asyncio.wait_for(endpoint({"method": "POST", "headers": []}, receive, send), BOUND_S)
    await asyncio.wait_for(brain.closed.wait(), BOUND_S)
    assert brain.stopped


class _Breaking:
    """A brain that fails after some words."""

    name = "breaking"

    def __init__(self, words: int) -> None:
        self._words = words

    async def reply(self, messages: Any, **_: Any) -> AsyncIterator[ReplyDelta | ReplyEnd]:
        for _number in range(self._words):
            yield ReplyDelta("word ")
        raise RuntimeError("out of memory")


@pytest.mark.parametrize(("words", "status"), [(0, 500), (2, 200)])
async def test_a_model_that_fails_is_told_as_a_status_or_within_the_stream(words: int, status: int) -> None:
    brain: Any = _Breaking(words)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await ChatCompletions(brain, faults=False)(scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://local") as plain:
        answer = await plain.post("/", json={"model": "m", "messages": user("hi"), "stream": True})
    assert answer.status_code == status
    last = answer.text.strip().removeprefix("data: ") if words == 0 else answer.text.strip().rsplit("data: ", 1)[1]
    assert json.loads(last)["error"]["type"] == "server_error"
    assert "out of memory" not in answer.text
    assert "[DONE]" not in answer.text


async def test_a_past_call_is_told_by_its_result_and_name() -> None:
    function = {"name": "get_weather", "arguments": "{}"}
    asked = [
        *user("Weather?"),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "12 degrees"}]},
    ]
    request = read_request(orjson.dumps({"model": "m", "messages": asked}))
    assert [message["content"] for message in request.messages] == ["Weather?", "[result of get_weather] 12 degrees"]


async def test_the_scripted_brain_needs_no_models() -> None:
    heavy = ["onnxruntime", "xllamacpp", "hibari", "moonshine_voice", "pydantic"]
    code = f"import sys, local_ai.__main__, local_ai.brains.scripted; print([m for m in {heavy} if m in sys.modules])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    told, _ = await asyncio.wait_for(process.communicate(), 20)
    assert told.decode().strip() == "[]"


async def test_keys_that_ask_for_faults_do_nothing_with_a_real_brain() -> None:
    brain: Any = _Endless()
    sent: list[dict[str, Any]] = []
    body = orjson.dumps({"model": "m", "messages": user("[fault:429]"), "stream": True})
    parts = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        for part in parts:
            return part
        await brain.talking.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    endpoint = ChatCompletions(brain, faults=False)
    scope = {"method": "POST", "headers": [], "local_ai.key": "fault-429"}
    await asyncio.wait_for(endpoint(scope, receive, send), BOUND_S)
    assert sent[0]["status"] == 200


def test_only_loopback_is_listened_on(server: str) -> None:
    port = int(server.rsplit(":", 1)[1])
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {place for _, place, _, state, *_ in sockets if state == "0A" and place.endswith(f":{port:04X}")}
    assert listening == {f"0100007F:{port:04X}"}


async def test_a_wrong_script_is_refused_at_the_start(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- say: something nobody asked for\n")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_ai", "--port", "0", "--brain", "scripted", "--script", str(script)),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode != 0
    assert b"line 1 has no" in told


def test_the_scripted_brain_is_a_brain() -> None:
    from local_ai.brains.scripted import ScriptedBrain

    brain: Brain = ScriptedBrain()
    assert brain.name == "scripted"
