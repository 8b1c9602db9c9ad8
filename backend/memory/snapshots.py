"""An owner's memory at one moment, as bytes: the index and the facts. The log seals and keeps it, in parts.

size of the whole (8) | size of the facts (4) | facts, as JSON | the index's segment
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from backend.core.context import Fact
from backend.memory.index import TurnIndex
from backend.memory.segment import SegmentBroken

PART = 8 * 1024 * 1024
"""Bytes of a part: one takes the database well under a second, and a call may last five."""

_SIZES = struct.Struct("<QI")
_MOMENTS = ("said_at", "valid_from", "valid_to", "recorded_at", "superseded_at")


class SnapshotBroken(ValueError):
    """The bytes are no snapshot of this version: build from the log instead."""


def pack(index: TurnIndex, facts: Iterable[Fact]) -> list[bytes]:
    """Return index and facts as the parts of one snapshot, in order."""
    told = orjson.dumps([asdict(fact) for fact in facts])
    segment = index.dump()
    blob = b"".join((_SIZES.pack(_SIZES.size + len(told) + len(segment), len(told)), told, segment))
    return [blob[at : at + PART] for at in range(0, len(blob), PART)]


def unpack(parts: Sequence[bytes]) -> tuple[TurnIndex, list[Fact]]:
    """Return the index and the facts of a snapshot. Raises `SnapshotBroken`, also for a part that is missing."""
    blob = b"".join(parts)
    try:
        size, told = _SIZES.unpack_from(blob)
        if size != len(blob):
            raise SnapshotBroken("a part is missing, or of another snapshot")
        facts = [_fact(row) for row in orjson.loads(blob[_SIZES.size : _SIZES.size + told])]
        return TurnIndex.load(blob[_SIZES.size + told :]), facts
    except (struct.error, orjson.JSONDecodeError, SegmentBroken, TypeError) as error:
        raise SnapshotBroken(str(error)) from error


def _fact(row: dict[str, Any]) -> Fact:
    moments = {name: datetime.fromisoformat(row[name]) for name in _MOMENTS if row[name] is not None}
    return Fact(**{**row, **moments, "proof": tuple(row["proof"])})
