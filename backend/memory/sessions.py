"""Each session's turns in the order they were said: runs of turn numbers in one array, with empty places between them.

A turn's neighbours are the places beside its own, so the windows of all turns are formed by shifting whole arrays, and
the gap keeps them from reaching into another session. The last run grows in place; another that grows moves to the end
with room to spare, as growing arrays do.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

GAP = 2
"""Empty places before the first run and after each: no window reaches further."""


class Names:
    """Strings that repeat, numbered in order of appearance."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = list(names)
        self._characters = sum(map(len, self.names))
        self._numbers = {name: number for number, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    @property
    def nbytes(self) -> int:
        """An estimate, in bytes."""
        return self._characters + 160 * len(self.names) + 300

    def number(self, name: str) -> int:
        """Return the name's number; a new name gets the next."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
            self._characters += len(name)
        return number

    def find(self, name: str) -> int:
        """Return the name's number, -1 when it has none."""
        return self._numbers.get(name, -1)


class Sessions:
    """at: by place, the number of the turn there, -1 for none. width: places in use, the last gap included."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = Names(names)
        self.width = GAP
        self.at = np.full(32, -1, np.int32)
        self._begins = array("i", [0]) * len(self.names)
        self._sizes = array("i", [0]) * len(self.names)
        self._rooms = array("i", [0]) * len(self.names)

    @property
    def nbytes(self) -> int:
        """The memory taken, in bytes."""
        return self.at.nbytes + 13 * len(self._sizes) + self.names.nbytes + 300

    def number(self, session_id: str) -> int:
        """Return a session's number; a new session gets the next, and no turns."""
        number = self.names.number(session_id)
        if number == len(self._sizes):
            for each in (self._begins, self._sizes, self._rooms):
                each.append(0)
        return number

    def run(self, session: int) -> NDArray[np.int32]:
        """Return the numbers of a session's turns, in the order they were said. A view."""
        begin = self._begins[session]
        return self.at[begin : begin + self._sizes[session]]

    def insert(self, session: int, offset: int, number: int) -> slice:
        """Put a turn at this place of its session; return the places whose turns are not where they were."""
        size = self._sizes[session]
        moved = offset
        if size == self._rooms[session]:
            self._make_room(session)
            moved = 0 if self._rooms[session] > size + 1 else offset
        begin = self._begins[session]
        self.at[begin + offset + 1 : begin + size + 1] = self.at[begin + offset : begin + size].copy()
        self.at[begin + offset] = number
        self._sizes[session] = size + 1
        return slice(begin + moved, begin + size + 1)

    def remove(self, session: int, place: int) -> slice:
        """Take the turn at this place (of the array) away; return the places whose turns are not where they were."""
        end = self._begins[session] + self._sizes[session]
        self.at[place : end - 1] = self.at[place + 1 : end].copy()
        self.at[end - 1] = -1
        self._sizes[session] -= 1
        return slice(place, end - 1)

    def wasteful(self, turns: int) -> bool:
        """Tell whether moved runs have left so many holes that `pack` is due."""
        return self.width > 4 * turns + 1_000

    def pack(self, fresh: NDArray[np.int32]) -> None:
        """Close the holes, and give turns new numbers: `fresh` by old number. All turns change place."""
        order = sorted(range(len(self._sizes)), key=self._begins.__getitem__)
        runs = [(session, fresh[self.run(session)]) for session in order if self._sizes[session]]
        self.width = GAP
        self.at = np.full(sum(len(run) + GAP for _, run in runs) * 9 // 8 + 32, -1, np.int32)
        for session, run in runs:
            self._begins[session], self._rooms[session] = self.width, len(run)
            self.at[self.width : self.width + len(run)] = run
            self.width += len(run) + GAP
        for session, size in enumerate(self._sizes):
            if not size:
                self._begins[session] = self._rooms[session] = 0

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return everything but the names as arrays by name, for `load`."""
        runs = np.array([self._begins, self._sizes, self._rooms], np.int32)
        return {"at": self.at[: self.width], "runs": runs}

    @classmethod
    def load(cls, names: Sequence[str], arrays: Mapping[str, NDArray[Any]]) -> "Sessions":
        """Build sessions of what `dump` gave."""
        made = cls(names)
        made.at, made.width = arrays["at"], len(arrays["at"])
        made._begins, made._sizes, made._rooms = (array("i", each.tobytes()) for each in arrays["runs"])
        return made

    def _make_room(self, session: int) -> None:
        begin, size = self._begins[session], self._sizes[session]
        last = size > 0 and begin + size + GAP == self.width
        room = size + 1 if last or not size else size + size // 2 + 4
        goal = begin if last else self.width
        if goal + room + GAP > len(self.at):
            longer = np.full((goal + room + GAP) * 9 // 8 + 32, -1, np.int32)
            longer[: self.width] = self.at[: self.width]
            self.at = longer
        if goal != begin and size:
            self.at[goal : goal + size] = self.at[begin : begin + size]
            self.at[begin : begin + size] = -1
        self._begins[session], self._rooms[session] = goal, room
        self.width = goal + room + GAP
