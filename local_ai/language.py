"""The language model: llama.cpp in this process, one request at a time, first come first served.

The model's own HTTP server (loopback, behind a random key) is what is talked to, because closing its socket is the one
way to stop a request while it still reads the prompt; its in-process call can be stopped only between two tokens.
"""

import asyncio
import contextlib
import logging
import math
import os
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson

from local_ai.brains import Busy, ReplyDelta, ReplyEnd, Unanswerable

# llama.cpp's OpenMP barrier spins: beside any other work on two cores that costs a factor of four. Read at import.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

# A line for each request to a server inside this very process helps nobody.
logging.getLogger("httpx").setLevel(logging.WARNING)

CONTEXT = 8192
"""Tokens of prompt and answer together. 28 kB each for the standard model, 12 kB for the small one."""
MAX_WAITING = 8
"""Requests that may wait behind the running one; the next is told to come again."""
PROMPT_BATCH = 128
"""Tokens of prompt read at once, which bounds how long a cancelled prompt goes on: 2-5 s for the standard model."""
PREFIX_CACHE_MIB = 384
"""Memory for prompts read earlier, so that two assistants in turn do not each read theirs anew."""
STALLED = 600.0
"""Seconds without a byte after which a request is given up: a full context takes half of that on two busy cores."""

Result = TypeVar("Result")


class Language:
    """One loaded model. `reply` may be called at any time; answers are made one after another, in order of arrival."""

    def __init__(self, model: Path, *, max_waiting: int = MAX_WAITING, client: httpx.AsyncClient | None = None) -> None:
        """model: a GGUF file. client: an already running llama.cpp server to use in place of loading one."""
        self._model = model
        self._max_waiting = max_waiting
        self._turn = asyncio.Lock()  # fair: waiters get it in the order in which they came
        self._waiting = 0
        self._wanted = asyncio.Event()  # set while a request waits, so that a warm-up steps aside
        self._seconds = 4.0  # how long an answer takes, a running mean; where it starts is a guess for two cores
        self._server: Any = None
        self._client = client

    async def load(self) -> None:
        """Load the model (2-14 s) without blocking the event loop. Raises RuntimeError when it cannot be loaded."""
        key = secrets.token_urlsafe(32)
        self._server = await asyncio.to_thread(self._start, key)
        self._client = httpx.AsyncClient(
            base_url=self._server.listening_address,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(STALLED, connect=5.0),
            limits=httpx.Limits(max_connections=4),
            trust_env=False,  # loopback: a proxy of the environment has no business here
        )

    async def close(self) -> None:
        """Stop the model and free its memory. May be called twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
        # The last reference goes on a thread: the destructor joins the model's own threads.
        last, self._server = [self._server], None
        await asyncio.to_thread(last.clear)

    async def reply(
        self,
        messages: list[dict[str, Any]],
        *,
        max_tokens: int,
        temperature: float,
        schema: dict[str, Any] | None = None,
        stop_on: asyncio.Event | None = None,
    ) -> AsyncGenerator[ReplyDelta | ReplyEnd, None]:
        """Deltas as they are made, then one ReplyEnd. Closing the generator or setting `stop_on` stops the model.

        max_tokens: 1 or more. Raises Busy when the queue is full, Unanswerable when the messages exceed the context or
        the schema cannot be followed, RuntimeError when the model fails.
        """
        async with self._queue(stop_on) as stopped:
            if stopped:
                yield ReplyEnd(0, 0, 0, "stop")
                return
            started = time.monotonic()
            body: dict[str, Any] = {"messages": messages, "temperature": temperature}
            body["max_tokens"] = max(1, max_tokens)  # less would mean "without end" to llama.cpp
            if schema is not None:
                body["response_format"] = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
            async with contextlib.aclosing(self._stream(body, stop_on)) as stream:
                async for piece in stream:
                    yield piece
            self._seconds += 0.2 * (time.monotonic() - started - self._seconds)

    async def warm(self, messages: list[dict[str, Any]]) -> None:
        """Read these messages ahead, so that an answer to what begins with them starts at once. Gives way to requests.

        What was read before it gave way stays read, so nothing is lost by it.
        """
        async with self._turn:
            if self._waiting:
                return
            with contextlib.suppress(Unanswerable, RuntimeError):
                body = {"messages": messages, "max_tokens": 1, "temperature": 0.0}
                async with contextlib.aclosing(self._stream(body, self._wanted)) as stream:
                    async for _ in stream:
                        pass

    def _start(self, key: str) -> Any:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(self._model)
        params.model_alias = {"local"}
        params.n_ctx = CONTEXT
        params.n_parallel = 1
        params.n_batch = params.n_ubatch = PROMPT_BATCH
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, min(os.cpu_count() or 2, 4))
        params.cache_ram_mib = PREFIX_CACHE_MIB
        params.api_keys = [key]
        params.endpoint_slots = False
        params.verbosity = 0
        return xllamacpp.Server(params)

    @contextlib.asynccontextmanager
    async def _queue(self, stop_on: asyncio.Event | None) -> AsyncIterator[bool]:
        """Wait for one's turn; gives True when `stop_on` was set meanwhile. Raises Busy when too many wait already."""
        if self._waiting >= self._max_waiting + (0 if self._turn.locked() else 1):
            raise Busy(max(1.0, math.ceil(self._seconds * (self._waiting + 1) / 2)))
        self._waiting += 1
        self._wanted.set()
        turn = asyncio.ensure_future(self._turn.acquire())
        try:
            mine = await _first_of(turn, stop_on)
        except BaseException:
            _give_up(turn, self._turn)
            raise
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._wanted.clear()
        if not mine:
            _give_up(turn, self._turn)
            yield True
            return
        try:
            yield stop_on is not None and stop_on.is_set()
        finally:
            self._turn.release()

    async def _stream(
        self, body: dict[str, Any], stop_on: asyncio.Event | None
    ) -> AsyncGenerator[ReplyDelta | ReplyEnd, None]:
        if self._client is None:
            raise RuntimeError("The language model is not loaded.")
        request = {**body, "stream": True, "cache_prompt": True, "timings_per_token": True}
        count = {"prompt_n": 0, "cache_n": 0, "predicted_n": 0}
        finish = "stop"
        posting = self._client.build_request("POST", "/v1/chat/completions", content=orjson.dumps(request))
        try:
            # The answer's head comes only after the prompt has been read, so the wait for it must be breakable too.
            answer = await _unless(stop_on, self._client.send(posting, stream=True))
        except httpx.HTTPError as error:
            raise RuntimeError(f"The language model's server failed: {type(error).__name__}") from error
        if answer is None:
            yield ReplyEnd(0, 0, 0, "stop")
            return
        try:
            if answer.status_code != httpx.codes.OK:
                raise _failure(await answer.aread())
            lines = answer.aiter_lines()
            while (text := await _unless(stop_on, anext(lines, "data: [DONE]"))) not in (None, "data: [DONE]"):
                if text.startswith("error: ") or text.startswith('data: {"error"'):
                    raise _failure(text.partition(": ")[2].encode())
                if not text.startswith("data: "):
                    continue
                chunk = orjson.loads(text[6:])
                count.update({name: chunk["timings"][name] for name in count if name in chunk.get("timings", {})})
                for choice in chunk.get("choices", ()):
                    finish = choice.get("finish_reason") or finish
                    if content := choice["delta"].get("content"):
                        yield ReplyDelta(content)
        except httpx.HTTPError as error:
            raise RuntimeError(f"The language model's server failed: {type(error).__name__}") from error
        finally:
            await answer.aclose()
        yield ReplyEnd(count["prompt_n"] + count["cache_n"], count["cache_n"], count["predicted_n"], finish)


async def _first_of(work: asyncio.Future[Any], stop_on: asyncio.Event | None) -> bool:
    """Wait until `work` is done (True) or `stop_on` is set first (False). A failure of `work` is left in it."""
    if stop_on is None:
        await asyncio.wait([work])
        return True
    if work.done() or stop_on.is_set():
        return work.done()
    stop = asyncio.ensure_future(stop_on.wait())
    try:
        await asyncio.wait([work, stop], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
    return work.done()


async def _unless(stop_on: asyncio.Event | None, work: Awaitable[Result]) -> Result | None:
    """The result of `work`, or None when `stop_on` is set first; then, and when cancelled, `work` is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        done = await _first_of(task, stop_on)
    except BaseException:
        await _abandon(task)
        raise
    if not done:
        await _abandon(task)
        return None
    return task.result()


async def _abandon(task: asyncio.Future[Any]) -> None:
    """Cancel what nobody waits for any more; close an answer that came in the same moment."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, httpx.HTTPError):
        left = await task
        if isinstance(left, httpx.Response):
            await left.aclose()


def _give_up(turn: asyncio.Future[Any], lock: asyncio.Lock) -> None:
    """Leave the queue; hand the lock on when it came in the same moment."""
    if turn.done() and not turn.cancelled():
        lock.release()
    else:
        turn.cancel()


def _failure(body: bytes) -> Exception:
    """The model server's error, in our words."""
    try:
        error = orjson.loads(body)["error"]
        message, kind = str(error["message"]), error.get("type")
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return RuntimeError(f"The language model's server answered with {len(body)} bytes that are no JSON error.")
    if kind == "exceed_context_size_error":
        return Unanswerable(
            "context_length_exceeded",
            f"The messages have {error.get('n_prompt_tokens', 'too many')} tokens and this model's context holds "
            f"{error.get('n_ctx', CONTEXT)}, the answer included. Shorten the messages.",
        )
    if "schema" in message.lower() or "grammar" in message.lower():
        return Unanswerable("invalid_json_schema", f"The schema cannot be followed: {message}")
    return RuntimeError(f"The language model failed: {message}")
