"""What was sent to the browser and may have to be sent again: it is kept until the browser says that it has it."""

from collections import deque
from collections.abc import Sequence
from typing import TypeAlias

from backend.voice.browser import messages
from backend.voice.browser.messages import Outgoing, Sound

KEPT_BYTES = 4 << 20
"""For one call: a minute of sound. A browser that says every few seconds what it has seen keeps this nearly empty."""


Piece: TypeAlias = tuple[bytes, str, float, float]
"""Sound as it was sent: base64, its item, its playing time in milliseconds, and when (loop time, seconds)."""


class Sent:
    """The last messages in the order of their `seq`, which runs without gaps. They are kept as they are, not copied."""

    def __init__(self, last: int) -> None:
        """last: the `seq` of the message before the first that comes here."""
        # Sound is kept as a bare tuple: an object for each frame costs as much as all else here.
        self._messages: deque[Outgoing | Piece] = deque()
        self._weight = 0
        self._last = last

    def append(self, message: Outgoing) -> None:
        """Keep the next message. Beyond the bound the oldest is given up."""
        self._messages.append((message.base64, message.item_id, 0.0, 0.0) if isinstance(message, Sound) else message)
        self._last += 1
        self._weight += messages.weight(message)
        if self._weight > KEPT_BYTES:
            self._give_up_oldest()

    def extend(self, pieces: Sequence[Piece]) -> None:
        """Keep the next messages, which are sound."""
        self._messages.extend(pieces)
        self._last += len(pieces)
        for base64, _, _, _ in pieces:
            self._weight += len(base64)
        if self._weight > KEPT_BYTES:
            self._give_up_oldest()

    def seen(self, seq: int) -> None:
        """The browser has everything up to this one."""
        kept, weight = self._messages, self._weight
        for _ in range(len(kept) - max(0, self._last - seq)):
            message = kept.popleft()
            weight -= len(message[0]) if isinstance(message, tuple) else messages.weight(message)
        self._weight = weight

    def after(self, seq: int) -> list[tuple[int, Outgoing]] | None:
        """Return what follows `seq`, with its numbers; None when some of it is not here any more, or was never sent."""
        missing = self._last - seq
        if not 0 <= missing <= len(self._messages):
            return None
        first = len(self._messages) - missing
        missed = list(self._messages)[first:]
        return [
            (self._last - missing + place, Sound(*message[:2]) if isinstance(message, tuple) else message)
            for place, message in enumerate(missed, 1)
        ]

    def clear(self) -> None:
        """Give everything up: the browser will read what was said from the store."""
        self._messages.clear()
        self._weight = 0

    def _give_up_oldest(self) -> None:
        while self._weight > KEPT_BYTES:
            self._weight -= _weight(self._messages.popleft())


def _weight(message: Outgoing | Piece) -> int:
    return len(message[0]) if isinstance(message, tuple) else messages.weight(message)
