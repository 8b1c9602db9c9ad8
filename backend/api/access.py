"""Who may call what. Every route names `public` or the action that it `may` do; a test walks the routes.

    async def episodes(caller: Annotated[Principal, access.may("read_memory")]) -> ...    # a rule that gives the caller
    @router.get("/health", dependencies=[access.public()])                                 # a rule that gives nothing
    async def voice(websocket, entrance: Annotated[Entrance, access.on_socket("call")]) -> ...

A WebSocket's route accepts first and then waits to be `admitted` by its `Entrance`: a browser is told nothing by a
refused handshake. A token in the query is never accepted: it would end up in logs.
"""

import contextlib
import hmac
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from backend.api.stay import Stay
from backend.audit.trail import NOBODY, Trail
from backend.core.problems import Problem
from backend.identity import permissions
from backend.identity.addresses import caller_address
from backend.identity.gate import Gate, Presented
from backend.identity.permissions import Action
from backend.identity.principal import Principal
from backend.identity.refused import Refused

log = logging.getLogger("backend.api")

Rule = Literal["public"] | Action

WEBSOCKET_PROTOCOL = "engram.v1"
_BEARER_PROTOCOL, _TICKET_PROTOCOL = "bearer.", "ticket."

MAX_SUBPROTOCOL_TOKEN = 7 * 1024
"""A server takes header lines of 8 kB, and not all proxies say so when they cut one."""

_IN_QUERY = frozenset({"token", "access_token", "id_token", "bearer", "jwt", "ticket", "authorization"})
PERSON_ID = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A tenant's or a user's id."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LOOPBACK_ADDRESSES = frozenset({"127.0.0.1", "::1"})


async def authenticate(connection: HTTPConnection, action: Action) -> Principal:
    """Return the caller; raise `Problem` 401 without a valid token, 403 without a role that permits the action."""
    gate: Gate = connection.app.state.gate
    try:
        caller = await gate.identify(_bearer(connection), address_of(connection))
    except Problem as problem:
        if problem.code == "missing_token" and not _IN_QUERY.isdisjoint(connection.query_params):
            raise _token_in_query() from None
        raise
    await _permit(connection, caller, action)
    return caller


async def _permit(connection: HTTPConnection, caller: Principal, action: Action) -> None:
    """Raise `Problem` 403 without a role that permits the action, and leave a row of that in the audit log.

    A refusal that cannot be recorded is a refusal all the same: it gives nothing away.
    """
    try:
        permissions.check(caller, action)
    except Problem as refusal:
        trail: Trail | None = getattr(connection.app.state, "trail", None)  # a part of the service has none
        if trail is not None:
            try:
                owner, route = _whose(connection), getattr(connection.scope.get("route"), "path", "")
                asked = f"{connection.scope.get('method', 'WS')} {route}"
                await trail.record(caller, "access.refused", owner=owner, of=asked, outcome=refusal.code)
            except Problem as problem:
                log.error("A refusal could not be recorded in the audit log: %s", problem.code)
        raise


def _whose(connection: HTTPConnection) -> Principal:
    """Return the person that an administrator's route names, if they are named as persons are."""
    tenant, user_id = (str(connection.path_params.get(name, "")) for name in ("tenant", "user_id"))
    if PERSON_ID.fullmatch(tenant) and PERSON_ID.fullmatch(user_id):
        return Principal(tenant, user_id, "", frozenset())
    return NOBODY


def begin_session(connection: HTTPConnection, caller: Principal, session_id: str) -> None:
    """Count a conversation that is new; raise `Problem` 429 when the caller or the address began too many."""
    gate: Gate = connection.app.state.gate
    gate.begin_session(caller, address_of(connection), session_id)


def address_of(connection: HTTPConnection) -> str:
    """Return what is counted as the address of a request; whom headers may speak for is decided in `caller_address`."""
    peer = connection.client.host if connection.client else ""
    told = connection.headers.getlist("x-forwarded-for")
    return caller_address(peer, told, tuple(connection.app.state.settings.trusted_proxies))


def public() -> Any:
    """Everybody may call this; it shows nothing of anybody."""
    return Depends(_PUBLIC)


def may(action: Action) -> Any:
    """Whoever has a role that permits the action (see `identity/permissions.py`); gives the `Principal`."""
    return Depends(_May(action))


def watching() -> Any:
    """Whoever watches the service: METRICS_TOKEN as bearer, or an administrator; without sign-in, this machine."""
    return Depends(_WATCHING)


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

    @contextlib.asynccontextmanager
    async def admitted(self, session_id: str) -> AsyncIterator[Stay]:
        """Give who calls and how long that may last, and count the call until the block ends.

        Raises `Problem` 403 for a foreign origin or a missing role, 401 without a valid token or ticket, and 429.
        """
        websocket = self.websocket
        gate: Gate = websocket.app.state.gate
        check_origin(websocket)
        address = address_of(websocket)
        if (ticket := _ticket(websocket)) is not None:
            caller = await gate.redeem(ticket, session_id, websocket.headers.get("origin", ""), address)
            await _permit(websocket, caller, self.action)
        else:
            caller = await authenticate(websocket, self.action)
        gate.begin_session(caller, address, session_id)
        over = await gate.begin_call(caller, address)
        stay = Stay(websocket, caller, websocket.app.state.settings.session_hours * 3600)
        try:
            yield stay
        finally:
            stay.close()
            over()


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


def _bearer(connection: HTTPConnection) -> Presented:
    """Return the token of the Authorization header or, for a WebSocket (browsers set none), of its subprotocols.

    None: there is none; `Refused`: there is something else in its place.
    """
    header = connection.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return Refused("malformed", "the Authorization header is not of the form 'Bearer <token>'")
        return token.strip()
    offered = _offered(connection, _BEARER_PROTOCOL)
    if offered is not None and len(offered) > MAX_SUBPROTOCOL_TOKEN:
        return Refused("too_large", "it is too long for a subprotocol; use a ticket (POST /api/v1/voice/ticket)")
    return offered


def _ticket(websocket: WebSocket) -> str | None:
    """Return the ticket among the subprotocols; what an Authorization header says goes first."""
    return None if "authorization" in websocket.headers else _offered(websocket, _TICKET_PROTOCOL)


def _offered(connection: HTTPConnection, prefix: str) -> str | None:
    for protocol in connection.scope.get("subprotocols", ()):
        if protocol.startswith(prefix):
            return str(protocol.removeprefix(prefix))
    return None


def _token_in_query() -> Problem:
    return Problem(
        401,
        "token_in_query",
        "Token in the address",
        "Addresses end up in logs, so a token in one is not accepted; consider it known and get another. Send it as "
        "'Authorization: Bearer <token>' or, for a voice call from a browser, as a ticket (POST /api/v1/voice/ticket).",
        headers={"WWW-Authenticate": 'Bearer realm="engram", error="invalid_request"'},
    )


class _Public:
    rule: Rule = "public"

    async def __call__(self, connection: HTTPConnection) -> None:
        gate: Gate = connection.app.state.gate
        gate.arrive(address_of(connection))


_PUBLIC = _Public()


@dataclass(frozen=True)
class _May:
    rule: Action

    async def __call__(self, connection: HTTPConnection) -> Principal:
        return await authenticate(connection, self.rule)


class _Watching:
    rule: Action = "read_metrics"

    async def __call__(self, connection: HTTPConnection) -> None:
        settings = connection.app.state.settings
        header, token = connection.headers.get("authorization", ""), settings.metrics_token
        if token and hmac.compare_digest(header.encode(), f"Bearer {token}".encode()):
            return
        if settings.auth_mode != "none":
            await authenticate(connection, self.rule)
        elif connection.client is None or connection.client.host not in _LOOPBACK_ADDRESSES:
            raise Problem(
                403,
                "forbidden",
                "Not allowed",
                "Without sign-in the metrics are read from this machine only. From elsewhere, set METRICS_TOKEN and "
                "send it as the bearer token.",
            )


_WATCHING = _Watching()


@dataclass(frozen=True)
class _OnSocket:
    rule: Action

    async def __call__(self, websocket: WebSocket) -> Entrance:
        return Entrance(websocket, self.rule)


def rules_of(dependant: Dependant) -> list[Rule]:
    """Return the access rules that a route's dependencies name; a test and the API description read them off."""
    found: list[Rule] = []
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, _Public | _May | _Watching | _OnSocket):
            found.append(dependency.call.rule)
        found += rules_of(dependency)
    return found
