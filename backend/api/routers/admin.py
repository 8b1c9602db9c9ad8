"""Other people's conversations, for administrators: every read leaves a row in the audit log, or is not answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from backend.api import access, answers
from backend.api.problem_documents import documented
from backend.api.routers.audit import Admin, trail_of
from backend.api.routers.memory import (
    Episodes,
    SessionId,
    Transcript,
    checked_session,
    episode_document,
    turn_document,
)
from backend.audit.trail import Action
from backend.core.problems import Problem
from backend.identity.principal import Principal

router = APIRouter(prefix="/api/v1/admin/users/{tenant}/{user_id}", tags=["admin"])

_ID = f"^{access.PERSON_ID.pattern}$"
Tenant = Annotated[str, Path(pattern=_ID, description="The person's tenant.")]
UserId = Annotated[str, Path(pattern=_ID, description="Whose: the object id of the person or application.")]


@router.get("/episodes", response_model=Episodes, responses=documented(401, 403, 422, 503))
async def episodes(
    request: Request,
    caller: Admin,
    tenant: Tenant,
    user_id: UserId,
    limit: Annotated[int, Query(ge=1, le=100, description="How many to return, at most.")] = 20,
    cursor: Annotated[str | None, Query(max_length=512, description="next_cursor of the page before.")] = None,
) -> Any:
    """List somebody's conversations, latest first."""
    owner = _owner(tenant, user_id)
    async with _on_record(request, caller, "episodes.listed", owner):
        found, next_cursor = await request.app.state.services.memory.episodes(owner, limit, cursor)
    return answers.json_response(
        {"episodes": [episode_document(episode) for episode in found], "next_cursor": next_cursor}
    )


@router.get("/episodes/{session_id}", response_model=Transcript, responses=documented(401, 403, 404, 422, 503))
async def transcript(request: Request, caller: Admin, tenant: Tenant, user_id: UserId, session_id: SessionId) -> Any:
    """Return what was said in one of somebody's conversations."""
    owner = _owner(tenant, user_id)
    async with _on_record(request, caller, "episode.read", owner, checked_session(session_id)):
        turns = await request.app.state.services.memory.transcript(owner, session_id)
    return answers.json_response({"id": session_id, "transcript": [turn_document(turn) for turn in turns]})


@asynccontextmanager
async def _on_record(
    request: Request, caller: Principal, action: Action, owner: Principal, of: str = ""
) -> AsyncIterator[None]:
    """Record how the read within the block ended, before anything of it is answered.

    Raises `Problem` 503 where that cannot be recorded, and what the block raises.
    """
    trail = trail_of(request)
    try:
        yield
    except Problem as problem:
        await trail.record(caller, action, owner=owner, of=of, outcome=problem.code)
        raise
    await trail.record(caller, action, owner=owner, of=of)


def _owner(tenant: str, user_id: str) -> Principal:
    return Principal(tenant, user_id, "", frozenset())
