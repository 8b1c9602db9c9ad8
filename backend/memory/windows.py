"""BM25 over windows of turns: a turn's own words and, at a share of their weight, those of two turns on either side.

Worked out in the order of `sessions.py`, where neighbours are the places beside: for a frequent term by shifting a
whole array, for the others by the places their postings reach. How rare a term is, is told by the turns that hold it
themselves.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from backend.memory.postings import Postings
from backend.memory.turn_table import TurnTable

Scores: TypeAlias = NDArray[np.float32]

ASKS = 20
"""From this share of its letters (in hundredths) a turn counts as a question that the next turn answers."""

_FREQUENT = 32  # a term that one turn in so many holds
_LAID_OUT = 4_000_000  # entries of 4 bytes, at most, for all rarer terms together


@dataclass(frozen=True, slots=True)
class Bm25:
    """BM25's k1 and b. beside, beyond: the share of the words of the next turns, and of those after the next."""

    k1: float = 1.2
    b: float = 0.75
    beside: float = 0.5
    beyond: float = 0.2


class Windows:
    """Window scores of one owner's turns. Tell it when turns have `changed`."""

    def __init__(self, table: TurnTable, postings: Postings, form: Bm25 = Bm25()) -> None:
        self._table = table
        self._postings = postings
        self._form = form
        self._damping: Scores | None = None  # by place

    @property
    def nbytes(self) -> int:
        """The memory taken, in bytes."""
        return 0 if self._damping is None else self._damping.nbytes

    def changed(self) -> None:
        """Forget what was worked out from the turns' lengths."""
        self._damping = None

    def scores(self, keys: NDArray[np.uint64], most: int) -> tuple[Scores, Scores]:
        """Return BM25 by turn number (shape [count], float32): of each turn's window for the terms `keys`, of which
        the `most` rarest count; and, for a turn that follows a question, of that question alone.
        """
        table, width, form = self._table, self._table.sessions.width, self._form
        mean = int(table.length[: table.count].sum()) / table.sought or 1.0
        summed, asked = np.zeros(width, np.float32), np.zeros(width)
        rarer: list[tuple[NDArray[np.int32], NDArray[np.uint16], float]] = []
        for turns, times in self._postings.rarest(keys, most):
            if table.sought < table.count:
                held = table.findable.take(turns)
                turns, times = turns[held], times[held]
            if not len(turns):
                continue
            rarity = math.log1p((table.sought - len(turns) + 0.5) / (len(turns) + 0.5)) * (form.k1 + 1)
            places = table.place.take(turns)
            if len(turns) * _FREQUENT > table.count:
                summed += self._by_shifting(places, times, rarity)
            else:
                rarer.append((places, times, rarity))
            asks = np.flatnonzero(table.asking.take(turns) > ASKS)
            if len(asks):
                own, lengths = times[asks].astype(np.float64), table.length.take(turns[asks])
                own *= rarity / (own + form.k1 * (1 - form.b + form.b * lengths / mean))
                asked[places[asks] + 1] += own
        if rarer:
            summed += self._by_reach(rarer)
        at = table.place[: table.count]
        return summed.take(at), asked.astype(np.float32).take(at)

    def _by_shifting(self, places: NDArray[np.int32], times: NDArray[np.uint16], rarity: float) -> Scores:
        """One term's gains by place, for one that many turns hold."""
        window, form, damping = np.zeros(self._table.sessions.width, np.float32), self._form, self._damped()
        window[places] = times
        beside, beyond = np.float32(form.beside) * window, np.float32(form.beyond) * window
        window[1:] += beside[:-1]
        window[:-1] += beside[1:]
        window[2:] += beyond[:-2]
        window[:-2] += beyond[2:]
        gains: Scores = np.divide(window, window + damping, out=window)
        gains *= np.float32(rarity)
        return gains

    def _by_reach(self, rarer: list[tuple[NDArray[np.int32], NDArray[np.uint16], float]]) -> Scores:
        """The gains of other terms together, by place; they are given by places, times and rarity.

        Each posting reaches five places; those that several of a term's postings reach are summed where the last of
        them stands.
        """
        width, form = self._table.sessions.width, self._form
        shares = np.array([form.beyond, form.beside, 1, form.beside, form.beyond])
        total = np.zeros(width)
        at_once = max(1, _LAID_OUT // width)
        for first in range(0, len(rarer), at_once):
            some = rarer[first : first + at_once]
            sizes = [5 * len(places) for places, _, _ in some]
            reached = (np.concatenate([places for places, _, _ in some])[:, None] + np.arange(-2, 3)).ravel()
            cells = reached + np.repeat(np.arange(len(some)) * width, sizes)
            standing = np.empty(len(some) * width, np.int32)
            standing[cells] = np.arange(len(cells))
            lent = (np.concatenate([times for _, times, _ in some])[:, None] * shares).ravel()
            window = np.bincount(standing[cells], lent, len(cells))
            window *= np.repeat([rarity for _, _, rarity in some], sizes) / (window + self._damped()[reached])
            total += np.bincount(reached, window, width)
        return total.astype(np.float32)

    def _damped(self) -> Scores:
        """BM25's damping by place: k1, grown with the window's length. Silenced turns are of length 0."""
        if self._damping is None:
            table, form, width = self._table, self._form, self._table.sessions.width
            length = table.length.take(table.sessions.at[:width], mode="wrap").astype(np.float32)
            window = length.copy()
            window[1:] += form.beside * length[:-1]
            window[:-1] += form.beside * length[1:]
            window[2:] += form.beyond * length[:-2]
            window[:-2] += form.beyond * length[2:]
            mine = table.place[: table.count][table.findable[: table.count]]
            mean = float(window[mine].mean(dtype=np.float64)) or 1.0
            self._damping = np.float32(form.k1) * (1 - form.b + np.float32(form.b / mean) * window)
        return self._damping
