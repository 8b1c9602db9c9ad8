"""The chain: a row's hash covers the row and the hash before it.

A row that is changed, left out or put in breaks the chain there. Who changes the hashes of all later rows too ends at
another head: only a head that was noted down elsewhere shows that, and rows that were cut off at the end.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

GENESIS = bytes(32)
"""What stands for the hash before the first row."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that somebody did, or was not allowed to.

    seq: 1, 2, 3, ... without a gap. at: UTC, to the microsecond. level: the level the service ran at. action: what was
    done; outcome: "done", or the code of the problem that it ended with. The actor did it, to something of the owner's
    (both empty where it is nobody's): `object` is its id, or the route that was refused. Never any content.
    """

    seq: int
    at: datetime
    level: str
    action: str
    outcome: str
    actor_tenant: str
    actor: str
    actor_kind: str
    owner_tenant: str
    owner: str
    object: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last row so far: its number (0: there is none) and its hash."""

    seq: int = 0
    hash: bytes = GENESIS

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"


class ChainBroken(Exception):
    """The chain does not hold at row `seq`; the message says how one sees it."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"row {seq}: {why}")
        self.seq = seq


def seal(before: bytes, row: Row) -> bytes:
    """Return the row's hash: SHA-256 over the hash before it and the row's members in order, as a JSON list.

    The time is written in UTC with six decimals: that list is what the hash stands for, in any language.
    """
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    members = [
        row.seq, at, row.level, row.action, row.outcome, row.actor_tenant, row.actor, row.actor_kind,
        row.owner_tenant, row.owner, row.object, row.request_id,
    ]  # fmt: skip
    return hashlib.sha256(before + orjson.dumps(members)).digest()


def follow(head: Head, rows: Iterable[tuple[Row, bytes]]) -> Head:
    """Check that rows, in order and with their stored hashes, go on from `head`; return the head behind them.

    Raises `ChainBroken` at the first that does not.
    """
    for row, stored in rows:
        if row.seq != head.seq + 1:
            missing = head.seq + 1
            raise ChainBroken(
                missing, "it is missing" if row.seq > missing else f"number {row.seq} stands in its place"
            )
        if seal(head.hash, row) != stored:
            raise ChainBroken(row.seq, "it is not what was written, or the one before it is not")
        head = Head(row.seq, stored)
    return head
