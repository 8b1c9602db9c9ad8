"""Who speaks when: the rules of turns, apart from the events that report them.

Nothing here sends, waits or keeps time by itself: the session asks, with the time in its hand.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from .brains import Hearing


@dataclass(frozen=True, slots=True)
class TurnRules:
    """What the session's `turn_detection` asks for."""

    detects: bool
    """False: manual turns, the client commits and asks for responses."""
    answers: bool
    """A detected turn is answered by itself."""
    interrupts: bool
    """Speech cancels the running response."""
    truncates: bool
    """On an interruption the context is cut to what was played."""
    truncation_mark: str
    """Appended to a cut text, for the model."""
    prefix_ms: int
    """Padding before speech, part of the reported start."""
    ignores_fillers: bool = False
    """Speech over an answer that holds nothing but fillers counts as no words."""
    hearing: Hearing = field(default_factory=Hearing)
    """What the listener is asked for."""

    @classmethod
    def of(cls, turn_detection: dict[str, Any] | None) -> "TurnRules":
        """Rules of an effective `turn_detection`; None means manual turns."""
        if turn_detection is None:
            return cls(False, False, False, False, "", 0)
        padding = turn_detection.get("prefix_padding_ms")
        return cls(
            detects=True,
            answers=turn_detection.get("create_response") is not False,
            interrupts=turn_detection.get("interrupt_response") is not False,
            truncates=bool(turn_detection.get("auto_truncate")),
            truncation_mark=str(turn_detection.get("appended_text_after_truncation") or ""),
            prefix_ms=400 if padding is None else int(padding),
            ignores_fillers=bool(turn_detection.get("remove_filler_words")),
            hearing=_hearing(turn_detection),
        )


FINISHED = {"low": 0.35, "medium": 0.5, "default": 0.5, "high": 0.7}
"""Smart Turn's probability for each `threshold_level`: a low one lets a pause end the turn sooner."""
_EAGERNESS = {"high": "low", "low": "high"}
_MORE_SPEECH_MS = 816
"""How long more speech is waited for when the session has no `timeout_ms`: with the usual pause, 1.2 s in all."""
_FILLERS = frozenset("ah um umm mm mhm mmhm uh huh oh yeah hm hmm okay ok".split())


def _hearing(turn_detection: dict[str, Any]) -> Hearing:
    """What a session's turn detection means for Silero and Smart Turn. What it leaves open is as by default."""
    usual = Hearing()

    def number(name: str, otherwise: float) -> float:
        value = turn_detection.get(name)
        return otherwise if value is None else float(value)

    silence_ms = int(number("silence_duration_ms", usual.silence_ms))
    end = turn_detection.get("end_of_utterance_detection")
    semantic = isinstance(end, dict) or turn_detection.get("type") != "server_vad"
    level, more_ms = "default", _MORE_SPEECH_MS
    if isinstance(end, dict):
        level = end.get("threshold_level") or level
        more_ms = 1000 if end.get("timeout_ms") is None else int(end["timeout_ms"])
    elif turn_detection.get("type") == "semantic_vad":
        level = _EAGERNESS.get(str(turn_detection.get("eagerness")), level)
    return Hearing(
        threshold=number("threshold", usual.threshold),
        prefix_ms=int(number("prefix_padding_ms", usual.prefix_ms)),
        speech_ms=int(number("speech_duration_ms", usual.speech_ms)),
        silence_ms=silence_ms,
        finished=FINISHED.get(level, usual.finished) if semantic else None,
        longest_silence_ms=silence_ms + more_ms if semantic else silence_ms,
    )


def only_fillers(text: str) -> bool:
    """Tell whether a text has words, and none but fillers."""
    words = re.findall(r"[a-z]+", text.lower())
    return bool(words) and _FILLERS.issuperset(words)


# A clause may end after these, when a space or the end follows: sentence marks at once, softer marks when the clause is
# long enough to be worth a breath. "3.5", "e.g." inside a word and "10:30" have no space behind the mark.
_HARD_END = re.compile(r"[.!?…]+[\"')\]]*\s+|\n+")
_SOFT_END = re.compile(r"[,;:\u2013\u2014][\"')\]]*\s+")
_ABBREVIATIONS = ("mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "e.g.", "i.e.", "vs.", "etc.", "no.")
_SHORTEST_SOFT = 24
_LONGEST = 160


class Clauses:
    """Cuts a stream of text into clauses to be spoken, as early as their ends are known.

    The first clause may be short, so that speech starts early; no characters are lost or added: joined, the clauses
    are the text.
    """

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        """Add text; the clauses that are now complete."""
        self._rest += text
        found = []
        while (cut := self._cut()) > 0:
            found.append(self._rest[:cut])
            self._rest = self._rest[cut:]
        return found

    def flush(self) -> list[str]:
        """The text is over: what is left, if anything."""
        rest, self._rest = self._rest, ""
        return [rest] if rest else []

    def _cut(self) -> int:
        hard = self._hard_end()
        for match in _SOFT_END.finditer(self._rest):
            if match.end() >= _SHORTEST_SOFT:
                return match.end() if hard == 0 else min(match.end(), hard)
        if hard:
            return hard
        if len(self._rest) > _LONGEST:  # no mark far and wide: breathe at a space
            space = self._rest.rfind(" ", 0, _LONGEST)
            return space + 1 if space > 0 else _LONGEST
        return 0

    def _hard_end(self) -> int:
        for match in _HARD_END.finditer(self._rest):
            word = self._rest[: match.end()].split()
            if not word or word[-1].lower() not in _ABBREVIATIONS:
                return match.end()
        return 0


class StableWords:
    """Turns growing, sometimes revised partial transcripts into deltas that need not be taken back.

    A word is told once two partials in a row agree on it; what the final transcript changes after that is told by the
    completed event only.
    """

    def __init__(self) -> None:
        self._told: list[str] = []
        self._last: list[str] = []

    def partial(self, text: str) -> str:
        """The delta to send now, possibly empty."""
        words = text.split()
        agreed = 0
        for old, new in zip(self._last, words, strict=False):
            if old != new:
                break
            agreed += 1
        self._last = words
        if agreed <= len(self._told) or words[: len(self._told)] != self._told:
            return ""
        return self._tell(words[len(self._told) : agreed])

    def final(self, text: str) -> str:
        """The last delta: what completes the told words to the transcript, empty if they do not fit together."""
        words = text.split()
        if words[: len(self._told)] != self._told or len(words) == len(self._told):
            return ""
        if not self._told:
            self._told = words
            return text
        return self._tell(words[len(self._told) :])

    def _tell(self, words: list[str]) -> str:
        delta = (" " if self._told else "") + " ".join(words)
        self._told.extend(words)
        return delta


class Playback:
    """What the user has heard, if the client plays in real time from the first delta on.

    Times in seconds of one monotonic clock, lengths in ms. The service has no other knowledge either: it is the same
    assumption that `auto_truncate` makes.
    """

    def __init__(self) -> None:
        self._ends_at = 0.0
        self._starts: dict[str, float] = {}
        self._lengths: dict[str, float] = {}
        self._said: dict[str, list[tuple[str, float]]] = {}
        self._cut: set[str] = set()

    @property
    def used(self) -> bool:
        """Whether any audio was sent."""
        return bool(self._starts)

    def clause(self, item_id: str, text: str) -> None:
        """The audio that follows says this text."""
        self._said.setdefault(item_id, []).append((text, 0.0))

    def sent(self, item_id: str, ms: float, now: float) -> None:
        """Audio went out."""
        if item_id not in self._starts:
            self._starts[item_id] = max(now, self._ends_at)
        self._lengths[item_id] = self._lengths.get(item_id, 0.0) + ms
        self._ends_at = max(self._ends_at, now) + ms / 1000
        clauses = self._said.get(item_id)
        if clauses:
            text, length = clauses[-1]
            clauses[-1] = (text, length + ms)

    def length_ms(self, item_id: str) -> int:
        """Audio sent for an item."""
        return int(self._lengths.get(item_id, 0.0))

    def playing(self, now: float) -> tuple[str, int] | None:
        """The item that is being heard and how far it got, None in silence."""
        if now >= self._ends_at:
            return None
        for item_id, start in reversed(self._starts.items()):
            if start <= now and item_id not in self._cut:
                return item_id, min(int((now - start) * 1000), self.length_ms(item_id))
        return None

    def silence(self, now: float) -> None:
        """The client stopped playing: what comes next is heard at once."""
        self._ends_at = now

    def is_cut(self, item_id: str) -> bool:
        """Whether the item was truncated before."""
        return item_id in self._cut

    def truncate(self, item_id: str, ms: int) -> str:
        """Cut an item; the text that was heard until then, whole words, in proportion within a clause."""
        self._cut.add(item_id)
        self._lengths[item_id] = min(self._lengths.get(item_id, 0.0), float(ms))
        heard: list[str] = []
        left = float(ms)
        for text, length in self._said.get(item_id, []):
            if left >= length > 0:
                heard.append(text)
                left -= length
                continue
            words = re.findall(r"\S+\s*", text)
            heard.extend(words[: int(len(words) * left / length)] if length else [])
            break
        return "".join(heard).rstrip()
