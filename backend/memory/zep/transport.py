"""One HTTP call to Zep: bounded in time and size, never repeated behind the caller's back, behind a circuit breaker.

The SDKs wait 60 s and one of them retries in secret; neither fits a conversation. aiohttp and not httpx, as a call runs
beside every turn on the loop that carries it: 0.16 ms of it instead of 0.85. (Only a GET or DELETE whose connection the
server had closed meanwhile is sent once more, on a new one; aiohttp does that.)

Reads that somebody waits for and the deliveries beside them have a lane each, with a bound and a breaker of its own:
slow searches do not stop delivery.
"""

import asyncio
import email.utils
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from backend.memory.grumble import Grumble
from backend.memory.zep.port import ZepError
from backend.memory.zep.routes import Route

logger = logging.getLogger("backend.memory")

READ_SECONDS = 1.0
WRITE_SECONDS = 3.0
ANSWER_BYTES = 2 * 1024 * 1024
"""A hundred messages of 14,000 characters fit; what is larger is not what was asked for."""

BREAK_AFTER = 5  # failures in a row
BREAK_SECONDS = 30.0
UNAUTHORISED_SECONDS = 60.0  # a wrong key is mended by a person, not by the next attempt
_LONGEST_WAIT = 3_600.0

BreakerState = Literal["closed", "open", "half_open"]


class Breaker:
    """Opens after `BREAK_AFTER` failures in a row; after `BREAK_SECONDS` one call at a time tries again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> BreakerState:
        """Whether calls pass, are refused, or one may try."""
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._clock() - self._opened_at >= BREAK_SECONDS else "open"

    def admit(self) -> None:
        """Let a call pass, which must end in `succeeded`, `failed` or `given_up`; or raise `ZepError`."""
        if self._opened_at is None:
            return
        left = BREAK_SECONDS - (self._clock() - self._opened_at)
        if left > 0 or self._probing:
            raise ZepError(
                "breaker",
                "Zep failed several times in a row and is left alone for a while.",
                retryable=True,
                retry_after=max(1.0, left),
                answered=True,
            )
        self._probing = True

    def succeeded(self) -> None:
        """The server answered."""
        self._failures, self._opened_at, self._probing = 0, None, False

    def failed(self) -> None:
        """The server did not answer, or answered with a fault of its own."""
        self._failures += 1
        self._probing = False
        if self._opened_at is not None or self._failures >= BREAK_AFTER:
            self._opened_at = self._clock()

    def given_up(self) -> None:
        """The caller went away before there was an answer: it says nothing of the server."""
        self._probing = False


class Lane:
    """How long a call may take in all, in seconds, and the breaker it goes through."""

    def __init__(self, seconds: float, breaker: Breaker) -> None:
        self.seconds = seconds
        self.breaker = breaker


class Transport:
    """Calls to one server. Use it from one event loop and `close` it there.

    authorization: the whole header; '' for none. clock: seconds, monotonic. Redirects are not followed: they would
    take the key elsewhere.
    """

    def __init__(
        self,
        base_url: str,
        authorization: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        read_seconds: float = READ_SECONDS,
        write_seconds: float = WRITE_SECONDS,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._clock = clock
        self._headers = {"Accept": "application/json"} | ({"Authorization": authorization} if authorization else {})
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=16),
            cookie_jar=aiohttp.DummyCookieJar(),  # one client speaks for everybody
            timeout=aiohttp.ClientTimeout(),  # none: the lane's covers the whole call, connecting and reading included
            trust_env=True,
        )
        self.reading = Lane(read_seconds, Breaker(clock))
        self.writing = Lane(write_seconds, Breaker(clock))
        self._limited_until = float("-inf")
        self._grumble = Grumble(logger)
        self.last_error = ""
        """The last failure in a word ("timeout"), '' when the last call ended well."""

    @property
    def breaker(self) -> BreakerState:
        """The worse of the two lanes."""
        states = {self.reading.breaker.state, self.writing.breaker.state}
        return "open" if "open" in states else "half_open" if "half_open" in states else "closed"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def call(
        self,
        lane: Lane,
        route: Route,
        path: Mapping[str, str] | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
        key: str = "",
    ) -> Any:
        """Return the answer's JSON (None for a plain or empty one), or raise `ZepError`. key: Idempotency-Key."""
        query, body = query or {}, body or {}
        assert body.keys() <= route.body, f"{route.path} has no {body.keys() - route.body}"
        assert query.keys() <= route.query, f"{route.path} has no {query.keys() - route.query}"
        if (left := self._limited_until - self._clock()) > 0:
            raise _rate_limited(left)
        lane.breaker.admit()
        settled = False
        try:
            answer = await self._call(lane.seconds, route, path or {}, query, body, key)
            settled = True
            lane.breaker.succeeded()
            self.last_error = ""
            return answer
        except ZepError as error:
            settled = True
            self._note(lane, error)
            raise
        finally:
            if not settled:
                lane.breaker.given_up()

    async def _call(
        self,
        seconds: float,
        route: Route,
        path: Mapping[str, str],
        query: Mapping[str, str | int],
        body: Mapping[str, object],
        key: str,
    ) -> Any:
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        content = None
        if route.method in ("POST", "PATCH"):
            headers["Content-Type"] = "application/json"
            content = orjson.dumps(body)
        writes = route.method != "GET"
        try:
            parts = {name: quote(value, safe="") for name, value in path.items()}
            url = URL(f"{self._base}/{route.path.format_map(parts)}", encoded=True).update_query(dict(query))
            async with (
                asyncio.timeout(seconds),
                self._client.request(
                    route.method, url, data=content, headers=headers, allow_redirects=False
                ) as response,
            ):
                raw = bytearray()
                async for chunk in response.content.iter_any():
                    raw += chunk
                    if len(raw) > ANSWER_BYTES:
                        raise _malformed("is larger than it may be", writes)
                return _read(route, response.status, response.headers, bytes(raw), writes)
        except TimeoutError:
            raise ZepError(
                "timeout", f"Zep did not answer within {seconds:g} s.", retryable=True, happened=writes
            ) from None
        except (aiohttp.ClientConnectorError, aiohttp.NonHttpUrlClientError, ValueError) as error:
            # ValueError: not an address, or one with a password, which is not to stand beside the key.
            raise ZepError(
                "unreachable", "No connection to Zep. Check ZEP_API_URL and the network.", retryable=True, answered=True
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise ZepError(
                "unreachable", "The connection to Zep broke off.", retryable=True, happened=writes
            ) from error

    def _note(self, lane: Lane, error: ZepError) -> None:
        """Count a failure for the breaker, or the answer it was for a server that is well."""
        if error.cause in ("refused", "not_found"):
            lane.breaker.succeeded()
            self.last_error = "" if error.cause == "not_found" else error.cause
            return
        self.last_error = error.cause
        if error.cause in ("rate_limited", "unauthorised"):
            lane.breaker.succeeded()
            self._limited_until = self._clock() + (error.retry_after or 1.0)
        else:
            lane.breaker.failed()
        self._grumble(f"Zep: {error.cause} (%s)", error)


def _read(route: Route, status: int, headers: Mapping[str, str], raw: bytes, writes: bool) -> Any:
    if 200 <= status < 300:
        if route.plain:
            if raw.strip().strip(b'"') != b"OK":
                raise _malformed("is not its OK", writes)
            return None
        if not raw:
            return None
        try:
            return orjson.loads(raw)
        except ValueError:
            raise _malformed("is not JSON", writes) from None
    if status < 400:
        raise _malformed(f"is a redirection ({status})", False)
    if status == 429:
        raise _rate_limited(_wait(headers))
    if status in (401, 403):
        raise ZepError(
            "unauthorised",
            f"Zep refused the key ({status}). Check ZEP_API_KEY and ZEP_API_VERSION.",
            retryable=True,
            retry_after=UNAUTHORISED_SECONDS,
            http_status=status,
            answered=True,
        )
    if status == 404:
        raise ZepError("not_found", "Zep does not have it (404).", retryable=False, http_status=404, answered=True)
    if status >= 500:
        raise ZepError(
            "server",
            f"Zep answered {status}.",
            retryable=True,
            retry_after=_asked_wait(headers),
            http_status=status,
            answered=True,
            happened=writes,
        )
    raise ZepError(
        "refused", f"Zep refused the request ({status}).", retryable=False, http_status=status, answered=True
    )


def _malformed(how: str, writes: bool) -> ZepError:
    return ZepError(
        "malformed",
        f"Zep's answer {how}. Check ZEP_API_URL and ZEP_API_VERSION.",
        retryable=True,
        answered=True,
        happened=writes,
    )


def _rate_limited(seconds: float) -> ZepError:
    return ZepError(
        "rate_limited",
        "Zep's rate limit is used up.",
        retryable=True,
        retry_after=max(0.1, seconds),
        http_status=429,
        answered=True,
    )


def _wait(headers: Mapping[str, str]) -> float:
    """Return the seconds to wait after a 429: Retry-After, else X-RateLimit-Reset, else 10."""
    if (asked := _asked_wait(headers)) is not None:
        return asked
    try:
        reset = float(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return 10.0
    return min(_LONGEST_WAIT, max(0.0, reset - time.time() if reset > 1e9 else reset))


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value) if value[:1].isdigit() else email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    if not value[:1].isdigit():
        seconds -= time.time()
    return min(_LONGEST_WAIT, max(0.0, seconds))
