"""Which turns hold a term, and how often: an inverted index in a few arrays, without an object a term.

A term stands in it as a 64-bit digest, so no vocabulary grows beside it. Most of it is frozen: terms in order, each
with a run of turn numbers. What came since is a tail, read in one pass by each query and merged when it is long.
"""

from array import array
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Holders: TypeAlias = tuple[NDArray[np.int32], NDArray[np.uint16]]
"""Of one term: the numbers of the turns that hold it, ascending, and how often each does."""

_SHORT_TAIL = 1_024
_LONG_TAIL = 4_096  # entries; merging them into 600,000 takes about 4 ms
_OFTEN = 65_535


@lru_cache(maxsize=20_000)
def _digest(term: str) -> int:
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def digests(terms: Iterable[str]) -> NDArray[np.uint64]:
    """Return what the terms are known by here."""
    return np.array([_digest(term) for term in terms], np.uint64)


class Postings:
    """Terms and the turns that hold them. Entries of turns that are gone stay until `take`."""

    def __init__(self) -> None:
        self._keys = np.empty(0, np.uint64)  # ascending
        self._starts = np.zeros(1, np.int32)  # of each key's run; one more than keys
        self._turns = np.empty(0, np.int32)  # ascending in each run
        self._times = np.empty(0, np.uint16)
        self._new_keys = array("Q")
        self._new_turns = array("i")
        self._new_times = array("H")

    @property
    def nbytes(self) -> int:
        """The memory taken, in bytes."""
        frozen = self._keys.nbytes + self._starts.nbytes + self._turns.nbytes + self._times.nbytes
        return frozen + len(self._new_keys) * 15 + 800

    def add(self, number: int, counts: Mapping[str, int]) -> None:
        """Note how often each term occurs in a turn. `number`: higher than all before."""
        self._new_keys.extend(map(_digest, counts))
        self._new_turns.extend([number] * len(counts))
        self._new_times.extend([min(count, _OFTEN) for count in counts.values()])
        if len(self._new_keys) > min(max(_SHORT_TAIL, len(self._turns) // 8), _LONG_TAIL):
            self._merge()

    def rarest(self, keys: NDArray[np.uint64], most: int) -> list[Holders]:
        """Return the holders of those keys that occur here, the rarest key first, at most `most` keys."""
        if not len(keys):
            return []
        begins, ends = self._runs(keys)
        often = ends - begins
        if len(self._new_keys):
            tail = np.frombuffer(self._new_keys, np.uint64)
            order = np.argsort(keys)
            which = order[np.minimum(np.searchsorted(keys, tail, sorter=order), len(keys) - 1)]
            at = np.flatnonzero(keys[which] == tail)
            at = at[np.argsort(which[at], kind="stable")]
            new = np.bincount(which[at], minlength=len(keys))
            new_ends = np.cumsum(new)
            often += new
        found = []
        for key in [key for key in np.argsort(often, kind="stable").tolist() if often[key]][:most]:
            turns, times = self._turns[begins[key] : ends[key]], self._times[begins[key] : ends[key]]
            if len(self._new_keys) and new[key]:
                mine = at[new_ends[key] - new[key] : new_ends[key]]
                turns = np.concatenate((turns, np.frombuffer(self._new_turns, np.int32)[mine]))
                times = np.concatenate((times, np.frombuffer(self._new_times, np.uint16)[mine]))
            found.append((turns, times))
        return found

    def take(self, fresh: NDArray[np.int32]) -> None:
        """Give turns new numbers: `fresh` by old number, -1 for turns that are gone. The order must stay."""
        self._merge()
        turns = fresh[self._turns]
        kept = turns >= 0
        which = np.repeat(np.arange(len(self._keys)), np.diff(self._starts))[kept]
        sizes = np.bincount(which, minlength=len(self._keys))
        self._keys = self._keys[sizes > 0]
        self._starts = _starts(sizes[sizes > 0])
        self._turns, self._times = turns[kept], self._times[kept]

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays by name, for `load`."""
        self._merge()
        return {"terms": self._keys, "starts": self._starts, "holders": self._turns, "often": self._times}

    @classmethod
    def load(cls, arrays: Mapping[str, NDArray[Any]]) -> "Postings":
        """Build postings of what `dump` gave."""
        made = cls()
        made._keys, made._starts = arrays["terms"], arrays["starts"]
        made._turns, made._times = arrays["holders"], arrays["often"]
        return made

    def _runs(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where each key's run begins and ends; an unknown key's is empty."""
        if not len(self._keys):
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        known = self._keys[at] == keys
        return self._starts[at].astype(np.int64), np.where(known, self._starts[at + 1], self._starts[at])

    def _merge(self) -> None:
        """Put the tail where it belongs; its turns are higher than all before, so runs stay in order."""
        if not len(self._new_keys):
            return
        new = np.frombuffer(self._new_keys, np.uint64)
        order = np.argsort(new, kind="stable")
        new = new[order]
        old = np.repeat(self._keys, np.diff(self._starts))
        places = np.searchsorted(old, new, side="right")
        keys = np.insert(old, places, new)
        self._turns = np.insert(self._turns, places, np.frombuffer(self._new_turns, np.int32)[order])
        self._times = np.insert(self._times, places, np.frombuffer(self._new_times, np.uint16)[order])
        first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        self._keys = keys[first]
        self._starts = np.append(first, len(keys)).astype(np.int32)
        self._new_keys, self._new_turns, self._new_times = array("Q"), array("i"), array("H")


def _starts(sizes: NDArray[np.intp]) -> NDArray[np.int32]:
    return np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
