"""The way in: who presents what at this level, and what it takes to pass.

A failure is counted by its reason and logged with the address it came from, never with what was presented.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Protocol

import psycopg

from backend.core import problems
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity import dev_tokens
from backend.identity.counters import SIGN_IN_FAILURES
from backend.identity.entra import Entra, Rules
from backend.identity.limits import Limits
from backend.identity.principal import Principal
from backend.identity.refused import Refused
from backend.identity.session_age import SessionAges
from backend.identity.signing_keys import SigningKeys
from backend.identity.tickets import Tickets
from backend.storage.database import Database

log = logging.getLogger("backend.identity")

GUEST = Principal("poc", "guest", "Guest", frozenset({"engram.analyst"}), "poc")
"""Everybody at the proof-of-concept level, where nobody signs in."""

_TIDY_SECONDS = 60.0


Presented = str | Refused | None
"""A bearer token, something that cannot be one, or nothing."""


class SignIn(Protocol):
    """How callers are told at a level."""

    async def identify(self, token: str) -> Principal:
        """Return whom a bearer token stands for; raise `Refused` or `Problem`."""
        ...


class Gate:
    """One per process.

    sign_in: None where nobody signs in; tickets: None where there is no database; explain: whether callers are told
    which check failed. `Gate.open` makes one for the service, `Gate.bare` one for a part of it without a database.
    """

    def __init__(
        self,
        sign_in: SignIn | None,
        limits: Limits | None = None,
        tickets: Tickets | None = None,
        *,
        explain: bool = True,
    ) -> None:
        self._sign_in = sign_in
        self.limits = limits
        self.tickets = tickets
        self._explain = explain

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, settings: Settings, database: Database) -> AsyncIterator["Gate"]:
        """Give the gate of this level; what it holds open is closed when the block ends."""
        limits, tickets, ages = Limits(settings, database), Tickets(database), SessionAges(database)
        way: SignIn | None = None
        keys: SigningKeys | None = None
        if settings.auth_mode == "dev_tokens":
            way = _Developers()
        elif settings.auth_mode != "none":
            rules = Rules.of(settings)
            keys = SigningKeys(settings.entra_authority, settings.sign_in_tenants, sorted(rules.audiences))
            way = Entra(rules, keys, ages)
            keys.start()
        limits.start()
        tidying = asyncio.create_task(_tidy((limits.sweep, tickets.sweep, ages.sweep)))
        try:
            yield cls(way, limits, tickets, explain=settings.environment == "development" or settings.debug)
        finally:
            tidying.cancel()
            await asyncio.gather(tidying, return_exceptions=True)
            await limits.close()
            if keys is not None:
                await keys.close()

    @classmethod
    def bare(cls, settings: Settings) -> "Gate":
        """Return a gate without tickets and limits, for the levels that need no database to tell callers."""
        assert settings.auth_mode in ("none", "dev_tokens"), "Entra ID needs a database"
        return cls(None if settings.auth_mode == "none" else _Developers())

    def arrive(self, address: str) -> None:
        """Count a request from an address; raise `Problem` 429 when there were too many."""
        if self.limits is not None:
            self.limits.request(None, address)

    async def identify(self, presented: Presented, address: str) -> Principal:
        """Return whom a bearer token stands for; raise `Problem` 401, 403, 429 or 503."""
        self.arrive(address)
        if self._sign_in is None:
            return GUEST
        if presented is None:
            raise problems.missing_token()
        with self._watched(address):
            if isinstance(presented, Refused):
                raise presented
            caller = await self._sign_in.identify(presented)
        if self.limits is not None:
            self.limits.request(caller, address)
        return caller

    def begin_session(self, caller: Principal, address: str, session_id: str) -> None:
        """Count a session of the caller if it is new; raise `Problem` 429 when there were too many."""
        if self.limits is not None:
            self.limits.session(caller, address, session_id)

    async def begin_call(self, caller: Principal, address: str) -> Callable[[], None]:
        """Count a call; return what to do when it is over. Raises `Problem` 429."""
        if self.limits is None:
            return lambda: None
        return await self.limits.open_call(caller, address)

    async def redeem(self, ticket: str, session_id: str, origin: str, address: str) -> Principal:
        """Return whom a ticket stands for, and spend it; raise `Problem` 401, 429 or 503."""
        self.arrive(address)
        with self._watched(address):
            if self.tickets is None:
                raise Refused("ticket", "there are no tickets here")
            return await self.tickets.redeem(ticket, session_id, origin)

    @contextlib.contextmanager
    def _watched(self, address: str) -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            self._failed(refused.reason, address)
            raise problems.invalid_token(refused.check if self._explain else "sign in again") from None
        except Problem as problem:
            if problem.status in (401, 403):
                self._failed(problem.code, address)
            raise

    def _failed(self, reason: str, address: str) -> None:
        SIGN_IN_FAILURES.labels(reason).inc()
        if self.limits is not None:
            self.limits.failed(address)
        log.warning("A sign-in failed: %s", reason, extra={"reason": reason, "address": address})


class _Developers:
    async def identify(self, token: str) -> Principal:
        return dev_tokens.parse(token)


async def _tidy(sweeps: tuple[Callable[[], Awaitable[None]], ...]) -> None:
    while True:
        await asyncio.sleep(_TIDY_SECONDS)
        for sweep in sweeps:
            with contextlib.suppress(Problem, psycopg.Error):
                await sweep()
