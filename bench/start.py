"""Cold start and idle memory of the whole of `engram up` with the scripted brain, against starting Python alone."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import psutil

from bench.report import Row

ROUNDS = 3


def run() -> list[Row]:
    """Start everything ROUNDS times on one data directory: the first makes the database, the others find it."""
    bare = statistics.median(_python_alone() for _ in range(ROUNDS))
    with tempfile.TemporaryDirectory(prefix="engram-bench-") as data:
        first, _ = _start(data)
        later = [_start(data) for _ in range(ROUNDS)]
    again = statistics.median(seconds for seconds, _ in later)
    memory = later[-1][1]
    reference = f"{bare:.2f} s, a bare Python with FastAPI imported"
    return [
        Row("start", "first start, database created", f"{first:.2f} s", reference, f"{first / bare:.1f}"),
        Row("start", "start again, until the address answers", f"{again:.2f} s", reference, f"{again / bare:.1f}"),
        *(Row("start", f"idle memory, {name}", f"{mib:.0f} MiB") for name, mib in memory.items()),
    ]


def _python_alone() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import fastapi, uvicorn"], check=True)
    return time.perf_counter() - begun


def _start(data: str) -> tuple[float, dict[str, float]]:
    command = [sys.executable, "-m", "backend.cli.main", "up", "--port", "0", "--brain", "scripted", "--data-dir", data]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"LOG_LEVEL": "WARNING"})
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if re.search(r"Engram is ready: http", line):
                return time.perf_counter() - begun, _memory(process.pid)
        raise RuntimeError(f"engram up stopped with {process.wait()}")
    finally:
        process.terminate()
        process.wait(timeout=30)


def _memory(pid: int) -> dict[str, float]:
    """Proportional set size by process, in MiB: memory that several share is counted once."""
    parent = psutil.Process(pid)
    found = {"service": parent.memory_full_info().pss / 2**20}
    for child in parent.children(recursive=True):
        name = "local services" if "local_ai" in " ".join(child.cmdline()) else "database"
        found[name] = found.get(name, 0.0) + child.memory_full_info().pss / 2**20
    return found
