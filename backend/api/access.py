"""Who may call what. Every route names `public` or the action that it `may` do; a test walks the routes.

    async def episodes(caller: Annotated[Principal, access.may("read_memory")]) -> ...    # a rule that gives the caller
    @router.get("/health", dependencies=[access.public()])                                 # a rule that gives nothing
    async def voice(websocket, entrance: Annotated[Entrance, access.on_socket("call")]) -> ...

A WebSocket's route accepts first and then asks its `Entrance`: a browser is told nothing by a refused handshake. A
token in the query is never read: it would end up in logs.
"""

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from backend.core import problems
from backend.core.problems import Problem
from backend.identity import permissions
from backend.identity.gate import Gate
from backend.identity.permissions import Action
from backend.identity.principal import Principal

Rule = Literal["public"] | Action

WEBSOCKET_PROTOCOL = "engram.v1"
_BEARER_PROTOCOL = "bearer."
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LOOPBACK_ADDRESSES = frozenset({"127.0.0.1", "::1"})


async def authenticate(connection: HTTPConnection, action: Action) -> Principal:
    """Return the caller; raise `Problem` 401 without a valid token, 403 without a role that permits the action."""
    gate: Gate = connection.app.state.gate
    caller = await gate.identify(_bearer(connection))
    permissions.check(caller, action)
    return caller


def public() -> Any:
    """Everybody may call this; it shows nothing of anybody."""
    return Depends(_PUBLIC)


def may(action: Action) -> Any:
    """Whoever has a role that permits the action (see `identity/permissions.py`); gives the `Principal`."""
    return Depends(_May(action))


def on_socket(action: Action) -> Any:
    """Like `may`, for a WebSocket's route; gives an `Entrance` to be asked once the socket is accepted."""
    return Depends(_OnSocket(action))


@dataclass(frozen=True, slots=True)
class Entrance:
    """The way into a WebSocket's route."""

    websocket: WebSocket
    action: Action

    @property
    def protocol(self) -> str | None:
        """The subprotocol to accept with; never one that holds a token."""
        offered = self.websocket.scope.get("subprotocols") or ()
        return WEBSOCKET_PROTOCOL if WEBSOCKET_PROTOCOL in offered else None

    async def caller(self) -> Principal:
        """Return who calls; raise `Problem` 403 for a foreign origin or a missing role, 401 without a valid token."""
        check_origin(self.websocket)
        return await authenticate(self.websocket, self.action)


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


def _bearer(connection: HTTPConnection) -> str | None:
    """Return the token of the Authorization header or, for a WebSocket (browsers set none), of its subprotocols.

    None: there is none. Raises `Problem` 401 for a header of another form.
    """
    header = connection.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise problems.invalid_token("the Authorization header is not of the form 'Bearer <token>'")
        return token.strip()
    for protocol in connection.scope.get("subprotocols", ()):
        if protocol.startswith(_BEARER_PROTOCOL):
            return str(protocol.removeprefix(_BEARER_PROTOCOL))
    return None


class _Public:
    rule: Rule = "public"

    async def __call__(self) -> None:
        return None


_PUBLIC = _Public()


@dataclass(frozen=True)
class _May:
    rule: Action

    async def __call__(self, connection: HTTPConnection) -> Principal:
        return await authenticate(connection, self.rule)


@dataclass(frozen=True)
class _OnSocket:
    rule: Action

    async def __call__(self, websocket: WebSocket) -> Entrance:
        return Entrance(websocket, self.rule)


def rules_of(dependant: Dependant) -> list[Rule]:
    """Return the access rules that a route's dependencies name; a test and the API description read them off."""
    found: list[Rule] = []
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, _Public | _May | _OnSocket):
            found.append(dependency.call.rule)
        found += rules_of(dependency)
    return found
