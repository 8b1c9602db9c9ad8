"""What storing a found fact comes to, beside those that are held: a new row, a repetition, the end of another.

Pure functions. Facts are bi-temporal: valid_from/valid_to say when something was true, recorded_at/superseded_at since
and until when the store held it for true. A contradiction on a single-valued predicate ends the older fact where the
newer begins; a repetition is a new row that carries the older one's proofs on. Rows never go away.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from backend.core.context import Fact, Turn
from backend.memory.extraction import normalised
from backend.memory.fact_log import marker_of
from backend.memory.predicates import PROJECT, predicate_of
from backend.memory.text import terms

MOST_PROOFS = 8
"""A fact that is proven so often gains nothing by another proof."""

_CERTAIN = 0.99
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Plan:
    """What is to be written: rows to add, old id to new id, id to the time it ceased to be true."""

    add: list[Fact] = field(default_factory=list)
    supersede: dict[str, str] = field(default_factory=dict)
    close: dict[str, datetime] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.add or self.supersede or self.close)


def plan(held: Sequence[Fact], found: Iterable[Fact], forgotten: Collection[str], now: datetime) -> Plan:
    """Work out what storing `found` beside `held` comes to. forgotten: marks of what is not to be learned again.

    A fact that is held already by the same proof is left out, so a replay changes nothing; one that is held by another
    proof becomes a row with both. On a single-valued predicate what begins later ends the other, whichever arrives
    first.
    """
    return _Planning(held, forgotten, now).of(found)


def same(one: Fact, other: Fact) -> bool:
    """Tell whether two facts say the same: subject, predicate and value, whatever the writing."""
    return _key(one) == _key(other) and normalised(one.value or one.text) == normalised(other.value or other.text)


def begins(fact: Fact) -> datetime:
    """When a fact is true from, as far as is known: at the latest when it was said; of one that is over, ever."""
    if fact.valid_from is not None:
        return fact.valid_from
    return _EVER if fact.valid_to is not None and fact.valid_to <= fact.said_at else fact.said_at


def dated(fact: Fact) -> bool:
    """Tell whether a fact's times are those of an event or a task, which stays on record after its time."""
    return predicate_of(fact.predicate).kind in ("event", "task")


def _key(fact: Fact) -> tuple[str, str]:
    return normalised(fact.subject), fact.predicate


def _ends(fact: Fact) -> bool:
    """Tell whether a fact says that something is over ("I left Bosch")."""
    return fact.valid_to is not None and fact.valid_from is None and not dated(fact)


class _Planning:
    """One plan being made. open: rows that nothing supersedes, of the log and of the plan."""

    def __init__(self, held: Sequence[Fact], forgotten: Collection[str], now: datetime) -> None:
        self._made = Plan()
        self._rows = {fact.id: fact for fact in held}
        self._open = {fact.id: fact for fact in held if fact.superseded_at is None}
        self._forgotten = frozenset(forgotten)
        self._now = now

    def of(self, found: Iterable[Fact]) -> Plan:
        for given in found:
            fact = placed(given, self._rows.values())
            if fact.id in self._rows or not self._forgotten.isdisjoint((marker_of(fact), marker_of(given))):
                continue
            alike = [other for other in self._open.values() if same(other, fact)]
            if self._is_known(fact, alike):
                continue
            row = replace(fact, recorded_at=self._now)
            if _ends(fact):
                row = _ending(row, alike)
            elif alike:
                row = _repeated(row, alike)
            for other in alike:
                self._supersede(other, row)
            if predicate_of(row.predicate).single and row.valid_to is None:
                row = self._settled(row)
            self._keep(row)
            self._made.add.append(row)
        return self._made

    def _is_known(self, fact: Fact, alike: Sequence[Fact]) -> bool:
        if fact.proof and any(set(fact.proof) <= set(other.proof) for other in alike):
            return fact.valid_to is None
        if _ends(fact):  # "I moved from Bonn": what is already over is not ended again
            rows = [row for row in self._rows.values() if same(row, fact)]
            return any(row.valid_to is not None and row.valid_to == fact.valid_to for row in rows)
        return any(len(other.proof) >= MOST_PROOFS for other in alike) and fact.valid_from is None

    def _keep(self, row: Fact) -> None:
        self._rows[row.id] = row
        if row.superseded_at is None:
            self._open[row.id] = row
        else:
            self._open.pop(row.id, None)

    def _supersede(self, old: Fact, new: Fact, ended: datetime | None = None) -> None:
        """Let `new` take the place of `old`; ended: when the old one ceased to be true."""
        closed = replace(old, superseded_at=self._now, superseded_by=new.id, valid_to=ended or old.valid_to)
        self._keep(closed)
        for place, row in enumerate(self._made.add):
            if row.id == old.id:
                self._made.add[place] = closed
                return
        self._made.supersede[old.id] = new.id
        if ended is not None:
            self._made.close[old.id] = ended

    def _settled(self, row: Fact) -> Fact:
        """Keep one open value of a single-valued predicate: what begins first ends where the other begins."""
        rivals = [other for other in self._open.values() if _key(other) == _key(row) and other.valid_to is None]
        for rival in sorted(rivals, key=begins):
            if (begins(rival), rival.said_at) > (begins(row), row.said_at):
                return replace(row, valid_to=begins(rival), superseded_at=self._now, superseded_by=rival.id)
            self._supersede(rival, row, begins(row))
        return row


def placed(fact: Fact, held: Iterable[Fact]) -> Fact:
    """Give a deadline or a budget its project: the one that the user spoke of last before it was said."""
    if fact.subject != PROJECT:
        return fact
    projects = [other for other in held if other.predicate == "works_on" and other.said_at <= fact.said_at]
    if not projects:
        return fact
    newest = max(projects, key=lambda other: other.said_at)
    return replace(fact, subject=newest.value, text=fact.text.replace("the project", newest.value, 1))


def _ending(row: Fact, alike: Sequence[Fact]) -> Fact:
    """A fact that is over keeps its beginning and proofs from the row that it closes."""
    starts = [
        other.valid_from for other in alike if other.valid_from and row.valid_to and other.valid_from < row.valid_to
    ]
    proof = tuple(dict.fromkeys([*(turn for other in alike for turn in other.proof), *row.proof]))
    return replace(row, valid_from=min(starts) if starts else None, proof=proof[-MOST_PROOFS:])


def _repeated(row: Fact, alike: Sequence[Fact]) -> Fact:
    """A repetition: the latest proofs, oldest first, more certain, the newest time said, the earliest beginning known.

    What the user wrote themselves keeps its wording.
    """
    ordered = sorted([*alike, row], key=lambda fact: fact.said_at)
    newest = ordered[-1]
    leading = next((fact for fact in reversed(ordered) if fact.source == "user"), newest)
    doubt = 1.0
    for fact in ordered:
        doubt *= 1.0 - min(fact.confidence, _CERTAIN)
    starts = [fact.valid_from for fact in ordered if fact.valid_from is not None]
    if dated(row):
        starts = [newest.valid_from] if newest.valid_from else starts
    proof = tuple(dict.fromkeys(turn for fact in ordered for turn in fact.proof))
    return replace(
        row,
        text=leading.text,
        value=leading.value,
        source=leading.source,
        said_at=newest.said_at,
        channel=newest.channel,
        proof=proof[-MOST_PROOFS:],
        confidence=leading.confidence if leading.source == "user" else round(min(_CERTAIN, 1.0 - doubt), 2),
        valid_from=min(starts) if starts else None,
        valid_to=newest.valid_to,
    )


def retracted(held: Iterable[Fact], turns: Iterable[Turn]) -> dict[str, datetime]:
    """Return the facts that amended turns no longer say: id to a `valid_to` by which they were never true.

    A fact of the rules is one when the turn that alone proves it has none of its value's words any more.
    """
    words = {turn.id: set(terms(turn.content)) for turn in turns}
    gone: dict[str, datetime] = {}
    for fact in held:
        if fact.source != "rule" or fact.superseded_at is not None or len(fact.proof) != 1 or fact.valid_to is not None:
            continue
        said = words.get(fact.proof[0])
        wanted = set(terms(fact.value))
        if said is not None and wanted and wanted.isdisjoint(said):
            gone[fact.id] = begins(fact)
    return gone
