"""What a chat turn costs: requests/s, p50, p99 and CPU, against asking the gateway directly, at 1, 10 and 64 at a time.

The gateway is the scripted stand-in without delay. The reference asks it with the official OpenAI client (typed, on
aiohttp, one for all), as a program without Engram would; its CPU is that of the asking process. The service runs as it
is served, with sign-in, memory and an embedded database of its own; it is asked by a client that costs next to nothing,
by as many people as ask at a time, in conversations of ten questions. Both take turns; a round in which the machine did
something else is repeated.
"""

import asyncio
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import psutil
from openai import AsyncOpenAI, DefaultAioHttpClient

from bench.report import Row

CONCURRENCY = {1: 150, 10: 600, 64: 960}
"""At a time: requests a round."""
ROUNDS = 4
ATTEMPTS = 10
OTHERS_AT_MOST = 0.12
"""A round is disturbed when processes that are not ours took more than this share of all cores."""
WARM_UP = 200
LEAST_RATE, MOST_CPU_MS = 250.0, 4.0
"""What the service owes at 10 at a time: requests/s, and milliseconds of its own CPU for each."""


@dataclass(frozen=True)
class Round:
    """One round. cpu_ms: of the asked-about process, for one request; database_ms: of PostgreSQL, likewise."""

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    database_ms: float = 0.0


@dataclass(frozen=True)
class SetUp:
    """What is measured: the gateway's base URL, the service's port and process, the database's first process."""

    gateway: str
    port: int
    service: psutil.Process
    database: psutil.Process


Ask = Callable[[int, int], Awaitable[None]]
"""Ask one question: which of the askers, its how-manyeth question."""


class Plain:
    """HTTP/1.1 on bare connections, one for each asker: the cheapest client there is."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: dict[int, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}
        self._session = 0

    async def ask(self, asker: int, number: int) -> None:
        if asker not in self._open:
            self._open[asker] = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._open[asker]
        content = f"Question {number} of our plan: what comes after the data migration of team {number % 17}?"
        body = json.dumps({"content": content, "session_id": f"s{self._session}-{number // 10}"}).encode()
        head = (
            f"POST /api/v1/chat HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer dev_user{asker}_analyst\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the service answered {answer[:200]!r}")
        length = re.search(rb"content-length: (\d+)", answer)
        assert length is not None
        await reader.readexactly(int(length.group(1)))

    def new_round(self) -> None:
        """Begin new conversations on new connections: the old ones were idle for longer than a server keeps them."""
        self._session += 1
        for _, writer in self._open.values():
            writer.close()
        self._open.clear()


def run() -> list[Row]:
    """Measure, and check what is owed at 10 at a time."""
    with _processes() as set_up:
        return asyncio.run(_measure(set_up))


async def _measure(set_up: SetUp) -> list[Row]:
    plain = Plain(set_up.port)
    client = AsyncOpenAI(api_key="bench", base_url=set_up.gateway, max_retries=0, http_client=DefaultAioHttpClient())
    ourselves = psutil.Process()

    async def directly(asker: int, number: int) -> None:
        messages = [{"role": "user", "content": f"Question {number}: what comes after the data migration?"}]
        await client.chat.completions.create(model="bench", messages=messages)  # type: ignore[arg-type]

    rows: list[Row] = []
    try:
        for ask in (plain.ask, directly):
            await _ask_all(ask, 10, WARM_UP)
        for concurrency, requests in CONCURRENCY.items():
            pairs: list[tuple[float, Round, Round]] = []
            for _ in range(ATTEMPTS):
                plain.new_round()
                others = _others(set_up)
                ours = await _round(plain.ask, concurrency, requests, set_up.service, set_up.database)
                reference = await _round(directly, concurrency, requests, ourselves)
                pairs.append((others(), ours, reference))
                if sum(share <= OTHERS_AT_MOST for share, _, _ in pairs) == ROUNDS:
                    break
            pairs.sort(key=lambda pair: pair[0])
            rows += _rows(concurrency, pairs[:ROUNDS], len(pairs) - ROUNDS)
    finally:
        plain.new_round()
        await client.close()
    return rows


async def _round(
    ask: Ask, concurrency: int, requests: int, measured: psutil.Process, database: psutil.Process | None = None
) -> Round:
    def of_database() -> float:
        return 0.0 if database is None else _cpu(database, *database.children())

    cpu, database_cpu = _cpu(measured), of_database()
    begun = time.perf_counter()
    latencies = sorted(await _ask_all(ask, concurrency, requests))
    took = time.perf_counter() - begun
    return Round(
        rate=len(latencies) / took,
        p50_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[int(len(latencies) * 0.99)] * 1000,
        cpu_ms=(_cpu(measured) - cpu) / len(latencies) * 1000,
        database_ms=(of_database() - database_cpu) / len(latencies) * 1000,
    )


async def _ask_all(ask: Ask, concurrency: int, requests: int) -> list[float]:
    """Ask `requests` questions, `concurrency` at a time; return how long each took, in seconds."""
    latencies: list[float] = []

    async def asker(who: int) -> None:
        for number in range(requests // concurrency):
            begun = time.perf_counter()
            await ask(who, number)
            latencies.append(time.perf_counter() - begun)

    await asyncio.gather(*(asker(who) for who in range(concurrency)))
    return latencies


def _cpu(*processes: psutil.Process) -> float:
    """Return the CPU seconds of these processes."""
    seconds = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
            seconds += times.user + times.system
        except psutil.NoSuchProcess:  # a database connection that came to its end
            continue
    return seconds


def _others(set_up: SetUp) -> Callable[[], float]:
    """Return a function that tells which share of all cores others than our processes have taken since."""

    def snapshot() -> tuple[float, float, float]:
        mine, times = psutil.Process(), psutil.cpu_times()
        ours = {process.pid: process for process in (*mine.children(recursive=True), *set_up.database.children())}
        ours |= {process.pid: process for process in (mine, set_up.database)}
        return time.perf_counter(), sum(times) - times.idle - getattr(times, "iowait", 0.0), _cpu(*ours.values())

    at, busy, by_us = snapshot()

    def share() -> float:
        now, busy_now, by_us_now = snapshot()
        return max(0.0, (busy_now - busy - (by_us_now - by_us)) / (now - at) / (os.cpu_count() or 1))

    return share


@contextmanager
def _processes() -> Iterator[SetUp]:
    """Start gateway and service, and end them."""
    with tempfile.TemporaryDirectory(prefix="engram-bench-", ignore_cleanup_errors=True) as data:
        gateway, found = _gateway()
        try:
            settings = {
                "ENVIRONMENT": "development", "AUTH_REQUIRED": "true", "LOG_LEVEL": "WARNING", "DATA_DIR": data,
                "AZURE_AI_ENDPOINT": f"{found}/openai/v1", "AZURE_AI_KEY": "bench", "DATABASE_URL": "",
                "HISTORY_TOKEN_BUDGET": "3000",
                # Nobody types as fast as these people ask; the limits are kept all the same, at numbers out of reach.
                "LIMIT_REQUESTS_PER_MINUTE": "1000000", "LIMIT_SESSIONS_PER_MINUTE": "1000000",
            }  # fmt: skip
            port = _free_port()
            command = [sys.executable, "-m", "backend.cli.main", "serve", "--port", str(port)]
            service = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | settings)
            try:
                _wait_for(f"http://127.0.0.1:{port}/health", service)
                yield SetUp(f"{found}/openai/v1", port, psutil.Process(service.pid), _postgres(data))
            finally:
                _stop(service)
        finally:
            _stop(gateway)


def _gateway() -> tuple[subprocess.Popen[bytes], str]:
    """Start the stand-in; return it and its address."""
    command = [sys.executable, "-m", "local_ai", "--port", "0", "--brain", "scripted"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for line in process.stdout:
        if match := re.search(rb"ready on (http://\S+)", line):
            return process, match.group(1).decode()
    raise RuntimeError(f"the gateway stopped with {process.wait()}")


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(f"the service does not answer at {url}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(timeout=30)


def _postgres(data: str) -> psutil.Process:
    """Return the database's first process: the one that names the data directory."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or [""]
        if "postgres" in command[0] and data in " ".join(command):
            return process
    raise RuntimeError("the service's database was not found")


def _rows(concurrency: int, pairs: list[tuple[float, Round, Round]], left_out: int) -> list[Row]:
    served, direct = [ours for _, ours, _ in pairs], [reference for _, _, reference in pairs]
    note = f"; {left_out} disturbed rounds left out" if left_out else ""
    if pairs[-1][0] > OTHERS_AT_MOST:
        note += f"; others took up to {pairs[-1][0]:.0%} of the machine"

    def median(rounds: list[Round], field: str) -> float:
        return statistics.median([float(getattr(one, field)) for one in rounds])

    def row(what: str, field: str, form: str, owed: str = "") -> Row:
        ours, reference = median(served, field), median(direct, field)
        return Row(
            "chat",
            f"{what}, {concurrency} at a time{owed}",
            form.format(ours),
            f"{form.format(reference)}, the OpenAI client asking the gateway directly{note}",
            f"{ours / reference:.2f}",
        )

    owes = concurrency == 10
    rows = [
        row("requests", "rate", "{:.0f}/s", f" (owed: {LEAST_RATE:.0f})" if owes else ""),
        row("p50", "p50_ms", "{:.1f} ms"),
        row("p99", "p99_ms", "{:.1f} ms"),
        row("CPU for a request", "cpu_ms", "{:.2f} ms", f" (owed: {MOST_CPU_MS:.0f} ms)" if owes else ""),
        Row("chat", f"CPU of the database for a request, {concurrency} at a time",
            f"{median(served, 'database_ms'):.2f} ms"),
    ]  # fmt: skip
    if owes and (median(served, "rate") < LEAST_RATE or median(served, "cpu_ms") > MOST_CPU_MS):
        print(f"  NOT MET: {LEAST_RATE:.0f} requests/s at {MOST_CPU_MS:.0f} ms of CPU, 10 at a time", flush=True)
    return rows


if __name__ == "__main__":
    for found in run():
        print(json.dumps(asdict(found)))
