"""Turns as columns: numbers and flags in arrays, all text in one buffer; about 110 bytes a turn and what was said.

A turn's number is its row. Numbers are given in order of arrival; a turn that comes again (the same id) gets a new
number, and its old row is dead until `compact`. In which order a session's turns were said stands in `sessions.py`.

Not kept: `Turn.recalled`, which nobody needs to find a turn and which is longer than most of them. The log has it.
"""

import json
import re
import string
import sys
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from backend.core.context import Channel, Role, Turn
from backend.memory.cues import Cues
from backend.memory.sessions import Names, Sessions

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
ROLES: tuple[Role, ...] = ("user", "assistant")
CHANNELS: tuple[Channel, ...] = ("chat", "voice")

_READ = 4_000  # characters of a turn that tell it from others
_GLANCE = 32  # of its first and of its last characters, half as many letters are known by a hash
_SILENT = string.punctuation + string.whitespace + "…"
_OTHERS = re.compile(r"[\W_]+")

_COLUMNS: Mapping[str, Any] = {
    "begin": np.int64,
    "id_bytes": np.uint32,
    "text_bytes": np.uint32,
    "rest_bytes": np.uint32,
    "id_hash": np.uint32,
    "said_at": np.int64,
    "seq": np.int64,
    "place": np.int32,
    "session": np.int32,
    "agent": np.uint16,
    "speaker": np.uint16,
    "role": np.uint8,
    "channel": np.uint8,
    "interrupted": np.bool_,
    "live": np.bool_,
    "findable": np.bool_,
    "length": np.int32,
    "said": np.uint32,
    "asking": np.uint8,
    "times": np.uint8,
    "numbers": np.uint8,
    "names": np.uint8,
}
"""Name and type. An empty row holds 0."""

_ROW_BYTES: int = sum(np.dtype(kind).itemsize for kind in _COLUMNS.values())


class TurnTable:
    """One owner's turns. Columns are read by whoever searches; rows from `count` on are empty, and the last always is,
    so that number -1 (no turn) reads as nothing.

    begin, id_bytes, text_bytes, rest_bytes: where in the buffer a turn's id, content and rest stand.
    said_at: microseconds since 1970. session, agent, speaker: numbers of `sessions`, `agents`, `speakers`.
    place: where in `sessions.at` it stands. live: False once replaced or withdrawn. findable: False also when silenced.
    length: in index terms, 0 when it may not be found. said: a hash of its first and last letters. asking, times,
    numbers, names: its cues, in hundredths.
    """

    begin: NDArray[np.int64]
    id_bytes: NDArray[np.uint32]
    text_bytes: NDArray[np.uint32]
    rest_bytes: NDArray[np.uint32]
    id_hash: NDArray[np.uint32]
    said_at: NDArray[np.int64]
    seq: NDArray[np.int64]
    place: NDArray[np.int32]
    session: NDArray[np.int32]
    agent: NDArray[np.uint16]
    speaker: NDArray[np.uint16]
    role: NDArray[np.uint8]
    channel: NDArray[np.uint8]
    interrupted: NDArray[np.bool_]
    live: NDArray[np.bool_]
    findable: NDArray[np.bool_]
    length: NDArray[np.int32]
    said: NDArray[np.uint32]
    asking: NDArray[np.uint8]
    times: NDArray[np.uint8]
    numbers: NDArray[np.uint8]
    names: NDArray[np.uint8]

    def __init__(self) -> None:
        self.count = 0
        self.alive = 0  # turns that are not replaced
        self.sought = 0  # those of them that may be found
        self.silenced: set[str] = set()  # their ids, also of turns that are not here (yet)
        self.sessions = Sessions()
        self.agents = Names()
        self.speakers = Names()
        self._text = bytearray()
        self._slots = array("i", [-1]) * 64  # open addressing by id_hash: numbers of live turns
        self._capacity = 0
        for name, kind in _COLUMNS.items():
            setattr(self, name, np.empty(0, kind))
        self._grow(32)

    @property
    def nbytes(self) -> int:
        """The memory taken, in bytes."""
        names = self.sessions.nbytes + self.agents.nbytes + self.speakers.nbytes
        slots = 4 * len(self._slots)
        return (
            _ROW_BYTES * self._capacity + sys.getsizeof(self._text) + slots + names + 200 * len(self.silenced) + 3_000
        )

    def find(self, turn_id: str) -> int:
        """Return the turn's number, -1 when it is not here."""
        number, _ = self._seek(_encoded(turn_id))
        return number

    def append(self, turn: Turn, speaker: str, length: int, cues: Cues) -> tuple[int, int]:
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
        self.said[number] = _ends(turn.content)
        self.asking[number] = round(100 * cues.asking)
        self.times[number] = round(100 * cues.times)
        self.numbers[number] = round(100 * cues.numbers)
        self.names[number] = round(100 * cues.names)
        self.live[number] = True
        if not self.silenced or turn.id not in self.silenced:
            self.findable[number] = True
            self.length[number] = length
            self.sought += 1
        self.alive += 1
        self.count += 1
        self.session[number] = self.sessions.number(turn.session_id)
        self._insert(number)
        if 2 * self.alive > len(self._slots):
            self._rehash()
        return number, old

    def withdraw(self, turn_id: str) -> int:
        """Take a turn out, as if it had never come; return what its number was, -1 when it is not here."""
        number = self.find(turn_id)
        if number >= 0:
            self._bury(number)
            self._rehash()
        return number

    def silence(self, turn_id: str) -> int:
        """Let a turn be found no more, whenever it comes; return its number. It keeps its place in its session."""
        self.silenced.add(turn_id)
        number = self.find(turn_id)
        if number >= 0 and self.findable[number]:
            self.findable[number] = False
            self.length[number] = 0
            self.sought -= 1
        return number

    def turn(self, number: int) -> Turn:
        """Build the turn with this number."""
        [turn] = self.turns([number])
        return turn

    def turns(self, numbers: Sequence[int] | NDArray[np.integer]) -> list[Turn]:
        """Build the turns with these numbers, in this order. Each column is read once for all of them."""
        wanted = np.asarray(numbers, np.intp)
        columns = (
            column.take(wanted).tolist()
            for column in (
                self.begin, self.id_bytes, self.text_bytes, self.rest_bytes, self.role, self.channel, self.agent,
                self.said_at, self.session, self.interrupted, self.seq,
            )
        )  # fmt: skip
        agents, sessions, buffer = self.agents.names, self.sessions.names.names, self._text
        found = []
        for begin, id_bytes, text_bytes, rest_bytes, role, channel, agent, said_at, session, interrupted, seq in zip(
            *columns, strict=True
        ):
            end = begin + id_bytes + text_bytes
            both = buffer[begin:end]
            if both.isascii():  # most are, and a character is a byte
                text = both.decode()
                name, content = text[:id_bytes], text[id_bytes:]
            else:
                name, content = _decoded(both[:id_bytes]), _decoded(both[id_bytes:])
            item_id, unheard = json.loads(buffer[end : end + rest_bytes]) if rest_bytes else (None, "")
            found.append(
                Turn(
                    name,
                    ROLES[role],
                    content,
                    CHANNELS[channel],
                    agents[agent],
                    _EPOCH + timedelta(microseconds=said_at),
                    sessions[session],
                    item_id,
                    unheard,
                    interrupted,
                    seq,
                )
            )
        return found

    def content(self, number: int) -> str:
        """Return what was said in the turn with this number."""
        begin = int(self.begin[number]) + int(self.id_bytes[number])
        return _decoded(self._text[begin : begin + int(self.text_bytes[number])])

    def saying(self, text: str) -> list[int]:
        """Return the numbers of turns that say the same: the same letters and digits, as far as they are read."""
        wanted = _letters(text)
        same = np.flatnonzero(self.said[: self.count] == _ends(text)).tolist()
        return [number for number in same if _letters(self.content(number)) == wanted]

    def beside(self, number: int, steps: int) -> int:
        """Return the number of the turn said so many turns later (at most `GAP`) in the session, -1 for none."""
        return int(self.sessions.at[self.place[number] + steps])

    def wasteful(self) -> bool:
        """Tell whether `compact` is due."""
        return (self.count > 256 and self.alive * 2 < self.count) or self.sessions.wasteful(self.alive)

    def compact(self) -> NDArray[np.int32]:
        """Leave out dead rows; return by old number the new one, -1 for none. The order stays."""
        keep = np.flatnonzero(self.live[: self.count])
        fresh = np.full(self.count, -1, np.int32)
        fresh[keep] = np.arange(len(keep), dtype=np.int32)
        sizes = (self.id_bytes[keep].astype(np.int64) + self.text_bytes[keep] + self.rest_bytes[keep]).tolist()
        begins = self.begin[keep].tolist()
        pieces = (self._text[begin : begin + size] for begin, size in zip(begins, sizes, strict=True))
        self._text = bytearray().join(pieces)
        for name in _COLUMNS:
            setattr(self, name, getattr(self, name)[keep])
        self.count = len(keep)
        self._grow(self.count * 9 // 8 + 64)
        self.begin[: self.count] = np.cumsum([0, *sizes])[:-1]
        self.sessions.pack(fresh)
        self._settle(slice(0, self.sessions.width))
        self._rehash()
        return fresh

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays by name, for `load`. They are views: use them before the table changes."""
        names = [self.sessions.names.names, self.agents.names, self.speakers.names, sorted(self.silenced)]
        found: dict[str, NDArray[Any]] = {name: getattr(self, name)[: self.count] for name in _COLUMNS}
        found["text"] = np.frombuffer(bytes(self._text), np.uint8)
        found.update(self.sessions.dump())
        found["slots"] = np.array(self._slots, np.int32)
        found["strings"] = np.frombuffer(json.dumps(names).encode(), np.uint8)
        return found

    @classmethod
    def load(cls, arrays: Mapping[str, NDArray[Any]]) -> "TurnTable":
        """Build a table of what `dump` gave. Raises `ValueError`, `KeyError` when the arrays are of another form."""
        table = cls()
        sessions, agents, speakers, silenced = json.loads(arrays["strings"].tobytes())
        table.sessions, table.agents, table.speakers = Sessions.load(sessions, arrays), Names(agents), Names(speakers)
        table.silenced = set(silenced)
        table.count = table._capacity = len(arrays["begin"])
        for name, kind in _COLUMNS.items():
            if arrays[name].dtype != kind or arrays[name].shape != (table.count,):
                raise ValueError(f"column {name}: {arrays[name].dtype} {arrays[name].shape}")
            setattr(table, name, arrays[name])
        table._grow(table.count + 64)
        table.alive = int(np.count_nonzero(table.live))
        table.sought = int(np.count_nonzero(table.findable))
        table._text = bytearray(arrays["text"])
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
        self._settle(self.sessions.remove(int(self.session[number]), int(self.place[number])))
        self.live[number] = False
        self.length[number] = 0
        self.alive -= 1
        if self.findable[number]:
            self.findable[number] = False
            self.sought -= 1

    def _insert(self, number: int) -> None:
        """Put a turn into its session where it was said, mostly at the end."""
        session, said_at, seq = int(self.session[number]), self.said_at[number], self.seq[number]
        run = self.sessions.run(session)
        offset = len(run)
        if offset and (self.said_at[run[-1]], self.seq[run[-1]]) > (said_at, seq):
            times = self.said_at[run]
            offset = int(np.searchsorted(times, said_at, "left"))
            same = run[offset : np.searchsorted(times, said_at, "right")]
            offset += int(np.searchsorted(self.seq[same], seq, "right"))
        self._settle(self.sessions.insert(session, offset, number))

    def _settle(self, moved: slice) -> None:
        """Note where the turns at these places now stand."""
        if moved.stop - moved.start == 1:
            self.place[self.sessions.at[moved.start]] = moved.start
            return
        numbers = self.sessions.at[moved]
        places = np.arange(moved.start, moved.stop, dtype=np.int32)
        self.place[numbers[numbers >= 0]] = places[numbers >= 0]

    def _grow(self, capacity: int) -> None:
        for name, kind in _COLUMNS.items():
            fresh = np.zeros(capacity, kind)
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


def _ends(text: str) -> int:
    """A hash of a text's first and last letters: most turns begin or end otherwise."""
    letters = _letters(text[:_GLANCE] + text[:_READ].rstrip(_SILENT)[-_GLANCE:])
    return crc32(_encoded(letters[: _GLANCE // 2] + letters[-_GLANCE // 2 :]))


def _letters(text: str) -> str:
    """What is left of a text's begin when only letters and digits count."""
    return _OTHERS.sub("", text[:_READ].casefold())


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decoded(text: bytes | bytearray) -> str:
    return text.decode("utf-8", "surrogatepass")
