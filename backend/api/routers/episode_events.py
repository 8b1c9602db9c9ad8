"""A conversation as it goes on: what is said in it, in a call or in chat, at any replica, told within a second."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from backend.api import access
from backend.api.problem_documents import documented
from backend.api.routers.memory import SessionId, checked_session, turn_document
from backend.api.services import Services
from backend.core.problems import Problem
from backend.identity.principal import Principal

router = APIRouter(prefix="/api/v1/memory", tags=["memory"])

STREAM_SECONDS = 600.0
"""A stream ends after this; the page opens the next with the token it has then."""
ALIVE_SECONDS = 15.0
PAUSE_SECONDS = 0.2
MOST, MOST_OF_ONE = 2_000, 100
"""Streams of one process, and of one person in it: so many tabs nobody has, and a demo's guests are one person."""


@router.get(
    "/episodes/{session_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                "text/event-stream": {
                    "schema": {
                        "type": "object",
                        "properties": {"event": {"enum": ["open", "turn", "withdrawn"]}, "data": {"type": "string"}},
                    },
                    "example": 'event: turn\ndata: {"id":"item_1","role":"user","content":"Hello", …}\n\n',
                }
            }
        },
        **documented(401, 403, 422, 503),
    },
)
async def events(
    request: Request, session_id: SessionId, caller: Annotated[Principal, access.may("read_memory")]
) -> StreamingResponse:
    """Follow one of the caller's conversations: `turn` for each turn that is new or has changed from here on.

    The first event is `open`: what was said before it stands in the transcript. `withdrawn`, with an `id`: nobody heard
    that answer, so it is not part of the conversation. The stream ends after ten minutes at
    most; open another then.
    """
    services: Services = request.app.state.services
    changes = services.changes
    if changes.watchers >= MOST or changes.watchers_of(caller) >= MOST_OF_ONE or changes.closed:
        raise Problem(
            503, "too_many_streams", "Too many streams",
            "Too many conversations are followed. Close a tab, or try again later.",
            retryable=True, retry_after=30,
        )  # fmt: skip
    stream = _follow(services, caller, checked_session(session_id))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _follow(services: Services, caller: Principal, session_id: str) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    until = loop.time() + STREAM_SECONDS
    with services.changes.watch(caller) as changed:
        known, _ = await _said(services, caller, session_id)
        yield _event("open", {"session_id": session_id})
        while loop.time() < until and not services.changes.closed:
            try:
                await asyncio.wait_for(changed.wait(), min(ALIVE_SECONDS, until - loop.time()))
            except TimeoutError:
                if loop.time() < until:
                    yield b": alive\n\n"
                continue
            changed.clear()
            said, whole = await _said(services, caller, session_id)
            for turn_id, turn in said.items():
                if known.get(turn_id) != turn:
                    yield _event("turn", turn)
            for turn_id in _withdrawn(known, said) if whole else ():
                yield _event("withdrawn", {"id": turn_id})
            known = said
            await asyncio.sleep(PAUSE_SECONDS)


async def _said(services: Services, caller: Principal, session_id: str) -> tuple[dict[str, dict[str, Any]], bool]:
    """Return the last turns by id (only those can be new), and whether memory had them all."""
    context = await services.memory.open_context(caller, session_id, services.agents.default.id, "chat")
    return {turn.id: turn_document(turn) for turn in context.episodic.turns}, not context.semantic.degraded


def _withdrawn(known: dict[str, dict[str, Any]], said: dict[str, dict[str, Any]]) -> list[str]:
    """Return the turns that are no longer there, and have not just become too old."""
    oldest = min((turn["timestamp"] for turn in said.values()), default="")
    return [turn_id for turn_id, turn in known.items() if turn_id not in said and turn["timestamp"] >= oldest]


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(data))
