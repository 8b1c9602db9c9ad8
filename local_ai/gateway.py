"""The chat service: `POST /openai/v1/chat/completions` as OpenAI's clients know it.

A raw ASGI endpoint without models of requests: benchmarks call it more than a thousand times a second, and what is
measured then should be the caller.
"""

import asyncio
import itertools
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson

from .brains import Brain, Busy, ReplyDelta, ReplyEnd, Unanswerable
from .chat_faults import ChatFaults, Refused
from .tool_choice import Call, Chosen, Tool, choose, offered, result_as_text, tools_of

log = logging.getLogger("local_ai.chat")

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of one request."""
DEFAULT_MAX_TOKENS = 512

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
_SERIES = secrets.token_hex(6)
_numbers = itertools.count(1)


@dataclass(slots=True)
class ChatRequest:
    """A checked request. messages: plain text only, as a brain takes them."""

    model: str
    messages: list[dict[str, Any]]
    max_tokens: int
    temperature: float
    schema: dict[str, Any] | None
    tools: list[Tool]
    must_call: bool
    stream: bool
    include_usage: bool


def error_body(message: str, kind: str, param: str | None = None, code: str | None = None) -> bytes:
    """An error in OpenAI's shape."""
    return orjson.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}})


class ChatCompletions:
    """The endpoint. An ASGI application for one route; the caller has checked the key."""

    def __init__(self, brain: Brain, *, faults: bool) -> None:
        self._brain = brain
        self._faults = ChatFaults(faults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client that goes away ends the work."""
        if scope["method"] != "POST":
            await _send(send, 405, error_body("Only POST is allowed here.", "invalid_request_error"), allow="POST")
            return
        try:
            request = read_request(await _body(receive))
            await self._faults.before(scope, receive, send, request.messages)
        except Refused as refused:
            if refused.body is not None:
                await _send(send, refused.status, refused.body, **refused.headers)
            return
        stop = asyncio.Event()
        work = asyncio.ensure_future(self._answer(request, send, stop))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                stop.set()
                work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        finally:
            gone.cancel()
            if not work.done():
                stop.set()
                work.cancel()

    async def _answer(self, request: ChatRequest, send: Send, stop: asyncio.Event) -> None:
        answer = _Answer(send)
        try:
            chosen = Chosen((), ReplyEnd(0, 0, 0, "stop"))
            if request.tools:
                chosen = await choose(self._brain, request.messages, request.tools, request.must_call)
            reply = None if chosen.calls else self._reply(request, stop)
            if request.stream:
                await _stream(request, chosen, reply, answer)
            else:
                await _whole(request, chosen, reply, answer)
        except Busy as busy:
            body = error_body(str(busy), "rate_limit_error", code="rate_limit_exceeded")
            await answer.fail(429, body, retry_after=f"{busy.retry_after:g}")
        except Unanswerable as refused:
            param = "messages" if refused.code == "context_length_exceeded" else "response_format"
            await answer.fail(400, error_body(str(refused), "invalid_request_error", param, refused.code))
        except ValueError as wrong:  # a schema that the brain cannot follow
            await answer.fail(400, error_body(str(wrong), "invalid_request_error", "response_format"))
        except Exception:
            log.exception("chat failed")
            body = error_body("The server had an error while processing your request.", "server_error")
            await answer.fail(500, body)

    def _reply(self, request: ChatRequest, stop: asyncio.Event) -> AsyncIterator[ReplyDelta | ReplyEnd]:
        return self._brain.reply(
            request.messages,
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            schema=request.schema,
            stop_on=stop,
        )


class _Answer:
    """`send` that knows whether the answer has begun: after that an error can only be told within the stream."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False

    async def __call__(self, message: dict[str, Any]) -> None:
        self._begun = True
        await self._send(message)

    async def fail(self, status: int, body: bytes, **headers: str) -> None:
        """An error, as a response or as the last event of a stream."""
        if self._begun:
            await self._send({"type": "http.response.body", "body": b"data: " + body + b"\n\n"})
        else:
            await _send(self._send, status, body, **headers)


def read_request(body: bytes) -> ChatRequest:
    """Check a body. Raises Refused with what OpenAI's service would say."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _bad("We could not parse the JSON body of your request.", None) from None
    if not isinstance(asked, dict):
        raise _bad("The body must be a JSON object.", None)
    model, messages = asked.get("model"), asked.get("messages")
    if not isinstance(model, str) or not model:
        raise _bad("You must provide a model parameter.", "model")
    if not isinstance(messages, list) or not messages:
        raise _bad("Invalid 'messages': expected an array of at least one message.", "messages")
    if asked.get("n") not in (None, 1):
        raise _bad("Only n=1 is available.", "n")
    limit = asked.get("max_completion_tokens")
    limit = asked.get("max_tokens") if limit is None else limit
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise _bad("Invalid 'max_tokens': expected an integer of at least 1.", "max_tokens")
    temperature = asked.get("temperature")
    if temperature is not None and (not isinstance(temperature, int | float) or not 0 <= temperature <= 2):
        raise _bad("Invalid 'temperature': expected a number from 0 to 2.", "temperature")
    options = asked.get("stream_options") or {}
    if not isinstance(options, dict):
        raise _bad("Invalid 'stream_options': expected an object.", "stream_options")
    declared = asked.get("tools") or []
    if not isinstance(declared, list) or not all(isinstance(tool, dict) for tool in declared):
        raise _bad("Invalid 'tools': expected an array of objects.", "tools")
    try:
        tools, must_call = offered(tools_of(declared), asked.get("tool_choice"))
    except KeyError as unknown:
        raise _bad(f"Tool choice '{unknown.args[0]}' is not among the tools.", "tool_choice") from None
    return ChatRequest(
        model=model,
        messages=_messages(messages),
        max_tokens=limit or DEFAULT_MAX_TOKENS,
        temperature=0.8 if temperature is None else float(temperature),
        schema=_schema(asked.get("response_format")),
        tools=tools,
        must_call=must_call,
        stream=bool(asked.get("stream")),
        include_usage=bool(options.get("include_usage")),
    )


def _bad(message: str, param: str | None) -> Refused:
    return Refused(400, error_body(message, "invalid_request_error", param))


def _messages(asked: list[Any]) -> list[dict[str, Any]]:
    """Plain messages: calls are left out and their results told in words, by the names of the calls."""
    names: dict[str, str] = {}
    messages = []
    for place, message in enumerate(asked):
        where = f"messages[{place}]"
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise _bad(f"Invalid '{where}.role': expected one of {', '.join(sorted(_ROLES))}.", f"{where}.role")
        role, content = message["role"], _text(message, where)
        if role in ("tool", "function"):
            name = message.get("name") or names.get(str(message.get("tool_call_id")), "a tool")
            messages.append({"role": "user", "content": result_as_text(str(name), content)})
            continue
        if role == "assistant" and message.get("tool_calls"):
            try:
                names |= {str(call["id"]): str(call["function"]["name"]) for call in message["tool_calls"]}
            except (KeyError, TypeError):
                raise _bad("Invalid tool call: expected an id and a function's name.", f"{where}.tool_calls") from None
            if not content:
                continue
        messages.append({"role": "system" if role == "developer" else role, "content": content})
    return messages


def _text(message: dict[str, Any], where: str) -> str:
    content = message.get("content")
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        if len(texts) != len(content) or None in texts:
            raise _bad(f"Invalid '{where}.content': only text parts are available.", f"{where}.content")
        return "\n".join(map(str, texts))
    if content is None and message["role"] == "assistant":
        return ""
    if not isinstance(content, str):
        raise _bad(f"Invalid '{where}.content': expected a string or an array of parts.", f"{where}.content")
    return content


def _schema(response_format: Any) -> dict[str, Any] | None:
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if response_format is None or kind == "text":
        return None
    if kind == "json_object":
        return {"type": "object"}
    schema = response_format.get("json_schema", {}).get("schema") if kind == "json_schema" else None
    if not isinstance(schema, dict):
        raise _bad(
            "Invalid 'response_format': expected text, json_object or json_schema with a schema.", "response_format"
        )
    return schema


async def _whole(
    request: ChatRequest, chosen: Chosen, reply: AsyncIterator[ReplyDelta | ReplyEnd] | None, send: Send
) -> None:
    text, end = chosen.say, chosen.end
    if reply is not None:
        async with aclosing(reply) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, ReplyDelta):
                    text += piece.text
                else:
                    end = piece
    message: dict[str, Any] = {"role": "assistant", "content": text if text or reply else None, "refusal": None}
    if chosen.calls:
        message["tool_calls"] = [_call(call) for call in chosen.calls]
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": "tool_calls" if chosen.calls else end.finish_reason,
    }
    await _send(
        send,
        200,
        orjson.dumps(
            {**_head(request.model, "chat.completion"), "choices": [choice], "usage": _usage(chosen.end, end, reply)}
        ),
    )


async def _stream(
    request: ChatRequest, chosen: Chosen, reply: AsyncIterator[ReplyDelta | ReplyEnd] | None, send: Send
) -> None:
    head = _head(request.model, "chat.completion.chunk")
    started = False

    async def chunk(delta: dict[str, Any], finish: str | None = None) -> None:
        nonlocal started
        if not started:  # only now: before the first piece the answer can still become an error
            started = True
            headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await chunk({"role": "assistant", "content": "" if chosen.say or reply else None})
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        await _data(send, {**head, "choices": [choice], **({"usage": None} if request.include_usage else {})})

    end = chosen.end
    if chosen.calls:
        if chosen.say:
            await chunk({"content": chosen.say})
        for place, call in enumerate(chosen.calls):
            await chunk({"tool_calls": [{"index": place, **_call(call)}]})
    elif reply is not None:
        async with aclosing(reply) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, ReplyDelta):
                    await chunk({"content": piece.text})
                else:
                    end = piece
    await chunk({}, "tool_calls" if chosen.calls else end.finish_reason)
    if request.include_usage:
        await _data(send, {**head, "choices": [], "usage": _usage(chosen.end, end, reply)})
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


async def _data(send: Send, event: dict[str, Any]) -> None:
    await send({"type": "http.response.body", "body": b"data: " + orjson.dumps(event) + b"\n\n", "more_body": True})


def _head(model: str, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{_SERIES}{next(_numbers):x}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": None,
    }


def _call(call: Call) -> dict[str, Any]:
    call_id = "call_" + secrets.token_hex(10)
    return {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _usage(choice: ReplyEnd, reply: ReplyEnd, replied: object | None) -> dict[str, Any]:
    both = [choice] if replied is None else [choice, reply]
    prompt, completion = sum(end.input_tokens for end in both), sum(end.output_tokens for end in both)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": sum(end.cached_tokens for end in both)},
    }


async def _body(receive: Receive) -> bytes:
    parts, length = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(499, None)
        part = message.get("body", b"")
        length += len(part)
        if length > LARGEST_BODY:
            raise Refused(413, error_body(f"The request exceeds {LARGEST_BODY} bytes.", "invalid_request_error"))
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, status: int, body: bytes, **headers: str) -> None:
    lines = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    lines += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
