"""The local chat model, run beside a bench that asks it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def local_model() -> Iterator[str]:
    """Run the local services with the models; the address of their gateway. Raises `RuntimeError` when they stop."""
    command = [sys.executable, "-m", "local_ai", "--port", "0", "--brain", "models"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if match := re.search(rb"ready on (http://\S+)", line):
                yield match.group(1).decode()
                return
        raise RuntimeError(f"local_ai stopped with {process.wait()}")
    finally:
        process.terminate()
        process.wait(timeout=30)
