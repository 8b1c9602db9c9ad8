"""The outermost layers of the application, in plain ASGI: a class on BaseHTTPMiddleware costs a task group a request.

`Edge` gives each request its id, bounds announced body sizes, refuses foreign Host names and adds the security headers.
`Catch` turns what nobody expected into a problem document.
"""

import logging
import re
import time
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api import access, problem_documents
from backend.core.ids import new_id
from backend.core.logs import request_id
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.page import page_sign_in

log = logging.getLogger("backend.api")

MAX_BODY_BYTES = 1 << 20
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def content_security_policy(settings: Settings) -> str:
    """Return the policy for the page we serve: everything from here, worklets from blobs, calls to us and CORS_ORIGINS.

    Where people sign in with Entra ID, the page may fetch tokens there.

    'self' covers the WebSockets of the same host, too (CSP level 3).
    """
    reachable = " ".join(origin for origin in settings.cors_origins if origin != "*")
    websockets = " ".join(_websocket(origin) for origin in settings.cors_origins if origin != "*")
    page = page_sign_in(settings)
    authority = page.origin if page else ""
    connect = " ".join(part for part in ("'self'", reachable, websockets, authority) if part)
    return (
        "default-src 'self'; script-src 'self' blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; connect-src {connect}; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _websocket(origin: str) -> str:
    parts = urlsplit(origin)
    return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"


class Edge:
    """The outermost layer. Everything a request needs before anybody looks at it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"permissions-policy", b"microphone=(self), camera=(), geolocation=()"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"content-security-policy", content_security_policy(settings).encode()),
        ]
        if settings.demands.https_origins_only:
            self._headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given, length = b"", b""
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                given = value
            elif name == b"content-length":
                length = value
        current = given.decode() if _REQUEST_ID.fullmatch(given) else new_id("req")
        token = request_id.set(current)
        started, status = time.perf_counter(), 0
        own = (b"x-request-id", current.encode())

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], own, *self._headers]
                if scope["path"].startswith("/api/") and not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        try:
            if kind == "websocket":
                await self._app(scope, receive, send)
                return
            if refusal := self._refusal(scope, length):
                await problem_documents.response(refusal)(scope, receive, send_with_headers)
                return
            await self._app(scope, receive, send_with_headers)
        finally:
            if log.isEnabledFor(logging.INFO) and kind == "http":
                elapsed = (time.perf_counter() - started) * 1000
                log.info("%s %s %d %.1f ms", scope["method"], scope["path"], status, elapsed)
            request_id.reset(token)

    @staticmethod
    def _refusal(scope: Scope, length: bytes) -> Problem | None:
        if length.isdigit() and int(length) > MAX_BODY_BYTES:
            return too_large(MAX_BODY_BYTES)
        if not access.host_is_ours(HTTPConnection(scope)):
            return Problem(
                421,
                "host_refused",
                "Misdirected request",
                "This server is called by another name than localhost. If that name is right (a proxy of yours), add "
                "its origin to CORS_ORIGINS.",
            )
        return None


class Catch:
    """The innermost layer around the routes: an exception nobody expected becomes a 500 without its words."""

    def __init__(self, app: ASGIApp, debug: bool = False) -> None:
        self._app = app
        self._debug = debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; WebSockets pass, their session answers for itself."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            log.exception("an unexpected failure")
            if begun:
                raise
            problem = problem_documents.internal()
            if self._debug:
                problem.detail += f" ({type(error).__name__})"
            await problem_documents.response(problem)(scope, receive, send)


def too_large(limit: int) -> Problem:
    """413: the body is larger than any valid one. The connection ends with it, or the rest would still be read."""
    detail = f"The body is larger than {limit} bytes. Send less at a time."
    return Problem(413, "too_large", "Too large", detail, headers={"Connection": "close"})
