"""The ledger of a call: what was said, ordered by item and not by the arrival of transcripts, each turn once.

It does no I/O and keeps no clock: `now` is a monotonic time in seconds, given by the session. An item takes its place
when it begins; it is handed out by `settle` when its text is final and everything before it is settled or has been
waited for long enough. A transcript that comes later still becomes a turn, with the time at which it was said.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backend.core.context import Role, Turn

TRANSCRIPT_PATIENCE_S = 5.0
"""How long the turns behind an item wait for its text once the item itself is over."""
OPEN_PATIENCE_S = 120.0
"""How long they wait for an item that has begun and is not over (somebody who keeps talking)."""
LONGEST_WORD_MS = 1500
"""Sound behind the last mark that may be one word, not spoken to its end."""
MS_PER_CHARACTER = 62
"""Speech takes about this long, before the voice has been heard."""


@dataclass(slots=True)
class Speech:
    """How an answer's text lies over its sound.

    audio_ms: playing time of the sound so far. marks: (ms at which a word ends, characters of the text up to there),
    where the service tells; marked: it does for this voice, so before the first mark no word has ended. short: the
    answer was stopped while it was made, so its text may go beyond its sound; then, without marks, the pace of the
    voice tells where it was.
    """

    audio_ms: float = 0.0
    marks: list[tuple[float, int]] = field(default_factory=list)
    marked: bool = False
    short: bool = False
    ms_per_character: float = MS_PER_CHARACTER

    def split(self, text: str, heard_ms: float) -> tuple[str, str]:
        """Split the text into what was heard and the rest, at a word's end. A word that was cut counts as unheard."""
        if self.audio_ms <= 0 or heard_ms <= 0:
            return "", text
        if heard_ms >= self.audio_ms and not self.short:
            return text, ""
        known = bisect_right(self.marks, (heard_ms, len(text)))
        from_ms, start = self.marks[known - 1] if known else (0.0, 0)
        while 0 < start < len(text) and not text[start].isspace():
            start += 1  # a full stop belongs to the word before it
        cut, rest_ms = start, self.audio_ms - from_ms
        told = self.marked or known > 0
        if known == len(self.marks) and (not told or rest_ms > LONGEST_WORD_MS):  # no marks here: in proportion
            if self.short:
                rest_ms = max(rest_ms, (len(text) - start) * self.ms_per_character)
            cut += int((len(text) - start) * (heard_ms - from_ms) / rest_ms) if rest_ms > 0 else 0
            while start < cut < len(text) and not text[cut].isspace():
                cut -= 1
        return text[:cut], text[cut:]

    def said(self, text: str) -> str:
        """Return the text for which there is sound."""
        return self.split(text, self.audio_ms)[0] if self.short else text


@dataclass(slots=True)
class _Item:
    item_id: str
    role: Role
    agent_id: str
    said_at: datetime
    deadline: float
    text: str | None = None
    partial: str = ""
    speech: Speech = field(default_factory=Speech)
    heard_ms: float | None = None
    passed: bool = False
    late: bool = False
    drafted: bool = False
    turn: Turn | None = None
    recalled: tuple[str, ...] = ()


class Ledger:
    """The turns of one call. An item id is known once; a second beginning or a second text changes nothing."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._open: list[_Item] = []
        self._items: dict[str, _Item] = {}
        self._last_said_at: datetime | None = None

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def begin(
        self, item_id: str, role: Role, agent_id: str, said_at: datetime, now: float, recalled: tuple[str, ...] = ()
    ) -> None:
        """Give the item its place: after all that have begun. recalled: what an answer was given from."""
        if item_id not in self._items:
            item = _Item(item_id, role, agent_id, said_at, now + OPEN_PATIENCE_S, recalled=recalled)
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

    def again(self, item_id: str, now: float) -> bool:
        """What was said is being listened to once more; tell whether its words are still waited for."""
        item = self._items.get(item_id)
        if item is None or item not in self._open or item.text is not None:
            return False
        item.deadline = now + OPEN_PATIENCE_S
        return True

    def adopt(self, turn: Turn, text: str, speech: Speech) -> None:
        """Take an answer that is stored already, so that it can still be corrected. text: with what was not heard."""
        self._items[turn.id] = _Item(
            turn.id, turn.role, turn.agent_id, turn.said_at, 0.0, text=text, speech=speech, passed=True, turn=turn
        )

    def continues_after(self, said_at: datetime) -> None:
        """What comes here was said after this."""
        if self._last_said_at is None or said_at > self._last_said_at:
            self._last_said_at = said_at

    def draft(self) -> Turn | None:
        """Return the answer that is being given, as far as it has words, if all before it is settled.

        It comes again from `settle`, complete, under the same id.
        """
        item = self._open[0] if self._open else None
        if item is None or item.role != "assistant" or item.text is not None or item.heard_ms is not None:
            return None
        if not item.partial.strip():
            return None
        if not item.drafted:
            item.drafted, item.said_at = True, self._in_order(item)
        return self._as_turn(item, item.said_at)._replace(content=item.partial.strip())

    def heard_part(self, item_id: str, partial: str, speech: Speech | None = None) -> None:
        """Keep the text so far, for an item whose end never comes, and how an answer's lies over its sound, which goes
        on to change: of an answer that nobody waits for to its end some was heard.
        """
        item = self._items.get(item_id)
        if item is not None:
            item.partial = partial
            if speech is not None and item.text is None:
                item.speech = speech

    def finish(self, item_id: str, text: str, speech: Speech | None = None) -> None:
        """Set the final text and, for an answer, how it lies over its sound. The first that is not blank counts."""
        item = self._items.get(item_id)
        if item is None or item.text:
            return
        item.text = text.strip()
        item.speech = speech or item.speech
        self._open_again(item)

    def fail(self, item_id: str) -> None:
        """The item will get no text (recognition failed, answer cancelled before a word)."""
        item = self._items.get(item_id)
        if item is not None and item.text is None:
            item.text = ""

    def interrupt(self, item_id: str, heard_ms: float) -> Turn | None:
        """The answer was cut after `heard_ms`; the last one told counts. Returns the turn if it was handed out already.

        Before that, the turn that `settle` hands out will say it.
        """
        return self._heard(item_id, heard_ms)

    def restore(self, item_id: str) -> Turn | None:
        """The answer was not cut after all. Returns the turn if it was handed out already, as `interrupt` does."""
        return self._heard(item_id, None)

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
                turn = self._as_turn(item, item.said_at if item.drafted else self._in_order(item))
                # An answer of which nothing was heard was never part of the conversation, unless it is stored already.
                if turn.content or item.drafted:
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
        return bool(self.without_text(role))

    def without_text(self, role: Role) -> list[str]:
        """Return the items of this role that have no final text yet, in order."""
        return [item.item_id for item in self._open if item.role == role and item.text is None]

    def _heard(self, item_id: str, heard_ms: float | None) -> Turn | None:
        item = self._items.get(item_id)
        if item is None or item.heard_ms == heard_ms:
            return None
        item.heard_ms = heard_ms
        if item.turn is None:
            self._open_again(item)
            return None
        item.turn = self._as_turn(item, item.turn.said_at)
        return item.turn

    def _open_again(self, item: _Item) -> None:
        """Let `settle` see an item that it passed over, if it has something to say by now."""
        if item.passed and item.turn is None and item.text and item.heard_ms != 0:
            item.passed, item.late = False, True
            self._open.insert(0, item)

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
            recalled=item.recalled,
        )
        if item.heard_ms is None:
            return turn._replace(content=item.speech.said(turn.content).strip()) if item.speech.short else turn
        heard, unheard = item.speech.split(turn.content, item.heard_ms)
        return turn._replace(content=heard.strip(), unheard=unheard.strip(), interrupted=True)
