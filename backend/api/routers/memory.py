"""Episodes: what memory holds of the caller's own conversations, to list, to read and to delete."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel

from backend.api import access, answers
from backend.api.bodies import MOMENT, moment
from backend.api.problem_documents import documented
from backend.core import problems
from backend.core.context import Turn
from backend.core.ids import SESSION_ID, is_session_id
from backend.identity.principal import Principal
from backend.memory.log import Episode

router = APIRouter(prefix="/api/v1/memory", tags=["memory"])

Reader = Annotated[Principal, access.may("read_memory")]
Writer = Annotated[Principal, access.may("write_memory")]
SessionId = Annotated[
    str,
    Path(
        description="The session's id: 1-128 of A-Z a-z 0-9 . _ -, not only dots.",
        json_schema_extra={"pattern": SESSION_ID.pattern},
    ),
]


class EpisodeSummary(BaseModel):
    """A conversation. `agents` and `channels`: those that took part; times in UTC."""

    id: str
    title: str
    agents: list[str]
    channels: list[Literal["voice", "chat"]]
    turn_count: int
    created_at: str
    updated_at: str


class Episodes(BaseModel):
    """One page, latest first. `next_cursor` is null on the last."""

    episodes: list[EpisodeSummary]
    next_cursor: str | None


class TranscriptTurn(BaseModel):
    """One thing said. content: what was heard of it; unheard: the rest of an interrupted answer."""

    id: str
    role: Literal["user", "assistant"]
    content: str
    unheard: str
    agent_id: str
    channel: Literal["voice", "chat"]
    timestamp: str
    interrupted: bool


class Transcript(BaseModel):
    """A whole conversation, in the order it was said."""

    id: str
    transcript: list[TranscriptTurn]


@router.get("/episodes", response_model=Episodes, responses=documented(401, 403, 422, 503))
async def episodes(
    request: Request,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=100, description="How many to return, at most.")] = 20,
    cursor: Annotated[str | None, Query(max_length=512, description="next_cursor of the page before.")] = None,
    channel: Annotated[Literal["voice", "chat"] | None, Query(description="In which something was said.")] = None,
    agent_id: Annotated[str | None, Query(max_length=64, description="Who took part.")] = None,
    since: Annotated[
        str | None, Query(max_length=40, description="Going on at or after; RFC 3339.", json_schema_extra=MOMENT)
    ] = None,
    until: Annotated[
        str | None, Query(max_length=40, description="Going on before; RFC 3339.", json_schema_extra=MOMENT)
    ] = None,
) -> Any:
    """List the caller's conversations, latest first."""
    found, next_cursor = await request.app.state.services.memory.episodes(
        caller,
        limit,
        cursor,
        channel=channel,
        agent_id=agent_id,
        since=moment("since", since),
        until=moment("until", until),
    )
    return answers.json_response(
        {"episodes": [episode_document(episode) for episode in found], "next_cursor": next_cursor}
    )


@router.get("/episodes/{session_id}", response_model=Transcript, responses=documented(401, 403, 404, 422, 503))
async def transcript(request: Request, session_id: SessionId, caller: Reader) -> Any:
    """Return what was said in one of the caller's conversations."""
    turns = await request.app.state.services.memory.transcript(caller, checked_session(session_id))
    return answers.json_response({"id": session_id, "transcript": [turn_document(turn) for turn in turns]})


@router.delete("/episodes/{session_id}", status_code=204, responses=documented(401, 403, 404, 422, 503))
async def delete(request: Request, session_id: SessionId, caller: Writer) -> None:
    """Delete one of the caller's conversations, with every turn of it."""
    await request.app.state.services.memory.delete(caller, checked_session(session_id))


def checked_session(session_id: str) -> str:
    """Return the id; raise `Problem` 422 for one that is none."""
    if not is_session_id(session_id):
        raise problems.invalid_request("session_id: 1-128 characters of A-Z a-z 0-9 . _ -, and not only dots.")
    return session_id


def episode_document(episode: Episode) -> dict[str, Any]:
    """Return a conversation as lists show it."""
    return {
        "id": episode.id,
        "title": episode.title,
        "agents": episode.agents,
        "channels": episode.channels,
        "turn_count": episode.turn_count,
        "created_at": answers.timestamp(episode.created_at),
        "updated_at": answers.timestamp(episode.updated_at),
    }


def turn_document(turn: Turn) -> dict[str, Any]:
    """Return a turn as the transcript shows it."""
    return {
        "id": turn.id,
        "role": turn.role,
        "content": turn.content,
        "unheard": turn.unheard,
        "agent_id": turn.agent_id,
        "channel": turn.channel,
        "timestamp": answers.timestamp(turn.said_at),
        "interrupted": turn.interrupted,
    }
