"""One owner's search index, in process: words and vectors of turns and their windows, mixed with a few cheap signs.

A turn alone is too short to be found, so each also counts by its window: the turns beside it lend it their words
(`windows.py`) and their meaning (`vectors.py`). All scores are brought to [0, 1] by the best one (min-max), weighed and
summed; rank fusion would throw away how far apart they are. The signs: other hits in the same session, the speaker or
the time asked for, a statement rather than a question, and whether a turn offers what is asked for, a time, a number or
a name (`cues.py`). Without a vector of the question, words alone are the score. Exact: nothing is approximated.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backend.core.context import Channel, Turn
from backend.memory import segment
from backend.memory.cues import cues, wanted
from backend.memory.dates import Period
from backend.memory.postings import Postings, digests
from backend.memory.text import terms
from backend.memory.turn_table import CHANNELS, ROLES, TurnTable, microseconds
from backend.memory.vectors import Vectors
from backend.memory.windows import Scores, Windows

_QUERY_LENGTH = 4_000  # characters
_QUERY_TERMS = 48  # the rarest: it may be a pasted page
_PERIODS = 4
_RICH = 25  # index terms; a turn with more is not richer for it


_FADING = 4 * 86_400_000_000  # microseconds in which nearness to a time falls to 1/e
_LONG = 80 * 86_400_000_000

Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part adds to a turn's score, when the question calls for it; each part is in [0, 1].

    window, cosine, cosine_window: words of the window, meaning of the turn, meaning of the window. session: the best
    match in the same session, in which meaning has the share `session_cosine`. speaker, date: the speaker or the time
    asked for; state: the share of `date` for all that was said before `Query.as_of`. statement: no question. length:
    longer over shorter. answer: follows a question that matches. time, number, name: offers one, and the question
    wants it. fact: `Query.boosts`. assistant: said by an assistant, which is mostly drawn from what the user said.
    recency: later over earlier. floor: turns below this share of the best score are left out.
    """

    window: float = 0.35
    cosine: float = 0.3
    cosine_window: float = 0.2
    session: float = 0.15
    session_cosine: float = 0.4
    speaker: float = 0.07
    date: float = 0.5
    state: float = 0.7
    statement: float = 0.2
    length: float = 0.1
    answer: float = 0.1
    time: float = 0.1
    number: float = 0.1
    name: float = 0.2
    fact: float = 0.2
    assistant: float = -0.3
    recency: float = 0.0
    floor: float = 0.0


HYBRID = Weights()
LEXICAL = Weights(window=0.45, cosine=0, cosine_window=0, session=0.2, session_cosine=0)
"""Without vectors."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    vector: the text's, 384 bytes. periods, speakers (names as given to `add`): asked for; turns of others are found
    too. as_of: the moment at which a state is asked for: it may have been told long before. All that follows is a
    demand: agents (ids), roles, channel, since and until (half-open), within_session. session_id: the session of the
    asker; its turns win a tie. held: turns by id that the asker has already: they are found too, but not counted
    by `limit`. boosts: by turn id, in [0, 1], how well a fact drawn from the turn matches.
    """

    text: str
    vector: bytes | None = None
    periods: Sequence[Period] = ()
    as_of: datetime | None = None
    speakers: Collection[str] = ()
    agents: Collection[str] = ()
    roles: Collection[str] = ()
    session_id: str = ""
    within_session: bool = False
    channel: Channel | None = None
    since: datetime | None = None
    until: datetime | None = None
    held: Mapping[str, Turn] = field(default_factory=dict)
    limit: int = 10
    boosts: Mapping[str, float] = field(default_factory=dict)


class Hit(NamedTuple):
    """A turn that was found. `score` is in [0, 1]; only its order means anything."""

    turn: Turn
    score: float


class TurnIndex:
    """Search over one owner's turns. Not thread-safe: one thread at a time."""

    def __init__(self) -> None:
        self._table = TurnTable()
        self._postings = Postings()
        self._windows = Windows(self._table, self._postings)
        self._vectors = Vectors(self._table)
        self._priors: tuple[Weights, Scores] | None = None

    def __len__(self) -> int:
        return self._table.alive

    def __contains__(self, turn_id: str) -> bool:
        return self._table.find(turn_id) >= 0

    @property
    def nbytes(self) -> int:
        """The memory this index takes, in bytes."""
        priors = 0 if self._priors is None else self._priors[1].nbytes
        return self._table.nbytes + self._postings.nbytes + self._windows.nbytes + self._vectors.nbytes + priors + 500

    def add(self, turn: Turn, *, speaker: str = "", vector: bytes | None = None) -> None:
        """Add a turn, or replace the one with its id. speaker: the name of who said it, found like a word of theirs.

        A replaced turn's vector is kept when its words are the same.
        """
        counts = Counter(terms(f"{speaker} {turn.content}" if speaker else turn.content))
        table = self._table
        number, old = table.append(turn, speaker, counts.total(), cues(turn.content))
        self._postings.add(number, counts)
        self._changed()
        if old >= 0:
            if vector is None and table.content(old) == turn.content:
                vector = self._vectors.get(old)
            self._vectors.drop(old)
        if vector is not None and table.findable[number]:
            self._vectors.put(number, vector)
        else:
            self._vectors.moved(number)
        if table.wasteful():
            self._compact()

    def withdraw(self, turn_id: str) -> None:
        """Take a turn out, as if it had never been said; it may be added again."""
        number = self._table.withdraw(turn_id)
        if number >= 0:
            self._vectors.drop(number)
            self._changed()
            if self._table.wasteful():
                self._compact()

    def set_vector(self, turn_id: str, vector: bytes) -> None:
        """Give a turn its vector; a turn that is not here, or silenced, is passed over."""
        number = self._table.find(turn_id)
        if number >= 0 and self._table.findable[number]:
            self._vectors.put(number, vector)

    def without_vector(self, limit: int) -> list[Turn]:
        """Return up to `limit` turns that may be found and have no vector, the newest first."""
        count = self._table.count
        lacking = self._table.findable[:count] & ~self._vectors.knows(count)
        return self._table.turns(np.flatnonzero(lacking)[::-1][:limit])

    def silence(self, turn_ids: Collection[str]) -> None:
        """Let turns be found no more, now or when they come; nor do they lend their words. `session` still has them."""
        for turn_id in turn_ids:
            number = self._table.silence(turn_id)
            if number >= 0:
                self._vectors.drop(number)
        self._changed()

    def turn(self, turn_id: str) -> Turn | None:
        """Return the turn with this id."""
        number = self._table.find(turn_id)
        return self._table.turn(number) if number >= 0 else None

    def session(self, session_id: str, last: int) -> list[Turn]:
        """Return the last `last` turns of a session, in the order they were said."""
        session = self._table.sessions.names.find(session_id)
        if session < 0 or last < 1:
            return []
        return self._table.turns(self._table.sessions.run(session)[-last:])

    def neighbours(self, turn_ids: Sequence[str]) -> list[tuple[Turn | None, Turn | None]]:
        """Return what was said before and after each turn in its session; None for nothing, or for what is silenced."""
        table = self._table
        numbers = [table.find(turn_id) for turn_id in turn_ids]
        pairs = [(table.beside(number, -1), table.beside(number, 1)) if number >= 0 else (-1, -1) for number in numbers]
        known = [number for number in {number for pair in pairs for number in pair} if table.findable[number]]
        turns = dict(zip(known, table.turns(known), strict=True))
        return [(turns.get(before), turns.get(after)) for before, after in pairs]

    def search(self, query: Query, weights: Weights | None = None) -> list[Hit]:
        """Return the turns that answer the query best, best first; of equal ones the later.

        A turn that says the same as the query is never returned: a question is no answer to itself. weights: HYBRID,
        or LEXICAL where there are no vectors.
        """
        allowed = self._allowed(query)
        if query.limit < 1 or not allowed.any():
            return []
        score, table = self._score(query, allowed, weights), self._table
        score[table.saying(query.text)] = 0
        held = {table.find(turn_id): turn for turn_id, turn in query.held.items()}
        numbers = _best(score, query.limit + len(held))
        new = [number for number in numbers if number not in held][: query.limit]
        last = numbers.index(new[-1]) + 1 if len(new) == query.limit else len(numbers)
        built = held | dict(zip(new, table.turns(new), strict=True))
        scores = score.take(numbers[:last]).tolist()
        return [Hit(built[number], own) for number, own in zip(numbers, scores, strict=False)]

    def dump(self) -> bytes:
        """Return this index as one segment, for `load`."""
        return segment.pack(self._table.dump() | self._postings.dump() | self._vectors.dump())

    @classmethod
    def load(cls, blob: bytes) -> "TurnIndex":
        """Build an index of what `dump` gave. Raises `SegmentBroken`."""
        arrays = segment.unpack(blob)
        index = cls()
        try:
            index._table = TurnTable.load(arrays)
            index._postings = Postings.load(arrays)
            index._vectors = Vectors(index._table)
            index._vectors.load(arrays)
        except (KeyError, ValueError) as error:
            raise segment.SegmentBroken(f"the arrays do not fit: {error}") from error
        index._windows = Windows(index._table, index._postings)
        return index

    def _allowed(self, query: Query) -> Mask:
        """Tell which turns fulfil the query's demands."""
        table, count = self._table, self._table.count
        allowed: Mask = table.findable[:count].copy()
        if query.within_session:
            allowed &= table.session[:count] == table.sessions.names.find(query.session_id)
        if query.channel is not None:
            allowed &= table.channel[:count] == CHANNELS.index(query.channel)
        if query.roles:
            allowed &= _one_of(table.role[:count], [ROLES.index(role) for role in ROLES if role in query.roles])
        if query.agents:
            allowed &= _one_of(table.agent[:count], [table.agents.find(agent) for agent in query.agents])
        if query.since is not None:
            allowed &= table.said_at[:count] >= microseconds(query.since)
        if query.until is not None:
            allowed &= table.said_at[:count] < microseconds(query.until)
        return allowed

    def _score(self, query: Query, allowed: Mask, weights: Weights | None) -> Scores:
        """Return each turn's score in [0, 1], shape [count]; 0 for turns that are not allowed or have nothing to do
        with the query.
        """
        table, count = self._table, self._table.count
        score, total = np.zeros(count, np.float32), 0.0

        def add(weight: float, part: NDArray[np.floating]) -> None:
            nonlocal total
            if weight:
                np.add(score, np.float32(weight) * part, out=score)
                total += max(weight, 0.0)

        words = digests(dict.fromkeys(terms(query.text[:_QUERY_LENGTH])))
        window, answer = self._windows.scores(words, _QUERY_TERMS)
        related = window > 0
        window, answer = _to_the_best(window, allowed), _to_the_best(answer, allowed)
        match = window
        if query.vector is not None and (known := allowed & self._vectors.knows(count)).any():
            weights = weights or HYBRID
            own, around = (_spread(each, known, missing="mean") for each in self._vectors.cosines(query.vector))
            related |= known
            add(weights.cosine, own)
            add(weights.cosine_window, around)
            match = (1 - np.float32(weights.session_cosine)) * window + np.float32(weights.session_cosine) * own
        weights = weights or LEXICAL
        add(weights.window, window)
        add(weights.answer, answer)
        add(weights.session, self._best_in_session(match, allowed))
        score += self._prior(weights)
        total += sum(max(each, 0.0) for each in (weights.statement, weights.length, weights.assistant, weights.recency))
        asks = wanted(query.text)
        for weight, asked, offered in (
            (weights.time, asks.time, table.times),
            (weights.number, asks.number, table.numbers),
            (weights.name, asks.name, table.names),
        ):
            if asked:
                add(weight, offered[:count] / np.float32(100))
        if query.speakers:
            names = [table.speakers.find(name) for name in query.speakers]
            add(weights.speaker, _one_of(table.speaker[:count], names).astype(np.float32))
        if query.periods:
            near, inside = self._nearness(query.periods)
            if query.as_of is not None:
                told = table.said_at[:count] < microseconds(query.as_of)
                np.maximum(near, told * np.float32(weights.state), out=near)
            related |= inside
            add(weights.date, near)
        if query.boosts:
            boost = np.zeros(count, np.float32)
            for turn_id, value in query.boosts.items():
                if (number := table.find(turn_id)) >= 0:
                    boost[number] = value
            related |= boost > 0
            add(weights.fact, boost)
        score /= total or 1.0
        if (here := table.sessions.names.find(query.session_id)) >= 0:
            score[table.sessions.run(here)] += 1e-6
        np.clip(score, 1e-9, 1, out=score)
        score *= related & allowed
        if weights.floor:
            score *= score >= weights.floor * score.max(initial=0)
        return score

    def _prior(self, weights: Weights) -> Scores:
        """Return what each turn scores whatever is asked."""
        if self._priors is None or self._priors[0] is not weights:
            table, count = self._table, self._table.count
            prior: Scores = np.multiply(1 - table.asking[:count] / np.float32(100), weights.statement, dtype=np.float32)
            prior += np.float32(weights.length / _RICH) * np.minimum(table.length[:count].astype(np.float32), _RICH)
            prior += np.float32(weights.assistant) * (table.role[:count] == ROLES.index("assistant"))
            prior += np.float32(weights.recency / count) * np.arange(1, count + 1, dtype=np.float32)
            self._priors = weights, prior
        return self._priors[1]

    def _changed(self) -> None:
        """Forget what was worked out from all turns."""
        self._windows.changed()
        self._priors = None

    def _best_in_session(self, match: Scores, allowed: Mask) -> Scores:
        """Return for each turn the best match of its session, brought to [0, 1] over the sessions."""
        sessions = self._table.session[: self._table.count]
        best = np.full(len(self._table.sessions.names), -1, np.float32)
        np.maximum.at(best, sessions, np.where(allowed, match, np.float32(-1)))
        return _spread(best, best >= 0).take(sessions)

    def _nearness(self, periods: Sequence[Period]) -> tuple[Scores, Mask]:
        """Return how near each turn is to the times asked for, and whether it is inside of one: 1 there, else fading
        over days, sooner before than after; a long time, or an open one, says little.
        """
        said_at = self._table.said_at[: self._table.count]
        nearest, inside = np.zeros(len(said_at), np.float32), np.zeros(len(said_at), np.bool_)
        for period in periods[:_PERIODS]:
            begin, end = microseconds(period.begin), microseconds(period.end)
            after = np.maximum(said_at - end + 1, 0).astype(np.float32)
            before = np.maximum(begin - said_at, 0).astype(np.float32)
            near = np.exp(-(after + before) / np.float32(_FADING))
            near *= np.where(before > 0, np.float32(0.5), np.float32(0.99))
            within = (after == 0) & (before == 0)
            near[within] = 1
            inside |= within
            np.maximum(nearest, near * np.float32(0.3 if end - begin >= _LONG else 1), out=nearest)
        return nearest, inside

    def _compact(self) -> None:
        """Leave out the replaced turns, which would otherwise pile up."""
        fresh = self._table.compact()
        self._postings.take(fresh)
        self._vectors.compact(fresh)
        self._changed()


def _one_of(column: NDArray[np.integer], numbers: Collection[int]) -> Mask:
    found = np.zeros(len(column), np.bool_)
    for number in numbers:
        found |= column == number
    return found


def _to_the_best(scores: Scores, allowed: Mask) -> Scores:
    """Bring scores to [0, 1] by the best of those allowed."""
    best = (scores * allowed).max(initial=0)
    return np.minimum(scores / best, 1) if best > 0 else np.zeros_like(scores)


def _spread(scores: Scores, known: Mask, missing: Literal["mean", "zero"] = "zero") -> Scores:
    """Bring scores to [0, 1] by the least and the best of those known. The others get 0, or the mean: a turn whose
    vector is not made yet is neither near nor far.
    """
    values = scores[known]
    if not len(values) or not (best := values.max()) > (least := values.min()):
        return np.zeros_like(scores)
    spread: Scores = (scores - least) / (best - least)
    if len(values) < len(scores):
        spread[~known] = (values.mean() - least) / (best - least) if missing == "mean" else 0
    return spread


def _best(score: Scores, limit: int) -> list[int]:
    """Return the numbers of up to `limit` turns with a score, best first, of equal ones the later."""
    numbers = np.flatnonzero(score)
    if len(numbers) > limit:
        scores = score[numbers]
        numbers = numbers[scores >= np.partition(scores, len(scores) - limit)[len(scores) - limit]]
    numbers = numbers[::-1]
    best: list[int] = numbers[np.argsort(-score[numbers], kind="stable")][:limit].tolist()
    return best
