"""The real Zep SDKs, each in an environment of its own (their majors cannot be installed together).

`python -m backend.tests.memory.zep.sdks` makes them all; the tests make what they miss.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
CACHE = ROOT / ".engram" / "zep-sdks"
SDKS = {"v3": "zep_cloud", "v4": "zep_cloud", "ce": "zep_python"}
"""The package that a dialect's SDK is imported as."""


class NotInstallable(RuntimeError):
    """The environment cannot be made here; the message says why."""


def python_of(dialect: str) -> Path:
    """Return the interpreter of a dialect's SDK; make its environment when it is missing or of another lock."""
    lock = HERE / f"requirements-{dialect}.txt"
    made_from = hashlib.sha256(lock.read_bytes()).hexdigest()
    place = CACHE / dialect
    stamp = place / "made-from"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{dialect}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != made_from:
            shutil.rmtree(place, ignore_errors=True)
            _run(_uv(), "venv", "--quiet", "--python", sys.executable, str(place))
            _run(_uv(), "pip", "install", "--quiet", "--python", str(place / "bin" / "python"),
                 "--require-hashes", "-r", str(lock))  # fmt: skip
            stamp.write_text(made_from, encoding="utf-8")
    return place / "bin" / "python"


def package_of(dialect: str) -> Path:
    """Return the directory of a dialect's SDK."""
    [found] = python_of(dialect).parents[1].glob(f"lib/python*/site-packages/{SDKS[dialect]}")
    return found


def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.exists() else shutil.which("uv") or "uv"


def _run(*command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300, env=environment)
    except (subprocess.SubprocessError, OSError) as error:
        raise NotInstallable(str(getattr(error, "stderr", None) or error)[-400:]) from error


if __name__ == "__main__":
    for name in SDKS:
        python_of(name)
