"""Chat faults on demand: by the api key ("fault-429") or by `[fault:429]` in the user's last message.

Status codes answer that status (429 with Retry-After); `stall` never answers, `stall-midway` stops in the stream,
`reset` and `reset-midway` break the connection, `badjson`, `nochoices` and `empty` answer 200 with nothing of use.
`once-STATUS…` fails the first request with that key only, so `fault-once-503-a` and `fault-once-503-b` are two keys.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from .faults import HANDSHAKE_STATUS, RETRY_AFTER_S, fault_in

_WORDS = {
    401: ("Access denied due to invalid subscription key.", "authentication_error"),
    403: ("You are not allowed to use this deployment.", "permission_error"),
    404: ("The API deployment for this resource does not exist.", "invalid_request_error"),
    429: ("Requests have exceeded the rate limit of your tier.", "rate_limit_error"),
    500: ("The server had an error while processing your request.", "server_error"),
    503: ("The service is temporarily unable to process your request.", "server_error"),
}


class Refused(Exception):
    """A request that gets this answer and no work; body None: no answer at all. headers: underscores for hyphens."""

    def __init__(self, status: int, body: bytes | None, **headers: str) -> None:
        super().__init__(f"refused: {status}")
        self.status = status
        self.body = body
        self.headers = headers


def refusal(status: int) -> Refused:
    """The answer of a status on demand, in OpenAI's error shape."""
    message, kind = _WORDS[status]
    body = orjson.dumps({"error": {"message": message, "type": kind, "param": None, "code": str(status)}})
    return Refused(status, body, retry_after=str(RETRY_AFTER_S)) if status == 429 else Refused(status, body)


class ChatFaults:
    """Which request fails how. allowed=False: none does."""

    def __init__(self, allowed: bool) -> None:
        self._allowed = allowed
        self._failed_once: set[str] = set()

    async def before(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
        messages: list[dict[str, Any]],
    ) -> None:
        """Carry out the fault that a request asks for. Raises Refused when the request is thereby answered."""
        if not self._allowed:
            return
        key = str(scope.get("local_ai.key", ""))
        name = key.removeprefix("fault-") if key.startswith("fault-") else _in_messages(messages)
        if not name:
            return
        if name.startswith("once-"):
            if name in self._failed_once:
                return
            self._failed_once.add(name)
            name = name.split("-")[1]
        if name in HANDSHAKE_STATUS:
            raise refusal(HANDSHAKE_STATUS[name])
        if name.startswith(("stall", "reset")):
            await _break(name, scope, receive, send)
            raise Refused(499, None)
        body = _useless(name)
        if body is not None:
            raise Refused(200, body)


async def _break(name: str, scope: dict[str, Any], receive: Any, send: Any) -> None:
    if name.endswith("-midway"):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        choice = {"index": 0, "delta": {"role": "assistant", "content": "You"}, "finish_reason": None}
        chunk = {
            "id": "chatcmpl-fault",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "",
            "choices": [choice],
        }
        await send({"type": "http.response.body", "body": b"data: " + orjson.dumps(chunk) + b"\n\n", "more_body": True})
    if name.startswith("reset"):
        scope["local_ai.abort"]()
    while (await receive())["type"] != "http.disconnect":
        pass


def _useless(name: str) -> bytes | None:
    completion: dict[str, Any] = {"id": "chatcmpl-fault", "object": "chat.completion", "created": 0, "model": ""}
    if name == "badjson":
        return b'{"id": "chatcmpl-fault", "choices": [{'
    if name == "nochoices":
        return orjson.dumps({**completion, "choices": []})
    if name == "empty":
        message = {"role": "assistant", "content": ""}
        return orjson.dumps({**completion, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    return None


def _in_messages(messages: list[dict[str, Any]]) -> str | None:
    for message in reversed(messages):
        if message["role"] == "user":
            return fault_in(message["content"])
    return None
