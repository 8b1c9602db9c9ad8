"""The version of the service: the one in pyproject.toml of this checkout, or of the installed package."""

import tomllib
from importlib.metadata import version
from pathlib import Path

_PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

VERSION: str = (
    tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]
    if _PYPROJECT.is_file()
    else version("engram-assistants")
)
