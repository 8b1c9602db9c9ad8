"""Tools of others, over the Model Context Protocol: one connection to each server, shared by all conversations.

A connection is opened when an assistant first wants its tools, kept, and opened anew after it was lost. A server that
is down costs nothing but its tools: nobody waits for it longer than `WAIT_S`, the model is told, and the log says why.
What a server answers is data (`notes.data`). It learns nothing about the person but what the model writes into a call.
"""

import asyncio
import contextlib
import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from backend.agents.profiles import AgentProfile, McpServer
from backend.agents.tools import Asking, Result, Tool, ToolFailed
from backend.core import notes

if TYPE_CHECKING:
    from mcp.client.client import Client
    from mcp_types import CallToolResult
    from mcp_types import Tool as Declared

log = logging.getLogger("backend.agents")

WAIT_S = 1.0
"""How long a conversation waits for a server that is just being connected to."""
RETRY_S = (1.0, 5.0, 15.0, 60.0)
"""Pauses after failures in a row, before the next attempt."""
AT_A_TIME = 8
"""Calls of one server at a time; further ones wait, within their own time."""
MOST_TOOLS, MOST_PAGES = 64, 8
LONGEST_DESCRIPTION = 1_000
LONGEST_ANSWER = 5_500
"""Characters of an answer; with its frame it stays within what a toolbox lets through."""
CLOSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Examined:
    """tools: those that an assistant gets; missing: those that are allowed and not there; trouble: why there are none,
    '' where there is a connection.
    """

    tools: list[str]
    missing: list[str]
    trouble: str


class Servers:
    """The servers of all assistants. One per process; `close` it before the event loop ends."""

    def __init__(
        self, environment: Mapping[str, str] = os.environ, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._environment = environment
        self._clock = clock
        self._servers: dict[str, _Server] = {}

    async def tools_of(self, profile: AgentProfile) -> tuple[list[Tool], list[str]]:
        """Return the tools that are there within `WAIT_S`, and a sentence for each server that is not."""
        found: list[Tool] = []
        missing: list[str] = []
        servers = [self._server(config) for config in profile.mcp_servers]
        for server, tools in zip(servers, await asyncio.gather(*(one.tools() for one in servers)), strict=True):
            if tools is None:
                missing.append(
                    f"The tools of {server.name!r} are not available now, as it does not answer. Say so if the person "
                    "needs them, and do without."
                )
            else:
                found += tools
        return found, missing

    async def examine(self, config: McpServer) -> "Examined":
        """Connect to a server, within its own time, and tell what was found: for whoever looks for what is wrong."""
        await asyncio.to_thread(import_module, "mcp.client.client")  # what that takes is not the server's fault
        server = self._server(config)
        tools = await server.tools(config.timeout)
        return Examined([tool.name for tool in tools or ()], server.missing, server.trouble)

    async def close(self) -> None:
        """Close all connections, within `CLOSE_S`."""
        await asyncio.gather(*(server.close() for server in self._servers.values()))

    def _server(self, config: McpServer) -> "_Server":
        key = config.model_dump_json()
        if key not in self._servers:
            self._servers[key] = _Server(config, self._environment, self._clock)
        return self._servers[key]


class _Server:
    """One server. Its connection lives in a task of its own, as the library wants it closed where it was opened."""

    def __init__(self, config: McpServer, environment: Mapping[str, str], clock: Callable[[], float]) -> None:
        self.name = config.name
        self.missing: list[str] = []
        self.trouble = "it did not answer in time"
        self._config = config
        self._environment = environment
        self._clock = clock
        self._client: Client | None = None
        self._tools: list[Tool] = []
        self._holding: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._let_go = asyncio.Event()
        self._began_at = self._retry_at = 0.0
        self._failures = 0
        self._places = asyncio.Semaphore(AT_A_TIME)

    async def tools(self, seconds: float = WAIT_S) -> list[Tool] | None:
        """Return its tools, or None while there is no connection. Waits so long for one that is being opened."""
        self._begin()
        if not self._settled.is_set():
            await self._opened(self._began_at + seconds - self._clock())
        return self._tools if self._client is not None else None

    async def call(self, name: str, arguments: dict[str, Any], asking: Asking) -> Result:
        """Call one of its tools; raise `ToolFailed`."""
        self._begin()
        await self._opened(self._config.timeout)
        client = self._client
        if client is None:
            raise ToolFailed(f"{self.name} does not answer. Say so, and go on without it or offer to try again later.")
        try:
            async with asyncio.timeout(self._config.timeout), self._places:
                answer = await client.call_tool(name, arguments)
        except Exception as failure:
            raise ToolFailed(self._failed(client, failure)) from failure
        return _result(f"{self.name} ({name})", answer)

    async def close(self) -> None:
        """Close the connection."""
        self._let_go.set()
        if self._holding is not None:
            await asyncio.wait({self._holding}, timeout=CLOSE_S)
            self._holding.cancel()
            await asyncio.gather(self._holding, return_exceptions=True)

    async def _opened(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), max(seconds, 0.0))

    def _begin(self) -> None:
        """Connect, unless that is under way, done, or was tried a moment ago."""
        if (self._holding is None or self._holding.done()) and self._clock() >= self._retry_at:
            self._began_at = self._clock()
            self._settled.clear()
            self._let_go.clear()
            self._holding = asyncio.create_task(self._hold(), name=f"mcp {self.name}")

    async def _hold(self) -> None:
        try:
            async with contextlib.AsyncExitStack() as stack:
                async with asyncio.timeout(self._config.timeout):
                    client = await self._connect(stack)
                    self._tools = await self._declared(client)
                self._client, self._failures, self.trouble = client, 0, ""
                log.info("tools of %s: %s", self.name, ", ".join(tool.name for tool in self._tools) or "none")
                self._settled.set()
                await self._let_go.wait()
        except Exception as failure:
            self._retry_at = self._clock() + RETRY_S[min(self._failures, len(RETRY_S) - 1)]
            self._failures += 1
            self.trouble = _reason(failure)
            log.warning("tools of %s are not available: %s", self.name, self.trouble)
        finally:
            self._client = None
            self._settled.set()

    async def _connect(self, stack: contextlib.AsyncExitStack) -> "Client":
        config = self._config
        # Seconds of imports: on a thread, and only where a server is named.
        mcp = await asyncio.to_thread(import_module, "mcp.client.client")
        if config.url is None:
            command, *arguments = config.command
            given = {name: self._variable(name) for name in config.environment}
            server: Any = mcp.StdioServerParameters(command=command, args=arguments, env=given)
        else:
            web = await asyncio.to_thread(import_module, "mcp.shared._httpx_utils")
            headers = {header: self._variable(name) for header, name in config.headers.items()}
            browser = await stack.enter_async_context(web.create_mcp_http_client(headers=headers))
            server = mcp.streamable_http_client(config.url, http_client=browser)
        client: Client = mcp.Client(server, read_timeout_seconds=config.timeout)
        return await stack.enter_async_context(client)

    def _variable(self, name: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            raise ValueError(f"the environment variable {name} is not set. Set it, or take it out of the profile.")
        return value

    async def _declared(self, client: "Client") -> list[Tool]:
        allowed, found, cursor = set(self._config.allowed_tools), list[Tool](), None
        for _ in range(MOST_PAGES):
            page = await client.list_tools(cursor=cursor)
            for declared in page.tools:
                if declared.name in allowed and len(found) < MOST_TOOLS:
                    allowed.discard(declared.name)
                    if (tool := self._tool(declared)) is not None:
                        found.append(tool)
            cursor = page.next_cursor
            if cursor is None:
                break
        self.missing = sorted(allowed)
        if allowed:
            log.warning("%s has no tools %s, which its profile allows", self.name, ", ".join(self.missing))
        return found

    def _tool(self, declared: "Declared") -> Tool | None:
        name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in declared.name)
        description = " ".join((declared.description or declared.title or declared.name).split())
        hints = declared.annotations
        tool = Tool(
            name=f"{self.name}_{name}"[:64],
            description=f"{description[:LONGEST_DESCRIPTION]} (of {self.name})",
            parameters=declared.input_schema,
            run=partial(self.call, declared.name),
            read_only=hints is not None and hints.read_only_hint is True,
            seconds=self._config.timeout + 0.5,  # its own bound speaks first, and names the server
        )
        try:
            tool.refusal({})
        except Exception as failure:  # whatever a schema of others makes of the validator
            log.warning("tool %s of %s has no usable schema (%s)", declared.name, self.name, type(failure).__name__)
            return None
        return tool

    def _failed(self, client: "Client", failure: Exception) -> str:
        """Return what the model is told; let go of a connection that is no use any more."""
        code = getattr(failure, "code", None)
        log.warning("a call of %s failed: %s", self.name, _reason(failure))
        if code is not None and code != -32000:  # JSON-RPC: the server answers, and refuses
            said = notes.data(str(failure), self.name, 500)
            return f"{self.name} refused the call. {said}"
        if client is self._client:
            self._client = None
            self._let_go.set()
        late = isinstance(failure, TimeoutError)
        cause = f"did not answer within {self._config.timeout:g} s" if late else "was lost during the call"
        return f"{self.name} {cause}. Say so, and go on without it or offer to try again."


def _result(source: str, answer: "CallToolResult") -> Result:
    parts = [getattr(part, "text", None) or f"[{part.type}, which cannot be shown here]" for part in answer.content]
    text = "\n".join(parts)
    if not text and answer.structured_content is not None:
        text = json.dumps(answer.structured_content, ensure_ascii=False)
    return Result(
        notes.data(text or "(nothing)", source, LONGEST_ANSWER), outcome="failed" if answer.is_error else "done"
    )


def _reason(failure: BaseException) -> str:
    """Name a failure for the log; of several at once, the first. A server's own words are not repeated."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    ours = isinstance(failure, ValueError | TimeoutError | OSError)
    return (str(failure) or "it did not answer in time") if ours else type(failure).__name__
