"""JSON files read piece by piece: the objects of a big array, or lines of JSON, in bounded memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

LARGEST = 64 * 1024 * 1024
"""Characters of one piece; a larger one ends the reading of its file."""

_CHUNK = 64 * 1024
COLLECTIONS = frozenset(
    ("memories", "results", "facts", "edges", "sessions", "threads", "conversations", "items", "data")
)
"""Names under which an object at the root holds the pieces."""

_MARK = re.compile(r'["\\{}\[\]\n]')


@dataclass(frozen=True, slots=True)
class Piece:
    """An object of the file, and the line on which it begins."""

    line: int
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """What could not be read: the line on which it begins, and why."""

    line: int
    why: str


def lines(path: Path) -> Iterator[Piece | Broken]:
    """Yield the objects of a file of JSON lines; empty lines are skipped."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LARGEST + 1):
            number += 1
            if len(line) > LARGEST:
                yield Broken(number, f"longer than {LARGEST} bytes")
                return
            if line.strip():
                yield _piece(number, line)


def pieces(path: Path) -> Iterator[Piece | Broken]:
    """Yield the objects of a file's array, or of the named arrays of its object: `[{…}, …]` as well as
    `{"memories": [{…}], "facts": [{…}]}`. Another object at the root is a piece itself, so JSON lines are read too.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        scan = _Scan()
        while chunk := file.read(_CHUNK):
            for line, text in scan.feed(chunk):
                yield _piece(line, text)
            if scan.held > LARGEST:
                yield Broken(scan.begun, f"longer than {LARGEST} characters")
                return
        if scan.open:
            yield Broken(scan.line, "the file ends in the middle")
        elif not scan.roots:
            yield Broken(1, "no JSON array or object")


def _piece(line: int, text: bytes | str) -> Piece | Broken:
    try:
        value = orjson.loads(text)
    except ValueError:
        return Broken(line, "not JSON")
    return Piece(line, value) if isinstance(value, dict) else Broken(line, "not an object")


class _Scan:
    """Finds where pieces begin and end, without reading what is in them. roots: values at the root of the file."""

    def __init__(self) -> None:
        self.line = 1
        self.begun = 1
        self.held = 0
        self.roots = 0
        self._path: list[str] = []  # open brackets
        self._in_text = False
        self._escaped = False
        self._parts: list[str] = []
        self._depth = 0  # at which the piece being read was opened; 0: none is
        self._whole = False  # the object at the root is itself a piece, as long as no collection was met in it
        self._name = ""  # the latest text directly in the object at the root
        self._collection = ""  # the name of the array that is open there

    @property
    def open(self) -> bool:
        """Whether something has begun that has not ended."""
        return bool(self._path) or self._in_text

    def feed(self, chunk: str) -> Iterator[tuple[int, str]]:
        """Take the next characters; yield the line and the text of every piece that ends in them."""
        start = named = 0
        at = int(self._escaped)  # what stands behind a backslash is no mark
        self._escaped = False
        for mark in _MARK.finditer(chunk):
            if mark.start() < at:
                continue
            sign = mark[0]
            if sign == "\n":
                self.line += 1
            elif self._in_text:
                if sign == "\\":
                    at = mark.end() + 1
                    self._escaped = mark.end() == len(chunk)
                elif sign == '"':
                    self._in_text = False
                    self._name += chunk[named : mark.start()] if self._path == ["{"] else ""
            elif sign == '"':
                self._in_text = True
                if self._path == ["{"]:
                    self._name, named = "", mark.end()
            elif sign in "{[":
                if not self._path:
                    self.roots += 1
                    self._whole = sign == "{"
                    self.begun = self.line
                    if self._whole:
                        start, self._parts, self.held = mark.start(), [], 0
                if sign == "[" and self._path == ["{"]:
                    self._collection = self._name
                    self._whole = self._whole and self._name not in COLLECTIONS
                self._path.append(sign)
                if sign == "{" and not self._depth and self._is_piece():
                    self._depth, self.begun, self._whole = len(self._path), self.line, False
                    start, self._parts, self.held = mark.start(), [], 0
            elif sign in "}]" and self._path:
                ends = self._depth == len(self._path) or (self._whole and len(self._path) == 1)
                self._path.pop()
                if ends:
                    yield self.begun, "".join(self._parts) + chunk[start : mark.end()]
                    self._depth, self._whole, self._parts, self.held = 0, False, [], 0
        if self._in_text and self._path == ["{"]:
            self._name += chunk[named:]
        if self._depth or self._whole:
            self._parts.append(chunk[start:])
            self.held += len(chunk) - start

    def _is_piece(self) -> bool:
        """Whether the object just opened stands in the array at the root, or in a collection of the object there."""
        return self._path == ["[", "{"] or (self._path == ["{", "[", "{"] and self._collection in COLLECTIONS)
