"""Compiles what a relayed frame passes (`backend/voice/_fast_path.pyx`) and puts it beside its source.

Needs a C compiler and Python's headers. Without either everything works, in Python: see backend/voice/fast_path.py.
"""

import hashlib
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "backend" / "voice" / "_fast_path.pyx"


def main() -> None:
    """Compile; raise `CalledProcessError` or `OSError` where that is not possible."""
    target = SOURCE.with_suffix(sysconfig.get_config_var("EXT_SUFFIX"))
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()
    kind = ["-bundle", "-undefined", "dynamic_lookup"] if sys.platform == "darwin" else ["-shared"]
    with tempfile.TemporaryDirectory(dir=SOURCE.parent, prefix=".compile-") as directory:
        source, built = Path(directory) / "_fast_path.c", Path(directory) / target.name
        subprocess.run([sys.executable, "-m", "cython", "-3", str(SOURCE), "-o", str(source)], check=True)  # noqa: S603  # ours
        compiler = [os.environ.get("CC", "cc"), "-O3", "-fPIC", "-fwrapv", *kind, f'-DENGRAM_SOURCE="{digest}"']
        include = f"-I{sysconfig.get_path('include')}"
        subprocess.run([*compiler, include, str(source), "-o", str(built)], check=True)  # noqa: S603  # ours
        built.replace(target)  # at once: a service that starts meanwhile finds the old one or the new one


if __name__ == "__main__":
    main()
