"""Searching memory, and what was recalled for an answer."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from backend.api import access, answers
from backend.api.bodies import MOMENT, PLAIN, TEXT, WHOLE, described, json_body, moment
from backend.api.problem_documents import documented
from backend.api.routers.facts import KnownFact
from backend.core import problems
from backend.core.ids import SESSION_ID, is_session_id
from backend.identity.principal import Principal

router = APIRouter(prefix="/api/v1/memory", tags=["memory"])

Reader = Annotated[Principal, access.may("read_memory")]

MAX_BODY_BYTES = 32 * 1024


class SearchRequest(BaseModel):
    """What to look for, and where. budget: tokens of all passages together."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(max_length=4_000, json_schema_extra=PLAIN)]
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = 10
    budget: Annotated[Annotated[int, Field(ge=250, le=2_000)] | None, WHOLE] = None
    session_id: Annotated[str | None, Field(json_schema_extra={"pattern": SESSION_ID.pattern})] = None
    channel: Literal["voice", "chat"] | None = None
    agent_id: Annotated[str | None, Field(max_length=64)] = None
    since: Annotated[str | None, Field(max_length=40, description="RFC 3339.", json_schema_extra=MOMENT)] = None
    until: Annotated[str | None, Field(max_length=40, description="RFC 3339.", json_schema_extra=MOMENT)] = None


class FoundPassage(BaseModel):
    """An earlier turn. score: 0 to 1, only its order means anything."""

    turn_id: str
    session_id: str
    role: Literal["user", "assistant"]
    agent_id: str
    channel: Literal["voice", "chat"]
    timestamp: str
    content: str
    score: float


class FoundPeriod(BaseModel):
    """A time that the query names, half-open, UTC. words: how it names it."""

    begin: str
    end: str
    words: str


class Understood(BaseModel):
    """How the query was read."""

    periods: list[FoundPeriod]
    speakers: list[str]
    agents: list[str]


class Found(BaseModel):
    """What was found. supported: whether memory holds an answer at all."""

    supported: bool
    facts: list[KnownFact]
    passages: list[FoundPassage]
    understood: Understood


class Why(BaseModel):
    """What was given to the assistant for one of its answers, as it is known now."""

    turn_id: str
    facts: list[KnownFact]
    passages: list[FoundPassage]


@router.post(
    "/search",
    response_model=Found,
    responses=documented(401, 403, 413, 415, 422, 503),
    openapi_extra=described(SearchRequest),
)
async def search(request: Request, caller: Reader) -> Any:
    """Search what the caller and the assistants said, and what is known from it."""
    asked = await json_body(request, SearchRequest, limit=MAX_BODY_BYTES)
    if TEXT.fullmatch(asked.query) is None:
        raise problems.invalid_request("query: say what to look for, without control characters.")
    if asked.session_id is not None and not is_session_id(asked.session_id):
        raise problems.invalid_request("session_id: 1-128 characters of A-Z a-z 0-9 . _ -, and not only dots.")
    found = await request.app.state.services.inquiry.search(
        caller,
        asked.query,
        limit=asked.limit,
        budget=asked.budget,
        session_id=asked.session_id or "",
        channel=asked.channel,
        agent_id=asked.agent_id or "",
        since=moment("since", asked.since),
        until=moment("until", asked.until),
    )
    return answers.json_response(
        {
            "supported": found.supported,
            "facts": [answers.fact(known) for known in found.facts],
            "passages": [answers.passage(passage) for passage in found.passages],
            "understood": {
                "periods": [
                    {
                        "begin": answers.timestamp(period.begin),
                        "end": answers.timestamp(period.end),
                        "words": period.words,
                    }
                    for period in found.understood.periods
                ],
                "speakers": sorted(found.understood.speakers),
                "agents": sorted(found.understood.agents),
            },
        }
    )


@router.get("/why/{turn_id}", response_model=Why, responses=documented(401, 403, 404, 422, 503))
async def why(
    request: Request,
    turn_id: Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,128}$", description="The answer's turn id.")],
    caller: Reader,
) -> Any:
    """Return the facts and turns that an answer was given from."""
    known = await request.app.state.services.inquiry.why(caller, turn_id)
    return answers.json_response(
        {
            "turn_id": turn_id,
            "facts": [answers.fact(fact) for fact in known.facts],
            "passages": [answers.passage(passage) for passage in known.passages],
        }
    )
