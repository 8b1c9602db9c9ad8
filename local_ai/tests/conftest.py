"""Servers for the tests: the real process, started as users of the package start it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., Awaitable[str]]


async def _start(*arguments: str, **environment: str) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "local_ai", "--port", "0", "--brain", "scripted", *arguments),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
    assert line.startswith("local_ai ready on http://127.0.0.1:"), line
    return process, line.split()[-1]


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    await asyncio.wait_for(process.wait(), 10)


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[str]:
    """Address of a server with the scripted brain, shared by all tests."""
    process, address = await _start()
    yield address
    await _stop(process)


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts servers with other arguments or environment; they end with the test."""
    started: list[asyncio.subprocess.Process] = []

    async def one(*arguments: str, **environment: str) -> str:
        process, address = await _start(*arguments, **environment)
        started.append(process)
        return address

    yield one
    for process in started:
        await _stop(process)
