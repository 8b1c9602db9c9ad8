"""Is it alive, and can it work: /health never looks at anything else, /ready looks at everything."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from backend.api import access, answers
from backend.api.services import Services
from backend.api.version import VERSION
from backend.core.problems import Problem
from backend.memory.zep.service import Zep
from backend.voice.voicelive.upstream import Upstream

router = APIRouter(tags=["health"])

CHECK_AGAIN_S = 5.0
"""The answer of /ready is kept this long: it is public, and each check is a call to somebody else."""


class Health(BaseModel):
    """The process is alive."""

    status: Literal["healthy"]
    version: str
    environment: str
    timestamp: str


class Part(BaseModel):
    """One thing the service depends on. detail: cause and remedy when it does not work."""

    status: Literal["ok", "not_configured", "failing"]
    detail: str = ""


class Readiness(BaseModel):
    """ready: all works. degraded: something is missing, the rest works. unavailable (503): nothing can be kept.
    draining (503): the process is about to stop and moves its calls.
    """

    status: Literal["ready", "degraded", "unavailable", "draining"]
    database: Part
    gateway: Part
    voicelive: Part
    memory: Part
    zep: Part


@router.get("/health", dependencies=[access.public()])
async def health(request: Request) -> Health:
    """Tell that the process is alive."""
    return Health(
        status="healthy",
        version=VERSION,
        environment=request.app.state.settings.environment,
        timestamp=answers.timestamp(datetime.now(UTC)),
    )


@router.get("/ready", dependencies=[access.public()], responses={503: {"model": Readiness}})
async def ready(request: Request, response: Response) -> Readiness:
    """Tell whether database, gateway, VoiceLive and memory can work, from a check that is at most 5 s old.

    Only a missing database is a 503: without the gateway, say, calls and memory still work, and taking every replica
    out of service would mend nothing.
    """
    state = await _checked(request)
    if request.app.state.services.voice.draining:
        state = state.model_copy(update={"status": "draining"})
    if state.status in ("unavailable", "draining"):
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return state


async def _checked(request: Request) -> Readiness:
    loop = asyncio.get_running_loop()
    known: tuple[float, asyncio.Task[Readiness]] | None = getattr(request.app.state, "readiness", None)
    if known is None or (known[1].done() and loop.time() - known[0] > CHECK_AGAIN_S):
        known = (loop.time(), asyncio.create_task(_check(request.app.state.services)))
        request.app.state.readiness = known
    # One check for all who ask meanwhile; one of them leaving does not end it for the others.
    return await asyncio.shield(known[1])


async def _check(services: Services) -> Readiness:
    database, gateway, zep = await asyncio.gather(
        _part(services.database.check),
        _part(services.gateway.check, configured=services.gateway.configured),
        _zep(services.zep),
    )
    voicelive = _voicelive(services.voice.upstream)
    memory = Part(status="ok") if database.status == "ok" else Part(status="failing", detail="It needs the database.")
    parts: dict[str, Any] = {"database": database, "gateway": gateway, "voicelive": voicelive, "memory": memory}
    parts["zep"] = zep
    if database.status != "ok":
        return Readiness(status="unavailable", **parts)
    missing = [name for name, part in parts.items() if part.status != "ok"]
    if zep.status == "not_configured":
        missing.remove("zep")  # nobody has to have one
    return Readiness(status="degraded" if missing else "ready", **parts)


def _voicelive(upstream: Upstream) -> Part:
    """Tell from the last attempts: a connection only to ask would use up the quota."""
    endpoint = upstream.in_use
    if endpoint is None:
        return Part(status="not_configured", detail="Set AZURE_VOICELIVE_ENDPOINT.")
    if upstream.problem is not None:
        return Part(status="failing", detail=upstream.problem.detail)
    if endpoint is upstream.endpoints[0]:
        return Part(status="ok", detail=endpoint.host)
    return Part(status="ok", detail=f"{endpoint.host}; {upstream.endpoints[0].host} is left alone for now")


async def _zep(zep: Zep | None) -> Part:
    if zep is None:
        return Part(status="not_configured", detail="Set ZEP_API_KEY to keep a copy of the memory in Zep.")
    status = await zep.status()
    if status.reachable:
        return Part(status="ok", detail=f"{status.dialect}, {status.waiting} turns waiting")
    return Part(
        status="failing",
        detail=f"Zep ({status.dialect}) does not answer ({status.last_error}); {status.waiting} turns wait for it. "
        "Conversations go on without. Check ZEP_API_KEY and ZEP_API_URL, and Zep's own status.",
    )


async def _part(check: Callable[[], Awaitable[None]], *, configured: bool = True) -> Part:
    try:
        await check()
    except Problem as problem:
        return Part(status="failing" if configured else "not_configured", detail=problem.detail)
    return Part(status="ok")
