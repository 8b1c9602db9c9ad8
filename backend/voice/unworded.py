"""What the person said and has no words yet, as sound: when a leg is lost, the next one hears it again."""

from collections import deque

MOST_BYTES = 30 * 64_000
"""30 s as base64; of somebody who talks for longer the beginning falls away."""
LEAD_BYTES = 64_000
"""What is kept while nobody seems to speak: it takes a moment until that is noticed. A second as base64."""


class Unworded:
    """Frames of microphone sound, from a lead before the first item without words on."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._numbered = 0
        self._items: dict[str, int | None] = {}

    def add(self, base64: bytes) -> None:
        """Keep a frame."""
        self._frames.append(base64)
        self._bytes += len(base64)
        self._numbered += 1
        most = MOST_BYTES if self._items else LEAD_BYTES
        while self._bytes > most:
            self._bytes -= len(self._frames.popleft())

    def started(self, item_id: str) -> None:
        """The person was noticed to speak."""
        self._items.setdefault(item_id, None)

    def stopped(self, item_id: str) -> None:
        """The person was noticed to have stopped: what comes from now on is something else."""
        if item_id in self._items:
            self._items[item_id] = self._numbered

    def worded(self, item_id: str) -> None:
        """The item has its words, or will get none: its sound is not needed any more."""
        end = self._items.pop(item_id, None)
        if end is not None:
            while self._frames and self._numbered - len(self._frames) < end:
                self._bytes -= len(self._frames.popleft())

    def settle(self) -> None:
        """Nothing is waited for any more."""
        self._items.clear()

    def frames(self) -> list[bytes]:
        """Return what is kept, oldest first."""
        return list(self._frames)
