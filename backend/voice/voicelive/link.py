"""The connection to VoiceLive: the only file that knows the azure-ai-voicelive SDK. It translates and decides nothing.

Frames are read raw (`recv_bytes`): the SDK's typed events cost 30 µs each and its iterator ends without saying why.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError
from azure.ai.voicelive.aio import ConnectionClosed, VoiceLiveConnection, connect
from azure.ai.voicelive.aio import ConnectionError as SdkError
from azure.core.credentials import AzureKeyCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError

from backend.core.settings import Settings
from backend.identity.outgoing import VOICELIVE_SCOPE, Outgoing
from backend.voice.voicelive import failures
from backend.voice.voicelive.short_way import ShortWay

# At DEBUG the SDK formats every frame, sound included, into its log.
logging.getLogger("azure.ai.voicelive.aio").setLevel(logging.INFO)
log = logging.getLogger("backend.voice")

SEND_FAILURES = (SdkError, OSError, RuntimeError)
"""What sending on a connection that has ended raises."""
_APPEND, _END = b'{"type":"input_audio_buffer.append","audio":"', b'"}'
_ALIGNED = _APPEND.replace(b"{", b"{" + b" " * (-len(_APPEND) % 4))
"""As many bytes as `ShortWay.writer` asks for."""
CLOSE_TIMEOUT_S = 1.5
HEARTBEAT_S = 20.0
MAX_MESSAGE_BYTES = 16 << 20


class LinkLost(Exception):
    """The connection has ended. code: the WebSocket close code, 1006 when there was none."""

    def __init__(self, code: int) -> None:
        super().__init__(f"close code {code}")
        self.code = code


def not_at_once(base64: bytes) -> bool:
    """Send nothing, as nothing can be sent at once."""
    return False


class Link:
    """One open connection to VoiceLive."""

    def __init__(self, connection: VoiceLiveConnection) -> None:
        self._connection = connection
        # `send_frame` takes bytes and saves the SDK's json.dumps and two copies per frame; it is aiohttp's, behind a
        # private attribute, so a release without it falls back to the SDK's own `send`.
        websocket = getattr(connection, "_connection", None)
        self._send_frame = getattr(getattr(websocket, "_writer", websocket), "send_frame", None)
        self._short_way: ShortWay | None = None
        self.append: Callable[[bytes], bool] = not_at_once
        """Appends microphone sound if that takes no waiting; tells whether it did."""

    async def deliver(self, to: Callable[[bytes], bool]) -> None:
        """Hand frames to `to` as they arrive, where that is possible; those it answers False to come from `receive`."""
        websocket = getattr(self._connection, "_connection", None)
        self._short_way = ShortWay.install(websocket, to)
        if self._short_way is not None and websocket is not None:
            self.append = self._short_way.writer(_ALIGNED, _END)
            with contextlib.suppress(*SEND_FAILURES):
                await websocket.ping(self._short_way.token)

    def splice(self, take: Callable[[bytes], bool] | None) -> None:
        """Offer frames to `take` before that, as `ShortWay.splice` has it; None: no longer."""
        if self._short_way is not None:
            self._short_way.splice(take)

    async def receive(self) -> bytes:
        """Return the next frame; raise `LinkLost`. One reader at a time."""
        if self._short_way is not None:
            self._short_way.caught_up()
        try:
            frame = await self._connection.recv_bytes()
        except (ConnectionClosed, RuntimeError) as closed:
            raise LinkLost(self._close_code(closed)) from closed
        if not frame:  # the SDK's answer to a connection that is being closed
            raise LinkLost(self._close_code(None))
        return frame

    def send(self, event: dict[str, Any]) -> Coroutine[Any, Any, None]:
        """Send one event. Raises one of `SEND_FAILURES` when the connection has ended; `receive` tells why."""
        if self._send_frame is None:
            return self._connection.send(event)
        sending: Coroutine[Any, Any, None] = self._send_frame(orjson.dumps(event), WSMsgType.TEXT)
        return sending

    def send_audio(self, base64: bytes) -> Coroutine[Any, Any, None]:
        """Append microphone sound (PCM16, 24 kHz, as base64); raises as `send`."""
        if self._send_frame is None:
            return self._connection.send({"type": "input_audio_buffer.append", "audio": base64.decode("ascii")})
        sending: Coroutine[Any, Any, None] = self._send_frame(_APPEND + base64 + _END, WSMsgType.TEXT)
        return sending

    async def close(self) -> None:
        """Close the connection and everything it holds. Takes at most `CLOSE_TIMEOUT_S`; never raises."""
        if self._short_way is not None:
            self._short_way.stop()
        try:
            await self._connection.close()
        except (OSError, RuntimeError, SdkError) as failure:
            log.debug("closing the VoiceLive connection: %s", type(failure).__name__)

    def _close_code(self, closed: Exception | None) -> int:
        """Return the true close code: the SDK reports 1000 for a connection that was reset."""
        code = getattr(getattr(self._connection, "_connection", None), "close_code", None)
        if isinstance(code, int):
            return code
        return closed.code if isinstance(closed, ConnectionClosed) and closed.code != 1000 else 1006


class VoiceLive:
    """Opens connections, with the key where one is set, else as the service itself."""

    def __init__(self, settings: Settings, outgoing: Outgoing) -> None:
        self._settings = settings
        self._outgoing = outgoing

    async def connect(self, url: str, model: str, *, timeout: float, request_id: str = "") -> Link:
        """Connect to `url` within `timeout` seconds; raise a `Problem` that names cause and remedy."""
        settings = self._settings
        manager = connect(
            credential=self._credential(),
            credential_scopes=VOICELIVE_SCOPE,
            endpoint=url,
            api_version=settings.azure_voicelive_api_version,
            model=model,
            headers={"x-ms-client-request-id": request_id} if request_id else {},
            connection_options={
                "max_msg_size": MAX_MESSAGE_BYTES,
                "heartbeat": HEARTBEAT_S,
                "close_timeout": CLOSE_TIMEOUT_S,
            },
        )
        try:
            return Link(await _within(timeout, manager.__aenter__()))
        except TimeoutError:
            raise failures.handshake_timed_out(timeout) from None
        except ClientAuthenticationError as refusal:
            raise failures.no_credential() from refusal
        except SdkError as failure:
            cause = failure.__cause__
            if isinstance(cause, WSServerHandshakeError):
                raise failures.refused(cause.status, _retry_after(cause)) from failure
            raise failures.unreachable() from failure
        except AzureError as failure:  # not of the handshake: of the token that it should have carried
            raise failures.no_credential() from failure

    def _credential(self) -> AzureKeyCredential | AsyncTokenCredential:
        key = self._settings.azure_voicelive_key
        return AzureKeyCredential(key) if key else self._outgoing.credential


async def _within(timeout: float, opening: Coroutine[Any, Any, VoiceLiveConnection]) -> VoiceLiveConnection:
    """Await the SDK's handshake with a bound, which it does not have, and close the session that it forgets then."""
    task = asyncio.ensure_future(opening)
    handed_over = False
    try:
        await asyncio.wait({task}, timeout=timeout)
        if not task.done():
            raise TimeoutError
        handed_over = True
        return task.result()
    finally:
        if not handed_over:
            await _give_up(task, opening)


async def _give_up(
    task: "asyncio.Task[VoiceLiveConnection]", opening: Coroutine[Any, Any, VoiceLiveConnection]
) -> None:
    """Close what a handshake that nobody waits for any more has opened."""
    # The SDK keeps its aiohttp session in a local variable and closes it for an aiohttp error only.
    frame = getattr(opening, "cr_frame", None)
    session = frame.f_locals.get("session") if frame is not None else None
    task.cancel()
    await asyncio.wait({task})
    if isinstance(session, ClientSession):
        await session.close()
    if not task.cancelled() and task.exception() is None:
        await task.result().close()


def _retry_after(refusal: WSServerHandshakeError) -> float | None:
    """Return the seconds of Retry-After; None for a date or nonsense."""
    try:
        seconds = float(refusal.headers["Retry-After"]) if refusal.headers else -1.0
    except (KeyError, ValueError):
        return None
    return seconds if 0 <= seconds < 86_400 else None
