"""The gateway against a server that answers what a test wants: credentials, retries, shapes of answers.

Over 500 lines: all of it talks to that one server, and each way to fail is a few lines.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest

from backend.chat.gateway import ATTEMPTS, Call, Completion, Gateway, Usage
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.outgoing import Outgoing

MESSAGES = [{"role": "user", "content": "Hello"}]
GOOD = {
    "choices": [{"message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}],
    "usage": {"total_tokens": 12},
}

Reply = tuple[int, dict[str, str], bytes]


def reply(content: Any = None, status: int = 200, **headers: str) -> Reply:
    """An answer: JSON unless it is bytes."""
    body = content if isinstance(content, bytes) else orjson.dumps(GOOD if content is None else content)
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, body


def error(code: str | None = None, message: str = "no", param: str | None = None) -> dict[str, Any]:
    """An error body in OpenAI's shape."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


class Server:
    """An HTTP server that gives the replies it was told, the last one for ever, and keeps what it was asked."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [reply()]
        self.asked: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *lines = head.decode().strip().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.times.append(time.monotonic())
                asked = orjson.loads(body) if body else {}
                self.asked.append({"path": line.split(" ")[1], "headers": headers, "body": asked})
                status, extra, content = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                sent = {"content-type": "application/json", "content-length": str(len(content))} | extra
                writer.write(f"HTTP/1.1 {status} X\r\n".encode())
                writer.write("".join(f"{name}: {value}\r\n" for name, value in sent.items()).encode() + b"\r\n")
                writer.write(content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server on a free port."""
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/path/openai/v1"
    yield made
    listening.close()


MakeGateway = Callable[..., Gateway]


@pytest.fixture
async def make_gateway(server: Server) -> AsyncIterator[MakeGateway]:
    """A way to make a gateway for the server."""
    made: list[Gateway] = []

    def make(**changes: Any) -> Gateway:
        values: dict[str, Any] = {
            "azure_ai_endpoint": server.url,
            "azure_ai_key": "the-key",
            "auth_required": False,
        } | changes
        made.append(Gateway(Settings(**values), Outgoing(Settings(**values))))
        return made[-1]

    yield make
    for gateway in made:
        await gateway.close()


async def ask(gateway: Gateway) -> Completion:
    return await gateway.complete(MESSAGES, model="gpt-5-chat", max_tokens=50)


async def refusal(gateway: Gateway) -> Problem:
    """The problem that asking raises."""
    with pytest.raises(Problem) as caught:
        await ask(gateway)
    return caught.value


async def test_the_request_is_what_the_procedure_says(server: Server, make_gateway: MakeGateway) -> None:
    answer = await ask(make_gateway())
    assert answer == Completion("Hi.", 12, "stop")
    (asked,) = server.asked
    assert asked["path"] == "/path/openai/v1/chat/completions"
    assert asked["body"] == {"model": "gpt-5-chat", "messages": MESSAGES, "max_completion_tokens": 50}
    assert asked["headers"]["api-key"] == "the-key"
    assert asked["headers"]["authorization"] == "Bearer the-key"
    assert asked["headers"]["content-type"] == "application/json"


async def test_a_server_of_ones_own_without_a_key_gets_no_credential(server: Server, make_gateway: MakeGateway) -> None:
    await ask(make_gateway(azure_ai_key=""))
    assert not {"authorization", "api-key"} & set(server.asked[0]["headers"])


async def test_an_azure_endpoint_without_a_key_gets_a_token_of_the_right_scope(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scopes: list[str] = []

    def provider(outgoing: Outgoing, scope: str) -> Callable[[], Any]:
        scopes.append(scope)
        return lambda: None

    monkeypatch.setattr(Outgoing, "provider", provider)
    for host in ("acc.services.ai.azure.com", "acc.openai.azure.com"):
        settings = Settings(azure_ai_endpoint=f"https://{host}/openai/v1")
        await Gateway(settings, Outgoing(settings)).close()
    assert scopes == ["https://ai.azure.com/.default", "https://cognitiveservices.azure.com/.default"]


async def test_one_connection_serves_many_answers(server: Server, make_gateway: MakeGateway) -> None:
    gateway = make_gateway()
    for _ in range(20):
        await ask(gateway)
    assert server.connections == 1


async def test_what_a_gateway_sets_with_one_answer_does_not_go_with_the_next_question(
    server: Server, make_gateway: MakeGateway
) -> None:
    server.replies = [reply(set_cookie="whose=somebody; Path=/")]
    gateway = make_gateway()
    for _ in range(2):
        await ask(gateway)
    assert "cookie" not in server.asked[1]["headers"]


async def test_a_rate_limit_that_passes_is_waited_for_as_long_as_it_asks(
    server: Server, make_gateway: MakeGateway
) -> None:
    server.replies = [reply(error(), 429, Retry_After="1"), reply()]
    assert (await ask(make_gateway())).text == "Hi."
    assert 1.0 <= server.times[1] - server.times[0] < 3


async def test_a_retry_after_in_milliseconds_counts_too(server: Server, make_gateway: MakeGateway) -> None:
    server.replies = [reply(error(), 429, retry_after_ms="300", Retry_After="9"), reply()]
    await ask(make_gateway())
    assert 0.3 <= server.times[1] - server.times[0] < 2


async def test_a_wait_that_does_not_fit_the_budget_is_not_begun(server: Server, make_gateway: MakeGateway) -> None:
    server.replies = [reply(error(), 429, Retry_After="30")]
    started = time.monotonic()
    problem = await refusal(make_gateway(chat_timeout_seconds=5))
    assert time.monotonic() - started < 2
    assert (problem.status, problem.retry_after, len(server.asked)) == (429, 30, 1)


async def test_a_server_that_stays_down_is_asked_a_bounded_number_of_times_with_growing_waits(
    server: Server, make_gateway: MakeGateway
) -> None:
    server.replies = [reply(b"<html>down</html>", 503)]
    problem = await refusal(make_gateway())
    assert (problem.status, problem.code, problem.retryable) == (503, "gateway_unavailable", True)
    assert len(server.asked) == ATTEMPTS
    waits = [later - earlier for earlier, later in zip(server.times, server.times[1:], strict=False)]
    assert waits[0] >= 0.12
    assert waits[2] > waits[0]


async def test_the_whole_of_it_ends_within_the_budget(server: Server, make_gateway: MakeGateway) -> None:
    server.replies = [reply(b"", 500, content_length="5")]  # promises a body that never comes
    started = time.monotonic()
    problem = await refusal(make_gateway(chat_timeout_seconds=1))
    assert (problem.status, problem.code) == (504, "gateway_timeout")
    assert time.monotonic() - started < 2.5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_what_will_not_pass_is_not_tried_again(server: Server, make_gateway: MakeGateway, status: int) -> None:
    server.replies = [reply(error(message="secret inside"), status)]
    problem = await refusal(make_gateway())
    assert (problem.status, len(server.asked)) == (502, 1)
    assert "secret inside" not in problem.detail


async def test_a_content_filter_is_422_whether_it_stops_the_question_or_the_answer(
    server: Server, make_gateway: MakeGateway
) -> None:
    filtered = {"choices": [{"message": {"content": None}, "finish_reason": "content_filter"}]}
    for given in (reply(error("content_filter"), 400), reply(filtered)):
        server.replies = [given]
        problem = await refusal(make_gateway())
        assert (problem.status, problem.code) == (422, "content_filtered")


async def test_a_conversation_too_long_for_the_model_names_the_remedy(
    server: Server, make_gateway: MakeGateway
) -> None:
    server.replies = [reply(error("context_length_exceeded"), 400)]
    problem = await refusal(make_gateway())
    assert problem.code == "gateway_context_too_long"
    assert "Reduce the conversation history" in problem.detail


async def test_an_older_server_gets_the_parameter_it_knows_from_the_second_request_on(
    server: Server, make_gateway: MakeGateway
) -> None:
    refused = error(message="Unrecognized request argument supplied: max_completion_tokens")
    server.replies = [reply(refused, 400), reply()]
    gateway = make_gateway()
    await ask(gateway)
    await ask(gateway)
    assert [sorted(set(asked["body"]) & {"max_tokens", "max_completion_tokens"}) for asked in server.asked] == [
        ["max_completion_tokens"],
        ["max_tokens"],
        ["max_tokens"],
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"null", b"[]", b"{}", b'{"choices": []}', b'{"choices": null}', b'{"choices": [null]}',
        b'{"choices": [{}]}', b'{"choices": [{"message": null}]}', b'{"choices": [{"message": {"content": 7}}]}',
        b'{"choices": [{"message": {"content": [{"type": "text"}]}}]}', b"<html>login</html>", b"\xff\xfe",
    ],
)  # fmt: skip
async def test_an_answer_that_is_no_completion_is_502_and_never_an_exception(
    server: Server, make_gateway: MakeGateway, content: bytes
) -> None:
    server.replies = [reply(content)]
    problem = await refusal(make_gateway())
    assert (problem.status, problem.code) == (502, "gateway_malformed")


@pytest.mark.parametrize("text", ["", "  \n", None])
async def test_an_empty_answer_is_502_with_the_remedy_of_the_procedure(
    server: Server, make_gateway: MakeGateway, text: str | None
) -> None:
    server.replies = [reply({"choices": [{"message": {"content": text}}]})]
    problem = await refusal(make_gateway())
    assert problem.detail.startswith("Empty response: reduce the conversation history")


async def test_tokens_that_are_not_reported_are_not_invented(server: Server, make_gateway: MakeGateway) -> None:
    server.replies = [reply({"choices": [{"message": {"content": "Hi."}}]})]
    assert (await ask(make_gateway())).tokens_used is None


def sse(*events: Any) -> Reply:
    """A stream of these chunks."""
    body = b"".join(
        b"data: " + (event if isinstance(event, bytes) else orjson.dumps(event)) + b"\n\n" for event in events
    )
    return reply(body, content_type="text/event-stream")


def piece(text: str | None, finish: str | None = None) -> dict[str, Any]:
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}  # fmt: skip


async def streamed(gateway: Gateway) -> list[str | Usage]:
    return [part async for part in gateway.stream(MESSAGES, model="m", max_tokens=5)]


async def test_a_stream_yields_its_pieces_and_then_its_usage(server: Server, make_gateway: MakeGateway) -> None:
    used = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}
    server.replies = [sse(piece(None), piece("Hel"), piece(""), piece("lo"), piece(None, "stop"), used, b"[DONE]")]
    assert await streamed(make_gateway()) == ["Hel", "lo", Usage(7, "stop")]
    assert server.asked[0]["body"]["stream_options"] == {"include_usage": True}


async def test_a_server_that_does_not_stream_gives_the_whole_answer_as_one_piece(
    server: Server, make_gateway: MakeGateway
) -> None:
    assert await streamed(make_gateway()) == ["Hi.", Usage(12, "stop")]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (sse(b"[DONE]"), "gateway_empty"),
        (sse(piece(None, "content_filter"), b"[DONE]"), "content_filtered"),
        (sse(b"{not json"), "gateway_malformed"),
        (sse({"error": {"message": "overloaded", "code": 500}}), "gateway_malformed"),
        (reply(b"<html>", content_type="text/html"), "gateway_malformed"),
    ],
)
async def test_a_stream_that_fails_before_a_piece_is_a_problem(
    server: Server, make_gateway: MakeGateway, given: Reply, code: str
) -> None:
    server.replies = [given]
    with pytest.raises(Problem) as caught:
        await streamed(make_gateway())
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (sse(piece("Hel"), b"{not json"), "gateway_malformed"),
        (sse(piece("Hel"), {"error": {"message": "overloaded"}}), "gateway_unreachable"),
        (reply(b'data: {"choices": [{"index":0,"delta":{"content":"Hel"}}]}\n\n', content_type="text/event-stream",
               content_length="9999"), "gateway_timeout"),
    ],
)  # fmt: skip
async def test_a_stream_that_fails_after_a_piece_is_a_problem_and_not_begun_again(
    server: Server, make_gateway: MakeGateway, given: Reply, code: str
) -> None:
    server.replies = [given]
    pieces = make_gateway(chat_timeout_seconds=1).stream(MESSAGES, model="m", max_tokens=5)
    assert await anext(pieces) == "Hel"
    with pytest.raises(Problem) as caught:
        await anext(pieces)
    assert caught.value.code == code
    assert len(server.asked) == 1


async def test_cancelling_an_answer_closes_its_connection_and_spoils_no_other(
    server: Server, make_gateway: MakeGateway
) -> None:
    gateway = make_gateway()
    server.replies = [reply(b"", 200, content_length="5")]
    asking = asyncio.create_task(ask(gateway))
    async with asyncio.timeout(5):
        while not server.asked:
            await asyncio.wait({asking}, timeout=0.01)
        asking.cancel()
        await asyncio.wait({asking})
        assert asking.cancelled()
        server.replies = [reply()]
        assert (await ask(gateway)).text == "Hi."


async def test_the_check_says_what_is_wrong(server: Server, make_gateway: MakeGateway) -> None:
    await make_gateway().check()
    server.replies = [reply(error(), 404)]
    await make_gateway().check()  # a gateway need not have that route
    for status, code in ((401, "gateway_unauthorised"), (500, "gateway_unavailable")):
        server.replies = [reply(error(), status)]
        with pytest.raises(Problem) as caught:
            await make_gateway().check()
        assert caught.value.code == code
    with pytest.raises(Problem) as caught:
        await make_gateway(azure_ai_endpoint="").check()
    assert caught.value.code == "not_configured"


FORM = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}


async def consulted(gateway: Gateway, seconds: float = 5) -> dict[str, Any]:
    """Ask for an object of the form FORM."""
    return await gateway.consult(MESSAGES, model="m", max_tokens=50, schema=FORM, seconds=seconds)


def saying(text: str) -> Reply:
    """An answer with this text."""
    return reply({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})


async def test_an_object_is_asked_for_by_its_schema_and_read(server: Server, make_gateway: MakeGateway) -> None:
    server.replies = [saying('{"query": "budget"}')]
    assert await consulted(make_gateway()) == {"query": "budget"}
    body = server.asked[0]["body"]
    assert body["response_format"]["json_schema"]["schema"] == FORM
    assert body["temperature"] == 0


async def test_a_model_that_refuses_a_temperature_is_asked_without_from_then_on(
    server: Server, make_gateway: MakeGateway
) -> None:
    refusal = reply(error("unsupported_value", "Unsupported value: 'temperature'", "temperature"), 400)
    server.replies = [refusal, saying('{"query": ""}')]
    gateway = make_gateway()
    await consulted(gateway)
    await consulted(gateway)
    assert ["temperature" in asked["body"] for asked in server.asked] == [True, False, False]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (saying("no JSON"), "gateway_malformed"),
        (saying("[1]"), "gateway_malformed"),
        (reply(error(), 500), "gateway_unavailable"),
    ],
)
async def test_what_is_no_object_is_a_problem_after_one_attempt(
    server: Server, make_gateway: MakeGateway, answer: Reply, code: str
) -> None:
    server.replies = [answer]
    with pytest.raises(Problem) as refused:
        await consulted(make_gateway())
    assert refused.value.code == code
    assert len(server.asked) == 1


OFFER = {"tools": [{"type": "function", "function": {"name": "get_time", "parameters": {"type": "object"}}}]}
CALLS = [{"id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}]


async def offered(gateway: Gateway) -> Completion:
    return await gateway.complete(MESSAGES, model="gpt-5-chat", max_tokens=50, offer=OFFER)


async def test_a_model_that_asks_for_tools_is_heard_whole_and_streamed(
    server: Server, make_gateway: MakeGateway
) -> None:
    message = {"role": "assistant", "content": None, "tool_calls": CALLS}
    server.replies = [reply({"choices": [{"message": message, "finish_reason": "tool_calls"}]})]
    assert (await offered(make_gateway())).calls == (Call("call_1", "get_time", "{}"),)
    assert server.asked[0]["body"]["tools"] == OFFER["tools"]
    parts = [
        {"index": 0, "id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": ""}},
        {"index": 1, "id": "call_2", "type": "function", "function": {"name": "remember", "arguments": '{"te'}},
        {"index": 0, "function": {"arguments": "{}"}},
        {"index": 1, "function": {"arguments": 'xt": "x"}'}},
    ]
    deltas = [{"choices": [{"index": 0, "delta": {"tool_calls": [part]}}]} for part in parts]
    server.replies = [sse(piece("Let me look."), *deltas, piece(None, "tool_calls"))]
    *words, end = await streamed(make_gateway())
    assert words == ["Let me look."]
    assert isinstance(end, Usage)
    assert end.calls == (Call("call_1", "get_time", "{}"), Call("call_2", "remember", '{"text": "x"}'))


@pytest.mark.parametrize(
    "said",
    [
        error(param="tools", message="tools is not supported with this model"),
        error(param="tools[0].function.parameters", message="Invalid schema for function 'docs_find'"),
    ],
)
async def test_a_gateway_that_refuses_the_tools_is_asked_without_them(
    server: Server, make_gateway: MakeGateway, said: dict[str, Any]
) -> None:
    server.replies = [reply(said, 400), reply()]
    gateway = make_gateway()
    assert (await offered(gateway)).text == "Hi."
    assert (await offered(gateway)).text == "Hi."
    assert ["tools" in asked["body"] for asked in server.asked] == [True, False, False]


@pytest.mark.parametrize(
    "said",
    [
        "Expected last role User or Tool (or Assistant with prefix True) for serving but got system",
        "System message must be at the beginning.",
        "Conversation roles must alternate user/assistant/user/assistant/...",
    ],
)
async def test_a_model_that_takes_a_system_message_only_at_the_head_is_given_it_there_from_then_on(
    server: Server, make_gateway: MakeGateway, said: str
) -> None:
    server.replies = [reply(error(message=said), 400), reply()]
    gateway = make_gateway()
    asked = [
        {"role": "system", "content": "You are Elena."},
        {"role": "user", "content": "How old is Rex?"},
        {"role": "system", "content": "You were not told."},
    ]
    for _ in range(2):
        await gateway.complete(asked, model="m", max_tokens=10)
    first = [{"role": "system", "content": "You are Elena.\n\nYou were not told."}, asked[1]]
    assert [sent["body"]["messages"] for sent in server.asked] == [asked, first, first]


async def test_a_refusal_of_roles_is_final_where_all_rules_stand_at_the_head_already(
    server: Server, make_gateway: MakeGateway
) -> None:
    server.replies = [reply(error(message="Conversation roles must alternate"), 400)]
    assert (await refusal(make_gateway())).code == "gateway_rejected"
    assert len(server.asked) == 1


async def test_a_call_that_is_none_is_a_gateway_that_answers_badly(server: Server, make_gateway: MakeGateway) -> None:
    message: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [{"function": {}}]}
    server.replies = [reply({"choices": [{"message": message}]})]
    with pytest.raises(Problem) as failure:
        await offered(make_gateway())
    assert failure.value.code == "gateway_malformed"
