"""One owner's vectors: an int8 matrix by turn number, searched whole.

A turn's vector is the model's unit vector times 127, rounded. Its window is its own vector and half of those of the
turns beside it; the windows need no second matrix, only their lengths, kept by turn.
"""

from collections.abc import Mapping
from typing import Any

import numkong
import numpy as np
from numpy.typing import NDArray

from backend.memory.turn_table import TurnTable
from backend.memory.windows import Scores

DIMENSIONS = 384
SCALE = 127

_BESIDE = 0.5
_ROWS = 4_096  # worked out at a time


class Vectors:
    """Vectors of the turns of `table`; without any, it takes no memory."""

    def __init__(self, table: TurnTable) -> None:
        self._table = table
        self._rows = np.empty((0, DIMENSIONS), np.int8)
        self._known = np.empty(0, np.bool_)  # by number
        self._length = np.empty(0, np.float32)  # of the turn's window; NaN: to be worked out

    @property
    def nbytes(self) -> int:
        """The memory taken, in bytes."""
        return self._rows.nbytes + self._known.nbytes + self._length.nbytes + 600

    def knows(self, count: int) -> NDArray[np.bool_]:
        """Tell which of the first `count` turns have a vector."""
        if not len(self._rows):
            return np.zeros(count, np.bool_)
        self._cover(count)
        return self._known[:count]

    def get(self, number: int) -> bytes | None:
        """Return a turn's vector."""
        if not 0 <= number < len(self._known) or not self._known[number]:
            return None
        return bytes(self._rows[number].tobytes())

    def put(self, number: int, vector: bytes) -> None:
        """Give a turn its vector. Raises `ValueError` when it is not one."""
        row = np.frombuffer(vector, np.int8)
        if len(row) != DIMENSIONS:
            raise ValueError(f"a vector of {len(row)} bytes")
        self._cover(max(number + 1, self._table.count))
        self._rows[number] = row
        self._known[number] = True
        self.moved(number)

    def drop(self, number: int) -> None:
        """Forget a turn's vector."""
        if number < len(self._known):
            self._rows[number] = 0
            self._known[number] = False
            self.moved(number)

    def moved(self, number: int) -> None:
        """Take note that a turn, or what stands beside it, has changed."""
        if len(self._rows):
            self._cover(self._table.count)
            for steps in (-1, 0, 1):
                beside = self._table.beside(number, steps)
                if beside >= 0:
                    self._length[beside] = np.nan
            self._length[number] = np.nan

    def cosines(self, vector: bytes) -> tuple[Scores, Scores]:
        """Return by turn number (shape [count], float32) the similarity of the turn and of its window; 0 for none."""
        table, count = self._table, self._table.count
        self._cover(count)
        asked = np.frombuffer(vector, np.int8)[None, :]
        own = np.zeros(count + 1, np.float32)  # and 0 for number -1
        own[:count] = np.asarray(numkong.cdist(asked, self._rows[:count], "dot"))[0]
        at = table.sessions.at[: table.sessions.width]
        said = own.take(at, mode="wrap")
        window = said.copy()
        window[1:] += _BESIDE * said[:-1]
        window[:-1] += _BESIDE * said[1:]
        own *= np.float32(1 / SCALE**2)
        mixed = window.take(table.place[:count])
        mixed /= self._lengths() * SCALE
        return own[:count], mixed

    def compact(self, fresh: NDArray[np.int32]) -> None:
        """Give turns new numbers: `fresh` by old number, -1 for those that are gone."""
        if len(self._rows):
            self._cover(len(fresh))
            keep = np.flatnonzero(fresh >= 0)
            self._rows, self._known, self._length = self._rows[keep], self._known[keep], self._length[keep]

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays by name, for `load`."""
        rows = self._table.count if len(self._rows) else 0
        return {"vectors": self._rows[:rows], "known": self._known[:rows]}

    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take what `dump` gave."""
        self._rows, self._known = arrays["vectors"], arrays["known"]
        self._length = np.full(len(self._rows), np.nan, np.float32)

    def _cover(self, count: int) -> None:
        """Have a row for each of `count` turns."""
        if count > len(self._rows):
            size, kept = count + count // 8 + 16, len(self._rows)
            rows, known, length = np.zeros((size, DIMENSIONS), np.int8), np.zeros(size, np.bool_), np.zeros(size)
            rows[:kept], known[:kept], length[:kept] = self._rows, self._known, self._length
            length[kept:] = np.nan
            self._rows, self._known, self._length = rows, known, length.astype(np.float32)

    def _lengths(self) -> Scores:
        """The length of each turn's window, never 0."""
        table, count = self._table, self._table.count
        for_all = self._length[:count]
        unknown = np.flatnonzero(np.isnan(for_all))
        for first in range(0, len(unknown), _ROWS):
            some = unknown[first : first + _ROWS]
            window = self._rows[some].astype(np.float32)
            for steps in (-1, 1):
                beside = table.sessions.at[table.place[some] + steps]
                window[beside >= 0] += np.float32(_BESIDE) * self._rows[beside[beside >= 0]]
            for_all[some] = np.sqrt(np.einsum("ij,ij->i", window, window)) + np.float32(1e-9)
        return for_all
