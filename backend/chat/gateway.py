"""The OpenAI-compatible gateway: translates, retries inside one time budget, and decides nothing.

One pooled `AsyncOpenAI` on aiohttp for the process: a client per request costs a TLS context each time. Answers asked
for whole go over its connections with its headers, but past its building of requests, and are read with orjson
(docs/decisions/0005 has the measurement); streams use the typed interface, whose SSE reader is worth its cost.

The SDK's retries are off: they know no total budget, and sleep through a Retry-After that is longer than what is left.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import httpx
import openai
import orjson
from azure.core.exceptions import AzureError
from openai import AsyncOpenAI, AsyncStream, DefaultAioHttpClient, Omit, RequestOptions
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from backend.chat import gateway_failures as failures
from backend.chat.history import Message, late_rules, rules_first
from backend.core import problems
from backend.core.azure_names import AZURE_AI_SUFFIXES, FOUNDRY_SUFFIX
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.outgoing import OPENAI_SCOPE, VOICELIVE_SCOPE, Outgoing

log = logging.getLogger("backend.chat")

T = TypeVar("T")

ATTEMPTS = 4
MOST_CALLS = 8
"""Tools that one answer may ask for; further ones are left out."""
_FIRST_BACKOFF_S = 0.25
_LONGEST_BACKOFF_S = 8.0
_TIMEOUT = httpx.Timeout(None, connect=5.0)
"""Seconds for a connection; the rest is bounded by the budget of an answer."""
_EXTENSIONS = {"timeout": _TIMEOUT.as_dict()}

_CHECK_S = 3.0
_NO_TOOLS_S = 600
_BROKEN = (openai.APIConnectionError, httpx.HTTPError, aiohttp.ClientError, OSError)


class _NoCookies(httpx.Cookies):
    """One client speaks for everybody: what a gateway sets with one person's answer must not go with another's."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that the model asks for. arguments: JSON text as the model wrote it, unchecked."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer. tokens_used: prompt and answer together; None when the gateway does not report it.

    calls: the tools it asks for before it goes on; the text may be empty then. input_tokens: the prompt's share of
    tokens_used. response_id: the gateway's own, '' for none.
    """

    text: str
    tokens_used: int | None
    finish_reason: str | None
    calls: tuple[Call, ...] = ()
    input_tokens: int | None = field(default=None, compare=False)
    response_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """The end of a streamed answer; the fields as in `Completion`."""

    tokens_used: int | None
    finish_reason: str | None
    calls: tuple[Call, ...] = ()
    input_tokens: int | None = field(default=None, compare=False)
    response_id: str = field(default="", compare=False)


NO_OFFER: Mapping[str, Any] = {}
"""No tools. An offer is a part of the request's body: `tools`, and `tool_choice` where the model is not to choose."""


class Gateway:
    """The gateway of the process; use it from one event loop and `close` it there."""

    def __init__(self, settings: Settings, outgoing: Outgoing) -> None:
        self._settings = settings
        self._outgoing = outgoing
        self._options: RequestOptions = {}
        self._url = httpx.URL()
        self._headers = httpx.Headers()
        self._token: Callable[[], Awaitable[str]] | None = None
        self._http = DefaultAioHttpClient() if settings.azure_ai_endpoint else None
        self._client = self._new_client(self._http) if self._http is not None else None
        # Newer models refuse `max_tokens`, older servers do not know its successor: learnt from the first refusal.
        self._limit_name = "max_completion_tokens"
        self._steady: dict[str, Any] = {"temperature": 0}  # reasoning models refuse it: learnt likewise
        self._no_tools_until = 0.0  # learnt likewise, for a while: it may be one server's description of a tool
        self._rules_last = True  # whether a system message may stand behind the first one: learnt likewise

    @property
    def configured(self) -> bool:
        """Whether an endpoint is set."""
        return self._client is not None

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        model: str,
        max_tokens: int,
        offer: Mapping[str, Any] = NO_OFFER,
        deadline: float | None = None,
    ) -> Completion:
        """Return the answer within CHAT_TIMEOUT_SECONDS; raise `Problem` 422, 429, 502, 503 or 504.

        deadline: loop time at which it must be there instead, for one of several requests that share a time budget.
        """
        self._require()

        async def attempt() -> Completion:
            return _completion(await self._post(self._body(messages, model, max_tokens, offer)))

        async with _budget(self._settings.chat_timeout_seconds, deadline):
            return await self._attempts(attempt, late_rules=late_rules(messages), deadline=deadline)

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        model: str,
        max_tokens: int,
        offer: Mapping[str, Any] = NO_OFFER,
        deadline: float | None = None,
    ) -> AsyncIterator[str | Usage]:
        """Yield the answer's pieces, then one `Usage`; raise as `complete`. Only the first piece is tried again for."""
        client = self._require()

        async def attempt() -> tuple[AsyncStream[ChatCompletionChunk] | None, str, _Heard]:
            extra = self._body(messages, model, max_tokens, offer)
            pieces: AsyncStream[ChatCompletionChunk] = await client.post(
                "/chat/completions",
                content=orjson.dumps(extra | {"stream": True, "stream_options": {"include_usage": True}}),
                cast_to=ChatCompletionChunk,
                options=self._options,
                stream=True,
                stream_cls=AsyncStream[ChatCompletionChunk],
            )
            try:
                if not pieces.response.headers.get("content-type", "").startswith("text/event-stream"):
                    # It does not stream: the answer comes whole, or it is none.
                    whole = _completion(await pieces.response.aread())
                    await pieces.close()
                    return None, whole.text, _Heard.of(whole)
                heard = _Heard()
                first = await heard.next_piece(pieces)
                if not first and not heard.calls:
                    raise failures.filtered() if heard.finish_reason == "content_filter" else failures.empty()
            except BaseException:
                await pieces.close()
                raise
            return pieces, first, heard

        loop = asyncio.get_running_loop()
        deadline = deadline or loop.time() + self._settings.chat_timeout_seconds
        async with _budget(self._settings.chat_timeout_seconds, deadline):
            pieces, piece, heard = await self._attempts(attempt, late_rules=late_rules(messages), deadline=deadline)
        try:
            while piece:
                yield piece
                if pieces is None:
                    break
                # The budget is entered anew for each piece: a timeout must not be held open across a yield.
                async with _budget(self._settings.chat_timeout_seconds, deadline):
                    try:
                        piece = await heard.next_piece(pieces)
                    except (openai.APIError, *_BROKEN) as error:
                        raise failures.unreachable() from error
                    except ValueError as error:
                        raise failures.malformed() from error
        finally:
            if pieces is not None:
                await pieces.close()
        yield heard.usage()

    async def consult(
        self, messages: Sequence[Message], *, model: str, max_tokens: int, schema: Mapping[str, Any], seconds: float
    ) -> dict[str, Any]:
        """Return a JSON object of the form `schema`, asked for once and within `seconds`.

        For questions of our own beside a conversation, where what fails is not worth a second attempt. Raises `Problem`
        as `complete` does; 502 too when the answer is no JSON object.
        """
        self._require()
        form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}

        async def attempt() -> dict[str, Any]:
            body = self._body(messages, model, max_tokens, NO_OFFER) | {"response_format": form} | self._steady
            answer = orjson.loads(_completion(await self._post(body)).text)
            if not isinstance(answer, dict):
                raise ValueError("not a JSON object")
            return answer

        async with _budget(seconds):
            return await self._attempts(attempt, limit=1)

    async def check(self) -> None:
        """Ask the gateway for its models; raise `Problem` when it is not configured, not reachable, or refuses us.

        A gateway without that route (404, 405) is there all the same.
        """
        client = self._require()
        try:
            async with asyncio.timeout(_CHECK_S):
                await client.get("/models", cast_to=httpx.Response, options=self._options)
        except TimeoutError:
            raise failures.timed_out(_CHECK_S) from None
        except AzureError as error:
            raise failures.no_credential() from error
        except openai.APIStatusError as error:
            if error.status_code not in (404, 405):
                raise failures.refused(error) from error
        except _BROKEN as error:
            raise failures.unreachable() from error

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    def _require(self) -> AsyncOpenAI:
        if self._client is None:
            raise problems.not_configured(
                "AZURE_AI_ENDPOINT",
                "Set it to an OpenAI-compatible server (the part before /chat/completions), or start with `make run`.",
            )
        return self._client

    def _new_client(self, http: httpx.AsyncClient) -> AsyncOpenAI:
        http._cookies = _NoCookies()  # the property would make a plain jar of it
        settings = self._settings
        base, key = settings.chat_base_url, settings.azure_ai_key
        # `api-key` is what API Management and Azure OpenAI read, the bearer what everybody else does.
        headers: dict[str, Any] = {"Content-Type": "application/json"} | ({"api-key": key} if key else {})
        credential: str | Callable[[], Awaitable[str]] = key
        host = urlsplit(base).hostname or ""
        if not key and host.endswith(AZURE_AI_SUFFIXES):
            credential = self._token = self._outgoing.provider(
                VOICELIVE_SCOPE if host.endswith(FOUNDRY_SUFFIX) else OPENAI_SCOPE
            )
        elif not key:
            credential = "none"
            self._options = {"headers": {"Authorization": Omit()}}  # only a request's own headers can leave it out
        client = AsyncOpenAI(
            api_key=credential,
            base_url=base,
            default_headers=headers,
            max_retries=0,
            timeout=_TIMEOUT,
            http_client=http,
        )
        self._url = client.base_url.join("chat/completions")
        self._headers = http.headers.copy()
        self._headers.update({name: value for name, value in client.default_headers.items() if isinstance(value, str)})
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        return client

    async def _post(self, body: Mapping[str, Any]) -> bytes:
        """Return what a completion that is asked for whole is answered with, over the client's own connections.

        Raises as the client does: `openai.APIStatusError` when refused, httpx's errors for a connection that breaks.
        """
        assert self._http is not None
        headers = self._headers
        if self._token is not None:
            headers = headers.copy()
            headers["Authorization"] = f"Bearer {await self._token()}"
        request = httpx.Request("POST", self._url, headers=headers, content=orjson.dumps(body), extensions=_EXTENSIONS)
        response = await self._http.send(request)
        if not response.is_success:
            raise failures.of_response(response)
        return response.content

    def _body(
        self, messages: Sequence[Message], model: str, max_tokens: int, offer: Mapping[str, Any]
    ) -> dict[str, Any]:
        if not self._rules_last:
            messages = rules_first(messages)
        body: dict[str, Any] = {"model": model, "messages": messages, self._limit_name: max_tokens}
        return {**body, **offer} if offer and self._offers_tools() else body

    def _offers_tools(self) -> bool:
        return asyncio.get_running_loop().time() >= self._no_tools_until

    async def _attempts(
        self,
        attempt: Callable[[], Awaitable[T]],
        *,
        limit: int = ATTEMPTS,
        late_rules: bool = False,
        deadline: float | None = None,
    ) -> T:
        """Try until it works, the failure is final, or the next wait would not fit the budget any more."""
        loop = asyncio.get_running_loop()
        deadline = deadline or loop.time() + self._settings.chat_timeout_seconds
        tried = 0
        while True:
            tried += 1
            limit_name, steady, offered = self._limit_name, self._steady, self._offers_tools()
            rules_last = late_rules and self._rules_last
            try:
                return await attempt()
            except openai.APIStatusError as error:
                if limit_name == "max_completion_tokens" and failures.unsupported_parameter(error, limit_name):
                    self._limit_name = "max_tokens"
                    tried -= 1
                    continue
                if steady and failures.unsupported_parameter(error, "temperature"):
                    self._steady = {}
                    tried -= 1
                    continue
                if rules_last and failures.refuses_order(error):
                    self._rules_last = False
                    tried -= 1
                    continue
                if offered and failures.refuses_tools(error):
                    log.warning("the AI gateway refuses the tools; chat goes on without them for %d s", _NO_TOOLS_S)
                    self._no_tools_until = loop.time() + _NO_TOOLS_S
                    tried -= 1
                    continue
                failure = failures.refused(error)
                final = failure.status not in (429, 503)
                asked = failures.retry_after(error.response.headers)
            except AzureError as error:
                raise failures.no_credential() from error
            except _BROKEN as error:
                failure, final, asked = failures.unreachable(), False, None
                failure.__cause__ = error
            except openai.APIError as error:  # an error event at the head of a stream
                raise failures.malformed() from error
            except ValueError as error:
                raise failures.malformed() from error
            wait = asked if asked is not None else _backoff(tried)
            if final or tried >= limit or loop.time() + wait >= deadline:
                log.warning("gateway: %s after %d attempts", failure.code, tried)
                raise failure
            log.info("gateway: %s, attempt %d again in %.1f s", failure.code, tried, wait)
            await asyncio.sleep(wait)


class _budget:  # reads as a statement: `async with _budget(60)`
    """`asyncio.timeout` that ends in the Problem a caller is told; a class, being on every request's path."""

    def __init__(self, seconds: float, deadline: float | None = None) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds) if deadline is None else asyncio.timeout_at(deadline)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            raise failures.timed_out(self._seconds) from None


def _backoff(tried: int) -> float:
    """Full jitter in the upper half: many callers that fail together do not come back together."""
    return float(min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 2 ** (tried - 1)) * random.uniform(0.5, 1))  # noqa: S311


def _completion(body: bytes) -> Completion:
    """Read a completion; raise `Problem` for one that says nothing and ValueError for one that is none."""
    answer = orjson.loads(body)
    try:
        choice = answer["choices"][0]
        text = choice["message"].get("content") or ""
        asked = choice["message"].get("tool_calls")
        calls = _calls(asked) if asked else ()
        finish = choice.get("finish_reason")
        usage = answer.get("usage") or {}
        used, prompt = usage.get("total_tokens"), usage.get("prompt_tokens")
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError("not a chat completion") from error
    if not isinstance(text, str):
        raise ValueError("not a chat completion")
    if not text.strip() and not calls:
        raise failures.filtered() if finish == "content_filter" else failures.empty()
    return Completion(
        text,
        used if isinstance(used, int) else None,
        finish if isinstance(finish, str) else None,
        calls,
        prompt if isinstance(prompt, int) else None,
        str(answer.get("id") or ""),
    )


def _calls(asked: Any) -> tuple[Call, ...]:
    """Read the `tool_calls` of a message; raises as indexing does for those that are none."""
    return tuple(
        Call(str(call["id"]), str(call["function"]["name"]), str(call["function"].get("arguments") or ""))
        for call in asked[:MOST_CALLS]
    )


class _Heard:
    """What is known of a streamed answer beside its text. calls: by their place, [id, name, arguments so far]."""

    def __init__(self) -> None:
        self.tokens_used: int | None = None
        self.input_tokens: int | None = None
        self.response_id = ""
        self.finish_reason: str | None = None
        self.calls: dict[int, list[str]] = {}

    @classmethod
    def of(cls, whole: Completion) -> "_Heard":
        heard = cls()
        heard.tokens_used, heard.finish_reason = whole.tokens_used, whole.finish_reason
        heard.input_tokens, heard.response_id = whole.input_tokens, whole.response_id
        heard.calls = {place: [call.id, call.name, call.arguments] for place, call in enumerate(whole.calls)}
        return heard

    def usage(self) -> Usage:
        calls = tuple(Call(*parts) for _, parts in sorted(self.calls.items()))
        return Usage(self.tokens_used, self.finish_reason, calls, self.input_tokens, self.response_id)

    async def next_piece(self, pieces: AsyncStream[ChatCompletionChunk]) -> str:
        """Return the next text; '' at the end of the stream."""
        async for chunk in pieces:
            if chunk.usage is not None:
                self.tokens_used, self.input_tokens = chunk.usage.total_tokens, chunk.usage.prompt_tokens
                self.response_id = chunk.id or ""
            if chunk.choices:
                choice = chunk.choices[0]
                if choice.finish_reason:
                    self.finish_reason = choice.finish_reason
                if choice.delta:
                    for part in choice.delta.tool_calls or ():
                        self._hear_call(part)
                    if choice.delta.content:
                        return choice.delta.content
        return ""

    def _hear_call(self, part: ChoiceDeltaToolCall) -> None:
        if part.index not in self.calls and len(self.calls) >= MOST_CALLS:
            return
        call = self.calls.setdefault(part.index, ["", "", ""])
        call[0] = call[0] or part.id or ""
        if part.function is not None:
            call[1] += part.function.name or ""
            call[2] += part.function.arguments or ""


__all__ = ["Call", "Completion", "Gateway", "Problem", "Usage"]
