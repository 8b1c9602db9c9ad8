"""The messages between browser and voice session (SOP 10.2 and its additions): parsed coming in, shaped going out.

Nothing here decides. A frame that is not as documented raises `BadFrame`; the session answers it and the call goes on.
Audio is PCM16, mono, 24 kHz, little-endian; as JSON it stays base64 and is checked, not decoded into the call.
"""

import math
from dataclasses import dataclass
from datetime import UTC
from struct import Struct
from typing import Any, Literal, TypeAlias

import orjson
import pybase64

from backend.core.context import Turn

MAX_FRAME_BYTES = 1 << 20
MAX_TEXT_CHARACTERS = 32_000
_AUDIO, _AUDIO_END = '{"type":"audio","data":"', '"}'

Speaker = Literal["user", "assistant"]
Status = Literal["listening", "processing", "complete"]
CallState = Literal["ready", "listening", "thinking", "speaking", "reconnecting", "waiting"]

ToolStatus = Literal["started", "done", "failed", "cancelled"]


class BadFrame(Exception):
    """A frame that is not as documented. `code` is stable, `remedy` says what is expected, repeating nothing."""

    def __init__(self, code: str, remedy: str) -> None:
        super().__init__(code)
        self.code = code
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class SwitchAgent:
    """Go on with another agent."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the answer that is being given."""


@dataclass(frozen=True, slots=True)
class Played:
    """How much of an item the person has heard so far. ms: >= 0."""

    item_id: str
    ms: float


@dataclass(frozen=True, slots=True)
class Playback:
    """What the browser measured while it played an item: sent at its first sound, and when it has ended.

    At the first sound: waited_ms, since the item's first piece arrived; output_ms, until what is played is heard;
    silence_ms, from the person's last sound until this page was told that their turn is over; None for not known.
    buffer_ms, how long sound that had arrived was held back against jitter, so far. When it has ended: gaps, how often
    the sound ran dry in it; over, how it ended, with output_ms and buffer_ms (in all) likewise. Milliseconds are within
    [0, 60,000].
    """

    item_id: str
    waited_ms: float | None = None
    output_ms: float = 0.0
    silence_ms: float | None = None
    buffer_ms: float | None = None
    gaps: int = 0
    over: Literal["finished", "flushed"] | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """Something typed during the call. content: 1-32,000 characters, not blank."""

    content: str


@dataclass(frozen=True, slots=True)
class Playing:
    """The answer a browser has sound of. ms: heard of it; received_ms: arrived; ended: whether that is all of it."""

    item_id: str
    ms: float
    received_ms: float
    ended: bool


@dataclass(frozen=True, slots=True)
class Hello:
    """A browser that may come back, or does. resume_after: the last `seq` it has seen, 0 in a new call.

    call_id: its name for the call, the same for all of the call's connections. playing: None when it does not say;
    without an item when no answer has sounded in this call.
    binary: it wants sound as binary messages on this connection, see `binary_sound`.
    """

    resume_after: int
    call_id: str = ""
    playing: Playing | None = None
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Ping:
    """Is the line alive? seen: the last `seq` that arrived."""

    seen: int


Audio: TypeAlias = bytes
"""Microphone sound: base64 of PCM16, a whole number of samples, checked."""
Incoming: TypeAlias = Audio | SwitchAgent | Cancel | Played | Playback | Typed | Hello | Ping


def parse_text(frame: str) -> Incoming:
    """Read a text frame; raise `BadFrame` when it is not one of the documented messages."""
    if len(frame) > MAX_FRAME_BYTES:
        raise _too_large()
    # Sound as browsers write it is all but its base64 known beforehand, and whatever else stands there is not base64.
    if frame.startswith(_AUDIO) and frame.endswith(_AUDIO_END):
        data = frame[len(_AUDIO) : -len(_AUDIO_END)]
        if data and _decoded_size(data) % 2 == 0:
            return data.encode("ascii")
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError:
        raise BadFrame("malformed_json", "The message is not valid JSON.") from None
    if not isinstance(message, dict):
        raise BadFrame("invalid_message", "A message is a JSON object with a 'type'.")
    match message.get("type"):
        case "audio":
            return _audio(message.get("data"))
        case "played":
            ms = _milliseconds(message.get("ms"))
            if ms is None:
                raise BadFrame("invalid_message", "'played' takes an item_id and ms, the milliseconds heard of it.")
            return Played(_string(message, "item_id", 128), ms)
        case "playback":
            return _playback(message)
        case "agent":
            return SwitchAgent(_string(message, "agent_id", 64))
        case "cancel":
            return Cancel()
        case "text":
            content = _string(message, "content", MAX_TEXT_CHARACTERS)
            if not content.strip():
                raise BadFrame("invalid_message", "'text' takes content that is not blank.")
            return Typed(content)
        case "hello":
            return _hello(message)
        case "ping":
            return Ping(_seq(message, "seen"))
    raise BadFrame("unknown_type", "Known types: audio, agent, cancel, played, playback, text, hello, ping.")


def parse_binary(frame: bytes) -> Audio:
    """Read a binary frame: PCM16 sound and nothing else; raise `BadFrame` otherwise."""
    if len(frame) > MAX_FRAME_BYTES:
        raise _too_large()
    if frame.startswith(b"{") and frame.endswith(b"}") and _is_json(frame):
        raise BadFrame("unexpected_binary", "JSON messages are sent as text frames; a binary frame is PCM16 sound.")
    if not frame or len(frame) % 2:
        raise BadFrame("bad_audio", "A binary frame is PCM16, mono, 24 kHz: one or more whole 2-byte samples.")
    return pybase64.b64encode(frame)


def _playback(message: dict[str, Any]) -> Playback:
    def milliseconds(name: str) -> float | None:
        ms = message.get(name)
        if ms is None:
            return None
        if isinstance(ms, bool) or not isinstance(ms, int | float) or not 0 <= ms <= 60_000:
            raise BadFrame("invalid_message", f"{name} of 'playback' is milliseconds, from 0 to 60,000.")
        return float(ms)

    gaps, over = message.get("gaps", 0), message.get("over")
    if isinstance(gaps, bool) or not isinstance(gaps, int) or not 0 <= gaps <= 10_000:
        raise BadFrame("invalid_message", "gaps of 'playback' is how often the sound ran dry.")
    if over not in (None, "finished", "flushed"):
        raise BadFrame("invalid_message", "over of 'playback' is 'finished' or 'flushed', or is left out.")
    return Playback(
        _string(message, "item_id", 128),
        milliseconds("waited_ms"),
        milliseconds("output_ms") or 0.0,
        milliseconds("silence_ms"),
        milliseconds("buffer_ms"),
        gaps,
        over,
    )


def _hello(message: dict[str, Any]) -> Hello:
    call_id, playing = message.get("call_id", ""), message.get("playing")
    if not isinstance(call_id, str) or len(call_id) > 64:
        raise BadFrame("invalid_message", "The call_id of 'hello' is a string of at most 64 characters.")
    binary = message.get("binary", False)
    if not isinstance(binary, bool):
        raise BadFrame("invalid_message", "The binary of 'hello' is true for sound in binary messages, or false.")
    if "playing" not in message:
        return Hello(_seq(message, "resume_after"), call_id, None, binary)
    if playing is None:
        return Hello(_seq(message, "resume_after"), call_id, Playing("", 0.0, 0.0, ended=False), binary)
    item_id = playing.get("item_id") if isinstance(playing, dict) else None
    ms = _milliseconds(playing.get("ms")) if isinstance(playing, dict) else None
    if not isinstance(item_id, str) or not item_id or len(item_id) > 128 or ms is None:
        raise BadFrame("invalid_message", "The playing of 'hello' is {item_id, ms, received_ms?, ended?}.")
    received = _milliseconds(playing.get("received_ms"))
    playing = Playing(item_id, ms, ms if received is None else max(ms, received), playing.get("ended") is True)
    return Hello(_seq(message, "resume_after"), call_id, playing, binary)


def _seq(message: dict[str, Any], name: str) -> int:
    seq = message.get(name, 0)
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq < 1 << 53:
        raise BadFrame("invalid_message", f"'{message['type']}' takes {name}, the last seq received.")
    return seq


def _milliseconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 86_400_000:
        return None
    return float(value)


def _audio(data: object) -> Audio:
    if not isinstance(data, str) or not data:
        raise BadFrame("bad_audio", "'audio' takes data: PCM16, mono, 24 kHz, as base64.")
    size = _decoded_size(data)
    if size < 0:
        raise BadFrame("bad_audio", "The data of 'audio' is not valid base64.")
    if size % 2:
        raise BadFrame("bad_audio", "The data of 'audio' is not a whole number of 2-byte samples (PCM16).")
    return data.encode("ascii")


def _decoded_size(base64: str) -> int:
    """Return how many bytes it stands for; -1 when it is not base64."""
    try:
        # Decoding is the cheapest check there is (vectorised, under 1 µs); the call goes on with the text as it came.
        return len(pybase64.b64decode(base64, validate=True))
    except ValueError:
        return -1


def _string(message: dict[str, Any], name: str, longest: int) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not value:
        raise BadFrame("invalid_message", f"'{message['type']}' takes {name}, a string.")
    if len(value) > longest:
        raise BadFrame("invalid_message", f"{name} is longer than {longest:,} characters.")
    return value


def _too_large() -> BadFrame:
    return BadFrame("frame_too_large", "A frame is at most 1 MiB. Send sound in pieces of 20 to 100 ms.")


def _is_json(frame: bytes) -> bool:
    try:
        message: object = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return False
    return isinstance(message, dict)


Message: TypeAlias = dict[str, Any]
_BEFORE_SOUND = frozenset({"transcription", "pong"})
_BINARY_HEAD = Struct("<BBH")
SOUND = b'{"type":"audio","data":"'
"""How a piece of an answer's sound begins: its base64 follows, then `sound_end`, then its seq and a brace."""


def agent_switched(agent_id: str) -> Message:
    """From here on this agent answers. The first message of every call."""
    return {"type": "agent_switched", "agent_id": agent_id}


def transcription(status: Status, text: str, speaker: Speaker, item_id: str, agent_id: str) -> Message:
    """A caption: `text` is all of the item so far. `complete` is final, but for an interruption that shortens it."""
    return {
        "type": "transcription",
        "status": status,
        "text": text,
        "speaker": speaker,
        "item_id": item_id,
        "agent_id": agent_id,
    }


@dataclass(slots=True)
class Sound:
    """A piece of an answer's sound that has to wait. base64: PCM16, mono, 24 kHz."""

    base64: bytes
    item_id: str


def audio_end(item_id: str) -> Message:
    """No more sound comes for this item."""
    return {"type": "audio_end", "item_id": item_id}


def interrupted(item_id: str, heard_ms: int) -> Message:
    """Stop playing this item now and throw away what is buffered of it."""
    return {"type": "interrupted", "item_id": item_id, "heard_ms": heard_ms}


def resumed_speech(item_id: str, from_ms: float) -> Message:
    """The interruption was none: play on. What follows of the item begins at `from_ms` of it."""
    return {"type": "resumed_speech", "item_id": item_id, "from_ms": round(from_ms, 3)}


def state(value: CallState, at: float) -> Message:
    """What the call is doing. at: when it is said, on a clock of this process, in seconds.

    With it the browser sees how late what arrives is: the first sound of an answer is sent directly behind its state.
    """
    return {"type": "state", "state": value, "at_ms": round(1000 * at, 1)}


def tool(name: str, status: ToolStatus, call_id: str) -> Message:
    """What a tool is doing for the answer. name: the tool's, or "unknown" for one that there is not."""
    return {"type": "tool", "name": name, "status": status, "call_id": call_id}


def waiting(place: int, seconds: float) -> Message:
    """The call waits for its turn to reach VoiceLive. place: 1 is next; seconds: until its turn, as things are."""
    return {"type": "state", "state": "waiting", "place": place, "seconds": math.ceil(seconds)}


def resumed(*, complete: bool) -> Message:
    """The call goes on. complete: nothing was missed; else what was said is to be read from the store."""
    return {"type": "resumed", "complete": complete}


def moved(reason: str, after_ms: int) -> Message:
    """Connect anew after so long, and the call goes on: at another replica. The connection is closed with 4410."""
    return {"type": "moved", "reason": reason, "after_ms": after_ms}


def turn(said: Turn) -> Message:
    """Something was said in this conversation outside the call: typed in chat, or its answer."""
    return {
        "type": "turn",
        "role": said.role,
        "content": said.content,
        "channel": said.channel,
        "agent_id": said.agent_id,
        "item_id": said.id,
        "timestamp": said.said_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }


def pong(at: float) -> Message:
    """The line is alive. at: see `state`."""
    return {"type": "pong", "at_ms": round(1000 * at, 1)}


def error(message: str, code: str, *, retryable: bool) -> Message:
    """Something went wrong; `message` names cause and remedy. The call goes on unless a close follows."""
    return {"type": "error", "message": message, "code": code, "retryable": retryable}


def is_sound(message: Message | Sound) -> bool:
    """Tell whether a message is sound: what an interruption takes back."""
    return type(message) is Sound


def overtakes(message: Message | Sound) -> bool:
    """Tell whether a message goes before sound that waits: captions go on when a narrow line holds up the sound."""
    return not isinstance(message, Sound) and message["type"] in _BEFORE_SOUND


def weight(message: Message | Sound) -> int:
    """Return the approximate size in bytes, for the bound on what is queued."""
    return len(message.base64) if isinstance(message, Sound) else 200


def encode(message: Message | Sound, seq: int) -> bytes:
    """Return the message as it goes to the browser; `seq` numbers it."""
    if isinstance(message, Sound):
        return sound(message.base64, message.item_id, seq)
    message["seq"] = seq
    return orjson.dumps(message)


def sound(base64: bytes, item_id: str, seq: int) -> bytes:
    """Return a piece of an answer's sound as it goes to the browser. The base64 is copied, never parsed."""
    return b"".join((SOUND, base64, sound_end(item_id), b"%d}" % seq))


def sound_end(item_id: str) -> bytes:
    """Return what stands between the base64 and the seq."""
    return b'","format":"audio/pcm16","item_id":%b,"seq":' % orjson.dumps(item_id)


def binary_sound(base64: bytes, item_id: str, seq: int) -> bytes:
    """Return the same as a binary message, little-endian throughout: a head, then PCM16.

    The head: u8 1 (sound), u8 size of the head, u16 length of the item's id in bytes, u32 seq, the id in UTF-8, and a
    zero byte where it takes one to begin the samples at an even place.
    """
    begin, name = binary_head(item_id)
    return b"".join((begin, seq.to_bytes(4, "little"), name, pcm16(base64)))


def binary_head(item_id: str) -> tuple[bytes, bytes]:
    """Return what stands before and behind the seq in the head of a binary message. The id is cut after 200 bytes."""
    name = item_id.encode()[:200]
    padded = name + bytes(len(name) % 2)
    return _BINARY_HEAD.pack(1, 8 + len(padded), len(name)), padded


def pcm16(base64: bytes) -> bytes:
    """Return the samples; none for what is not base64."""
    try:
        return pybase64.b64decode(base64, None, True)  # validated it is also faster
    except ValueError:
        return b""


Outgoing: TypeAlias = Message | Sound
