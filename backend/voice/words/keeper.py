"""Stores the turns of a call beside the audio: a slow or dead memory never holds up a voice."""

import asyncio
import logging
from bisect import insort
from collections.abc import Sequence
from typing import Protocol

from backend.core.context import (
    Channel,
    EnterpriseContext,
    EpisodicLayer,
    OperationalLayer,
    SecurityLayer,
    SemanticLayer,
    Turn,
)
from backend.identity.principal import Principal
from backend.voice.counters import TURNS, TURNS_LOST

log = logging.getLogger("backend.voice")

RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0)


class ConversationMemory(Protocol):
    """What a call needs of memory; `backend.memory.recall.Memory` is it."""

    async def open_context(
        self, principal: Principal, session_id: str, agent_id: str, channel: Channel
    ) -> EnterpriseContext:
        """Return what is known at the start of a call."""
        ...

    async def persist_conversation(self, context: EnterpriseContext) -> None:
        """Store `context.episodic.unsaved`, in order, each once."""
        ...

    async def amend_turn(self, principal: Principal, turn: Turn) -> None:
        """Store the corrected content, rest and interruption of a turn that is stored already.

        One without content is withdrawn: nothing of it was heard. Content brings it back.
        """
        ...


def without_memory(principal: Principal, session_id: str, agent_id: str) -> EnterpriseContext:
    """Return the context of a call whose memory did not answer."""
    return EnterpriseContext(
        SecurityLayer(principal.tenant, principal.user_id, principal.display_name, frozenset(principal.roles)),
        EpisodicLayer(session_id),
        SemanticLayer(degraded="memory did not answer"),
        OperationalLayer(agent_id, "voice"),
    )


class Keeper:
    """Hands turns and corrections to memory, one write at a time, and tries again until it has them."""

    def __init__(self, memory: ConversationMemory, principal: Principal, context: EnterpriseContext) -> None:
        self._memory = memory
        self._principal = principal
        self.context = context
        self._waiting: list[Turn] = []
        self._kept: set[str] = set()
        self._corrections: dict[str, Turn] = {}
        self._work = asyncio.Event()
        self._stored = asyncio.Event()
        self._stored.set()

    def keep(self, turns: Sequence[Turn]) -> None:
        """Take turns for storing; they are part of the context at once. One kept before is a draft: it is corrected.

        One without content is an answer of which nothing was heard: it was never said.
        """
        for turn in turns:
            if turn.id in self._kept:
                self.amend(turn)
            elif turn.content:
                self._kept.add(turn.id)
                self.context.episodic.turns.append(turn)
                self._waiting.append(turn)
                TURNS.labels(turn.role).inc()
                self._wake()

    def learn(self, turn: Turn) -> bool:
        """Take note of a turn that somebody else stored; tell whether it was new."""
        if turn.id in self._kept or any(known.id == turn.id for known in self.context.episodic.turns):
            return False
        self._kept.add(turn.id)
        self.context.episodic.turns.append(turn)
        return True

    def amend(self, turn: Turn) -> None:
        """Take a correction of a turn; one that changes nothing is not written.

        Without content it is withdrawn; with content it is kept again, or for the first time.
        """
        said = self.context.episodic.turns
        place = next((place for place, known in enumerate(said) if known.id == turn.id), None)
        if place is None and turn.id not in self._kept:
            self.keep([turn])
            return
        if (not turn.content) if place is None else said[place] == turn:
            return
        self._kept.add(turn.id)
        if not turn.content:
            said[:] = [known for known in said if known.id != turn.id]
        elif place is not None:
            said[place] = turn
            self._waiting = [turn if waiting.id == turn.id else waiting for waiting in self._waiting]
        else:
            insort(said, turn, key=lambda known: known.said_at)
        self._corrections[turn.id] = turn
        self._wake()

    async def run(self) -> None:
        """Store what is kept, for as long as the call lasts."""
        failures = 0
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._store()
            except Exception as failure:  # whatever memory raises, the call goes on and the turns are kept
                wait = RETRY_S[min(failures, len(RETRY_S) - 1)]
                failures += 1
                log.warning("memory took no turns (%s); next attempt in %.1f s", type(failure).__name__, wait)
                await asyncio.sleep(wait)
                self._work.set()
            else:
                failures = 0
                if not self._work.is_set():
                    self._stored.set()

    async def finish(self, timeout: float) -> None:
        """Wait at most `timeout` seconds until everything is stored; count and log what is not."""
        try:
            await asyncio.wait_for(self._stored.wait(), timeout)
        except TimeoutError:
            lost = len(self._waiting) + len(self.context.episodic.unsaved)
            TURNS_LOST.inc(lost)
            log.error("the call ended with %d turns that memory did not take", lost)

    def _wake(self) -> None:
        self._stored.clear()
        self._work.set()

    async def _store(self) -> None:
        # Moved only here, so that nothing is added to `unsaved` while memory works on it.
        self.context.episodic.unsaved.extend(self._waiting)
        self._waiting.clear()
        if self.context.episodic.unsaved:
            await self._memory.persist_conversation(self.context)
        while self._corrections:
            turn_id, turn = next(iter(self._corrections.items()))
            await self._memory.amend_turn(self._principal, turn)
            if self._corrections.get(turn_id) is turn:
                del self._corrections[turn_id]
