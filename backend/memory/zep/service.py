"""Zep as the process has it: one server, its deliveries, readings and erasures, and how it is doing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from backend.core.context import Fact
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory.zep import dialects
from backend.memory.zep.delivery import ZepDelivery
from backend.memory.zep.dialects import ZepSettings
from backend.memory.zep.erasure import ZepErasure
from backend.memory.zep.ledger import Ledger
from backend.memory.zep.port import ZepError, ZepPort
from backend.memory.zep.reading import ZepReader, merge
from backend.memory.zep.transport import BreakerState, Transport
from backend.storage.database import Database


@dataclass(frozen=True, slots=True)
class ZepStatus:
    """For /ready and `engram doctor`; no secrets, no content.

    reachable: whether Zep has answered and taken the key. waiting: entries of the log that it has not been given yet.
    refused: turns it has refused for good since the process began. last_error: a word, or ''.
    """

    configured: bool
    dialect: str = ""
    reachable: bool = False
    breaker: BreakerState = "closed"
    waiting: int = 0
    refused: int = 0
    last_error: str = ""


class Zep:
    """One per process, when a Zep is configured. Give `delivery` to the followers; `close` it before the database."""

    def __init__(self, port: ZepPort, transport: Transport, ledger: Ledger) -> None:
        self.port = port
        self.delivery = ZepDelivery(port, ledger)
        self.reader = ZepReader(port, ledger)
        self.erasure = ZepErasure(port, ledger)
        self._transport = transport
        self._ledger = ledger

    @classmethod
    def open(cls, settings: ZepSettings, database: Database) -> "Zep | None":
        """Return the Zep of the settings; None when there is none. Makes no call."""
        if not dialects.configured(settings):
            return None
        transport = Transport(dialects.base_url(settings), dialects.authorization(settings))
        return cls(dialects.port_for(settings.zep_api_version, transport), transport, Ledger(database))

    async def status(self) -> ZepStatus:
        """Ask Zep whether it is there (at most 3 s) and tell how it is doing. Never raises for Zep or the database."""
        error = ""
        try:
            await self.port.check()
        except ZepError as failure:
            error = failure.cause
        try:
            waiting = await self._ledger.waiting()
        except Problem:
            waiting = 0  # /ready says of the database what there is to say
        return ZepStatus(
            configured=True,
            dialect=self.port.dialect,
            reachable=error in ("", "rate_limited"),
            breaker=self._transport.breaker,
            waiting=waiting,
            refused=self.delivery.refused,
            last_error=self._transport.last_error or error,
        )

    def known(self, principal: Principal, ours: Sequence[Fact]) -> list[Fact]:
        """Return our facts and those that Zep adds, as far as they are here already; what is not is being read now."""
        return merge(ours, self.reader.kept(principal), now=datetime.now(UTC), name=principal.display_name)

    def forget(self, principal: Principal) -> None:
        """Forget what is here of a user."""
        self.reader.forget(principal)

    async def close(self) -> None:
        """End what is under way and close the connections."""
        await self.reader.close()
        await self._transport.close()


NOT_CONFIGURED = ZepStatus(configured=False)
