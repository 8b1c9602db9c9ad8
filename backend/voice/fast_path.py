"""The way of a relayed frame in C, where it was compiled; everywhere else it is gone in Python, to the same effect.

At fifty calls a frame finds the processor's caches cold, and what it costs is what it touches: in C the few pieces of
memory that a frame needs, in Python a good many more. `scripts/setup.sh` compiles it where there is a C compiler. What
was compiled from another version of the source is not used. Whoever changes one side changes the other: the tests run
both. See docs/decisions/0023.
"""

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

log = logging.getLogger("backend.voice")

_SOURCE = Path(__file__).with_name("_fast_path.pyx")

COMPILED = False
"""Whether the classes that stand here besides Python's can be used."""
STALE = False
"""Whether they are there, but compiled from another source."""
try:
    from backend.voice._fast_path import SOURCE, Door, Downward, FrameWriter, MaskedWriter, Tally, Upward
except ImportError:
    log.debug("sound goes in Python: nothing is compiled")
else:
    COMPILED = not _SOURCE.exists() or hashlib.sha256(_SOURCE.read_bytes()).hexdigest() == SOURCE
    STALE = not COMPILED
    if STALE:
        log.warning("sound goes in Python: _fast_path.pyx has changed since it was compiled. Run scripts/setup.sh run.")

__all__ = ["COMPILED", "STALE", "Door", "Downward", "FrameWriter", "MaskedWriter", "PythonTally", "Tally", "Upward"]


class PythonTally:
    """What is known of the messages to a browser, frame by frame.

    seq: number of the last message. fresh: sound that was sent and is not entered into the books yet: base64, item,
    playing time in ms, and when (loop time, seconds). item_id: whose sound can be sent at once, None for none; write:
    what sends it; binary: whether it goes as a binary message.
    """

    __slots__ = ("binary", "fresh", "item_id", "seq", "write")

    def __init__(self, write: Callable[[bytes, bytes], bool]) -> None:
        self.seq = 0
        self.fresh: list[tuple[bytes, str, float, float]] = []
        self.item_id: str | None = None
        self.write = write
        self.binary = False


if not TYPE_CHECKING and not COMPILED:
    Tally = PythonTally
