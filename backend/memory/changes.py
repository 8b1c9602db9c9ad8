"""Being told, within a second, that something of a person's memory has changed, at this replica or another.

What was told is a hint: whoever is woken reads the log. See `backend/storage/notices.py`.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Protocol

from backend.identity.principal import Principal
from backend.storage.notices import MEMORY, Heard, mark_of


class Listening(Protocol):
    """What is needed of `backend.storage.notices.Notices`."""

    def listen(self, channel: str, heard: Heard) -> None:
        """Call `heard` with each mark."""
        ...


class Changes:
    """One per process; made before `notices` starts."""

    def __init__(self, notices: Listening) -> None:
        self._watched: dict[str, set[asyncio.Event]] = {}
        self.closed = False
        """Whether the process is about to stop: who watches should go."""
        notices.listen(MEMORY, self._heard)

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return sum(map(len, self._watched.values()))

    def watchers_of(self, principal: Principal) -> int:
        """How many watch for this person."""
        return len(self._watched.get(mark_of(principal.tenant, principal.user_id), ()))

    @contextlib.contextmanager
    def watch(self, principal: Principal) -> Iterator[asyncio.Event]:
        """Give an event that is set when something of this person's may have changed; who waits for it clears it."""
        mark = mark_of(principal.tenant, principal.user_id)
        changed = asyncio.Event()
        self._watched.setdefault(mark, set()).add(changed)
        try:
            yield changed
        finally:
            watchers = self._watched[mark]
            watchers.discard(changed)
            if not watchers:
                del self._watched[mark]

    def close(self) -> None:
        """Wake everybody for the last time."""
        self.closed = True
        self._heard(None)

    def _heard(self, mark: str | None) -> None:
        watched = self._watched.values() if mark is None else [self._watched.get(mark, set())]
        for events in watched:
            for changed in events:
                changed.set()
