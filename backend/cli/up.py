"""`engram up`: one command, one address. Starts the local AI services where Azure's are not configured, then the API.

The local services are another process that is spoken to over HTTP and WebSocket, exactly like Azure's: this file knows
how to start it and nothing about what is inside.
"""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import typer
import uvicorn
from dotenv import dotenv_values

from backend.core.settings import SettingsError, load_settings

_READY = re.compile(rb"local_ai ready on (http://127\.0\.0\.1:\d+)")
_START_TIMEOUT = 3600.0
"""Seconds for the local services to be ready: the first start fetches a gigabyte of models."""
_STOP_TIMEOUT = 10.0


class LocalAiError(Exception):
    """The local AI services did not start; the message says what their process printed last."""


async def run(*, port: int, brain: str, data_dir: Path | None) -> int:
    """Run everything until a signal; return the exit status."""
    if data_dir is not None:
        os.environ["DATA_DIR"] = str(data_dir)
    _set_laptop_defaults()
    try:
        listener = _listen("127.0.0.1", port)
    except OSError as error:
        typer.echo(f"Port {port} cannot be used ({error.strerror}). Choose another: make run PORT=8090", err=True)
        return 1
    local_ai: Process | None = None
    # A SIGTERM must end this function and not the process, or the local services would be left behind: while they start
    # it cancels the start, and uvicorn, which stops at one, afterwards hands it on to whoever listened before it.
    loop, starting = asyncio.get_running_loop(), asyncio.current_task()
    loop.add_signal_handler(signal.SIGTERM, lambda: starting and starting.cancel())
    try:
        settings = load_settings()
        needs_chat, needs_voice = not settings.azure_ai_endpoint, not settings.azure_voicelive_endpoint
        if brain != "none" and (needs_chat or needs_voice):
            local_ai, base = await _start_local_ai(brain)
            if needs_chat:
                os.environ |= {"AZURE_AI_ENDPOINT": f"{base}/openai/v1", "AZURE_AI_KEY": "local"}
                _spare_the_local_model("MEMORY_SECOND_LOOK", "MEMORY_MODEL_FACTS", "CHAT_TOOLS")
            if needs_voice:
                os.environ |= {"AZURE_VOICELIVE_ENDPOINT": base, "AZURE_VOICELIVE_KEY": "local"}
                _spare_the_local_model("VOICE_TOOLS")
                os.environ["AZURE_VOICELIVE_API_VERSION"] = "2026-07-15"  # what the stand-in speaks
        starting = None
        return await _serve(listener, announce=True)
    except (SettingsError, LocalAiError) as error:
        typer.echo(error, err=True)
        return 2
    finally:
        listener.close()
        if local_ai is not None:
            await _stop(local_ai)


async def serve(*, host: str, port: int) -> int:
    """Run the API alone."""
    with _listen(host, port) as listener:
        return await _serve(listener, announce=False)


def _set_laptop_defaults() -> None:
    """What a laptop wants where neither the environment nor .env says otherwise.

    No sign-in (the proof-of-concept level), and the address on the screen instead of a log line for each request.
    """
    said = {name.upper(): value for name, value in {**dotenv_values(".env"), **os.environ}.items() if value}
    if said.get("ENVIRONMENT", "development") == "development" and "AUTH_REQUIRED" not in said:
        os.environ["AUTH_REQUIRED"] = "false"
    if "LOG_LEVEL" not in said:
        os.environ["LOG_LEVEL"] = "WARNING"


def _spare_the_local_model(*names: str) -> None:
    """Leave out what asks the model more than the conversation does: the local one answers one thing at a time.

    That is what memory may ask beside it, and the choice of a tool before every answer.
    """
    said = {name.upper() for name, value in {**dotenv_values(".env"), **os.environ}.items() if value}
    for name in names:
        if name not in said:
            os.environ[name] = "false"


def _listen(host: str, port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle's delay off for sockets that say TCP only: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


class _Announcing(uvicorn.Server):
    """Prints the address once requests are really answered there."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()
            typer.echo(f"\n  Engram is ready: http://{host}:{port}\n  Press Ctrl-C to stop.\n")


async def _serve(listener: socket.socket, *, announce: bool) -> int:
    config = uvicorn.Config(
        "backend.api.main:app",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # whom to believe is TRUSTED_PROXIES, in identity/addresses.py
        timeout_graceful_shutdown=10,
        http="backend.api.heads:BoundedHead",
        ws="backend.api.wire:WireProtocol",
        ws_per_message_deflate=False,
    )
    server = _Announcing(config) if announce else uvicorn.Server(config)
    try:
        await server.serve(sockets=[listener])
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0 if server.started else 3


async def _start_local_ai(brain: str) -> tuple[Process, str]:
    """Start the stand-in on a free port and wait for its ready line; what it prints until then is shown as it is."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local_ai", "--port", "0", "--brain", brain, stdout=PIPE, start_new_session=True
    )
    assert process.stdout is not None
    last = b""
    try:
        async with asyncio.timeout(_START_TIMEOUT):
            while line := await process.stdout.readline():
                if match := _READY.search(line):
                    _drain_in_background(process.stdout)
                    return process, match.group(1).decode()
                last = line
                sys.stdout.buffer.write(line)
                sys.stdout.flush()
    except BaseException:
        await _stop(process)
        raise
    raise LocalAiError(f"The local AI services stopped (exit {await process.wait()}). {last.decode(errors='replace')}")


_background: set[asyncio.Task[None]] = set()


def _drain_in_background(stream: asyncio.StreamReader) -> None:
    """Keep reading what the process prints: a full pipe would stop it."""

    async def drain() -> None:
        while line := await stream.readline():
            sys.stdout.buffer.write(line)
            sys.stdout.flush()

    task = asyncio.create_task(drain())
    _background.add(task)
    task.add_done_callback(_background.discard)


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_STOP_TIMEOUT):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
