"""The ranges in pyproject.toml and the three locks say the same, and every pin has a hash."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from backend.tests.project.promises import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PYPROJECT["optional-dependencies"]
LOCKS = {
    "backend/requirements.txt": [*PYPROJECT["dependencies"], *EXTRAS["test"]],
    "local_ai/requirements.txt": [*PYPROJECT["dependencies"], *EXTRAS["local-ai"]],
    "requirements-dev.txt": [*PYPROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)],
}


def pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize("lock", LOCKS)
def test_each_range_is_met_by_the_pin_in_the_lock(lock: str) -> None:
    pinned = pins(lock)
    for line in LOCKS[lock]:
        wanted = Requirement(line)
        name = canonicalize_name(wanted.name)
        assert name in pinned, f"{lock} lacks {wanted.name}: run `make lock`"
        assert wanted.specifier.contains(pinned[name], prereleases=True), f"{lock} pins {name} outside its range"


@pytest.mark.parametrize("lock", LOCKS)
def test_each_pin_has_a_hash_and_no_download_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-zA-Z0-9])", text)
    assert all("--hash=sha256:" in entry for entry in entries if re.match(r"[A-Za-z0-9._-]+==", entry))
    assert "://" not in text


def test_the_smaller_locks_are_parts_of_the_whole() -> None:
    whole = pins("requirements-dev.txt")
    for lock in ("backend/requirements.txt", "local_ai/requirements.txt"):
        assert pins(lock).items() <= whole.items(), f"{lock} differs from requirements-dev.txt: run `make lock`"
