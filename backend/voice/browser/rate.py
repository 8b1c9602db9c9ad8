"""How fast a browser may send: sound at a few times the pace of speech, a handful of messages a second."""

from collections.abc import Callable

SOUND_BYTES_A_SECOND = 4 * 64_000
"""Base64 of PCM16 at 24 kHz is 64 kB a second; four times that lets a held-up network catch up."""
SOUND_BURST_BYTES = 4 << 20
MESSAGES_A_SECOND = 20.0
MESSAGE_BURST = 60.0
COMPLAINTS_A_SECOND = 10.0
COMPLAINT_BURST = 60.0
TOLERATED_SILENTLY = 2_000


class Bucket:
    """Fills at `rate` a second up to `burst`; `level` is what it held when it was last looked at."""

    __slots__ = ("_burst", "_clock", "_rate", "_since", "level")

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self.level, self._since = burst, clock()

    def take(self, amount: float) -> bool:
        """Take so much, or nothing and answer False."""
        # The clock is asked only when the bucket runs dry, so that a frame costs a subtraction.
        if self.level < amount:
            now = self._clock()
            self.level = min(self._burst, self.level + (now - self._since) * self._rate)
            self._since = now
            if self.level < amount:
                return False
        self.level -= amount
        return True


class Allowance:
    """What one browser may still send. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.sound = Bucket(SOUND_BYTES_A_SECOND, SOUND_BURST_BYTES, clock)
        """Bytes of sound that may pass."""
        self._messages = Bucket(MESSAGES_A_SECOND, MESSAGE_BURST, clock)
        self._complaints = Bucket(COMPLAINTS_A_SECOND, COMPLAINT_BURST, clock)
        self._unanswered = 0

    def message(self) -> bool:
        """Tell whether a message that is not sound may pass."""
        return self._messages.take(1)

    def complaint(self) -> bool:
        """Tell whether a bad frame is still answered; one that is not counts towards the end of the call."""
        if self._complaints.take(1):
            return True
        self._unanswered += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether the browser has sent so much that is wrong that the call should end."""
        return self._unanswered > TOLERATED_SILENTLY
