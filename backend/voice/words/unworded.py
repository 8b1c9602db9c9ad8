"""What the person said and has no words yet, as sound: when a leg is lost, the next one hears it again."""

from collections import deque
from collections.abc import Callable

MOST_FRAMES = 750
"""30 s, as browsers send 40 ms; of somebody who talks for longer the beginning falls away."""
LEAD_FRAMES = 20
"""What is kept while nobody seems to speak: it takes a moment until that is noticed. 0.8 s."""


class _End:
    """Stands among the frames where an item ended."""


class Unworded:
    """Frames of microphone sound, from a lead before the first item without words on.

    add: keeps a frame. What need not be kept any more goes with `trim`: now and then, as letting go of a frame costs
    more than keeping one.
    """

    def __init__(self) -> None:
        self._frames: deque[bytes | _End] = deque()
        self._items: dict[str, _End] = {}
        self.add: Callable[[bytes], None] = self._frames.append

    def started(self, item_id: str) -> None:
        """The person was noticed to speak."""
        self.trim()
        self._items.setdefault(item_id, _End())

    def stopped(self, item_id: str) -> None:
        """The person was noticed to have stopped: what comes from now on is something else."""
        if item_id in self._items:
            end = self._items[item_id] = _End()
            self._frames.append(end)

    def worded(self, item_id: str) -> None:
        """The item has its words, or will get none: its sound is not needed any more."""
        end = self._items.pop(item_id, None)
        if end in self._frames:
            while self._frames.popleft() is not end:
                pass

    def settle(self) -> None:
        """Nothing is waited for any more."""
        self._items.clear()

    def frames(self) -> list[bytes]:
        """Return what is kept, oldest first."""
        self.trim()
        return [frame for frame in self._frames if isinstance(frame, bytes)]

    def trim(self) -> None:
        """Let go of what is too old."""
        frames, most = self._frames, MOST_FRAMES if self._items else LEAD_FRAMES
        while len(frames) > most:
            frames.popleft()
