"""Reading facts: what holds now or held then, and what a session begins with. Pure functions."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from backend.core.context import Fact
from backend.memory.fact_plan import begins, dated, same
from backend.memory.predicates import USER, predicate_of

PROFILE_FACTS = 20
PROFILE_TOKENS = 600

_CHARACTERS_A_TOKEN = 4
_FRAME_TOKENS = 10
_PROFILE_FIRST = frozenset(("name", "employer", "role", "lives_in", "allergy", "diet", "prefers"))


def current(facts: Iterable[Fact], as_of: datetime | None = None) -> list[Fact]:
    """Return the facts that hold now; or with `as_of` what the store held at that time for true at that time.

    recorded_at <= T < superseded_at, and T in [valid_from, valid_to). An event or a task stays after its time, being a
    record of it. For "where did I live in May?", asked today, see `valid_at`.
    """
    rows = list(facts)
    moment = as_of or datetime.now(UTC)
    by_id = {fact.id: fact for fact in rows} if as_of else {}
    return [
        fact for fact in rows if _held(fact, as_of, by_id) and not _passed(fact, moment, by_id) and _begun(fact, moment)
    ]


def _held(fact: Fact, as_of: datetime | None, by_id: dict[str, Fact]) -> bool:
    if as_of is None:
        return fact.superseded_at is None
    known = fact.recorded_at is None or fact.recorded_at <= as_of
    return known and (fact.superseded_at is None or as_of < fact.superseded_at)


def _passed(fact: Fact, moment: datetime, by_id: dict[str, Fact]) -> bool:
    if fact.valid_to is None:
        return False
    # Its end came with the fact that contradicts it: before that was recorded, nobody knew of an end.
    if fact.superseded_at is not None and moment < fact.superseded_at and fact.superseded_by is not None:
        successor = by_id.get(fact.superseded_by)
        if successor is None or not same(successor, fact):
            return False
    return _void(fact) or (fact.valid_to <= moment and not dated(fact))


def _begun(fact: Fact, moment: datetime) -> bool:
    return fact.valid_from is None or fact.valid_from <= moment or dated(fact)


def valid_at(facts: Iterable[Fact], moment: datetime) -> list[Fact]:
    """Return what was true at `moment` as far as is known today, closed facts included; oldest said first.

    Of several values of a single-valued predicate the one that began last counts; where none is known to have begun by
    then, the first that was ever told, unless it is known to have begun later.
    """
    rows = [fact for fact in facts if fact.superseded_at is None or fact.valid_to is not None]
    rows = [fact for fact in rows if (fact.valid_to is None or moment < fact.valid_to) and not _void(fact)]
    kept: list[Fact] = []
    best: dict[tuple[str, str], Fact] = {}
    for fact in sorted(rows, key=begins):
        key = (fact.subject.casefold(), fact.predicate)
        if not predicate_of(fact.predicate).single:
            if begins(fact) <= moment or fact.valid_from is None:
                kept.append(fact)
        elif begins(fact) <= moment or (key not in best and fact.valid_from is None):
            best[key] = fact
    return sorted([*kept, *best.values()], key=lambda fact: fact.said_at)


def _void(fact: Fact) -> bool:
    """Tell whether a fact was never true: taken back, or replaced by another with the same beginning."""
    return fact.valid_to is not None and fact.valid_to <= begins(fact)


def profile(facts: Iterable[Fact], limit: int = PROFILE_FACTS, token_budget: int = PROFILE_TOKENS) -> list[Fact]:
    """Return the profile and preference facts that a session begins with: who the user is, then the most proven, then
    the latest said.
    """
    wanted = [fact for fact in current(facts) if fact.kind in ("profile", "preference")]

    def order(fact: Fact) -> tuple[bool, int, datetime]:
        first = fact.source == "user" or (fact.subject == USER and fact.predicate in _PROFILE_FIRST)
        return first, len(fact.proof), fact.said_at

    chosen: list[Fact] = []
    for fact in sorted(wanted, key=order, reverse=True):
        cost = tokens_of(fact)
        if cost <= token_budget and len(chosen) < limit:
            chosen.append(fact)
            token_budget -= cost
    return chosen


def tokens_of(fact: Fact) -> int:
    """Estimate what a fact costs in a prompt, its date and quotes included."""
    return len(fact.text) // _CHARACTERS_A_TOKEN + _FRAME_TOKENS


def without_repetitions(facts: Iterable[Fact]) -> list[Fact]:
    """Leave out rows that a later row with the same statement has taken up."""
    rows = list(facts)
    by_id = {fact.id: fact for fact in rows}
    return [fact for fact in rows if not (fact.superseded_by in by_id and same(by_id[fact.superseded_by], fact))]


def replaced_by(facts: Sequence[Fact], fact: Fact) -> Fact | None:
    """Return the fact with another value that `fact` took the place of, through all repetitions; None when none."""
    wanted, seen = {fact.id}, set[str]()
    while wanted:
        before = [other for other in facts if other.superseded_by in wanted and other.id not in seen]
        for other in sorted(before, key=lambda row: row.said_at, reverse=True):
            if not same(other, fact):
                return other
        seen |= wanted
        wanted = {other.id for other in before} - seen
    return None
