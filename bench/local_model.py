"""The local chat model, run beside a bench that asks it, and its answers, kept so that it need not be asked again."""

import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


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


class KeptAnswers:
    """A model's answers by what was asked, in a file where one is given. took: seconds of each that was made."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, Any] = json.loads(path.read_text()) if path and path.exists() else {}
        self.took: list[float] = []

    async def get(self, asked: Any, ask: Callable[[], Awaitable[dict[str, Any]]] | None) -> dict[str, Any]:
        """Return the answer to this, asking for it the first time. ask: None where no model runs."""
        key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
        if key not in self._known:
            if ask is None:
                raise SystemExit("This was not asked before, and no model runs: leave out --replay.")
            began = time.monotonic()
            self._known[key] = await ask()
            self.took.append(time.monotonic() - began)
            if self._path:
                self._path.write_text(json.dumps(self._known))
        answer: dict[str, Any] = self._known[key]
        return answer
