"""Erasing a user at Zep: asked for once, followed until the server confirms it, taken up again after a restart."""

import asyncio
import logging
from dataclasses import dataclass

from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory.zep.delivery import user_id
from backend.memory.zep.ledger import Ledger
from backend.memory.zep.port import Dialect, ZepError, ZepPort

logger = logging.getLogger("backend.memory")

ASK_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Erasure:
    """What Zep has confirmed. final: False where the server only marks rows and purges them later by itself (0.27).

    detail: what is still open, for the audit log.
    """

    dialect: Dialect
    confirmed: bool
    final: bool
    detail: str = ""


class ZepErasure:
    """Erases users. From the first call on, nothing more of theirs is delivered or read.

    Erase the log first: what stood in it when Zep has confirmed would be delivered anew.
    """

    def __init__(self, port: ZepPort, ledger: Ledger, *, ask_again_seconds: float = ASK_AGAIN_SECONDS) -> None:
        self._port = port
        self._ledger = ledger
        self._pause = ask_again_seconds

    async def erase(self, principal: Principal, seconds: float = 10.0) -> Erasure:
        """Erase a user; wait at most `seconds` for the confirmation. Calling it again goes on where it was.

        Raises `ZepError` when Zep cannot be asked, `Problem` 503 when the database cannot: call it again later.
        """
        known = await self._ledger.begin_erasure(principal, self._port.dialect)
        address, task = known.address if known.dialect == self._port.dialect else "", known.task
        if not known.asked or not address:
            found = address or await self._port.find_user(user_id(principal))
            if found is None:
                return await self._confirmed(principal)
            address = found
            try:
                task = await self._port.erase_user(address)
            except ZepError as error:
                if error.cause != "not_found":
                    raise
                return await self._confirmed(principal)
            await self._ledger.erasure_asked(principal, address, task)
        return await self._follow(principal, address, task, seconds)

    async def resume(self, seconds: float = 10.0) -> list[tuple[str, str]]:
        """Take up what is under way, each for at most `seconds`; return tenant and owner of what is still open."""
        left: list[tuple[str, str]] = []
        for tenant, owner in await self._ledger.erasures():
            try:
                erasure = await self.erase(Principal(tenant, owner, "", frozenset()), seconds)
            except Problem as problem:
                logger.warning("An erasure at Zep has to wait (%s)", problem.code)
                left.append((tenant, owner))
            else:
                if not erasure.confirmed:
                    left.append((tenant, owner))
        return left

    async def _follow(self, principal: Principal, address: str, task: str, seconds: float) -> Erasure:
        deadline = asyncio.get_running_loop().time() + seconds
        while (state := await self._port.erasure(address, task)) == "running":
            if asyncio.get_running_loop().time() + self._pause > deadline:
                return Erasure(self._port.dialect, confirmed=False, final=False, detail="Zep is still erasing.")
            await asyncio.sleep(self._pause)
        if state == "done":
            return await self._confirmed(principal)
        await self._ledger.erasure_asked(principal, address, "", asked=False)
        logger.error("Zep reports that an erasure has failed; it is asked for again at the next call")
        return Erasure(self._port.dialect, confirmed=False, final=False, detail="Zep's erasure task has failed.")

    async def _confirmed(self, principal: Principal) -> Erasure:
        await self._ledger.erased(principal)
        final = not self._port.capabilities.soft_erasure
        detail = "" if final else "Zep 0.27 marks the rows and purges them later."
        return Erasure(self._port.dialect, confirmed=True, final=final, detail=detail)
