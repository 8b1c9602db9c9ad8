"""What the person said and has no words yet, as sound: when a leg is lost, the next one hears it again."""

from collections import deque

MOST_FRAMES = 750
"""30 s, as browsers send 40 ms; of somebody who talks for longer the beginning falls away."""
LEAD_FRAMES = 20
"""What is kept while nobody seems to speak: it takes a moment until that is noticed. 0.8 s."""


class Unworded:
    """Frames of microphone sound, from a lead before the first item without words on."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._most = LEAD_FRAMES
        self._given_up = 0
        self._items: dict[str, int | None] = {}

    def add(self, base64: bytes) -> None:
        """Keep a frame."""
        frames = self._frames
        frames.append(base64)
        while len(frames) > self._most:
            frames.popleft()
            self._given_up += 1

    def started(self, item_id: str) -> None:
        """The person was noticed to speak."""
        self._items.setdefault(item_id, None)
        self._most = MOST_FRAMES

    def stopped(self, item_id: str) -> None:
        """The person was noticed to have stopped: what comes from now on is something else."""
        if item_id in self._items:
            self._items[item_id] = self._given_up + len(self._frames)

    def worded(self, item_id: str) -> None:
        """The item has its words, or will get none: its sound is not needed any more."""
        end = self._items.pop(item_id, None)
        while self._frames and end is not None and self._given_up < end:
            self._frames.popleft()
            self._given_up += 1
        if not self._items:
            self._most = LEAD_FRAMES

    def settle(self) -> None:
        """Nothing is waited for any more."""
        self._items.clear()
        self._most = LEAD_FRAMES

    def frames(self) -> list[bytes]:
        """Return what is kept, oldest first."""
        return list(self._frames)
