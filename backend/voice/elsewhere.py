"""Calls at other replicas: a call that is picked up here is let go there.

Nobody keeps a list of calls, which would be wrong after a crash. A replica that picks a call up asks who has it by
NOTIFY. One that does says so at once and lets go: it stores what was said, closes with 4410 and tells that the way is
free. When nobody answers, nobody has it. A notice that is lost costs nothing worse than two legs for a while: turns are
stored under the ids of their items, each once.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from backend.core.ids import new_id
from backend.identity.principal import Principal
from backend.storage.notices import Heard, mark_of

log = logging.getLogger("backend.voice")

CHANNEL = "engram_calls"
ANSWER_S = 0.6
"""How long an answer may take: two notices, each of which waits for others at most 0.1 s."""
FREE_S = 8.0
"""How long a replica may take to store what was said and to let go."""


class Notices(Protocol):
    """What is needed of `backend.storage.notices.Notices`."""

    listening: asyncio.Event

    def listen(self, channel: str, heard: Heard) -> None:
        """Call `heard` with each mark."""
        ...

    def tell(self, channel: str, mark: str) -> None:
        """Let every replica hear it."""
        ...


class Held(Protocol):
    """A call of this replica, to be ended."""

    def end(self, code: int, reason: str) -> None:
        """End it."""
        ...

    async def over(self) -> None:
        """Wait until what was said is stored."""
        ...


def call_mark(principal: Principal, session_id: str) -> str:
    """Return the name of a call in notices."""
    owner = mark_of(principal.tenant, principal.user_id)
    return hashlib.blake2b(f"{owner}{session_id}".encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class _Claim:
    held: asyncio.Event = field(default_factory=asyncio.Event)
    free: asyncio.Event = field(default_factory=asyncio.Event)


class Elsewhere:
    """One per process; made before `notices` starts. holders: finds this replica's calls by their mark."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._replica = new_id("replica")[-12:]
        self._claims: dict[str, _Claim] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.holders: Callable[[str], Sequence[Held]] = lambda mark: ()
        notices.listen(CHANNEL, self._heard)

    async def claim(self, mark: str, *, resuming: bool) -> None:
        """The call is here from now on. resuming: wait, within bounds, until another replica that has it let it go."""
        kind = "resume" if resuming else "new"
        if not resuming:
            self._notices.tell(CHANNEL, f"claim {mark} {self._replica} {kind}")
            return
        if not self._notices.listening.is_set():
            log.warning("Whether another replica holds a call that is picked up here cannot be asked just now")
            return
        claim = self._claims[mark] = _Claim()
        try:
            self._notices.tell(CHANNEL, f"claim {mark} {self._replica} {kind}")
            if await _within(ANSWER_S, claim.held) and not await _within(FREE_S, claim.free):
                log.warning("Another replica did not let go of a call within %.0f s", FREE_S)
        finally:
            if self._claims.get(mark) is claim:
                del self._claims[mark]

    def _heard(self, notice: str | None) -> None:
        words = (notice or "").split()
        match words:
            case ["claim", mark, replica, kind] if replica != self._replica:
                if calls := self.holders(mark):
                    self._spawn(self._let_go(calls, mark, replica, resuming=kind == "resume"))
            case ["held", mark, replica] if replica == self._replica and mark in self._claims:
                self._claims[mark].held.set()
            case ["free", mark, replica] if replica == self._replica and mark in self._claims:
                self._claims[mark].free.set()

    async def _let_go(self, calls: Sequence[Held], mark: str, replica: str, *, resuming: bool) -> None:
        self._notices.tell(CHANNEL, f"held {mark} {replica}")
        for call in calls:
            if resuming:
                call.end(4410, "moved")
            else:
                call.end(4409, "replaced by a newer connection")
        await asyncio.gather(*(call.over() for call in calls))
        self._notices.tell(CHANNEL, f"free {mark} {replica}")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _within(seconds: float, event: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
