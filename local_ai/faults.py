"""Faults on demand, for tests of what talks to us: which are armed, and when they go off.

Only the scripted brain allows them. At the handshake and for chat the api key asks for one (`fault-429`); in a voice
session the query parameter `fault`, `session.metadata.fault`, or `[fault:NAME]` in what the user says or types. A fault
goes off once, at the user's next turn; `NAME@start` goes off at once.
"""

import re
from collections.abc import Mapping
from typing import Any

HANDSHAKE_STATUS = {"401": 401, "403": 403, "404": 404, "429": 429, "500": 500, "503": 503}
"""Name of a handshake or chat fault (behind "fault-") and the HTTP status it gives."""
RETRY_AFTER_S = 7
"""Retry-After of the 429 on demand."""

IN_SESSION = {
    "reset-after-commit": "TCP reset right after the turn is committed",
    "stall": "the response is created and nothing follows",
    "stall-midway": "the response stops after its first audio delta",
    "late-deltas": "a cancelled response goes on streaming, before and after its response.done",
    "transcription-failed": "the turn has no words",
    "response-failed": "the response ends with status failed",
    "close-1000": "the socket closes normally",
    "close-1001": "the socket closes with 1001, going away",
    "close-1008": "the socket closes with 1008, policy",
    "close-1011": "the socket closes with 1011, internal error",
    "reset": "TCP reset without a close frame",
    "bad-json": "a frame that is not JSON, then the turn goes on",
    "unknown-event": "an event no client knows, then the turn goes on",
    "big-message": "a frame of 5 MiB, then the turn goes on",
    "error-event": "an error event of the server, then the turn goes on",
}

_IN_TEXT = re.compile(r"\[fault:([a-z0-9-]+)\]")


def fault_in(text: str) -> str | None:
    """The fault that a user's words ask for."""
    match = _IN_TEXT.search(text)
    return match.group(1) if match else None


def without_fault(text: str) -> str:
    """The user's words without the request for a fault."""
    return " ".join(_IN_TEXT.sub("", text).split()) if "[fault:" in text else text


class Faults:
    """What is armed in one voice session. With allowed=False nothing ever is.

    expires_in: seconds of life asked for by the query or metadata, None for the usual. pace: seconds of audio sent
    per second, None for as fast as the brain makes it.
    """

    def __init__(self, allowed: bool, query: Mapping[str, str]) -> None:
        self._allowed = allowed
        self._armed: set[str] = set()
        self._seen: dict[str, Any] = {}
        self._read = ""
        self.expires_in: float | None = None
        self.pace: float | None = None
        self.read(query)

    def read(self, asked: Mapping[str, Any] | None) -> None:
        """Arm what the query or the session's metadata ask for. The same value again arms nothing twice."""
        if not self._allowed or not asked:
            return
        fault = asked.get("fault")
        if fault and fault != self._seen.get("fault"):
            self._seen["fault"] = fault
            self._armed.update(str(fault).split(","))
        self.expires_in = _number(asked.get("expires_in"), self.expires_in)
        self.pace = _number(asked.get("pace"), self.pace)

    def read_text(self, item_id: str, text: str) -> None:
        """Arm what the user's words ask for, once an item."""
        name = fault_in(text) if self._allowed else None
        if name and item_id != self._read:
            self._read = item_id
            self._armed.add(name)

    def take(self, name: str) -> bool:
        """Whether the fault is armed; it is not any more."""
        if name not in self._armed:
            return False
        self._armed.remove(name)
        return True

    def take_close(self, suffix: str = "") -> int | None:
        """The code of an armed close, None when there is none."""
        for name in self._armed:
            if name.startswith("close-") and name.endswith(suffix) and name.removesuffix(suffix)[6:].isdigit():
                self._armed.remove(name)
                return int(name.removesuffix(suffix)[6:])
        return None


def _number(value: Any, otherwise: float | None) -> float | None:
    try:
        return float(value) if value is not None else otherwise
    except (TypeError, ValueError):
        return otherwise
