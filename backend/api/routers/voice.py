"""Voice: what is configured, each agent's voice, and the WebSocket of a call. It carries; the session decides."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field

from backend.agents.profiles import voice_name
from backend.api import access, answers
from backend.api.bodies import described, json_body
from backend.api.problem_documents import documented
from backend.api.stay import as_error
from backend.api.wire import EXTENSION
from backend.core import problems
from backend.core.ids import SESSION_ID, is_session_id
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.identity.tickets import TICKET_SECONDS
from backend.voice.browser.caller import Browser
from backend.voice.browser.presence import Ending

log = logging.getLogger("backend.voice")

router = APIRouter(prefix="/api/v1/voice", tags=["voice"])


@router.get("/status", dependencies=[access.public()])
async def status(request: Request) -> dict[str, Any]:
    """Tell how voice is set up and how many calls are running. No secrets: of the endpoints only the hosts.

    endpoint: the one in use; endpoints: all, in order of priority, each with the state of its circuit breaker.
    """
    services = request.app.state.services
    endpoint = services.voice.upstream.in_use
    settings = services.settings
    return {
        "voicelive_configured": services.voice.configured,
        "endpoint": endpoint.host if endpoint else "",
        "endpoints": [
            {
                "host": one.host,
                "state": one.breaker.state,
                "problem": one.breaker.problem.code if one.breaker.problem else None,
            }
            for one in services.voice.upstream.endpoints
        ],
        "model": settings.azure_voicelive_model,
        "api_version": settings.azure_voicelive_api_version,
        "auth_mode": "managed_identity" if settings.managed_identity_for_voice else "api_key",
        "active_sessions": services.voice.active_sessions,
        "agents": [agent.id for agent in services.agents.all()],
    }


@router.get("/config/{agent_id}", dependencies=[access.public()], responses=documented(404))
async def config(agent_id: str, request: Request) -> dict[str, Any]:
    """Return the voice of one agent; 404 for an unknown one."""
    services = request.app.state.services
    agent = services.agents.get(agent_id)
    return {
        "agent_id": agent.id,
        "voice_name": voice_name(agent, services.settings),
        "model": agent.model or services.settings.azure_voicelive_model,
        "endpoint_configured": services.voice.configured,
    }


class TicketRequest(BaseModel):
    """Which conversation the ticket is for."""

    model_config = ConfigDict(extra="forbid")

    session_id: Annotated[str, Field(json_schema_extra={"pattern": SESSION_ID.pattern})]


class Ticket(BaseModel):
    """Offered once as the subprotocol `ticket.<ticket>`, beside `engram.v1`, within `expires_in` seconds."""

    ticket: str
    expires_in: int


@router.post(
    "/ticket",
    response_model=Ticket,
    responses=documented(401, 403, 413, 415, 422, 429, 503),
    openapi_extra=described(TicketRequest),
)
async def ticket(request: Request, caller: Annotated[Principal, access.may("call")]) -> Any:
    """Give a one-time ticket for a call, bound to the caller, the session and the page's origin."""
    asked = await json_body(request, TicketRequest, limit=4 * 1024)
    if not is_session_id(asked.session_id):
        raise problems.invalid_request("session_id: 1-128 characters of A-Z a-z 0-9 . _ -, and not only dots.")
    access.check_origin(request)
    tickets = request.app.state.gate.tickets
    issued = await tickets.issue(caller, asked.session_id, request.headers.get("origin", ""))
    return answers.json_response({"ticket": issued, "expires_in": TICKET_SECONDS})


@router.websocket("/voicelive/{session_id}")
async def voicelive(
    websocket: WebSocket, session_id: str, entrance: Annotated[access.Entrance, access.on_socket("call")]
) -> None:
    """Hold a call (SOP 10.2). One that cannot begin is told why in an `error`: a browser sees no HTTP status."""
    await websocket.accept(subprotocol=entrance.protocol)
    services = websocket.app.state.services
    try:
        if not is_session_id(session_id):
            raise Problem(
                422, "bad_session_id", "Bad session id", "A session id is 1-128 of A-Z, a-z, 0-9, '.', '_' and '-'."
            )
        async with entrance.admitted(session_id) as stay:
            wire = websocket.scope.get("extensions", {}).get(EXTENSION, {}).get("connection")
            browser = Browser(stay.receive, websocket.send, wire)
            asked = websocket.query_params
            ending = await services.voice.call(
                browser, stay.principal, session_id, asked.get("agent_id"), resumable=asked.get("resumable") == "true"
            )
        if stay.over is not None:
            await _quietly(websocket, {"type": "websocket.send", "text": as_error(stay.over)})
            ending = Ending(4401, stay.over.code)
    except Problem as problem:
        log.debug("call refused: %s", problem.code)
        await _quietly(websocket, {"type": "websocket.send", "text": as_error(problem, seq=1)})
        code = 4410 if problem.code == "moved" else _CLOSE_CODES.get(problem.status, 4503)
        ending = Ending(code, problem.code)
    await _quietly(websocket, {"type": "websocket.close", "code": ending.code, "reason": ending.reason})


_CLOSE_CODES = {401: 4401, 403: 4403, 404: 4400, 422: 4400, 429: 4429}


async def _quietly(websocket: WebSocket, message: dict[str, Any]) -> None:
    """Send to a browser that may be gone."""
    try:
        await websocket.send(message)
    except (OSError, RuntimeError, WebSocketDisconnect):
        log.debug("the browser was gone before the call's end was told")
