"""The audit log, for administrators. Reading it leaves a row in it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from backend.api import access, answers
from backend.api.problem_documents import documented
from backend.audit.chain import Row
from backend.audit.trail import Trail
from backend.core.problems import Problem
from backend.identity.principal import Principal

router = APIRouter(prefix="/api/v1/audit", tags=["admin"])

Admin = Annotated[Principal, access.may("administer")]


class Who(BaseModel):
    """A person or application, by tenant and object id; both are empty where it is nobody's."""

    tenant: str
    user_id: str


class Actor(Who):
    """Who did it. kind: user, app, dev or poc."""

    kind: str


class AuditRow(BaseModel):
    """One thing that was done, or refused. outcome: done, or the code of the problem; hash: over it and all before."""

    seq: int
    timestamp: str
    level: str
    action: str
    outcome: str
    actor: Actor
    owner: Who
    object: str
    request_id: str
    hash: str


class AuditRows(BaseModel):
    """One page, latest first. `next_cursor` is null on the last."""

    rows: list[AuditRow]
    next_cursor: str | None


@router.get("", response_model=AuditRows, responses=documented(401, 403, 422, 503))
async def audit(
    request: Request,
    caller: Admin,
    limit: Annotated[int, Query(ge=1, le=500, description="How many to return, at most.")] = 100,
    cursor: Annotated[str | None, Query(pattern="^[0-9]{1,18}$", description="next_cursor of the page before.")] = None,
    actor: Annotated[str | None, Query(pattern="^[A-Za-z0-9._-]{1,64}$", description="Who did it: a user id.")] = None,
    owner: Annotated[str | None, Query(pattern="^[A-Za-z0-9._-]{1,64}$", description="To whose: a user id.")] = None,
    action: Annotated[str | None, Query(pattern="^[a-z]+[.][a-z]+$", max_length=40)] = None,
) -> Any:
    """List what was done, latest first."""
    trail = trail_of(request)
    before = None if cursor is None else int(cursor)
    found = await trail.page(before, limit + 1, actor=actor, owner=owner, action=action)
    await trail.record(caller, "audit.read", of="" if cursor is None else f"below {before}")
    page = found[:limit]
    next_cursor = str(page[-1][0].seq) if len(found) > limit else None
    return answers.json_response({"rows": [_document(*row) for row in page], "next_cursor": next_cursor})


def trail_of(request: Request) -> Trail:
    """Return the audit log; raise `Problem` 503 where it is off: this is done on the record or not at all."""
    trail: Trail | None = request.app.state.trail
    if trail is None:
        raise Problem(
            503,
            "not_configured",
            "Not configured",
            "The audit log is off here, and administrators read on the record only. Set AUDIT_LOG_ENABLED=true and "
            "restart the service.",
            retry_after=60,
        )
    return trail


def _document(row: Row, sealed: bytes) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "timestamp": answers.timestamp(row.at),
        "level": row.level,
        "action": row.action,
        "outcome": row.outcome,
        "actor": {"tenant": row.actor_tenant, "user_id": row.actor, "kind": row.actor_kind},
        "owner": {"tenant": row.owner_tenant, "user_id": row.owner},
        "object": row.object,
        "request_id": row.request_id,
        "hash": sealed.hex(),
    }
