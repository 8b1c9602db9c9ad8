"""The ledger of a call: what was said, ordered by item and not by the arrival of transcripts, each turn once.

It does no I/O and keeps no clock: `now` is a monotonic time in seconds, given by the session. An item takes its place
when it begins; it is handed out by `settle` when its text is final and everything before it is settled or has been
waited for long enough. A transcript that comes later still becomes a turn, with the time at which it was said.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backend.core.context import Role, Turn

TRANSCRIPT_PATIENCE_S = 5.0
"""How long the turns behind an item wait for its text once the item itself is over."""
OPEN_PATIENCE_S = 120.0
"""How long they wait for an item that has begun and is not over (somebody who keeps talking)."""


@dataclass(slots=True)
class _Item:
    item_id: str
    role: Role
    agent_id: str
    said_at: datetime
    deadline: float
    text: str | None = None
    partial: str = ""
    audio_ms: float = 0.0
    heard_ms: float | None = None
    passed: bool = False
    late: bool = False
    turn: Turn | None = None


def split_heard(text: str, heard_ms: float, audio_ms: float) -> tuple[str, str]:
    """Split an interrupted answer into what was heard and the rest, in proportion to its sound, at a word's end.

    A word that was cut counts as unheard. audio_ms: playing time of the whole text; 0 means that nothing was heard.
    """
    if audio_ms <= 0 or heard_ms <= 0:
        return "", text
    if heard_ms >= audio_ms:
        return text, ""
    cut = int(len(text) * heard_ms / audio_ms)
    while 0 < cut < len(text) and not text[cut].isspace():
        cut -= 1
    return text[:cut], text[cut:]


class Ledger:
    """The turns of one call. An item id is known once; a second beginning or a second text changes nothing."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._open: list[_Item] = []
        self._items: dict[str, _Item] = {}
        self._last_said_at: datetime | None = None

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def begin(self, item_id: str, role: Role, agent_id: str, said_at: datetime, now: float) -> None:
        """Give the item its place: after all that have begun."""
        if item_id not in self._items:
            item = _Item(item_id, role, agent_id, said_at, now + OPEN_PATIENCE_S)
            self._items[item_id] = item
            self._open.append(item)

    def follows(self, item_id: str, previous_id: str | None) -> None:
        """Correct the place of an item that has not settled: it comes directly after `previous_id`."""
        item, previous = self._items.get(item_id), self._items.get(previous_id or "")
        if item is None or previous is None or item is previous or item not in self._open:
            return
        if previous in self._open:
            self._open.remove(item)
            self._open.insert(self._open.index(previous) + 1, item)
        else:  # the one before is settled, so this one is next
            self._open.remove(item)
            self._open.insert(0, item)

    def over(self, item_id: str, now: float) -> None:
        """The item has ended; its text may still come. From here the wait for it is short."""
        item = self._items.get(item_id)
        if item is not None:
            item.deadline = min(item.deadline, now + TRANSCRIPT_PATIENCE_S)

    def heard_part(self, item_id: str, partial: str) -> None:
        """Keep the text so far, for an item whose end never comes."""
        item = self._items.get(item_id)
        if item is not None:
            item.partial = partial

    def finish(self, item_id: str, text: str, audio_ms: float = 0.0) -> None:
        """Set the final text and, for an answer, the playing time of its sound. The first that is not blank counts."""
        item = self._items.get(item_id)
        if item is None or item.text:
            return
        item.text = text.strip()
        item.audio_ms = audio_ms
        if item.passed and item.turn is None and item.text and item.heard_ms is None:
            item.passed, item.late = False, True
            self._open.insert(0, item)

    def fail(self, item_id: str) -> None:
        """The item will get no text (recognition failed, answer cancelled before a word)."""
        item = self._items.get(item_id)
        if item is not None and item.text is None:
            item.text = ""

    def interrupt(self, item_id: str, heard_ms: float) -> Turn | None:
        """The answer was cut after `heard_ms`. Returns the corrected turn when it was handed out already.

        Before that, the turn that `settle` hands out will say it.
        """
        item = self._items.get(item_id)
        if item is None or item.heard_ms is not None:
            return None
        item.heard_ms = heard_ms
        if item.turn is None:
            return None
        item.turn = self._as_turn(item, item.turn.said_at)
        return item.turn

    def settle(self, now: float) -> list[Turn]:
        """Hand out the turns that are ready, in order. Each is handed out once; items without text never are."""
        ready: list[Turn] = []
        while self._open:
            item = self._open[0]
            if item.text is None and now < item.deadline:
                break
            del self._open[0]
            item.passed = True
            if item.text:
                turn = self._as_turn(item, self._in_order(item))
                if turn.content:  # an answer of which nothing was heard was never part of the conversation
                    item.turn = turn
                    ready.append(turn)
        return ready

    def close(self, now: float) -> list[Turn]:
        """The call is over: hand out everything that has text, an unfinished answer with what there is of it."""
        for item in self._open:
            if item.text is None:
                item.text = item.partial.strip()
            item.deadline = now
        return self.settle(now)

    def next_deadline(self) -> float | None:
        """Return when `settle` has something to do although nothing happens; None when it has not."""
        return self._open[0].deadline if self._open and self._open[0].text is None else None

    def waiting(self, role: Role) -> bool:
        """Tell whether an item of this role has no final text yet."""
        return any(item.role == role and item.text is None for item in self._open)

    def _in_order(self, item: _Item) -> datetime:
        """Return a time that keeps the order: transcripts are sorted by it, so what comes later may not be earlier."""
        last = self._last_said_at
        if last is None or item.said_at > last:
            self._last_said_at = item.said_at
            return item.said_at
        if item.late:
            return item.said_at
        self._last_said_at = last + timedelta(microseconds=1)
        return self._last_said_at

    def _as_turn(self, item: _Item, said_at: datetime) -> Turn:
        turn = Turn(
            id=item.item_id,
            role=item.role,
            content=item.text or "",
            channel="voice",
            agent_id=item.agent_id,
            said_at=said_at,
            session_id=self._session_id,
            item_id=item.item_id,
        )
        if item.heard_ms is None:
            return turn
        heard, unheard = split_heard(turn.content, item.heard_ms, item.audio_ms)
        return replace(turn, content=heard.strip(), unheard=unheard.strip(), interrupted=True)
