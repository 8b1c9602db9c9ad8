"""Gives turns their vectors, beside everything else: the index finds them by their words until then.

One task for the process. It takes the owners in turn, a few turns each, so that a long log does not hold up the others;
the embedder paces itself. What is computed is stored, so that the next process reads it instead.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol

from backend.identity.principal import Principal
from backend.memory.cache import OwnerMemory
from backend.memory.grumble import Grumble

logger = logging.getLogger("backend.memory")

BATCH = 16
"""Turns embedded at a stretch: about 60 ms of one core."""

GATHER_SECONDS = 0.5
"""What an owner says in so short a time is embedded together: storing vectors costs a statement, however many."""

_PAUSE = 5.0  # seconds after a failure
_OWNERS = 1_000  # waiting at most; the oldest is dropped, and comes back when it is next used


class Embedding(Protocol):
    """What is needed of an embedder."""

    async def turns(self, texts: Sequence[str]) -> list[bytes]:
        """Return a vector for each text, as its pace allows."""
        ...


class StoringVectors(Protocol):
    """What is needed of the log."""

    async def save_vectors(self, principal: Principal, vectors: Mapping[str, bytes]) -> None:
        """Store vectors by turn id."""
        ...


class EmbeddingQueue:
    """`want` an owner's vectors; `close` it before the database."""

    def __init__(self, log: StoringVectors, embedder: Embedding, *, gather_seconds: float = GATHER_SECONDS) -> None:
        self._log = log
        self._embedder = embedder
        self._gather_seconds = gather_seconds
        self._gathered: dict[tuple[str, str], tuple[Principal, OwnerMemory]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: OrderedDict[tuple[str, str], tuple[Principal, OwnerMemory]] = OrderedDict()
        self._worker: asyncio.Task[None] | None = None
        self._grumble = Grumble(logger)
        self._closed = False

    def want(self, principal: Principal, owner: OwnerMemory) -> None:
        """Fill in what an owner's index lacks, soon."""
        if self._closed:
            return
        self._gathered[principal.tenant, principal.user_id] = (principal, owner)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._gather_seconds, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._waiting.update(self._gathered)
        self._gathered.clear()
        while len(self._waiting) > _OWNERS:
            self._waiting.popitem(last=False)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Stop; what is missing is embedded when its owner is next here."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._gathered.clear()
        self._waiting.clear()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait((self._worker,), timeout=5.0)

    async def _work(self) -> None:
        while self._waiting:
            key, (principal, owner) = self._waiting.popitem(last=False)
            turns = owner.index.without_vector(BATCH)
            if not turns:
                continue
            try:
                vectors = await self._embedder.turns([turn.content for turn in turns])
                found = dict(zip((turn.id for turn in turns), vectors, strict=True))
                for turn_id, vector in found.items():
                    owner.index.set_vector(turn_id, vector)
                await self._log.save_vectors(principal, found)
            except Exception as error:  # a store that is down, a model that fails: words still find the turns
                self._grumble("Vectors are not stored (%s); turns are found by their words", error)
                await asyncio.sleep(_PAUSE)
            if not self._closed:
                self._waiting.setdefault(key, (principal, owner))
