"""Turns as columns: numbers and flags in arrays, all text in one buffer; about 110 bytes a turn and what was said.

A turn's number is its place in the arrays. Numbers are given in order of arrival; a turn that comes again (the same id)
gets a new number and its old place is dead until `take` builds the table anew. A session's turns are tied to the one
said before and the one said after, so one that arrives late still finds its place.

Not kept: `Turn.recalled`, which nobody needs to find a turn and which is longer than most of them. The log has it.
"""

import json
from array import array
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from backend.core.context import Channel, Role, Turn

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
ROLES: tuple[Role, ...] = ("user", "assistant")
CHANNELS: tuple[Channel, ...] = ("chat", "voice")

_COLUMNS: Mapping[str, tuple[Any, int]] = {
    "begin": (np.int64, 0),
    "id_bytes": (np.uint32, 0),
    "text_bytes": (np.uint32, 0),
    "rest_bytes": (np.uint32, 0),
    "id_hash": (np.uint32, 0),
    "said_at": (np.int64, 0),
    "seq": (np.int64, 0),
    "session": (np.int32, 0),
    "before": (np.int32, -1),
    "after": (np.int32, -1),
    "agent": (np.uint16, 0),
    "speaker": (np.uint16, 0),
    "role": (np.uint8, 0),
    "channel": (np.uint8, 0),
    "interrupted": (np.bool_, 0),
    "live": (np.bool_, 0),
    "findable": (np.bool_, 0),
    "length": (np.int32, 0),
    "worth": (np.float32, 0),
}
"""Name: type, and what an empty place holds."""


class Names:
    """Strings that repeat, numbered in order of appearance."""

    def __init__(self, names: list[str] | None = None) -> None:
        self.names: list[str] = names or []
        self._numbers = {name: number for number, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    @property
    def nbytes(self) -> int:
        """An estimate, in bytes."""
        return sum(len(name) for name in self.names) + 160 * len(self.names) + 300

    def number(self, name: str) -> int:
        """Return the name's number; a new name gets the next."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number

    def find(self, name: str) -> int:
        """Return the name's number, -1 when it has none."""
        return self._numbers.get(name, -1)


class TurnTable:
    """One owner's turns. Columns are read by whoever searches; places from `count` on are empty, and the last always
    is, so that number -1 (no neighbour) reads as nothing.

    begin, id_bytes, text_bytes, rest_bytes: where in the buffer a turn's id, content and rest stand.
    said_at: microseconds since 1970. session, agent, speaker: numbers of `sessions`, `agents`, `speakers`.
    before, after: the neighbour's number, -1 for none. length: in index terms. worth: what a match in it counts.
    live: False once replaced. findable: False also when silenced.
    """

    begin: NDArray[np.int64]
    id_bytes: NDArray[np.uint32]
    text_bytes: NDArray[np.uint32]
    rest_bytes: NDArray[np.uint32]
    id_hash: NDArray[np.uint32]
    said_at: NDArray[np.int64]
    seq: NDArray[np.int64]
    session: NDArray[np.int32]
    before: NDArray[np.int32]
    after: NDArray[np.int32]
    agent: NDArray[np.uint16]
    speaker: NDArray[np.uint16]
    role: NDArray[np.uint8]
    channel: NDArray[np.uint8]
    interrupted: NDArray[np.bool_]
    live: NDArray[np.bool_]
    findable: NDArray[np.bool_]
    length: NDArray[np.int32]
    worth: NDArray[np.float32]

    def __init__(self) -> None:
        self.count = 0
        self.alive = 0  # turns that are not replaced
        self.sought = 0  # those of them that may be found
        self.silenced: set[str] = set()  # their ids, also of turns that are not here (yet)
        self.sessions = Names()
        self.agents = Names()
        self.speakers = Names()
        self._text = bytearray()
        self._last = array("i")  # by session: the number of its last turn, -1 for none
        self._slots = array("i", [-1]) * 64  # open addressing by id_hash: numbers of live turns
        self._capacity = 0
        for name, (kind, _) in _COLUMNS.items():
            setattr(self, name, np.empty(0, kind))
        self._grow(32)

    @property
    def nbytes(self) -> int:
        """The memory taken, in bytes."""
        columns = sum(getattr(self, name).nbytes for name in _COLUMNS)
        names = self.sessions.nbytes + self.agents.nbytes + self.speakers.nbytes
        arrays = 4 * (len(self._slots) + len(self._last))
        return int(columns) + len(self._text) * 9 // 8 + arrays + names + 200 * len(self.silenced) + 3_000

    def find(self, turn_id: str) -> int:
        """Return the turn's number, -1 when it is not here."""
        number, _ = self._seek(_encoded(turn_id))
        return number

    def append(self, turn: Turn, speaker: str, length: int, worth: float) -> tuple[int, int]:
        """Put a turn at the end; return its number and that of the turn it replaces, -1 for none."""
        name, text = _encoded(turn.id), _encoded(turn.content)
        rest = b"" if turn.item_id is None and not turn.unheard else json.dumps([turn.item_id, turn.unheard]).encode()
        said_at = microseconds(turn.said_at)
        role, channel = ROLES.index(turn.role), CHANNELS.index(turn.channel)
        number = self.count
        if number + 1 >= self._capacity:
            self._grow(number + number // 8 + 64)
        old, slot = self._seek(name)
        if old >= 0:
            self._bury(old)
        self._slots[slot] = number
        self.begin[number] = len(self._text)
        self.id_bytes[number] = len(name)
        self.text_bytes[number] = len(text)
        self.rest_bytes[number] = len(rest)
        self._text += name + text + rest
        self.id_hash[number] = crc32(name)
        self.said_at[number] = said_at
        self.seq[number] = turn.seq
        self.agent[number] = self.agents.number(turn.agent_id)
        self.speaker[number] = self.speakers.number(speaker)
        self.role[number] = role
        self.channel[number] = channel
        self.interrupted[number] = turn.interrupted
        self.worth[number] = worth
        self.live[number] = True
        if not self.silenced or turn.id not in self.silenced:
            self.findable[number] = True
            self.length[number] = length
            self.sought += 1
        self.alive += 1
        self.count += 1
        session = self.session[number] = self.sessions.number(turn.session_id)
        if session == len(self._last):
            self._last.append(-1)
        self._place(number, session)
        if 2 * self.alive > len(self._slots):
            self._rehash()
        return number, old

    def silence(self, turn_id: str) -> None:
        """Let a turn be found no more, under whichever number it comes. It keeps its place in its session."""
        self.silenced.add(turn_id)
        number = self.find(turn_id)
        if number >= 0 and self.findable[number]:
            self.findable[number] = False
            self.length[number] = 0
            self.sought -= 1

    def turn(self, number: int) -> Turn:
        """Build the turn with this number."""
        begin = int(self.begin[number])
        middle = begin + int(self.id_bytes[number])
        end = middle + int(self.text_bytes[number])
        rest = self._text[end : end + int(self.rest_bytes[number])]
        item_id, unheard = json.loads(rest) if rest else (None, "")
        return Turn(
            _decoded(self._text[begin:middle]),
            ROLES[self.role[number]],
            _decoded(self._text[middle:end]),
            CHANNELS[self.channel[number]],
            self.agents.names[self.agent[number]],
            _EPOCH + int(self.said_at[number]) * _MICROSECOND,
            self.sessions.names[self.session[number]],
            item_id,
            unheard,
            bool(self.interrupted[number]),
            int(self.seq[number]),
        )

    def content(self, number: int) -> str:
        """Return what was said in the turn with this number."""
        begin = int(self.begin[number]) + int(self.id_bytes[number])
        return _decoded(self._text[begin : begin + int(self.text_bytes[number])])

    def backwards(self, session_id: str) -> Iterator[int]:
        """Yield the numbers of a session's turns, the last said first."""
        session = self.sessions.find(session_id)
        number = self._last[session] if session >= 0 else -1
        while number >= 0:
            yield number
            number = int(self.before[number])

    def take(self, keep: NDArray[np.int64]) -> NDArray[np.int32]:
        """Keep only the live turns `keep` (numbers, ascending); return by old number the new one, -1 for none."""
        fresh = np.full(self.count + 1, -1, np.int32)  # and -1, no neighbour, stays -1
        fresh[keep] = np.arange(len(keep), dtype=np.int32)
        sizes = (self.id_bytes[keep].astype(np.int64) + self.text_bytes[keep] + self.rest_bytes[keep]).tolist()
        begins = self.begin[keep].tolist()
        text = bytearray().join(
            memoryview(self._text)[begin : begin + size] for begin, size in zip(begins, sizes, strict=True)
        )
        for name in _COLUMNS:
            setattr(self, name, getattr(self, name)[keep])
        self.count = self._capacity = len(keep)
        self._grow(len(keep) + len(keep) // 8 + 64)
        self.begin[: len(keep)] = np.cumsum([0, *sizes[:-1]]) if sizes else 0
        self.before[: len(keep)] = fresh[self.before[: len(keep)]]
        self.after[: len(keep)] = fresh[self.after[: len(keep)]]
        self._last = array("i", [int(fresh[number]) for number in self._last])
        self._text = text
        self._rehash()
        return fresh[:-1]

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays by name, for `load`. They are views: use them before the table changes."""
        names = [self.sessions.names, self.agents.names, self.speakers.names, sorted(self.silenced)]
        found: dict[str, NDArray[Any]] = {name: getattr(self, name)[: self.count] for name in _COLUMNS}
        found["text"] = np.frombuffer(bytes(self._text), np.uint8)
        found["last"] = np.array(self._last, np.int32)
        found["slots"] = np.array(self._slots, np.int32)
        found["names"] = np.frombuffer(json.dumps(names).encode(), np.uint8)
        return found

    @classmethod
    def load(cls, arrays: Mapping[str, NDArray[Any]]) -> "TurnTable":
        """Build a table of what `dump` gave. Raises `ValueError`, `KeyError` when the arrays are of another form."""
        table = cls()
        sessions, agents, speakers, silenced = json.loads(arrays["names"].tobytes())
        table.sessions, table.agents, table.speakers = Names(sessions), Names(agents), Names(speakers)
        table.silenced = set(silenced)
        table.count = table._capacity = len(arrays["begin"])
        for name, (kind, _) in _COLUMNS.items():
            if arrays[name].dtype != kind or arrays[name].shape != (table.count,):
                raise ValueError(f"column {name}: {arrays[name].dtype} {arrays[name].shape}")
            setattr(table, name, arrays[name])
        table._grow(table.count + 64)
        table.alive = int(np.count_nonzero(table.live))
        table.sought = int(np.count_nonzero(table.findable))
        table._text = bytearray(arrays["text"])
        table._last = array("i", arrays["last"].tobytes())
        table._slots = array("i", arrays["slots"].tobytes())
        return table

    def _seek(self, name: bytes) -> tuple[int, int]:
        """Return the number of the turn with this id (-1 for none) and its slot, or the free one it would take."""
        hashed = crc32(name)
        mask = len(self._slots) - 1
        slot = hashed & mask
        while (number := self._slots[slot]) >= 0:
            if self.id_hash[number] == hashed:
                begin = int(self.begin[number])
                if self._text[begin : begin + int(self.id_bytes[number])] == name:
                    return number, slot
            slot = (slot + 1) & mask
        return -1, slot

    def _bury(self, number: int) -> None:
        """Take a turn out of its session and of what may be found. Its slot is the caller's."""
        before, after = int(self.before[number]), int(self.after[number])
        self._tie(before, after)
        if after < 0:
            self._last[self.session[number]] = before
        self.before[number] = self.after[number] = -1
        self.live[number] = False
        self.length[number] = 0
        self.alive -= 1
        if self.findable[number]:
            self.findable[number] = False
            self.sought -= 1

    def _place(self, number: int, session: int) -> None:
        """Tie a turn to its neighbours: where it was said, mostly at its session's end."""
        key = (self.said_at[number], self.seq[number])
        before, after = self._last[session], -1
        while before >= 0 and (self.said_at[before], self.seq[before]) > key:
            before, after = int(self.before[before]), before
        self._tie(before, number)
        self._tie(number, after)
        if after < 0:
            self._last[session] = number

    def _tie(self, first: int, second: int) -> None:
        if first >= 0:
            self.after[first] = second
        if second >= 0:
            self.before[second] = first

    def _grow(self, capacity: int) -> None:
        for name, (kind, empty) in _COLUMNS.items():
            fresh = np.full(capacity, empty, kind)
            fresh[: self.count] = getattr(self, name)[: self.count]
            setattr(self, name, fresh)
        self._capacity = capacity

    def _rehash(self) -> None:
        """Build the slots anew, for four times the live turns: in rounds, each placing all that find a free slot."""
        size = 64
        while size < 4 * self.alive:
            size *= 2
        slots = np.full(size, -1, np.int32)
        numbers = np.flatnonzero(self.live[: self.count]).astype(np.int32)
        wanted = self.id_hash[numbers].astype(np.int64) & (size - 1)
        while len(numbers):
            free = slots[wanted] < 0
            slots[wanted[free]] = numbers[free]
            homeless = slots[wanted] != numbers
            numbers, wanted = numbers[homeless], (wanted[homeless] + 1) & (size - 1)
        self._slots = array("i", slots.tobytes())


def microseconds(moment: datetime) -> int:
    """Return a time as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(text: bytes | bytearray) -> str:
    return text.decode("utf-8", "surrogatepass")
