"""Every code that a caller may see has its place in the handbook, and the handbook names no other."""

import ast
import re

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
