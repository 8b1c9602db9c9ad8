"""Every promise of the operating procedure is listed, and what claims to show it exists and is not skipped."""

import ast
import re

import pytest

from backend.tests.project import promises

# Every id of the operating procedure's list of promises: section, then the numbers of its rows.
EXPECTED = {
    "0": 1,
    "1": 6,
    "1.1": 38,
    "2": 8,
    "3": 10,
    "4": 14,
    "5": 21,
    "6": 27,
    "7": 4,
    "8": 5,
    "9": 9,
    "10": 4,
}


def test_every_promise_of_the_procedure_has_exactly_one_row() -> None:
    listed = [row.id for row in promises.rows()]
    wanted = {f"{section}-{number}" for section, last in EXPECTED.items() for number in range(1, last + 1)}
    assert len(listed) == len(set(listed))
    assert set(listed) == wanted


@pytest.mark.parametrize("row", [row for row in promises.rows() if row.shown_by], ids=lambda row: row.id)
def test_what_shows_a_promise_exists_and_is_not_skipped(row: promises.Row) -> None:
    for place in row.shown_by:
        file, _, name = place.partition("::") if "::" in place else place.partition(" > ")
        path = promises.ROOT / file
        assert path.is_file(), f"{row.id} names {file}, which does not exist"
        if not name:
            assert path.suffix == ".md", f"{row.id}: name the test inside {file}"
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            _assert_python_test(text, name, row.id)
        else:
            title = name.strip('"')
            assert title in text, f"{row.id}: {file} has no test titled {title!r}"
            assert not re.search(r"\.(skip|fixme)\(\s*[\"'`]" + re.escape(title), text), (
                f"{row.id}: {title!r} is skipped"
            )


def _assert_python_test(text: str, name: str, ident: str) -> None:
    functions = {
        node.name: node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert name in functions, f"{ident}: no test named {name}"
    marks = [ast.unparse(mark) for mark in functions[name].decorator_list]
    assert not any("skip" in mark or "xfail" in mark for mark in marks), f"{ident}: {name} is skipped"
