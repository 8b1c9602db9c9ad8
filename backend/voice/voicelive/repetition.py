"""Sound that a session hears again, though what is said in it was answered before the session it was said to was lost.

It is written down, as its words were lost, and not answered once more: while it is listened to the service opens no
response by itself. What somebody says meanwhile that is new is answered when that is over.
"""

from dataclasses import dataclass, field

LEAST_MS = 500
"""An utterance and the beginning of its answer take longer than that: what begins later in the sound is another."""


@dataclass(slots=True)
class Repetition:
    """What is repeated to one leg.

    ms: playing time of the sound. utterances: how many it holds. rest: whether the answer broke off, and goes on when
    the words are there. items: the utterances found so far. missed: whether something new was said, and has no answer.
    restoring: whether the service has been asked to answer by itself again.
    """

    ms: float
    utterances: int
    rest: bool
    items: set[str] = field(default_factory=set)
    missed: bool = False
    restoring: bool = False

    def begins(self, item_id: str, start_ms: float) -> bool:
        """Tell whether an utterance that begins at `start_ms` of all sound is one of those repeated."""
        repeated = not self.restoring and len(self.items) < self.utterances and start_ms < self.ms - LEAST_MS
        if repeated:
            self.items.add(item_id)
        return repeated
