"""Chat: a question as JSON, the answer as JSON or, for `Accept: text/event-stream`, as it comes."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from backend.api import access, answers, problem_documents
from backend.api.bodies import TEXT, described, json_body
from backend.chat.rounds import Working
from backend.chat.turn import Answer, Question
from backend.core import problems
from backend.core.ids import SESSION_ID, is_session_id, new_id
from backend.core.problems import Problem
from backend.identity.principal import Principal

router = APIRouter(prefix="/api/v1/chat", tags=["chat"])

MAX_CHARACTERS = 32_000
MAX_BODY_BYTES = 448 * 1024
"""32,000 characters outside the basic plane, each written as two \\u escapes (12 bytes), and room for the rest."""

_DRAWN_BY_US = "No session_id: a new one is made, and told in the answer."


class ChatRequest(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid")

    content: Annotated[
        str,
        Field(
            description="What to ask: not blank, no control characters but white space.",
            json_schema_extra={"minLength": 1, "maxLength": MAX_CHARACTERS, "pattern": f"^{TEXT.pattern}$"},
        ),
    ]
    agent_id: Annotated[str, Field(description="Who shall answer.")] = "elena"
    session_id: Annotated[
        str | None, Field(description=_DRAWN_BY_US, json_schema_extra={"pattern": SESSION_ID.pattern})
    ] = None


class Recalled(BaseModel):
    """An earlier turn that was given to the assistant for this answer."""

    turn_id: str
    session_id: str
    said_at: str
    excerpt: str


class ChatResponse(BaseModel):
    """The answer. tokens_used: as the gateway reports it, else null. latency_ms: within this service."""

    message_id: str
    content: str
    agent_id: str
    agent_name: str
    session_id: str
    timestamp: str
    tokens_used: int | None
    latency_ms: int
    recalled: list[Recalled]


_STREAM = {
    "text/event-stream": {
        "schema": {"type": "string"},
        "example": 'event: tool\ndata: {"name":"search_memory","call_id":"call_1","status":"started"}\n\n'
        'event: delta\ndata: {"text":"Paris"}\n\nevent: done\ndata: {"message_id":"msg_1", …}\n\n',
    }
}


@router.post(
    "",
    response_model=ChatResponse,
    responses={
        200: {"content": _STREAM},
        **problem_documents.documented(401, 403, 404, 413, 415, 422, 429, 502, 503, 504),
    },
    openapi_extra=described(ChatRequest),
)
async def chat(request: Request, caller: Annotated[Principal, access.may("chat")]) -> Response:
    """Answer a question. A caller who leaves cancels the answer."""
    asked = await json_body(request, ChatRequest, limit=MAX_BODY_BYTES)
    _check(asked)
    services = request.app.state.services
    agent = services.agents.get(asked.agent_id)
    question = Question(caller, asked.session_id or new_id("session"), agent, asked.content)
    access.begin_session(request, caller, question.session_id)
    if "text/event-stream" in request.headers.get("accept", ""):
        return _EventStream(services.chat.stream(question))
    answer = await _unless_left(request.receive, services.chat.answer(question))
    return answers.json_response(_shape(answer))


def _check(asked: ChatRequest) -> None:
    if len(asked.content) > MAX_CHARACTERS:
        raise Problem(
            413,
            "content_too_long",
            "Too long",
            f"content has more than {MAX_CHARACTERS} characters. Send it in several messages.",
        )
    if TEXT.fullmatch(asked.content) is None:
        if not asked.content.strip():
            raise problems.invalid_request("content: it is blank. Say something.")
        raise problems.invalid_request(
            "content: it holds control characters. Remove them (line breaks and tabs may stay)."
        )
    if asked.session_id is not None and not is_session_id(asked.session_id):
        raise problems.invalid_request(
            "session_id: it takes 1-128 of A-Z, a-z, 0-9, '.', '_' and '-', and not only dots."
        )


def _shape(answer: Answer) -> dict[str, Any]:
    turn = answer.turn
    return {
        "message_id": turn.id,
        "content": turn.content,
        "agent_id": answer.agent.id,
        "agent_name": answer.agent.name,
        "session_id": turn.session_id,
        "timestamp": answers.timestamp(turn.said_at),
        "tokens_used": answer.tokens_used,
        "latency_ms": answer.latency_ms,
        "recalled": [answers.recalled(passage) for passage in answer.recalled],
    }


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _unless_left(receive: Receive, work: Any) -> Any:
    """Return the result of `work`; cancel it when the caller leaves, whom nothing can be answered then."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Problem(499, "client_left", "Client left", "The caller closed the connection before the answer.")
    finally:
        leaving.cancel()
        if not working.done():
            working.cancel()
            await asyncio.wait((working,))


class _EventStream(Response):
    """The answer as server-sent events: `delta` and `tool`…, then `done` or `error`.

    Nothing is sent before the first piece, so a failure until then has its own HTTP status.
    """

    def __init__(self, pieces: AsyncGenerator[str | Working | Answer, None]) -> None:
        super().__init__(
            media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        del self.headers["content-length"]
        self._pieces = pieces
        self._begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until the end, or until the caller leaves: then the answer is cancelled."""
        try:
            await _unless_left(receive, self._send_all(send))
        except Problem as problem:
            if problem.code == "client_left":
                return
            if not self._begun:
                await problem_documents.response(problem)(scope, receive, send)
                return
            await self._event(send, "error", problem_documents.document(problem), more=False)

    async def _send_all(self, send: Send) -> None:
        try:
            async for piece in self._pieces:
                if isinstance(piece, Answer):
                    await self._event(send, "done", _shape(piece), more=False)
                elif isinstance(piece, Working):
                    status = ("failed" if piece.failed else "done") if piece.done else "started"
                    await self._event(
                        send, "tool", {"name": piece.name, "call_id": piece.call_id, "status": status}, more=True
                    )
                else:
                    await self._event(send, "delta", {"text": piece}, more=True)
        finally:
            await self._pieces.aclose()

    async def _event(self, send: Send, name: str, data: dict[str, Any], *, more: bool) -> None:
        if not self._begun:
            self._begun = True
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        event = b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(data))
        await send({"type": "http.response.body", "body": event, "more_body": more})
