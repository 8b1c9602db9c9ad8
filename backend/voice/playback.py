"""How much of each answer the person has heard, in milliseconds of PCM16 at 24 kHz.

Sound arrives much faster than it is played. The browser reports the position it plays; between reports, and for a
browser that never reports, the position follows the clock: items are played one after the other, in real time.
"""

from dataclasses import dataclass

BYTES_PER_MS = 48
REPORT_TRUST_S = 0.5
"""How far the clock may carry a reported position on: beyond this a silent browser is taken to have stopped playing."""


def milliseconds(base64: bytes) -> float:
    """Return the playing time of base64 PCM16 at 24 kHz, from its length alone."""
    return (len(base64) * 3 // 4 - base64.count(b"=", -2)) / BYTES_PER_MS


@dataclass(slots=True)
class _Item:
    starts_at: float
    sent_ms: float = 0.0
    reported_ms: float = -1.0
    reported_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """Where an interruption cut an item. heard_ms <= sent_ms."""

    item_id: str
    heard_ms: int
    sent_ms: int


class Playback:
    """The played position of every item that is not over yet. `now` is a monotonic clock in seconds throughout."""

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}
        self._ends_at = 0.0

    def sent(self, item_id: str, ms: float, now: float) -> None:
        """Account for `ms` of sound handed to the browser."""
        item = self._items.get(item_id)
        if item is None:
            self._forget_what_is_over(now)
            item = self._items[item_id] = _Item(starts_at=max(now, self._ends_at))
        item.sent_ms += ms
        self._ends_at = max(now, self._ends_at) + ms / 1000

    def played(self, item_id: str, ms: float, now: float) -> None:
        """Take the browser's report. A position beyond what was sent, or of an item that is over, is cut or ignored."""
        item = self._items.get(item_id)
        if item is not None:
            item.reported_ms = max(item.reported_ms, min(ms, item.sent_ms))
            item.reported_at = now
            for earlier in [key for key, other in self._items.items() if other.starts_at < item.starts_at]:
                del self._items[earlier]  # items play one after the other: what came before has been heard
            rest = sum(other.sent_ms for other in self._items.values() if other.starts_at > item.starts_at)
            self._ends_at = now + (item.sent_ms - item.reported_ms + rest) / 1000

    def heard_ms(self, item_id: str, now: float) -> float:
        """Return how much of the item has been heard by now; 0 for one that is unknown or over."""
        item = self._items.get(item_id)
        if item is None:
            return 0.0
        if item.reported_ms >= 0:
            heard = item.reported_ms + min(now - item.reported_at, REPORT_TRUST_S) * 1000
        else:
            heard = (now - item.starts_at) * 1000
        return min(max(heard, 0.0), item.sent_ms)

    def remaining_s(self, now: float) -> float:
        """Return how many seconds of sound are still to be played."""
        return max(0.0, self._ends_at - now)

    def cut(self, now: float) -> list[Cut]:
        """Stop everything: return the items that were not heard to their end, oldest first, and forget them all."""
        cuts = [
            Cut(item_id, int(heard), int(item.sent_ms))
            for item_id, item in self._items.items()
            if (heard := self.heard_ms(item_id, now)) < item.sent_ms
        ]
        self._items.clear()
        self._ends_at = now
        return cuts

    def _forget_what_is_over(self, now: float) -> None:
        over = [item_id for item_id, item in self._items.items() if self.heard_ms(item_id, now) >= item.sent_ms]
        for item_id in over:
            del self._items[item_id]
