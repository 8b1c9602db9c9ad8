"""How long each turn of a call kept the person waiting. It does no I/O; `clock` gives monotonic seconds.

A turn begins when the person has stopped speaking (or has typed), and ends when its answer has been heard or silenced.
The service hears of all that happens but the two ends at the person's side: their last sound, and the first sound of
the answer at their ear. Those the browser reports as intervals on its own clock (`Playback`); two such intervals around
one round trip give the way between, of which half is taken off. So all moments stand on the service's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from backend.voice.browser.messages import Playback

Input = Literal["speech", "text", "none"]

OPEN_TURNS = 4
"""Turns kept open at most; the oldest is told as it stands when one more begins."""
SILENCE_S = 1.0
"""How long after its sound a turn waits for the browser's last report about it."""
DOUBT_S = 12.0
"""How long it waits, at most, until it is known whether an interruption was one."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Something that took time within a turn: a tool, or the way to another agent. began, ended: seconds."""

    name: str
    began: float
    ended: float
    failed: bool = False

    @property
    def ms(self) -> float:
        """How long it took, in milliseconds."""
        return _ms(self.ended - self.began)


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn, measured: the messages, the histograms and the spans are all made of this.

    turn: its number in the call, from 1. item_id: what sounded last, '' for nothing. status: of the last response.
    Milliseconds, None for what did not happen or was not reported:
    end_of_speech_ms: from the person's last sound until the end of their turn was noticed; the others count from there:
    transcript_ms: their words were final; first_token_ms: something of the answer; first_audio_ms: its first sound was
    sent to the browser; heard_ms: it left the loudspeaker. stop_ms: from the person coming in until the answer was
    silent. buffer_ms: how long sound that had arrived was held back against jitter. underruns: how often it ran dry.
    moments: name and time of what happened, in seconds of the clock; began, ended: of the turn.
    """

    turn: int
    item_id: str
    response_id: str
    agent_id: str
    input: Input
    status: str
    began: float
    ended: float
    moments: tuple[tuple[str, float], ...]
    end_of_speech_ms: float | None = None
    transcript_ms: float | None = None
    first_token_ms: float | None = None
    first_audio_ms: float | None = None
    heard_ms: float | None = None
    stop_ms: float | None = None
    interrupted: bool = False
    underruns: int = 0
    buffer_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    tools: tuple[Timed, ...] = ()
    hand_off: Timed | None = None


@dataclass(slots=True)
class _Turn:
    input: Input
    began: float
    user_item: str = ""
    number: int = 0
    agent_id: str = ""
    item_id: str = ""
    responses: list[str] = field(default_factory=list)
    status: str = ""
    transcript: float | None = None
    token: float | None = None
    sound: float | None = None
    item_sound: float = 0.0
    heard: float | None = None
    cut: float | None = None
    silent: float | None = None
    started: bool = False
    half_trip: float = 0.0
    silence_ms: float | None = None
    interrupted: bool = False
    doubtful: bool = False
    underruns: int = 0
    buffer_ms: float | None = None
    tokens: tuple[int, int] | None = None
    tools: list[Timed] = field(default_factory=list)
    hand_off: Timed | None = None
    done: bool = False
    over: bool = False
    quiet_since: float | None = None


class Stopwatch:
    """The turns of one call. Methods are named after what happened; `tell` gets each turn once, when it is over."""

    def __init__(self, clock: Callable[[], float], tell: Callable[[TurnRecord], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._count = 0
        self._asked: _Turn | None = None
        self._open: list[_Turn] = []
        self._onset: float | None = None
        self._trip = float("inf")
        self._hand_off: Timed | None = None

    def now(self) -> float:
        """Return the clock's time: for `began` of tools and hand-offs."""
        return self._clock()

    # The person

    def speech_started(self, *, interrupts: bool) -> None:
        """The person begins to speak. interrupts: whether that silences an answer."""
        self._onset = self._clock() if interrupts else None

    def speech_stopped(self, item_id: str) -> None:
        """The end of the person's turn was noticed."""
        self._onset = None
        self._asked = _Turn("speech", self._clock(), item_id)

    def typed(self, item_id: str) -> None:
        """The person typed."""
        self._asked = _Turn("text", self._clock(), item_id)

    def transcribed(self, item_id: str) -> None:
        """The person's words are final."""
        for turn in (*self._open, self._asked):
            if turn is not None and turn.user_item == item_id and turn.input == "speech" and turn.transcript is None:
                turn.transcript = self._clock()

    def nothing_said(self, item_id: str) -> None:
        """It was no speech after all, so no answer is due."""
        if self._asked is not None and self._asked.user_item == item_id:
            self._asked = None

    def cut(self, item_id: str) -> None:
        """An answer is cut short, by the person's voice or by their wish."""
        turn = self._sounding(item_id)
        if turn is not None:
            turn.interrupted = True
            turn.cut = self._onset
            turn.doubtful = self._onset is not None

    def came_in(self, item_id: str) -> None:
        """A voice that cut an answer had something to say: the answer stays cut."""
        turn = self._sounding(item_id)
        if turn is not None:
            turn.doubtful = False
            self._settle(turn)

    def resumed(self, item_id: str) -> None:
        """An answer that was cut goes on: nobody had come in."""
        turn = self._sounding(item_id)
        if turn is not None:
            turn.interrupted, turn.cut, turn.silent = False, None, None
            turn.doubtful = turn.over = False
            turn.quiet_since = None

    # The answer

    def response_created(self, response_id: str, agent_id: str) -> None:
        """A response begins: of what was asked last, of the turn whose tools were waited for, or of its own accord."""
        turn, self._asked = self._asked, None
        if turn is None:
            waiting = [turn for turn in self._open if not turn.done]
            turn = waiting[-1] if waiting else _Turn("none", self._clock())
        if not turn.number:
            self._count += 1
            turn.number = self._count
            self._open.append(turn)
            if len(self._open) > OPEN_TURNS:
                self._finish(self._open[0])
        turn.agent_id = agent_id
        turn.responses.append(response_id)
        turn.hand_off, self._hand_off = self._hand_off or turn.hand_off, None

    def token(self, response_id: str | None) -> None:
        """Something of an answer has come. Cheap: called for each piece of its words."""
        for turn in self._open:
            if turn.token is None and response_id in turn.responses:
                turn.token = self._clock()

    def sound(self, response_id: str | None, item_id: str) -> None:
        """The first sound of an item of an answer is sent to the browser."""
        self.token(response_id)
        for turn in self._open:
            if response_id in turn.responses:
                turn.item_sound, turn.item_id, turn.over = self._clock(), item_id, False
                turn.sound = turn.item_sound if turn.sound is None else turn.sound

    def response_done(self, response: dict[str, Any]) -> None:
        """A response is complete. One that called a function is followed by another, which belongs to the same turn."""
        response_id = response.get("id")
        turn = next((turn for turn in self._open if response_id in turn.responses), None)
        if turn is None:
            return
        turn.status = str(response.get("status") or "")
        turn.tokens = _add(turn.tokens, response.get("usage"))
        if turn.responses[-1] != response_id:
            return
        turn.done = not any(item.get("type") == "function_call" for item in response.get("output") or [])
        self._settle(turn)

    def tool(self, name: str, began: float, *, failed: bool = False) -> None:
        """A tool has answered, or failed to; it was called at `began`."""
        if self._open:
            self._open[-1].tools.append(Timed(name, began, self._clock(), failed))

    def handed_off(self, agent_id: str, began: float) -> None:
        """Another agent answers from here on; that was wanted at `began`. It counts to the next answer."""
        self._hand_off = Timed(agent_id, began, self._clock())

    # The browser

    def played(self, item_id: str, ms: float) -> None:
        """The browser reports a position only: the first one tells when the sound began, the way to us included."""
        turn = self._sounding(item_id)
        if turn is not None and turn.heard is None and turn.sound is not None:
            began = self._clock() - ms / 1000
            if began >= turn.item_sound:
                turn.heard = began

    def playback(self, report: Playback) -> None:
        """The browser reports on an answer: at its first sound, and when it has ended."""
        turn = self._sounding(report.item_id)
        if turn is None:
            return
        now = self._clock()
        if report.waited_ms is not None:
            trip = now - turn.item_sound - report.waited_ms / 1000
            self._trip = min(self._trip, max(0.0, trip))  # the shortest was the least held up on either side
            turn.half_trip = self._trip / 2
            if not turn.started:
                turn.started = True
                turn.heard = max(turn.item_sound, now - turn.half_trip + report.output_ms / 1000)
                turn.silence_ms = report.silence_ms
        turn.buffer_ms = report.buffer_ms if report.buffer_ms is not None else turn.buffer_ms
        if report.over is not None:
            turn.over = True
            turn.underruns += report.gaps
            if report.over == "flushed" and turn.cut is not None:
                turn.silent = max(turn.cut, now - turn.half_trip + report.output_ms / 1000)
            self._settle(turn)

    # The call

    def tick(self, *, sounding: bool) -> None:
        """Look after turns whose browser says nothing more. sounding: whether sound is still to be heard."""
        now = self._clock()
        for turn in list(self._open):
            if not turn.done or sounding:
                turn.quiet_since = None
            elif turn.quiet_since is None:
                turn.quiet_since = now
            elif now - turn.quiet_since >= (DOUBT_S if turn.doubtful else SILENCE_S):
                self._finish(turn)

    def close(self) -> None:
        """The call is over: tell what is still open."""
        for turn in list(self._open):
            self._finish(turn)

    def _sounding(self, item_id: str) -> _Turn | None:
        return next((turn for turn in self._open if turn.item_id == item_id), None)

    def _settle(self, turn: _Turn) -> None:
        # What never sounded has nothing more to wait for.
        if turn.done and not turn.doubtful and (turn.over or not turn.item_id):
            self._finish(turn)

    def _finish(self, turn: _Turn) -> None:
        self._open.remove(turn)
        self._tell(_record(turn, self._clock()))


def _record(turn: _Turn, now: float) -> TurnRecord:
    moments = {
        "transcript": turn.transcript,
        "first_token": turn.token,
        "first_audio": turn.sound,
        "heard": turn.heard,
        "speech_started": turn.cut,
        "silent": turn.silent,
    }
    record = TurnRecord(
        turn=turn.number,
        item_id=turn.item_id,
        response_id=turn.responses[-1] if turn.responses else "",
        agent_id=turn.agent_id,
        input=turn.input,
        status=turn.status,
        began=turn.began,
        ended=now,
        moments=tuple((name, at) for name, at in moments.items() if at is not None),
        transcript_ms=_since(turn.began, turn.transcript),
        first_token_ms=_since(turn.began, turn.token),
        first_audio_ms=_since(turn.began, turn.sound),
        heard_ms=_since(turn.began, turn.heard),
        interrupted=turn.interrupted,
        underruns=turn.underruns,
        buffer_ms=turn.buffer_ms,
        tools=tuple(turn.tools),
        hand_off=turn.hand_off,
    )
    if turn.silence_ms is not None and turn.input == "speech":
        # The page learns of the end half a round trip after we did.
        record = replace(record, end_of_speech_ms=_ms(max(0.0, turn.silence_ms / 1000 - turn.half_trip)))
    if turn.cut is not None:
        record = replace(record, stop_ms=_since(turn.cut, turn.silent))
    if turn.tokens is not None:
        record = replace(record, input_tokens=turn.tokens[0], output_tokens=turn.tokens[1])
    return record


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _since(began: float, at: float | None) -> float | None:
    return None if at is None else _ms(max(0.0, at - began))


def _add(tokens: tuple[int, int] | None, usage: Any) -> tuple[int, int] | None:
    if not isinstance(usage, dict):
        return tokens
    more = (usage.get("input_tokens"), usage.get("output_tokens"))
    if not all(isinstance(count, int) for count in more):
        return tokens
    before = tokens or (0, 0)
    return before[0] + more[0], before[1] + more[1]  # type: ignore[operator]  # both are numbers, see above
