"""One owner's search index, in process: BM25 over windows of turns, mixed with vectors and a few cheap priors. Exact.

A turn alone is too short to be found, so each is scored by a window: its own words and, at a share of their weight,
those of the turns before and after it in its session. The scores of words and of vectors are brought to [0, 1] by the
best one (min-max) and mixed; rank fusion would throw away how far apart they are. A match in a turn counts by what it
is worth (statements over questions, the user's words over an assistant's), and small priors decide between near ones.
Without vectors, words alone are the score.

Turns are columns (`turn_table.py`), words are array postings (`postings.py`), vectors one int8 matrix. Windows are
formed at search time from the postings of the query's terms, so adding a turn costs its words only.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numkong
import numpy as np
from numpy.typing import NDArray

from backend.core.context import Channel, Turn
from backend.memory import segment
from backend.memory.postings import Postings, digests
from backend.memory.text import is_question, sentences, terms
from backend.memory.turn_table import CHANNELS, ROLES, TurnTable, microseconds

DIMENSIONS = 384
"""Of a vector: int8, its length 127 (the model's unit vector, times 127, rounded)."""

_QUERY_LENGTH = 4_000  # characters
_QUERY_TERMS = 48
_DENSE = 4_000_000  # entries (of 4 bytes) that one search lays out at a time
_RICH = 20  # index terms; a turn with more is not richer for it

_NEITHER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much. BM25's `k1`, `b`; all others are shares of the best match, which is 1.

    neighbour: of a turn's words in the windows beside it. words, vectors: of either score in the mix.
    question, assistant: what a match in a question, or in an assistant's turn, is worth.
    session: the best match in the same session. speaker, period: the speaker or the time asked for. boost: a fact drawn
    from the turn matches. length, recency: longer over shorter, later over earlier.
    cosine: a turn without a word in common is recalled only from this similarity on. floor: and any turn only from this
    share of the best mixed score on.
    """

    k1: float = 1.2
    b: float = 0.75
    neighbour: float = 0.5
    words: float = 0.6
    vectors: float = 0.4
    question: float = 0.5
    assistant: float = 0.8
    session: float = 0.15
    speaker: float = 0.1
    period: float = 0.2
    boost: float = 0.2
    length: float = 0.05
    recency: float = 0.03
    cosine: float = 0.25
    floor: float = 0.25


WEIGHTS = Weights()


class Span(Protocol):
    """A time that a question speaks of, half-open; UTC."""

    @property
    def begin(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    vector: the text's, 384 bytes. periods, speakers (names as given to `add`): asked for; turns of others are found
    too. All that follows is a demand: agents (ids), roles, channel, since and until (half-open), within_session.
    session_id: the session of the asker; its turns win a tie. exclude: ids of turns that are not wanted (they still
    lend their words to their neighbours). boosts: by turn id, in [0, 1], how well a fact drawn from the turn matches.
    """

    text: str
    vector: bytes | None = None
    periods: Sequence[Span] = ()
    speakers: Collection[str] = ()
    agents: Collection[str] = ()
    roles: Collection[str] = ()
    session_id: str = ""
    within_session: bool = False
    channel: Channel | None = None
    since: datetime | None = None
    until: datetime | None = None
    exclude: Collection[str] = ()
    limit: int = 10
    boosts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn that was found. `score` is in [0, 1]; only its order means anything."""

    turn: Turn
    score: float


class TurnIndex:
    """Search over one owner's turns. Not thread-safe: one thread at a time."""

    def __init__(self) -> None:
        self._table = TurnTable()
        self._postings = Postings()
        self._vectors = np.empty(
            (0, DIMENSIONS), np.int8
        )  # as many rows as the last turn with a vector needs, and room
        self._has_vector = np.empty(0, np.bool_)
        self._lengths: tuple[int, int] | None = None  # of all turns, and of the neighbours in all their windows

    def __len__(self) -> int:
        return self._table.alive

    def __contains__(self, turn_id: str) -> bool:
        return self._table.find(turn_id) >= 0

    @property
    def nbytes(self) -> int:
        """The memory this index takes, in bytes."""
        return self._table.nbytes + self._postings.nbytes + self._vectors.nbytes + self._has_vector.nbytes + 1_000

    def add(self, turn: Turn, *, speaker: str = "", vector: bytes | None = None) -> None:
        """Add a turn, or replace the one with its id; a vector that still fits its words is kept."""
        counts = Counter(terms(turn.content))
        table = self._table
        number, old = table.append(turn, speaker, counts.total(), _worth(turn))
        self._postings.add(number, counts)
        self._lengths = None
        if vector is None and self._vector_of(old) is not None and table.content(old) == turn.content:
            vector = self._vector_of(old)
        if vector is not None:
            self._put_vector(number, vector)
        if table.count > 256 and table.alive * 2 < table.count:
            self._compact()

    def set_vector(self, turn_id: str, vector: bytes) -> None:
        """Give a turn its vector; a turn that is not here is passed over."""
        number = self._table.find(turn_id)
        if number >= 0:
            self._put_vector(number, vector)

    def without_vector(self, limit: int) -> list[Turn]:
        """Return up to `limit` turns that may be found and have no vector, the newest first."""
        table = self._table
        wanted = table.findable[: table.count].copy()
        known = min(len(self._has_vector), table.count)
        wanted[:known] &= ~self._has_vector[:known]
        return [table.turn(number) for number in np.flatnonzero(wanted)[::-1][:limit].tolist()]

    def silence(self, turn_ids: Collection[str]) -> None:
        """Let turns be found no more, now or when they come; nor do they lend their words. `session` still has them."""
        for turn_id in turn_ids:
            self._table.silence(turn_id)
        self._lengths = None

    def turn(self, turn_id: str) -> Turn | None:
        """Return the turn with this id."""
        number = self._table.find(turn_id)
        return self._table.turn(number) if number >= 0 else None

    def session(self, session_id: str, last: int) -> list[Turn]:
        """Return the last `last` turns of a session, in the order they were said."""
        numbers = [number for number, _ in zip(self._table.backwards(session_id), range(last), strict=False)]
        return [self._table.turn(number) for number in reversed(numbers)]

    def neighbours(self, turn_id: str) -> tuple[Turn | None, Turn | None]:
        """Return what was said before and after a turn in its session; None for nothing, or for what is silenced."""
        table, number = self._table, self._table.find(turn_id)
        if number < 0:
            return None, None
        before, after = (
            table.turn(int(each)) if each >= 0 and table.findable[each] else None
            for each in (table.before[number], table.after[number])
        )
        return before, after

    def search(self, query: Query, weights: Weights = WEIGHTS) -> list[Hit]:
        """Return the turns that answer the query best, best first.

        A turn that says the same as the query is never returned: a question is no answer to itself.
        """
        if not self._table.sought or query.limit < 1:
            return []
        lexical = self._windows(self._telling(query.text), weights)
        cosine = self._cosines(query.vector)
        wanted = self._wanted(query)
        score = self._mix(query, lexical, cosine, wanted, weights)
        if score is None:
            return []
        asked = _same(query.text[:_QUERY_LENGTH])
        found: list[Hit] = []
        for number in _best(score, query.limit):
            near = self._table.text_bytes[number] < 8 * len(query.text) + 80
            if near and _same(self._table.content(number)[:_QUERY_LENGTH]) == asked:
                continue
            found.append(Hit(self._table.turn(number), float(score[number])))
            if len(found) == query.limit:
                break
        return found

    def dump(self) -> bytes:
        """Return this index as one segment, for `load`."""
        parts = {"table": self._table.dump(), "postings": self._postings.dump()}
        arrays = {f"{part}.{name}": each for part, named in parts.items() for name, each in named.items()}
        rows = min(len(self._vectors), self._table.count)
        arrays["vectors"], arrays["has_vector"] = self._vectors[:rows], self._has_vector[:rows]
        return segment.pack(arrays)

    @classmethod
    def load(cls, blob: bytes) -> "TurnIndex":
        """Build an index of what `dump` gave. Raises `SegmentBroken`."""
        arrays = segment.unpack(blob)
        parts: dict[str, dict[str, NDArray[np.generic]]] = {"table": {}, "postings": {}}
        index = cls()
        try:
            index._vectors, index._has_vector = arrays.pop("vectors"), arrays.pop("has_vector")
            for name, each in arrays.items():
                part, _, rest = name.partition(".")
                parts[part][rest] = each
            index._table = TurnTable.load(parts["table"])
            index._postings = Postings.load(parts["postings"])
        except (KeyError, ValueError) as error:
            raise segment.SegmentBroken(f"the arrays do not fit: {error}") from error
        return index

    def _telling(self, text: str) -> NDArray[np.uint64]:
        """Return the query's terms that occur here, at most `_QUERY_TERMS`, the rarest: it may be a pasted page."""
        keys = digests(dict.fromkeys(terms(text[:_QUERY_LENGTH])))
        if not len(keys):
            return keys
        often = self._postings.frequencies(keys)
        order = np.argsort(often, kind="stable")
        return keys[order[often[order] > 0][:_QUERY_TERMS]]

    def _windows(self, keys: NDArray[np.uint64], weights: Weights) -> NDArray[np.float64]:
        """BM25 of each turn's window."""
        table = self._table
        scores = np.zeros(table.count)
        at_once = max(1, _DENSE // (table.count + 1))
        for first in range(0, len(keys), at_once):
            scores += self._window_scores(keys[first : first + at_once], weights)
        return scores

    def _window_scores(self, keys: NDArray[np.uint64], weights: Weights) -> NDArray[np.float64]:
        """The same for a few terms. Work goes with their postings, not with the turns there are.

        A window holds a term when its own turn, the one before or the one after does: the holders, and those of their
        neighbours that are none. Counts are laid out by term and turn, with one place before the first turn for "no
        neighbour", which is always 0.
        """
        table, width = self._table, self._table.count + 1
        which, turns, times = self._postings.of(keys)
        if table.sought < table.count:
            held = table.findable[turns]
            which, turns, times = which[held], turns[held], times[held]
        own = np.zeros(len(keys) * width, np.float32)
        row = which * width + 1
        own[row + turns] = times
        before, after = table.before[turns], table.after[turns]
        early = (before >= 0) & (own[row + before] == 0) & table.findable[before]
        late = (after >= 0) & (own[row + after] == 0) & (own[row + table.after[after]] == 0) & table.findable[after]
        which = np.concatenate((which, which[early], which[late]))
        turns = np.concatenate((turns, before[early], after[late]))
        row = which * width + 1
        before, after = table.before[turns], table.after[turns]
        often = own[row + turns] + weights.neighbour * (own[row + before] + own[row + after])
        spread = table.length[turns] + weights.neighbour * (table.length[before] + table.length[after])
        damping = weights.k1 * (1 - weights.b + weights.b * spread / self._mean_window(weights))
        holding = np.bincount(which, minlength=len(keys))
        rarity = np.log1p((table.sought - holding + 0.5) / (holding + 0.5))
        gains = rarity[which] * often * (weights.k1 + 1) / (often + damping)
        summed: NDArray[np.float64] = np.bincount(turns, gains, table.count).astype(np.float64, copy=False)
        return summed

    def _mean_window(self, weights: Weights) -> float:
        if self._lengths is None:
            table, count = self._table, self._table.count
            lent = table.length[table.before[:count]] + table.length[table.after[:count]]
            self._lengths = int(table.length[:count].sum()), int(lent[table.findable[:count]].sum())
        own, lent_all = self._lengths
        return (own + weights.neighbour * lent_all) / self._table.sought or 1.0

    def _cosines(self, vector: bytes | None) -> NDArray[np.float64] | None:
        """Return the similarity of each turn's vector with the query's, 0 for turns without; None: there are none."""
        rows = min(len(self._vectors), self._table.count)
        if vector is None or not rows:
            return None
        asked = np.frombuffer(vector, np.int8)[None, :]
        found = np.zeros(self._table.count)
        found[:rows] = np.asarray(numkong.cdist(asked, self._vectors[:rows], "dot"))[0]
        found /= 127.0 * 127.0
        return found

    def _wanted(self, query: Query) -> NDArray[np.bool_]:
        """Tell which turns fulfil the query's demands."""
        table, count = self._table, self._table.count
        wanted = table.findable[:count].copy()
        if query.within_session:
            wanted &= table.session[:count] == table.sessions.find(query.session_id)
        if query.channel is not None:
            wanted &= table.channel[:count] == CHANNELS.index(query.channel)
        if query.roles:
            wanted &= np.isin(table.role[:count], [ROLES.index(role) for role in ROLES if role in query.roles])
        if query.agents:
            wanted &= np.isin(table.agent[:count], [table.agents.find(agent) for agent in query.agents])
        if query.since is not None:
            wanted &= table.said_at[:count] >= microseconds(query.since)
        if query.until is not None:
            wanted &= table.said_at[:count] < microseconds(query.until)
        for turn_id in query.exclude:
            if (number := table.find(turn_id)) >= 0:
                wanted[number] = False
        return wanted

    def _mix(
        self,
        query: Query,
        lexical: NDArray[np.float64],
        cosine: NDArray[np.float64] | None,
        wanted: NDArray[np.bool_],
        weights: Weights,
    ) -> NDArray[np.float64] | None:
        """Return each turn's score, 0 for those not recalled; None when none is."""
        table, count = self._table, self._table.count
        level = _levelled(lexical, wanted)
        related = lexical > 0
        if cosine is not None:
            level = weights.words * level + weights.vectors * _levelled(cosine, wanted)
            related |= cosine >= weights.cosine
        boosted = [(at, boost) for turn_id, boost in query.boosts.items() if (at := table.find(turn_id)) >= 0]
        for at, _ in boosted:
            related[at] = True
        related &= wanted
        related &= level >= weights.floor * float(level.max(initial=0.0, where=related))
        for at, _ in boosted:
            related[at] = wanted[at]
        if not related.any():
            return None
        level *= related
        sessions = table.session[:count]
        in_session = np.zeros(len(table.sessions))
        np.maximum.at(in_session, sessions, level)
        score = level * table.worth[:count]
        score += weights.session * in_session[sessions]
        score += weights.length * np.minimum(table.length[:count] / _RICH, 1.0)
        score += weights.recency / count * np.arange(1, count + 1)
        if query.speakers:
            numbers = [table.speakers.find(name) for name in query.speakers]
            score += weights.speaker * np.isin(table.speaker[:count], numbers)
        if query.periods:
            said_at, inside = table.said_at[:count], np.zeros(count, np.bool_)
            for period in query.periods:
                inside |= (said_at >= microseconds(period.begin)) & (said_at < microseconds(period.end))
            score += weights.period * inside
        for at, boost in boosted:
            score[at] += weights.boost * boost
        if (here := table.sessions.find(query.session_id)) >= 0:
            score += 1e-6 * (sessions == here)
        most = 1 + weights.session + weights.length + weights.recency
        most += weights.speaker * bool(query.speakers) + weights.period * bool(query.periods)
        most += weights.boost * bool(boosted)
        result: NDArray[np.float64] = np.minimum(score / most, 1.0) * related
        return result

    def _vector_of(self, number: int) -> bytes | None:
        if not 0 <= number < len(self._has_vector) or not self._has_vector[number]:
            return None
        return bytes(self._vectors[number].tobytes())

    def _put_vector(self, number: int, vector: bytes) -> None:
        row = np.frombuffer(vector, np.int8)
        if len(row) != DIMENSIONS:
            raise ValueError(f"a vector of {len(row)} bytes")
        if number >= len(self._vectors):
            self._resize_vectors(max(number, self._table.count) * 9 // 8 + 32)
        self._vectors[number] = row
        self._has_vector[number] = True

    def _resize_vectors(self, rows: int) -> None:
        vectors, has_vector = np.zeros((rows, DIMENSIONS), np.int8), np.zeros(rows, np.bool_)
        kept = min(rows, len(self._vectors))
        vectors[:kept], has_vector[:kept] = self._vectors[:kept], self._has_vector[:kept]
        self._vectors, self._has_vector = vectors, has_vector

    def _compact(self) -> None:
        """Leave out the replaced turns, which would otherwise pile up."""
        keep = np.flatnonzero(self._table.live[: self._table.count])
        self._postings.take(self._table.take(keep))
        if len(self._vectors):
            self._resize_vectors(max(len(self._vectors), int(keep[-1]) + 1))
            self._vectors, self._has_vector = self._vectors[keep], self._has_vector[keep]


def _levelled(scores: NDArray[np.float64], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Bring scores to [0, 1] by the best of those wanted; below 0 is 0."""
    best = float(scores.max(initial=0.0, where=wanted))
    levelled: NDArray[np.float64] = np.clip(scores / (best or 1.0), 0.0, 1.0)
    return levelled


def _best(score: NDArray[np.float64], limit: int) -> Iterator[int]:
    """Yield the numbers of turns with a score, best first. Those first asked for are found without sorting the rest."""
    some = 4 * limit + 16
    if some < len(score):
        cut = float(np.partition(score, len(score) - some)[len(score) - some])
        first = np.flatnonzero((score >= cut) & (score > 0))
    else:
        cut, first = 0.0, np.flatnonzero(score)
    yield from first[np.argsort(-score[first], kind="stable")].tolist()
    rest = np.flatnonzero((score < cut) & (score > 0))
    yield from rest[np.argsort(-score[rest], kind="stable")].tolist()


def _worth(turn: Turn) -> float:
    """How much a match in this turn counts, before it is known what is asked."""
    pieces = sentences(turn.content)
    asked = sum(len(piece) for piece in pieces if is_question(piece)) / (sum(map(len, pieces)) or 1)
    return (1 - (1 - WEIGHTS.question) * asked) * (1.0 if turn.role == "user" else WEIGHTS.assistant)


def _same(text: str) -> str:
    """What is left of a text when only its letters and digits count."""
    return _NEITHER.sub("", text.casefold())
