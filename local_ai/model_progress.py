"""What a person sees while models are fetched: a bar on a terminal, a plain line now and then elsewhere (CI, a pipe).

Everything goes to standard error: standard output belongs to the one line that says local_ai is ready.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as RichProgress

_LINE_EVERY = 5.0
"""Seconds between two plain lines of one file."""


class Progress(Protocol):
    """Told about the work as it happens. Safe to call from several threads."""

    def note(self, text: str) -> None:
        """Say one line."""
        ...

    def file(self, title: str, total: int, done: int = 0) -> AbstractContextManager["Meter"]:
        """Follow one file. total and done: bytes."""
        ...


class Meter(Protocol):
    """Follows one file."""

    def advance(self, count: int) -> None:
        """`count` more bytes are there."""
        ...


class Silent:
    """Says nothing: for code that has its own way of telling."""

    def note(self, text: str) -> None:
        """Say nothing."""

    @contextmanager
    def file(self, title: str, total: int, done: int = 0) -> Iterator[Meter]:
        """Follow nothing."""
        yield self

    def advance(self, count: int) -> None:
        """Count nothing."""


class Plain:
    """Lines for a log."""

    def note(self, text: str) -> None:
        """Write one line to standard error."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    @contextmanager
    def file(self, title: str, total: int, done: int = 0) -> Iterator[Meter]:
        """Write a line at the start and then at most every five seconds."""
        yield _PlainMeter(self, title, total, done)


class _PlainMeter:
    def __init__(self, out: Plain, title: str, total: int, done: int) -> None:
        self._out, self._title, self._total, self._done = out, title, total, done
        self._said = time.monotonic()
        self._say()

    def advance(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._said >= _LINE_EVERY:
            self._said = now
            self._say()

    def _say(self) -> None:
        share = round(100 * self._done / max(self._total, 1))
        self._out.note(f"{self._title}: {self._done / 1e6:,.0f} of {self._total / 1e6:,.0f} MB ({share} %)")


class Bars:
    """Bars for a terminal."""

    def __init__(self, rich: RichProgress) -> None:
        self._rich = rich

    def note(self, text: str) -> None:
        """Print one line above the bars."""
        self._rich.console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def file(self, title: str, total: int, done: int = 0) -> Iterator[Meter]:
        """Show a bar until the block ends."""
        task = self._rich.add_task(title, total=total, completed=done)
        try:
            yield _BarMeter(self._rich, task)
        finally:
            self._rich.remove_task(task)


class _BarMeter:
    def __init__(self, rich: RichProgress, task: int) -> None:
        self._rich, self._task = rich, task

    def advance(self, count: int) -> None:
        from rich.progress import TaskID

        self._rich.advance(TaskID(self._task), count)


@contextmanager
def open_progress() -> Iterator[Progress]:
    """Bars where standard error is a terminal, lines where it is not."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Plain()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with RichProgress(*columns, console=console, transient=True) as rich:
        yield Bars(rich)
