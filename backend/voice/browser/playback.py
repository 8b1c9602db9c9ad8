"""How much of each answer the person has heard, in milliseconds of PCM16 at 24 kHz, and the sound they have not.

Sound arrives much faster than it is played. The browser reports the position it plays; between reports, and for a
browser that never reports, the position follows the clock: items are played one after the other, in real time.

What is cut is put aside until it is known whether the interruption was one: `resume` gives back what was not heard.
"""

from collections import deque
from dataclasses import dataclass, field

BYTES_PER_MS = 48
REPORT_TRUST_S = 0.5
"""How far the clock may carry a reported position on: beyond this a silent browser is taken to have stopped playing."""
KEPT_BYTES = 4 << 20
"""Base64 of unheard sound that is kept for one call, a good minute. An answer that is further ahead cannot go on."""
_BASE64_STEP, _STEP_MS = 8, 0.125
"""Base64 can be cut after 8 characters, which are 3 samples."""


def milliseconds(base64: bytes) -> float:
    """Return the playing time of base64 PCM16 at 24 kHz, from its length alone."""
    return (len(base64) * 3 // 4 - base64.count(b"=", -2)) / BYTES_PER_MS


@dataclass(slots=True)
class _Item:
    """kept: the frames that are not known to be heard; kept_from: where in the item the first of them begins, ms."""

    starts_at: float
    sent_ms: float = 0.0
    reported_ms: float = -1.0
    reported_at: float = 0.0
    kept: deque[bytes] = field(default_factory=deque)
    kept_from: float = 0.0
    given_up: bool = False
    ended: bool = False
    cut_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """Where an interruption cut an item. heard_ms <= sent_ms."""

    item_id: str
    heard_ms: int
    sent_ms: int


@dataclass(frozen=True, slots=True)
class Rest:
    """What was not heard of an item: its frames from `from_ms` on. ended: no more sound comes for it."""

    item_id: str
    from_ms: float
    frames: list[bytes]
    ended: bool


class Playback:
    """The played position of every item that is not over yet. `now` is a monotonic clock in seconds throughout."""

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}
        self._aside: dict[str, _Item] = {}
        self._kept = 0
        self._ends_at = 0.0

    def sent(self, item_id: str, base64: bytes, ms: float, now: float) -> None:
        """Account for sound handed to the browser, `ms` long. It is kept, not copied."""
        item = self._items.get(item_id)
        if item is None:
            item = self._items[item_id] = _Item(starts_at=max(now, self._ends_at))
            self.settle(now)
        item.sent_ms += ms
        ends_at = self._ends_at
        self._ends_at = (ends_at if ends_at > now else now) + ms / 1000  # not max(): this is for every frame
        if not item.given_up:
            item.kept.append(base64)
            kept = self._kept = self._kept + len(base64)
            if kept > KEPT_BYTES:
                self._keep_less(item, now)

    def ended(self, item_id: str) -> None:
        """No more sound comes for the item."""
        item = self._items.get(item_id) or self._aside.get(item_id)
        if item is not None:
            item.ended = True

    def played(self, item_id: str, ms: float, now: float) -> None:
        """Take the browser's report. A position beyond what was sent, or of an item that is over, is cut or ignored."""
        item = self._items.get(item_id)
        if item is not None:
            item.reported_ms = max(item.reported_ms, min(ms, item.sent_ms))
            item.reported_at = now
            self._let_go(item, item.reported_ms)
            for earlier in [key for key, other in self._items.items() if other.starts_at < item.starts_at]:
                self._drop(earlier)  # items play one after the other: what came before has been heard
            rest = sum(other.sent_ms for other in self._items.values() if other.starts_at > item.starts_at)
            self._ends_at = now + (item.sent_ms - item.reported_ms + rest) / 1000

    def heard_ms(self, item_id: str, now: float) -> float:
        """Return how much of the item has been heard by now; 0 for one that is unknown or over."""
        item = self._items.get(item_id)
        return 0.0 if item is None else _heard(item, now)

    def remaining_s(self, now: float) -> float:
        """Return how many seconds of sound are still to be played."""
        return max(0.0, self._ends_at - now)

    def cut(self, now: float) -> list[Cut]:
        """Stop everything: put aside what was not heard to its end, or has no end yet; return it, oldest first."""
        self.give_up()
        self._aside.clear()
        self.settle(now)
        self._aside, self._items = self._items, {}
        for item in self._aside.values():
            item.cut_ms = _heard(item, now)
        self._ends_at = now
        return [Cut(item_id, int(item.cut_ms), int(item.sent_ms)) for item_id, item in self._aside.items()]

    def left_unheard(self, now: float) -> list[Cut]:
        """Return what was not heard to its end when the call is over, as far as the browser has reported at all."""
        reporting = any(item.reported_ms >= 0 for item in self._items.values())
        return [
            Cut(item_id, int(_heard(item, now)) if item.reported_ms >= 0 else 0, int(item.sent_ms))
            for item_id, item in self._items.items()
            if reporting and _heard(item, now) < item.sent_ms
        ]

    def put_aside(self, item_id: str, base64: bytes, ms: float, now: float) -> None:
        """Keep sound of an answer that is cut: it was made, and nobody has heard it."""
        item = self._aside.get(item_id)
        if item is None:
            item = self._aside[item_id] = _Item(starts_at=now)
        item.sent_ms += ms
        self._keep(item, base64, now)

    def stopped_at(self, item_id: str, ms: float) -> int | None:
        """Take the browser's word where exactly it stopped; return it unless the item is not one of those just cut."""
        item = self._aside.get(item_id)
        if item is None or ms < item.reported_ms:
            return None
        item.cut_ms = item.reported_ms = min(ms, item.sent_ms)
        return int(item.cut_ms)

    @property
    def resumable(self) -> bool:
        """Whether all that was not heard of what was cut is still here."""
        return bool(self._aside) and not any(item.given_up for item in self._aside.values())

    def resume(self) -> list[Rest]:
        """Return what was not heard, oldest first, and take it as not sent yet; `sent` and `resumed` follow."""
        aside, self._aside = self._aside, {}
        rests = []
        for item_id, item in aside.items():
            self._let_go(item, item.cut_ms)
            skipped = int((item.cut_ms - item.kept_from) / _STEP_MS)
            frames = list(item.kept)
            if frames and skipped > 0:
                frames[0] = frames[0][skipped * _BASE64_STEP :]
                if not frames[0]:
                    del frames[0]
            rests.append(Rest(item_id, item.kept_from + max(0, skipped) * _STEP_MS, frames, item.ended))
            self._kept -= sum(map(len, item.kept))
        return rests

    def resumed(self, item_id: str, from_ms: float, now: float) -> None:
        """The item is played on from `from_ms`; its sound follows."""
        item = self._items[item_id] = _Item(starts_at=max(now, self._ends_at) - from_ms / 1000)
        item.sent_ms = item.kept_from = from_ms

    def give_up(self) -> None:
        """What was cut stays cut: let its sound go, and keep the positions for a report that is still on its way."""
        for item in self._aside.values():
            self._kept -= sum(map(len, item.kept))
            item.kept.clear()
            item.given_up = True

    def settle(self, now: float) -> None:
        """Forget what has been heard to its end. Of the last item more may come, unless it has ended."""
        last = next(reversed(self._items), None)
        for item_id in [key for key, item in self._items.items() if _heard(item, now) >= item.sent_ms]:
            if item_id != last or self._items[item_id].ended:
                self._drop(item_id)

    def _keep(self, item: _Item, base64: bytes, now: float) -> None:
        if item.given_up:
            return
        self._kept += len(base64)
        item.kept.append(base64)
        if self._kept > KEPT_BYTES:
            self._keep_less(item, now)

    def _keep_less(self, item: _Item, now: float) -> None:
        """Let go what has been heard; if that is not enough, keep nothing more of `item`."""
        for other in self._items.values():
            self._let_go(other, _heard(other, now))
        if self._kept > KEPT_BYTES:
            self._kept -= len(item.kept.pop())
            item.given_up = True

    def _let_go(self, item: _Item, heard_ms: float) -> None:
        """Forget the frames that end before `heard_ms`."""
        kept = item.kept
        while kept:
            end = item.kept_from + milliseconds(kept[0])
            if end > heard_ms:
                return
            item.kept_from = end
            self._kept -= len(kept.popleft())

    def _drop(self, item_id: str) -> None:
        self._kept -= sum(map(len, self._items.pop(item_id).kept))


def _heard(item: _Item, now: float) -> float:
    if item.reported_ms >= 0:
        heard = item.reported_ms + min(now - item.reported_at, REPORT_TRUST_S) * 1000
    else:
        heard = (now - item.starts_at) * 1000
    return min(max(heard, 0.0), item.sent_ms)
