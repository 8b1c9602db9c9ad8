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
        self._asking: tuple[NDArray[np.int64], Scores] | None = None

    @property
    def nbytes(self) -> int:
        """The memory taken, in bytes."""
        known = (self._damping, *(self._asking or ()))
        return sum(each.nbytes for each in known if each is not None)

    def changed(self) -> None:
        """Forget what was worked out from the turns' lengths."""
        self._damping = self._asking = None

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
        rarer: list[Held] = []
        frequent: list[Held] = []
        for turns, times in holders:
            rarity = math.log1p((table.sought - len(turns) + 0.5) / (len(turns) + 0.5)) * (form.k1 + 1)
            group = frequent if len(turns) * _FREQUENT > table.count else rarer
            group.append((table.place.take(turns), times, rarity))
        summed, asked = self._by_shifting(frequent)
        if rarer:
            summed += self._by_reach(rarer)
            asked += self._asked(rarer)
        at = table.place[: table.count]
        return summed.take(at), asked.take(at)

    def _by_shifting(self, frequent: list[Held]) -> tuple[Scores, Scores]:
        """The gains by place of terms that many turns hold, a row each: of windows, and from a question before."""
        width, form, damping = self._table.sessions.width, self._form, self._damped()
        asks, asks_damping = self._questions()
        total, asked = np.zeros(width, np.float32), np.zeros(width, np.float32)
        at_once = max(1, _LAID_OUT // width)
        for first in range(0, len(frequent), at_once):
            some = frequent[first : first + at_once]
            rarities = np.array([rarity for _, _, rarity in some], np.float32)
            window = np.zeros((len(some), width), np.float32)
            for row, (places, times, _) in zip(window, some, strict=True):
                row[places] = times
            own = window.take(asks, axis=1)
            np.divide(own, own + asks_damping, out=own)
            asked[asks + 1] += rarities @ own
            beside, beyond = np.float32(form.beside) * window, np.float32(form.beyond) * window
            window[:, 1:] += beside[:, :-1]
            window[:, :-1] += beside[:, 1:]
            window[:, 2:] += beyond[:, :-2]
            window[:, :-2] += beyond[:, 2:]
            np.divide(window, window + damping, out=window)
            total += rarities @ window
        return total, asked

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

    def _asked(self, rarer: list[Held]) -> Scores:
        """By place, what the question before it gains from other terms."""
        width = self._table.sessions.width
        places = np.concatenate([places for places, _, _ in rarer])
        asks, asks_damping = self._questions()
        which = np.searchsorted(asks, places)
        hold = np.flatnonzero(asks.take(which, mode="clip") == places) if len(asks) else which[:0]
        own = np.concatenate([times for _, times, _ in rarer])[hold].astype(np.float32)
        own /= own + asks_damping[which[hold]]
        own *= np.repeat([rarity for _, _, rarity in rarer], [len(places) for places, _, _ in rarer])[hold]
        return np.bincount(places[hold] + 1, own, width).astype(np.float32)

    def _questions(self) -> tuple[NDArray[np.int64], Scores]:
        """The places of the turns that ask, ascending, and BM25's damping of each by its own length."""
        if self._asking is None:
            table, form, count = self._table, self._form, self._table.count
            places = np.sort(table.place[:count][table.findable[:count] & (table.asking[:count] > ASKS)]).astype(
                np.int64
            )
            mean = float(table.length[:count].sum()) / table.sought or 1.0
            length = table.length.take(table.sessions.at[places]).astype(np.float32)
            self._asking = places, np.float32(form.k1) * (1 - form.b + np.float32(form.b / mean) * length)
        return self._asking

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
