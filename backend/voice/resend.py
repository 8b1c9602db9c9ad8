"""What was sent to the browser and may have to be sent again: it is kept until the browser says that it has it."""

from collections import deque

from backend.voice import messages
from backend.voice.messages import Outgoing

KEPT_BYTES = 4 << 20
"""For one call: a minute of sound. A browser that says every few seconds what it has seen keeps this nearly empty."""


class Sent:
    """The last messages in the order of their `seq`, which runs without gaps. They are kept as they are, not copied."""

    def __init__(self, last: int) -> None:
        """last: the `seq` of the message before the first that comes here."""
        self._messages: deque[Outgoing] = deque()
        self._weight = 0
        self._last = last

    def append(self, message: Outgoing) -> None:
        """Keep the next message. Beyond the bound the oldest is given up."""
        self._messages.append(message)
        self._last += 1
        self._weight += messages.weight(message)
        while self._weight > KEPT_BYTES:
            self._weight -= messages.weight(self._messages.popleft())

    def seen(self, seq: int) -> None:
        """The browser has everything up to this one."""
        unseen = max(0, self._last - seq)
        while len(self._messages) > unseen:
            self._weight -= messages.weight(self._messages.popleft())

    def after(self, seq: int) -> list[tuple[int, Outgoing]] | None:
        """Return what follows `seq`, with its numbers; None when some of it is not here any more, or was never sent."""
        missing = self._last - seq
        if not 0 <= missing <= len(self._messages):
            return None
        first = len(self._messages) - missing
        return [(self._last - missing + place, self._messages[first + place - 1]) for place in range(1, missing + 1)]

    def clear(self) -> None:
        """Give everything up: the browser will read what was said from the store."""
        self._messages.clear()
        self._weight = 0
