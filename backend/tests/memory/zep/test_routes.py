"""The routes we call and the stub answers are those of the real SDKs: a newer SDK that differs fails here."""

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

from backend.memory.zep import routes
from backend.tests.memory.zep import sdks
from backend.tests.memory.zep.stub_routes import MESSAGE_KEYS, TABLES

TABLE = {"v3": routes.V3, "v4": routes.V4, "ce": routes.CE, "oss": routes.OSS}
MESSAGE_TYPE = {"v3": "message.py", "v4": "add_message.py", "ce": "message.py"}


class Call(NamedTuple):
    """A request as an SDK's source makes it; the names of what is put into the path do not matter."""

    method: str
    path: str
    body: frozenset[str]
    query: frozenset[str]


def plain(path: str) -> str:
    """Return a path with its placeholders unnamed."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def calls(package: Path) -> set[Call]:
    """Return every request that an SDK can make, read from its source."""
    found = set()
    for file in package.rglob("*client.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") != "request" or not node.args:
                continue
            named = {keyword.arg: keyword.value for keyword in node.keywords}
            method = named.get("method")
            if isinstance(method, ast.Constant):
                keys = [_keys(named.get(name)) for name in ("json", "params")]
                found.add(Call(str(method.value), _path(node.args[0]), *keys))
    return found


def _keys(node: ast.expr | None) -> frozenset[str]:
    if not isinstance(node, ast.Dict):
        return frozenset()
    return frozenset(str(key.value) for key in node.keys if isinstance(key, ast.Constant))


def _path(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)


def package(dialect: str) -> Path:
    """Return the installed SDK, or skip where it cannot be installed."""
    try:
        return sdks.package_of(dialect)
    except sdks.NotInstallable as error:
        pytest.skip(f"the SDK cannot be installed here: {error}")


@pytest.mark.parametrize("dialect", sdks.SDKS)
def test_each_route_of_the_stub_is_one_of_the_sdks_with_the_same_keys(dialect: str) -> None:
    real = calls(package(dialect))
    mine = {Call(route.method, plain(route.path), route.body, route.query) for route in TABLES[dialect]}
    assert mine - real == set()


@pytest.mark.parametrize("dialect", sdks.SDKS)
def test_a_message_has_the_keys_of_the_sdks_type(dialect: str) -> None:
    source = package(dialect) / "types" / MESSAGE_TYPE[dialect]
    [cls] = [node for node in ast.parse(source.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]
    fields = {
        node.target.id for node in cls.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert {name.rstrip("_") for name in fields} == MESSAGE_KEYS[dialect]


@pytest.mark.parametrize("dialect", TABLE)
def test_each_route_we_call_is_in_the_stubs_table_with_its_keys(dialect: str) -> None:
    known = {(route.method, plain(route.path)): route for route in TABLES[dialect]}
    for name, route in TABLE[dialect].items():
        there = known.get((route.method, plain(route.path)))
        assert there is not None, f"{dialect} {name}"
        assert route.body <= there.body
        assert route.query <= there.query


@pytest.mark.parametrize("dialect", sdks.SDKS)
def test_the_lock_of_each_sdk_has_hashes_and_no_address(dialect: str) -> None:
    text = (sdks.HERE / f"requirements-{dialect}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert text.count("==") <= text.count("--hash=sha256:")
