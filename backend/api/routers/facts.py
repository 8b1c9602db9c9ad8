"""Facts: what the assistants know about the caller, where it came from, and how to correct it or have it forgotten."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from backend.api import access, answers
from backend.api.bodies import MOMENT, PLAIN, TEXT, described, json_body, moment
from backend.api.problem_documents import documented
from backend.core import problems
from backend.core.context import FactKind, FactSource
from backend.identity.principal import Principal

router = APIRouter(prefix="/api/v1/memory/facts", tags=["memory"])

Reader = Annotated[Principal, access.may("read_memory")]
Writer = Annotated[Principal, access.may("write_memory")]
FactId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,128}$", description="The fact's id.")]

MAX_FACT_CHARACTERS = 500
MAX_BODY_BYTES = 8 * 1024

Sentence = Annotated[
    str, Field(max_length=MAX_FACT_CHARACTERS, description="One plain sentence.", json_schema_extra=PLAIN)
]


class Provenance(BaseModel):
    """A turn that says it. quote: its first 300 characters."""

    turn_id: str
    session_id: str
    channel: Literal["voice", "chat"]
    agent_id: str
    said_at: str
    quote: str


class Replaced(BaseModel):
    """The fact that held before."""

    id: str
    text: str


class KnownFact(BaseModel):
    """A statement about the caller. valid_*: when it was true; recorded_at, superseded_at: when it was held for true.

    current: neither ended nor replaced. Times in UTC; null where not known or still so.
    """

    id: str
    text: str
    subject: str
    predicate: str
    value: str
    kind: FactKind
    source: FactSource
    confidence: float
    valid_from: str | None
    valid_to: str | None
    recorded_at: str | None
    superseded_at: str | None
    superseded_by: str | None
    current: bool
    replaces: Replaced | None
    provenance: list[Provenance]


class Facts(BaseModel):
    """One page, newest first. `next_cursor` is null on the last."""

    facts: list[KnownFact]
    next_cursor: str | None


class NewFact(BaseModel):
    """Something the caller wants to be known."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        str, Field(max_length=MAX_FACT_CHARACTERS, description="One plain sentence.", json_schema_extra=PLAIN)
    ]
    kind: FactKind = "profile"


class CorrectedFact(BaseModel):
    """What a fact should say from now on."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        str, Field(max_length=MAX_FACT_CHARACTERS, description="One plain sentence.", json_schema_extra=PLAIN)
    ]


@router.get("", response_model=Facts, responses=documented(401, 403, 422, 503))
async def facts(
    request: Request,
    caller: Reader,
    current: Annotated[bool | None, Query(description="true: what holds now; false: what held before.")] = None,
    kind: Annotated[FactKind | None, Query()] = None,
    q: Annotated[str | None, Query(max_length=200, description="Words that it must hold.")] = None,
    as_of: Annotated[
        str | None, Query(max_length=40, description="What was true at this time; RFC 3339.", json_schema_extra=MOMENT)
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=512, description="next_cursor of the page before.")] = None,
) -> Any:
    """List what is known about the caller, newest first."""
    inquiry = request.app.state.services.inquiry
    found, next_cursor = await inquiry.facts(
        caller, holding=current, kind=kind, query=q or "", as_of=moment("as_of", as_of), limit=limit, cursor=cursor
    )
    return answers.json_response({"facts": [answers.fact(known) for known in found], "next_cursor": next_cursor})


@router.post(
    "",
    response_model=KnownFact,
    status_code=201,
    responses=documented(401, 403, 413, 415, 422, 503),
    openapi_extra=described(NewFact),
)
async def add(request: Request, caller: Writer) -> Any:
    """Add a fact in the caller's own words."""
    asked = await json_body(request, NewFact, limit=MAX_BODY_BYTES)
    known = await request.app.state.services.inquiry.add_fact(caller, _sentence(asked.text), asked.kind)
    return answers.json_response(answers.fact(known), 201)


@router.patch(
    "/{fact_id}",
    response_model=KnownFact,
    responses=documented(401, 403, 404, 413, 415, 422, 503),
    openapi_extra=described(CorrectedFact),
)
async def correct(request: Request, fact_id: FactId, caller: Writer) -> Any:
    """Correct a fact: the old one is closed, not overwritten; the answer is the new one."""
    asked = await json_body(request, CorrectedFact, limit=MAX_BODY_BYTES)
    known = await request.app.state.services.inquiry.edit_fact(caller, fact_id, _sentence(asked.text))
    return answers.json_response(answers.fact(known))


@router.delete("/{fact_id}", status_code=204, responses=documented(401, 403, 404, 422, 503))
async def forget(request: Request, fact_id: FactId, caller: Writer) -> None:
    """Forget a fact: it is not told to an assistant again, nor are the turns that say it; the transcript stays."""
    await request.app.state.services.inquiry.forget_fact(caller, fact_id)


def _sentence(text: str) -> str:
    if TEXT.fullmatch(text) is None:
        raise problems.invalid_request("text: write one plain sentence, without control characters.")
    return " ".join(text.split())
