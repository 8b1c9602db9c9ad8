"""Who may call what. Every route names one of `public`, `reader`, `writer`, `admin`; a test walks the routes.

    async def episodes(caller: Annotated[Principal, reader()]) -> ...    # a rule that gives the caller
    @router.get("/health", dependencies=[public()])                        # a rule that gives nothing

A WebSocket's route accepts first and then asks `check_origin` and `authenticate` itself: a browser is told nothing by a
refused handshake. A token in the query is never read: it would end up in logs.
"""

from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlsplit

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from starlette.requests import HTTPConnection

from backend.core import problems
from backend.core.problems import Problem
from backend.core.settings import Settings, SettingsError
from backend.identity import dev_tokens
from backend.identity.principal import ADMIN, READ, WRITE, Principal

Rule = Literal["public", "reader", "writer", "admin"]

GUEST = Principal("poc", "guest", "Guest", frozenset({"engram.analyst"}))
"""Everybody at the proof-of-concept level, where nobody signs in."""

WEBSOCKET_PROTOCOL = "engram.v1"
_BEARER_PROTOCOL = "bearer."
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LOOPBACK_ADDRESSES = frozenset({"127.0.0.1", "::1"})

Authenticator = Callable[[HTTPConnection], Principal]


def authenticator(settings: Settings) -> Authenticator:
    """Return how callers are told at this level; raise `SettingsError` where this version cannot tell them."""
    if settings.auth_mode == "none":
        return lambda connection: GUEST
    if settings.auth_mode == "dev_tokens":
        return lambda connection: dev_tokens.parse(_bearer(connection))
    raise SettingsError(
        [
            f"ENVIRONMENT: sign-in for the {settings.environment} level (Entra ID tokens) is not built in this "
            "version, and the service does not run open instead. Use ENVIRONMENT=development until one has it."
        ]
    )


def authenticate(connection: HTTPConnection, allowed: frozenset[str], action: str) -> Principal:
    """Return the caller; raise `Problem` 401 without a valid token, 403 without one of the `allowed` roles."""
    caller: Principal = connection.app.state.authenticator(connection)
    if not caller.has(allowed):
        raise problems.forbidden(action, " or ".join(sorted(role.removeprefix("engram.") for role in allowed)))
    return caller


def public() -> Any:
    """Everybody may call this; it shows nothing of anybody."""
    return Depends(_public)


def reader() -> Any:
    """Whoever is signed in with any role; gives the `Principal`."""
    return Depends(_reader)


def writer() -> Any:
    """Every role but viewer; gives the `Principal`."""
    return Depends(_writer)


def admin() -> Any:
    """Administrators; gives the `Principal`."""
    return Depends(_admin)


def check_origin(connection: HTTPConnection) -> None:
    """Raise `Problem` 403 when a browser page of a foreign origin opens this connection.

    For WebSockets, which CORS does not hold back. Without Origin it is not a browser. Our own page
    and the origins of CORS_ORIGINS may.
    """
    origin = connection.headers.get("origin")
    allowed = connection.app.state.settings.cors_origins
    if origin is None or origin in allowed or "*" in allowed:
        return
    if urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower() and host_is_ours(connection):
        return
    raise Problem(
        403,
        "origin_refused",
        "Origin refused",
        "Pages of this origin may not connect. Add the origin, exactly as the browser sends it, to CORS_ORIGINS.",
    )


def host_is_ours(connection: HTTPConnection) -> bool:
    """Tell whether the Host header may name this server.

    A server on the loopback interface is called by loopback names, or by hosts of CORS_ORIGINS. Any other name means
    that a web page has pointed its own name at this machine (DNS rebinding) to use what stands here without sign-in.
    """
    server = connection.scope.get("server")
    if server is None or server[0] not in _LOOPBACK_ADDRESSES:
        return True
    host = connection.headers.get("host", "")
    if _hostname(host) in _LOOPBACK:
        return True
    return any(urlsplit(origin).netloc == host.lower() for origin in connection.app.state.settings.cors_origins)


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _bearer(connection: HTTPConnection) -> str:
    """Return the token of the Authorization header or, for a WebSocket (browsers set none), of its subprotocols."""
    header = connection.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise problems.invalid_token("the Authorization header is not of the form 'Bearer <token>'")
        return token.strip()
    for protocol in connection.scope.get("subprotocols", ()):
        if protocol.startswith(_BEARER_PROTOCOL):
            return str(protocol.removeprefix(_BEARER_PROTOCOL))
    raise problems.missing_token()


async def _public() -> None:
    return None


async def _reader(connection: HTTPConnection) -> Principal:
    return authenticate(connection, READ, "read this")


async def _writer(connection: HTTPConnection) -> Principal:
    return authenticate(connection, WRITE, "do this")


async def _admin(connection: HTTPConnection) -> Principal:
    return authenticate(connection, ADMIN, "administer this")


RULES: dict[Callable[..., Any], Rule] = {_public: "public", _reader: "reader", _writer: "writer", _admin: "admin"}
"""The rule that a dependency stands for."""


def rules_of(dependant: Dependant) -> list[Rule]:
    """Return the access rules that a route's dependencies name; a test and the API description read them off."""
    found: list[Rule] = []
    for dependency in dependant.dependencies:
        if dependency.call in RULES:
            found.append(RULES[dependency.call])
        found += rules_of(dependency)
    return found
