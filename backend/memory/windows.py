"""BM25 over windows of turns: a turn's own words and, at a share of their weight, those of two turns on either side.

Worked out in the order of `sessions.py`, where neighbours are the places beside: for frequent terms by shifting whole
arrays, for the others by the places their postings reach. How rare a term is, is told by the turns that hold it
themselves.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from backend.memory.postings import Holders, Postings
from backend.memory.turn_table import TurnTable

Scores: TypeAlias = NDArray[np.float32]

Held: TypeAlias = tuple[NDArray[np.int32], NDArray[np.uint16], float]
"""A term: the places of the turns that hold it, how often each does, and how rare it is."""

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
        table, form = self._table, self._form
        holders = self._postings.rarest(keys, most)
        if table.sought < table.count:
            holders = [_findable(table, turns, times) for turns, times in holders]
        holders = [(turns, times) for turns, times in holders if len(turns)]
        if not holders:
            return np.zeros(table.count, np.float32), np.zeros(table.count, np.float32)
        turns = np.concatenate([turns for turns, _ in holders])
        times = np.concatenate([times for _, times in holders])
        places = table.place.take(turns)
        sizes = [len(turns) for turns, _ in holders]
        rarities = [math.log1p((table.sought - size + 0.5) / (size + 0.5)) * (form.k1 + 1) for size in sizes]
        rarer: list[Held] = []
        frequent: list[Held] = []
        end = 0
        for size, rarity in zip(sizes, rarities, strict=True):
            begin, end = end, end + size
            group = frequent if size * _FREQUENT > table.count else rarer
            group.append((places[begin:end], times[begin:end], rarity))
        summed = self._by_shifting(frequent)
        if rarer:
            summed += self._by_reach(rarer)
        asked = self._asked(turns, times, places, np.repeat(rarities, sizes))
        at = table.place[: table.count]
        return summed.take(at), asked.take(at)

    def _asked(
        self,
        turns: NDArray[np.int32],
        times: NDArray[np.uint16],
        places: NDArray[np.int32],
        rarities: NDArray[np.float64],
    ) -> Scores:
        """By place, what the question before it gains from all terms; the arguments are by posting."""
        table, width, form = self._table, self._table.sessions.width, self._form
        asks = np.flatnonzero(table.asking.take(turns) > ASKS)
        mean = int(table.length[: table.count].sum()) / table.sought or 1.0
        own, lengths = times[asks].astype(np.float64), table.length.take(turns[asks])
        own *= rarities[asks] / (own + form.k1 * (1 - form.b + form.b * lengths / mean))
        return np.bincount(places[asks] + 1, own, width).astype(np.float32)

    def _by_shifting(self, frequent: list[Held]) -> Scores:
        """The gains by place of terms that many turns hold, all at once: a row each."""
        width, form, damping = self._table.sessions.width, self._form, self._damped()
        total = np.zeros(width, np.float32)
        at_once = max(1, _LAID_OUT // width)
        for first in range(0, len(frequent), at_once):
            some = frequent[first : first + at_once]
            window = np.zeros((len(some), width), np.float32)
            for row, (places, times, _) in zip(window, some, strict=True):
                row[places] = times
            beside, beyond = np.float32(form.beside) * window, np.float32(form.beyond) * window
            window[:, 1:] += beside[:, :-1]
            window[:, :-1] += beside[:, 1:]
            window[:, 2:] += beyond[:, :-2]
            window[:, :-2] += beyond[:, 2:]
            np.divide(window, window + damping, out=window)
            total += np.array([rarity for _, _, rarity in some], np.float32) @ window
        return total

    def _by_reach(self, rarer: list[Held]) -> Scores:
        """The gains by place of other terms together.

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


def _findable(table: TurnTable, turns: NDArray[np.int32], times: NDArray[np.uint16]) -> Holders:
    held = table.findable.take(turns)
    return turns[held], times[held]
