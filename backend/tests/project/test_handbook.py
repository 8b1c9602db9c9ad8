"""Every code that a caller may see has its place in the handbook, and the handbook names no other."""

import ast
import re

from prometheus_client import REGISTRY

import backend.api.main  # noqa: F401  # with it, everything that is counted is declared
from backend.tests.project.promises import ROOT


def codes_in_the_service() -> set[str]:
    """Find `Problem(status, "code", ...)` in all rooms."""
    found = set()
    for file in (ROOT / "backend").rglob("*.py"):
        if "tests" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                code = node.args[1] if len(node.args) > 1 else None
                if isinstance(code, ast.Constant):
                    found.add(str(code.value))
    return found


def test_every_problem_has_its_heading_and_every_heading_its_problem() -> None:
    page = (ROOT / "docs/handbook/problems.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## (\w+)$", page, re.MULTILINE)) == codes_in_the_service()


def test_every_metric_that_the_handbook_names_exists() -> None:
    page = (ROOT / "docs/handbook/voice.md").read_text(encoding="utf-8")
    declared = {sample for metric in REGISTRY.collect() for sample in (metric.name, f"{metric.name}_total")}
    named = {name.removesuffix("_bucket") for name in re.findall(r"\bengram_[a-z_]+", page)}
    assert "engram_voice_wait_seconds" in named
    assert named - declared == set()
