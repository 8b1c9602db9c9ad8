"""The deterministic brain: for tests. It hears by loudness, answers by rule and speaks in tones.

What is shorter than 160 ms is noise. What an utterance says comes from a script (a YAML or JSON list of {hear, say?,
call?}), else it is "utterance n". A reply is what the script says to that text, else a rule. `[call:NAME {…}]` in the
user's words asks for that tool with those arguments, whatever they are, also several times; `[say:…]` is said before,
and `[always:NAME {…}]` goes on asking after each result. `[pace:N]` is the pace at which the answer to it is made.
Environment: SCRIPTED_DELAY_MS before a reply's first word (0), SCRIPTED_SILENCE_MS that end an utterance (300),
SCRIPTED_PACE seconds of tone made in a second (16, 0 for no wait).
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from ..faults import fault_in, without_fault
from . import (
    Busy,
    Final,
    HeardEvent,
    Hearing,
    Partial,
    ReplyDelta,
    ReplyEnd,
    SpeechStarted,
    SpeechStopped,
    ToolCalls,
    TranscriptionFailed,
)

RATE = 24000
MS_PER_CHARACTER = 60
SHORTEST_MS = 1000
DELTA_MS = 250
_LOUD = 300.0  # root mean square of 16-bit samples; a tone at a tenth of full scale has 2300
_WINDOW_MS = 20
_ONSET_WINDOWS = 3  # 60 ms: a click is not speech
_WORD_MS = 200
_NOISE_WINDOWS = 8  # 160 ms: what is shorter is a cough or a door, and comes to no words
_RESULT = "[result of "
_CALL = re.compile(r"\[call:([\w-]+)(?: (\{.*?\}))?\]", re.DOTALL)
_HANDED_OVER = re.compile(r"(\w+) has just handed this conversation over to you")
_ALWAYS = re.compile(r"\[always:([\w-]+)(?: (\{.*?\}))?\]", re.DOTALL)
_PACE = re.compile(r"\[pace:(\d+)\]")
_SAY = re.compile(r"\[say:([^\]]*)\]")
_NAME = re.compile(r"\b(?:my name(?: is|'s)|is called) ([A-Za-z][\w'-]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the script. call: {"name": …, "arguments": {…}}, made when such a tool is on offer."""

    hear: str
    say: str | None = None
    call: dict[str, Any] | None = None


def read_script(path: Path) -> list[Line]:
    """The lines of a script file. Raises ValueError, naming the line that is wrong."""
    if path.suffix == ".json":
        lines = orjson.loads(path.read_bytes())
    else:
        import yaml  # only scripts need it

        lines = yaml.safe_load(path.read_text())
    if not isinstance(lines, list):
        raise ValueError(f"{path.name}: a script is a list of {{hear, say}}.")
    script = []
    for number, line in enumerate(lines, 1):
        if not isinstance(line, dict) or not isinstance(line.get("hear"), str):
            raise ValueError(f"{path.name}: line {number} has no `hear`.")
        script.append(Line(line["hear"], line.get("say"), line.get("call")))
    return script


class ScriptedListener:
    """Finds utterances by loudness, at once and on the event loop: 20 ms windows are cheap to measure."""

    def __init__(self, sample_rate: int, script: list[Line], silence_ms: int) -> None:
        self._window = sample_rate * _WINDOW_MS // 1000
        self._script = script
        self._silence_windows = max(1, silence_ms // _WINDOW_MS)
        self._events: asyncio.Queue[HeardEvent | None] = asyncio.Queue()
        self._rest = b""
        self._windows = 0
        self._onset = 0
        self._last_loud = 0
        self._speaking = False
        self._started = 0
        self._words_told = 0
        self._utterances = 0

    def follow(self, hearing: Hearing) -> None:
        """Nothing changes: what a test hears depends on its sound alone."""

    def feed(self, pcm16: bytes) -> None:
        """See Listener."""
        data = self._rest + pcm16
        count = len(data) // (2 * self._window)
        cut = count * 2 * self._window
        self._rest = data[cut:]
        if count == 0:
            return
        samples = np.frombuffer(data, "<i2", count * self._window).reshape(count, self._window).astype(np.float32)
        for loud in np.sqrt(np.einsum("ij,ij->i", samples, samples) / self._window) > _LOUD:
            self._hear(bool(loud))

    async def events(self) -> AsyncIterator[HeardEvent]:
        """See Listener."""
        while (event := await self._events.get()) is not None:
            yield event

    async def commit(self) -> None:
        """See Listener."""
        if self._speaking:
            self._stop()
        else:
            self._events.put_nowait(Final(""))

    def clear(self) -> None:
        """See Listener."""
        self._rest = b""
        self._onset = 0
        self._speaking = False

    async def close(self) -> None:
        """See Listener."""
        self._events.put_nowait(None)

    def _hear(self, loud: bool) -> None:
        self._windows += 1
        if loud:
            self._last_loud = self._windows
            self._onset += 1
            if not self._speaking and self._onset >= _ONSET_WINDOWS:
                self._speaking = True
                self._started = self._windows - self._onset
                self._words_told = 0
                self._events.put_nowait(SpeechStarted(self._started * _WINDOW_MS))
            if self._speaking:
                self._partial()
        else:
            self._onset = 0
            if self._speaking and self._windows - self._last_loud >= self._silence_windows:
                self._stop()

    def _partial(self) -> None:
        words = self._text().split()
        heard = min((self._windows - self._started) * _WINDOW_MS // _WORD_MS, len(words))
        if heard > self._words_told:
            self._words_told = heard
            self._events.put_nowait(Partial(" ".join(words[:heard])))

    def _text(self) -> str:
        if self._utterances < len(self._script):
            return self._script[self._utterances].hear
        return f"utterance {self._utterances + 1}"

    def _stop(self) -> None:
        self._speaking = False
        self._onset = 0
        self._events.put_nowait(SpeechStopped(self._last_loud * _WINDOW_MS))
        if self._last_loud - self._started <= _NOISE_WINDOWS:
            self._events.put_nowait(Final(""))
            return
        text = self._text()
        self._utterances += 1
        if fault_in(text) == "transcription-failed":
            self._events.put_nowait(TranscriptionFailed("The audio could not be transcribed (asked for by the test)."))
        else:
            self._events.put_nowait(Final(text))


class ScriptedBrain:
    """See the module. Keeps nothing between calls, so that the same question has the same answer."""

    name = "scripted"

    def __init__(self, script: list[Line] | None = None) -> None:
        self._script = script or []
        self._lines = {line.hear: line for line in self._script}
        self._delay_s = float(os.environ.get("SCRIPTED_DELAY_MS", "0")) / 1000
        self._silence_ms = int(os.environ.get("SCRIPTED_SILENCE_MS", "300"))
        self.pace = float(os.environ.get("SCRIPTED_PACE", "16"))
        """Seconds of tone made in a second; 0: no wait."""

    async def prepare(self) -> None:
        """Nothing to load."""

    def listen(self, sample_rate: int) -> ScriptedListener:
        """See Brain."""
        return ScriptedListener(sample_rate, self._script, self._silence_ms)

    async def reply(
        self,
        messages: list[dict[str, Any]],
        *,
        max_tokens: int,
        temperature: float,
        schema: dict[str, Any] | None = None,
        stop_on: asyncio.Event | None = None,
    ) -> AsyncIterator[ReplyDelta | ReplyEnd]:
        """See Brain. A token is a word with the space behind it; a schema is filled by rule, never cut off."""
        last = _last_user_text(messages)
        if fault_in(last) == "busy":
            raise Busy(3)
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        text = self._answer(messages, last) if schema is None else self._filled(schema, last)
        words = re.findall(r"\S+\s*|\s+", text) if schema is None else [text]
        told = 0
        for word in words[:max_tokens]:
            if stop_on is not None and stop_on.is_set():
                break
            told += 1
            yield ReplyDelta(word)
        length = sum(len(str(message.get("content") or "")) for message in messages)
        reason = "length" if len(words) > max_tokens == told else "stop"
        yield ReplyEnd(length // 4 + 4 * len(messages), 0, told, reason)

    def calls(self, messages: list[dict[str, Any]]) -> ToolCalls | None:
        """See Brain. Only what the user says now counts, not what a tool or a note quotes."""
        if (always := _ALWAYS.search(_last_said(messages))) is not None:
            return ToolCalls("", ((always[1], always[2] or "{}"),))
        last = messages[-1] if messages else {}
        text = str(last.get("content") or "")
        if last.get("role") != "user" or text.startswith(_RESULT):
            return None
        found = tuple((name, arguments or "{}") for name, arguments in _CALL.findall(text))
        return ToolCalls(" ".join(_SAY.findall(text)), found) if found else None

    async def speak(self, text: str, voice: str, rate: float) -> AsyncIterator[bytes]:
        """See Brain. A tone of 220 Hz, 150 Hz for the low voice: 60 ms a character at rate 1, at least a second."""
        ms = max(SHORTEST_MS, int(len(text) * MS_PER_CHARACTER / rate))
        pace = float(asked[1]) if (asked := _PACE.search(text)) else self.pace
        second = _TONES[150 if voice == "heart-low" else 220]
        for start in range(0, ms, DELTA_MS):
            first = (start % 1000) * RATE // 1000 * 2
            yield second[first : first + min(DELTA_MS, ms - start) * RATE // 1000 * 2]
            if pace:
                await asyncio.sleep(DELTA_MS / 1000 / pace)

    async def warm(self, messages: list[dict[str, Any]]) -> None:
        """Nothing to warm."""

    async def close(self) -> None:
        """Nothing to free."""

    def _answer(self, messages: list[dict[str, Any]], last: str) -> str:
        if (over := _HANDED_OVER.match(str(messages[-1].get("content") or ""))) is not None:
            return f"I have taken over from {over[1]}."
        line = self._lines.get(last)
        if line is not None and line.say is not None:
            return line.say
        if [message.get("role") for message in messages[-2:]] == ["assistant", "system"]:
            return "And so on."  # asked to go on with what it had begun
        lowered = last.lower()
        if "capital" in lowered:
            return "The capital of France is Paris."
        if "my name?" in lowered.replace("'s", " is") or "what is my name" in lowered:
            name = _name_in(messages)
            return f"Your name is {name}." if name else "You have not told me your name."
        if last.startswith(_RESULT):
            return " ".join(f"The result is {text.partition('] ')[2]}." for text in _results(messages))
        return f"You said: {without_fault(last)}."

    def _filled(self, schema: dict[str, Any], last: str) -> str:
        line = self._lines.get(last)
        branches = schema.get("anyOf", [schema])
        if line is not None and line.call is not None:
            names = {branch.get("properties", {}).get("tool", {}).get("const") for branch in branches}
            if line.call["name"] in names:
                call = {"tool": line.call["name"], "arguments": line.call.get("arguments", {})}
                return orjson.dumps(call).decode()
        return orjson.dumps(instance(schema, last)).decode()


def _tone(hertz: int) -> bytes:
    # One second holds whole periods of both tones, so pieces of it join without a click.
    time = np.arange(RATE) / RATE
    return bytes((np.sin(2 * np.pi * hertz * time) * 6000).astype("<i2").tobytes())


_TONES = {hertz: _tone(hertz) for hertz in (150, 220)}


def _last_said(messages: list[dict[str, Any]]) -> str:
    """The user's last words that are no tool's result."""
    texts = (str(message.get("content") or "") for message in reversed(messages) if message.get("role") == "user")
    return next((text for text in texts if not text.startswith(_RESULT)), "")


def _results(messages: list[dict[str, Any]]) -> list[str]:
    """What tools gave since the user spoke last."""
    found: list[str] = []
    for message in reversed(messages):
        text = str(message.get("content") or "")
        if message.get("role") == "user" and not text.startswith(_RESULT):
            break
        if text.startswith(_RESULT):
            found.append(text)
    return found[::-1]


def _last_user_text(messages: list[dict[str, Any]]) -> str:
    for message in reversed(messages):
        if message.get("role") == "user":
            return str(message.get("content") or "")
    return ""


def _name_in(messages: list[dict[str, Any]]) -> str | None:
    # The user's own words first, newest first; then what the system knows, where a persona may speak of itself as well.
    for roles in (("user",), ("system", "developer")):
        for message in reversed(messages):
            if message.get("role") in roles:
                found = _NAME.findall(str(message.get("content") or ""))
                if found:
                    return str(found[-1])
    return None


def instance(schema: dict[str, Any], text: str) -> Any:
    """A small value that satisfies the usual JSON schemas, filled from the words of the text.

    Of alternatives the first is taken that names (by a constant) something the text speaks of, else one for "none",
    else the first. A string is the text's last word, a number its first number.
    """
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        spoken = [value for value in schema["enum"] if isinstance(value, str) and _speaks_of(value, text)]
        return spoken[0] if spoken else schema["enum"][0]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return instance(_branch(schema[key], text), text)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        wanted: Iterable[str] = schema.get("required", schema.get("properties", {}))
        return {name: instance(schema.get("properties", {}).get(name, {}), text) for name in wanted}
    if kind == "array":
        return [instance(schema.get("items", {}), text)] * int(schema.get("minItems", 1))
    if kind in ("number", "integer"):
        numbers = re.findall(r"-?\d+", text)
        value = int(numbers[0]) if numbers else 0
        return max(int(schema.get("minimum", value)), min(int(schema.get("maximum", value)), value))
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    words = re.findall(r"[\w'-]+", text)
    return words[-1] if words else ""


def _branch(branches: list[dict[str, Any]], text: str) -> dict[str, Any]:
    none: dict[str, Any] | None = None
    for branch in branches:
        for value in (branch, *branch.get("properties", {}).values()):
            constant = value.get("const") if isinstance(value, dict) else None
            if constant == "none":
                none = branch
            elif isinstance(constant, str) and _speaks_of(constant, text):
                return branch
    return none or branches[0]


def _speaks_of(name: str, text: str) -> bool:
    # "get_weather" is spoken of by "weather"; what a tool answered is no new request for it.
    verbs = {"get", "set", "find", "search", "list", "make", "do", "my", "the", "to", "for"}
    words = [word for word in re.split(r"[\W_]+", name.lower()) if word and word not in verbs]
    lowered = text.lower()
    return not text.startswith(_RESULT) and all(re.search(rf"\b{re.escape(word)}\b", lowered) for word in words)
