"""The ASGI application: two services on one port, behind any key that is not empty."""

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from .brains import Brain
from .chat_faults import refusal
from .faults import HANDSHAKE_STATUS
from .gateway import ChatCompletions, error_body
from .outbox import Outbox
from .voicelive import VoiceSession

log = logging.getLogger("local_ai")

MODELS = ("gpt-5-chat", "gpt-realtime", "gpt-4.1")
"""Names we list; any other name is served as well."""

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def create_app(brain: Brain, *, faults: bool, tier: str | None = None) -> App:
    """The application over a brain. faults: allow faults on demand (scripted brain only). tier: of the models."""
    tier = tier or os.environ.get("LOCAL_AI_TIER") or "standard"

    async def health(request: Request) -> HttpResponse:
        return _json({"status": "ok", "brain": brain.name, "tier": tier})

    async def models(request: Request) -> HttpResponse:
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "local_ai"} for name in MODELS]
        return _json({"object": "list", "data": data})

    async def voice(websocket: WebSocket) -> None:
        await _serve_voice(websocket, brain, faults)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await brain.prepare()
        try:
            yield
        finally:
            await brain.close()

    routes = [
        Route("/health", health),
        Route("/openai/v1/models", models),
        Route("/openai/v1/chat/completions", ChatCompletions(brain, faults=faults), methods=None),
        WebSocketRoute("/voice-live/realtime", voice),
        WebSocketRoute("/api/projects/{project}/voice-live/realtime", voice),
    ]
    inner = Starlette(routes=routes, lifespan=lifespan, exception_handlers={404: _not_found})
    return _Edge(inner)


class _Edge:
    """The key, and what tests of broken connections need: before any framework wraps `send`."""

    def __init__(self, inner: App) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket") and scope["path"] != "/health":
            scope["local_ai.key"] = key = _key(scope)
            scope["local_ai.abort"] = _Reset(send)
            if not key:
                await _deny(scope, send, 401, _MISSING_KEY, {})
                return
        await self._inner(scope, receive, send)


_MISSING_KEY = error_body(
    "Access denied due to missing subscription key: send an 'api-key' or 'Authorization: Bearer' header.",
    "authentication_error",
    code="401",
)


class _Reset:
    """Breaks the TCP connection at once: a reset, not an orderly end."""

    def __init__(self, send: Any) -> None:
        # Servers pass a bound method of what holds the transport; there is no public way to it.
        self._transport: asyncio.Transport | None = getattr(getattr(send, "__self__", None), "transport", None)

    def __call__(self) -> None:
        if self._transport is None:
            raise RuntimeError("This server does not let its transport be reached: no reset on demand.")
        peer = self._transport.get_extra_info("socket")
        if peer is not None:  # lingering zero seconds makes the close a reset
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def _key(scope: Scope) -> str:
    authorization: str = ""
    for name, value in scope["headers"]:
        if name == b"api-key":
            return str(value.decode("latin-1").strip())
        if name == b"authorization":
            authorization = value.decode("latin-1")
    if not authorization and scope["type"] == "websocket":  # browsers cannot set headers
        query: dict[str, str] = dict(parse_qsl(str(scope["query_string"], "latin-1")))
        if query.get("api-key"):
            return query["api-key"]
        authorization = query.get("Authorization") or query.get("authorization") or ""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _deny(scope: Scope, send: Any, status: int, body: bytes, headers: dict[str, str]) -> None:
    kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
    lines = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    lines += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await send({"type": f"{kind}.start", "status": status, "headers": lines})
    await send({"type": f"{kind}.body", "body": body})


async def _not_found(request: Request, failure: Exception) -> HttpResponse:
    body = error_body(f"Invalid URL ({request.method} {request.url.path})", "invalid_request_error")
    return HttpResponse(body, 404, media_type="application/json")


def _json(value: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(value), media_type="application/json")


async def _serve_voice(websocket: WebSocket, brain: Brain, faults: bool) -> None:
    scope, query = dict(websocket.scope), websocket.query_params
    key = scope["local_ai.key"]
    status = HANDSHAKE_STATUS.get(key.removeprefix("fault-")) if faults and key.startswith("fault-") else None
    if status is not None:
        refused = refusal(status)
        await _deny(scope, websocket._send, status, refused.body or b"", refused.headers)
        return
    agent = query.get("agent-name") and query.get("agent-project-name")
    if not query.get("api-version") or not (query.get("model") or agent):
        message = "The query must have api-version, and model or agent-name and agent-project-name."
        await _deny(scope, websocket._send, 400, error_body(message, "invalid_request_error"), {})
        return
    await websocket.accept()
    outbox = Outbox(websocket.send, scope["local_ai.abort"])
    session = VoiceSession(brain, query.get("model") or "gpt-4.1", dict(query), outbox, faults=faults)

    async def receive() -> str | bytes | None:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        frame: str | bytes | None = message.get("text")
        return message["bytes"] if frame is None else frame

    writing = asyncio.create_task(outbox.run())
    serving = asyncio.create_task(session.run(receive))
    try:
        await asyncio.wait((writing, serving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (writing, serving):
            task.cancel()
        results = await asyncio.gather(writing, serving, return_exceptions=True)
        await session.close()
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
                log.error("voice session failed", exc_info=result)
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it may be closed already
                    await websocket.close(1011)
