"""One owner's search index, in process: BM25 over windows of turns, mixed with a few cheap priors. Exact, no model.

A turn alone is too short to be found, so each is scored by a window: its own words and, at `NEIGHBOUR` of their weight,
those of the turns before and after it in its session. Scores are brought to [0, 1] by the best one (min-max, the
minimum being "no common word"), weighed by what a match in the turn is worth (statements over questions, the user's
words over an assistant's) and mixed with small priors: other hits in the same session, longer over shorter, later over
earlier. Rank fusion would throw away how far apart the scores are.

Postings are arrays of turn numbers, one entry per occurrence. Windows are formed at search time through two arrays of
neighbours, so adding a turn costs its words only, and a turn that arrives late still finds its place.
"""

import re
from array import array
from bisect import bisect_left, insort
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.core.context import Turn
from backend.memory.text import is_question, sentences, terms

K1 = 1.2
B = 0.75
NEIGHBOUR = 0.5

QUESTION_WORTH = 0.5
"""A question matches the next question best, and answers nothing."""

ASSISTANT_WORTH = 0.8
"""What the user said is the source; what an assistant said is mostly drawn from it."""

SESSION_PRIOR = 0.15
LENGTH_PRIOR = 0.05
RECENCY_PRIOR = 0.03
_TOTAL = 1 + SESSION_PRIOR + LENGTH_PRIOR + RECENCY_PRIOR
_RICH = 20  # index terms; a turn with more is not richer for it

FLOOR = 0.25
"""A turn whose window scores below this share of the best one is not recalled, whatever its priors say."""

_QUERY_LENGTH = 4_000  # characters
_QUERY_TERMS = 48

_NEITHER = re.compile(r"[\W_]+")

_N = TypeVar("_N", bound=np.generic)

_BYTES_A_TURN = 700
_BYTES_A_TERM = 150


@dataclass(slots=True)
class _Session:
    """A session's turns in the order they were said: (said_at, seq, number)."""

    number: int
    order: list[tuple[datetime, int, int]]


class TurnIndex:
    """Search over one owner's turns. Not thread-safe: one thread at a time."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._turns: list[Turn] = []
        self._sessions: dict[str, _Session] = {}
        self._postings: dict[str, array[int]] = {}
        self._alive = 0
        self._capacity = 0
        self._content_bytes = 0
        self._before = np.empty(0, np.int32)  # number of the turn said before, -1 for none
        self._after = np.empty(0, np.int32)
        self._session = np.empty(0, np.int32)
        self._length = np.empty(0, np.int32)  # in index terms
        self._worth = np.empty(0, np.float64)
        self._live = np.empty(0, np.bool_)  # False once replaced
        self._grow(64)

    def __len__(self) -> int:
        return self._alive

    def __contains__(self, turn_id: str) -> bool:
        return turn_id in self._numbers

    @property
    def nbytes(self) -> int:
        """An estimate of the memory this index and its turns take, in bytes."""
        fixed = self._capacity * 40 + len(self._turns) * _BYTES_A_TURN
        return fixed + self._content_bytes + len(self._postings) * _BYTES_A_TERM

    def session(self, session_id: str, last: int) -> list[Turn]:
        """Return the last `last` turns of a session, in the order they were said."""
        found = self._sessions.get(session_id)
        return [self._turns[number] for _, _, number in found.order[-last:]] if found else []

    def add(self, turn: Turn) -> None:
        """Add a turn, or replace the one with its id."""
        if turn.id in self._numbers:
            self._remove(self._numbers[turn.id])
        number = len(self._turns)
        if number >= self._capacity:
            self._grow(number * 2)
        words = terms(turn.content)
        self._turns.append(turn)
        self._numbers[turn.id] = number
        for word in words:
            posting = self._postings.get(word)
            if posting is None:
                posting = self._postings[word] = array("i")
            posting.append(number)
        session = self._sessions.setdefault(turn.session_id, _Session(len(self._sessions), []))
        self._place(session, (turn.said_at, turn.seq, number))
        self._live[number] = True
        self._length[number] = len(words)
        self._session[number] = session.number
        self._worth[number] = _worth(turn)
        self._alive += 1
        self._content_bytes += 2 * len(turn.content) + 8 * len(words)
        if len(self._turns) > 256 and self._alive * 2 < len(self._turns):
            self._compact()

    def search(
        self, query: str, *, limit: int = 6, exclude: Collection[str] = (), session_id: str = ""
    ) -> list[tuple[Turn, float]]:
        """Return the turns that answer `query` best, with scores in [0, 1], best first.

        exclude: ids of turns that are not wanted (they still lend their words to their neighbours). A turn that says
        the same as the query is never returned: a question is no answer to itself. session_id: its turns win a tie.
        """
        words = self._telling(query)
        count = len(self._turns)
        if not words or not self._alive:
            return []
        scores = self._windows(words, count)
        wanted = scores > 0
        for turn_id in exclude:
            if (number := self._numbers.get(turn_id)) is not None:
                wanted[number] = False
        asked = _same(query[:_QUERY_LENGTH])
        mixed: NDArray[np.float64] = self._mix(scores, wanted, count, session_id)
        found: list[tuple[Turn, float]] = []
        floor = FLOOR * float(scores.max(initial=0.0, where=wanted))
        candidates = np.flatnonzero(wanted & (scores >= floor))
        for at in np.argsort(-mixed[candidates], kind="stable"):
            turn = self._turns[candidates[at]]
            if len(turn.content) < 2 * len(query) + 20 and _same(turn.content[:_QUERY_LENGTH]) == asked:
                continue
            found.append((turn, float(mixed[candidates[at]])))
            if len(found) == limit:
                break
        return found

    def _telling(self, query: str) -> list[str]:
        """Return the query's terms that occur here, at most `_QUERY_TERMS`, the rarest: it may be a pasted page."""
        known = [word for word in dict.fromkeys(terms(query[:_QUERY_LENGTH])) if word in self._postings]
        return sorted(known, key=lambda word: len(self._postings[word]))[:_QUERY_TERMS]

    def _windows(self, words: Collection[str], count: int) -> NDArray[np.float64]:
        """BM25 of each turn's window. Neighbours of the first and last turn point at slot -1, which is always 0."""
        before, after, live = self._before[:count], self._after[:count], self._live[:count]
        length = np.zeros(count + 1)
        length[:count] = self._length[:count] * live
        spread = length[:count] + NEIGHBOUR * (length[before] + length[after])
        mean = float(spread.sum()) / self._alive or 1.0
        damping = K1 * (1 - B + B * spread / mean)
        scores: NDArray[np.float64] = np.zeros(count)
        for word in words:
            posting = self._postings[word]
            own = np.bincount(np.frombuffer(posting, np.int32), minlength=count + 1).astype(np.float64)
            own[:count] *= live
            often = own[:count] + NEIGHBOUR * (own[before] + own[after])
            often *= live
            holding = int(np.count_nonzero(often))
            rarity = np.log1p((self._alive - holding + 0.5) / (holding + 0.5))
            scores += rarity * often * (K1 + 1) / (often + damping)
        return scores

    def _mix(
        self, scores: NDArray[np.float64], wanted: NDArray[np.bool_], count: int, session_id: str
    ) -> NDArray[np.float64]:
        best = float(scores.max(initial=0.0, where=wanted)) or 1.0
        level = np.where(wanted, np.minimum(scores / best, 1.0), 0.0)
        sessions = self._session[:count]
        in_session = np.zeros(len(self._sessions))
        np.maximum.at(in_session, sessions, level)
        here = self._sessions.get(session_id)
        mixed = level * self._worth[:count] + SESSION_PRIOR * in_session[sessions]
        mixed += LENGTH_PRIOR * np.minimum(self._length[:count] / _RICH, 1.0)
        mixed += RECENCY_PRIOR * np.arange(1, count + 1) / count
        if here is not None:
            mixed += np.where(sessions == here.number, 1e-6, 0.0)
        result: NDArray[np.float64] = np.minimum(mixed / _TOTAL, 1.0)
        return result

    def _place(self, session: _Session, key: tuple[datetime, int, int]) -> None:
        """Put a turn where it was said, and tie it to its neighbours."""
        insort(session.order, key)
        at = bisect_left(session.order, key)
        before = session.order[at - 1][2] if at else -1
        after = session.order[at + 1][2] if at + 1 < len(session.order) else -1
        self._tie(before, key[2])
        self._tie(key[2], after)

    def _remove(self, number: int) -> None:
        turn = self._turns[number]
        session = self._sessions[turn.session_id]
        session.order.remove((turn.said_at, turn.seq, number))
        self._tie(int(self._before[number]), int(self._after[number]))
        self._before[number] = self._after[number] = -1
        self._live[number] = False
        self._alive -= 1
        del self._numbers[turn.id]

    def _tie(self, first: int, second: int) -> None:
        if first >= 0:
            self._after[first] = second
        if second >= 0:
            self._before[second] = first

    def _grow(self, capacity: int) -> None:
        self._before = _grown(self._before, capacity, -1)
        self._after = _grown(self._after, capacity, -1)
        self._session = _grown(self._session, capacity, 0)
        self._length = _grown(self._length, capacity, 0)
        self._worth = _grown(self._worth, capacity, 0)
        self._live = _grown(self._live, capacity, 0)
        self._capacity = capacity

    def _compact(self) -> None:
        """Build anew without the replaced turns, which would otherwise pile up in the postings."""
        fresh = TurnIndex()
        for number in np.flatnonzero(self._live[: len(self._turns)]):
            fresh.add(self._turns[number])
        self.__dict__.update(fresh.__dict__)


def _grown(old: NDArray[_N], capacity: int, fill: int) -> NDArray[_N]:
    """Return a longer copy of `old`, its new places holding `fill`."""
    fresh = np.full(capacity, fill, old.dtype)
    fresh[: len(old)] = old
    return fresh


def _worth(turn: Turn) -> float:
    """How much a match in this turn counts, before it is known what is asked."""
    pieces = sentences(turn.content)
    asked = sum(len(piece) for piece in pieces if is_question(piece)) / (sum(map(len, pieces)) or 1)
    return (1 - (1 - QUESTION_WORTH) * asked) * (1.0 if turn.role == "user" else ASSISTANT_WORTH)


def _same(text: str) -> str:
    """What is left of a text when only its letters and digits count."""
    return _NEITHER.sub("", text.casefold())
