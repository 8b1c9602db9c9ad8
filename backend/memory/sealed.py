"""Turns, titles, vectors and facts as they stand in the store: sealed with their owner's key, each bound to its place.

A place is (session, turn, "body"), (session, "title"), (turn, "vector"), (fact, "fact"), (fact, "forgotten") or
(number, position, "snapshot"); tenant and owner always belong to it. docs/decisions/0006 says why the log position of
a turn does not.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

import orjson

from backend.core.context import Channel, Fact, Turn
from backend.memory.text import clean
from backend.storage.keys import DataKey, SealBroken

logger = logging.getLogger("backend.memory")

CHUNK = 200
"""Rows to open at a stretch, about a millisecond: nothing else in the process waits longer for it."""

TURN_COLUMNS = "seq, id, session_id, role, channel, agent_id, item_id, body, content, unheard, interrupted, said_at"
FACT_COLUMNS = (
    "seq, id, kind, source, channel, body, said_at, valid_from, valid_to, recorded_at, superseded_at, superseded_by"
)

_UNREADABLE = (SealBroken, orjson.JSONDecodeError, KeyError, TypeError)


class Breakage:
    """Counts rows that do not open and says so: a changed row costs itself, never the conversation."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, what: str, rows: int) -> None:
        """Take note of `rows` rows of a kind (`what`, in the plural). 0 is nothing."""
        if rows:
            self.count += rows
            logger.error(
                "%d %s of one owner do not open (changed in the database, moved, of another key) and are left out; "
                "%d so far",
                rows,
                what,
                self.count,
            )


def seal_turn(key: DataKey, turn: Turn) -> bytes:
    """Seal what was said: content, the part that was not heard, what was recalled for it."""
    return seal_body(key, turn.session_id, turn.id, turn.content, turn.unheard, turn.recalled)


def seal_body(
    key: DataKey, session_id: str, turn_id: str, content: str, unheard: str, recalled: Iterable[str]
) -> bytes:
    """Seal the parts of a turn that are content. The texts must be clean."""
    body: dict[str, Any] = {"content": content}
    if unheard:
        body["unheard"] = unheard
    if recalled:
        body["recalled"] = [clean(item) for item in recalled]
    return key.seal(orjson.dumps(body), session_id, turn_id, "body")


def open_turns(key: DataKey, rows: Iterable[Sequence[Any]], broken: Breakage) -> list[Turn]:
    """Open rows that begin with `TURN_COLUMNS`; those that do not open are left out.

    A row without a body is one of the first release that has not been sealed yet, or without content, a withdrawn one.
    """
    turns: list[Turn] = []
    unsealed, loads, add = key.open, orjson.loads, turns.append
    failed = 0
    for row in rows:
        seq, turn_id, session_id, role, channel, agent_id, item_id, body, content, unheard, interrupted, said_at = row[
            :12
        ]
        recalled: tuple[str, ...] = ()
        if body is not None:
            try:
                parts = loads(unsealed(body, session_id, turn_id, "body"))
                content = parts["content"]
            except _UNREADABLE:
                failed += 1
                continue
            unheard = parts.get("unheard", "")
            if given := parts.get("recalled"):
                recalled = tuple(given)
        add(
            Turn(
                turn_id, role, content or "", channel, agent_id, said_at, session_id, item_id, unheard or "",
                interrupted, seq, recalled,
            )
        )  # fmt: skip
    broken.add("turns", failed)
    return turns


def seal_title(key: DataKey, session_id: str, title: str) -> bytes:
    """Seal a session's title."""
    return key.seal(title.encode(), session_id, "title")


def open_title(key: DataKey, session_id: str, sealed: bytes, broken: Breakage) -> str:
    """Open a session's title; '' when it does not open."""
    try:
        return key.open(sealed, session_id, "title").decode()
    except (SealBroken, UnicodeDecodeError):
        broken.add("titles", 1)
        return ""


def seal_vector(key: DataKey, turn_id: str, vector: bytes) -> bytes:
    """Seal a turn's embedding: text close to the original can be made from it."""
    return key.seal(vector, turn_id, "vector")


def open_vectors(key: DataKey, rows: Iterable[tuple[str, bytes | None]], broken: Breakage) -> dict[str, bytes]:
    """Open (turn id, sealed vector) rows; without those that have none or do not open."""
    found: dict[str, bytes] = {}
    failed = 0
    for turn_id, sealed in rows:
        if sealed is not None:
            try:
                found[turn_id] = key.open(sealed, turn_id, "vector")
            except SealBroken:
                failed += 1
    broken.add("vectors", failed)
    return found


def seal_fact(key: DataKey, fact: Fact) -> bytes:
    """Seal what a fact says, how sure it is and what proves it."""
    body = {
        "subject": clean(fact.subject),
        "predicate": clean(fact.predicate),
        "value": clean(fact.value),
        "text": clean(fact.text),
        "confidence": fact.confidence,
        "proof": [clean(turn_id) for turn_id in fact.proof],
    }
    return key.seal(orjson.dumps(body), clean(fact.id), "fact")


def open_facts(key: DataKey, rows: Iterable[Sequence[Any]], broken: Breakage) -> list[Fact]:
    """Open rows of `FACT_COLUMNS`; those that do not open are left out."""
    facts: list[Fact] = []
    failed = 0
    for seq, fact_id, kind, source, channel, sealed, said_at, begins, ends, recorded_at, superseded_at, by in rows:
        try:
            body = orjson.loads(key.open(sealed, fact_id, "fact"))
            facts.append(
                Fact(
                    fact_id, body["text"], said_at, body["subject"], body["predicate"], body["value"], kind, source,
                    body["confidence"], tuple(body["proof"]), cast(Channel | None, channel), begins, ends, recorded_at,
                    superseded_at, by, seq,
                )
            )  # fmt: skip
        except _UNREADABLE:
            failed += 1
    broken.add("facts", failed)
    return facts


def seal_forgotten(key: DataKey, fact_id: str, marker: str, turn_ids: Iterable[str]) -> bytes:
    """Seal what is kept of a forgotten fact: by what it is recognised, and the turns that recall must not use."""
    return key.seal(orjson.dumps({"marker": marker, "turns": list(turn_ids)}), fact_id, "forgotten")


def open_forgotten(
    key: DataKey, rows: Iterable[tuple[str, bytes]], broken: Breakage
) -> list[tuple[str, str, list[str]]]:
    """Open (fact id, sealed) rows: (fact id, marker, turn ids) of each that opens."""
    found: list[tuple[str, str, list[str]]] = []
    failed = 0
    for fact_id, sealed in rows:
        try:
            body = orjson.loads(key.open(sealed, fact_id, "forgotten"))
            found.append((fact_id, body["marker"], body["turns"]))
        except _UNREADABLE:
            failed += 1
    broken.add("forgotten facts", failed)
    return found


def gone(fact_id: str, at: datetime, seq: int) -> Fact:
    """Return what a reader of the log is given for a forgotten fact: its id, no text."""
    return Fact(fact_id, "", at, superseded_at=at, seq=seq)
