"""How long a caller may stay on a socket: until the token expires, and until the sign-in is too long ago.

What is said about it comes from here and not from the call, so it carries no `seq`. When the time is over the call sees
its browser go away, and the socket is closed with 4401. After a token's end the same call can be gone on with: its
browser seems to be lost, and comes back with a fresh token. After the session's end it is over.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from backend.core.problems import Problem
from backend.identity.entra import LEEWAY_SECONDS, session_expired
from backend.identity.principal import Principal

WARNING_SECONDS = 300.0
_LOST, _HUNG_UP = 1006, 1000

Receive = Callable[[], Awaitable[Any]]


class Stay:
    """The time of one caller on one socket. `over`: why it ended, None while it lasts."""

    def __init__(self, websocket: WebSocket, principal: Principal, session_seconds: float) -> None:
        self.principal = principal
        self.over: Problem | None = None
        self._websocket = websocket
        self._session_seconds = session_seconds
        self._code = asyncio.get_running_loop().create_future()
        self._pending: asyncio.Future[Any] | None = None
        self._telling: asyncio.Task[None] | None = None
        now = time.time()
        self._timers: list[asyncio.TimerHandle] = []
        if principal.expires_at is not None:
            self._at(principal.expires_at + LEEWAY_SECONDS - now, self._end, token_expired(), _LOST)
        if principal.signed_in_at is not None:
            left = principal.signed_in_at + session_seconds - now
            self._at(left - WARNING_SECONDS, self._warn, left)
            self._at(left, self._end, session_expired(session_seconds), _HUNG_UP)

    @property
    def receive(self) -> Receive:
        """The socket's next message, until the time is over: then it seems to be closed."""
        return self._receive if self._timers else self._websocket.receive

    def close(self) -> None:
        """The socket is not used any more."""
        for timer in self._timers:
            timer.cancel()
        for task in (self._pending, self._telling):
            if task is not None:
                task.cancel()

    def _at(self, seconds: float, do: Callable[..., None], *arguments: Any) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(max(0.0, seconds), do, *arguments))

    def _end(self, problem: Problem, code: int) -> None:
        if not self._code.done():
            self.over = problem
            self._code.set_result(code)

    def _warn(self, left: float) -> None:
        if not self._code.done():
            minutes = max(1, round(min(left, WARNING_SECONDS) / 60))
            self._telling = asyncio.create_task(self._tell(session_ending(minutes)))

    async def _tell(self, problem: Problem) -> None:
        try:
            await self._websocket.send({"type": "websocket.send", "text": as_error(problem)})
        except (OSError, RuntimeError, WebSocketDisconnect):
            return  # the browser is gone, and its call ends by itself

    async def _receive(self) -> Any:
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._websocket.receive())
        await asyncio.wait((self._pending, self._code), return_when=asyncio.FIRST_COMPLETED)
        if self._code.done():
            return {"type": "websocket.disconnect", "code": self._code.result()}
        message, self._pending = self._pending.result(), None
        return message


def as_error(problem: Problem, seq: int | None = None) -> str:
    """Return the problem as an `error` message; one that does not belong to the call's own messages has no `seq`."""
    message: dict[str, Any] = {
        "type": "error", "message": problem.detail, "code": problem.code, "retryable": problem.retryable,
    }  # fmt: skip
    return orjson.dumps(message if seq is None else message | {"seq": seq}).decode()


def token_expired() -> Problem:
    """401 during a call: the same call goes on with a fresh token."""
    return Problem(
        401,
        "token_expired",
        "Token expired",
        "The token has expired. Get a fresh one (and with it a ticket) and connect again.",
        retryable=True,
    )


def session_ending(minutes: int) -> Problem:
    """401 to come: told beforehand, while the call goes on."""
    return Problem(
        401,
        "session_ending",
        "Session ending",
        f"The call ends in {minutes} min: your sign-in is too long ago then. Sign in again to go on talking.",
        retryable=True,
    )
