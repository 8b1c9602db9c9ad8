"""A database that is alive and never answers: every process of it is stopped, and goes on afterwards."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from backend.storage.embedded import EmbeddedServer


@contextlib.contextmanager
def frozen(server: EmbeddedServer) -> Iterator[None]:
    """Stop the server's processes (SIGSTOP) for the length of the block."""
    assert server.pid is not None
    stopped = [server.pid]
    os.kill(server.pid, signal.SIGSTOP)  # first, so that it starts no more
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == server.pid:
                    os.kill(int(entry.name), signal.SIGSTOP)
                    stopped.append(int(entry.name))
    try:
        yield
    finally:
        for pid in reversed(stopped):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
