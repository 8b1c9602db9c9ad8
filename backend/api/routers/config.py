"""What a page must know before anybody signs in, and the description of this API."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from backend.api import access, answers
from backend.api.problem_documents import from_http
from backend.core.settings import Settings
from backend.identity.page import page_sign_in

router = APIRouter(prefix="/api/v1", tags=["config"])


class Feature(BaseModel):
    """Whether something can work, and what to do where it cannot. `sign_in`: of people, in a browser."""

    configured: bool
    remedy: str | None


class EntraApp(BaseModel):
    """What a page needs to sign people in with Entra ID.

    claims: the claims request (JSON) that a token must satisfy here, None where any sign-in will do.
    """

    authority: str
    client_id: str
    scopes: list[str]
    claims: str | None


class Config(BaseModel):
    """How to sign in, and what works here."""

    auth_mode: Literal["none", "dev_tokens", "entra_app", "entra", "entra_mfa"]
    sign_in: Feature
    entra: EntraApp | None
    level: Literal["poc", "development", "test", "uat", "production"]
    environment: str
    voice: Feature
    chat: Feature


@router.get("/config", dependencies=[access.public()])
async def config(request: Request) -> Config:
    """Tell how to sign in and what is configured. No secrets, and no hosts but that of the sign-in page."""
    services = request.app.state.services
    settings = services.settings
    chat, voice = services.gateway.configured, services.voice.configured
    entra = page_sign_in(settings)
    start = "or start with `make run`, which brings local models."
    return Config(
        auth_mode=settings.auth_mode,
        sign_in=_sign_in(settings, entra is not None),
        entra=EntraApp.model_validate(entra, from_attributes=True) if entra else None,
        level=settings.level.value,
        environment=settings.environment,
        voice=Feature(configured=voice, remedy=None if voice else f"Set AZURE_VOICELIVE_ENDPOINT, {start}"),
        chat=Feature(configured=chat, remedy=None if chat else f"Set AZURE_AI_ENDPOINT, {start}"),
    )


def _sign_in(settings: Settings, registered: bool) -> Feature:
    match settings.auth_mode:
        case "none" | "dev_tokens":
            return Feature(configured=True, remedy=None)
        case "entra_app":
            words = "This level is for programs: they get their tokens with a client id and a secret."
            return Feature(configured=False, remedy=words)
    words = "Set ENTRA_SPA_CLIENT_ID to the client id of this page's app registration."
    return Feature(configured=registered, remedy=None if registered else words)


@router.get("/openapi.json", dependencies=[access.public()], include_in_schema=False)
async def openapi(request: Request) -> Response:
    """Describe this API, except at a level that shows no internals."""
    settings = request.app.state.settings
    if not settings.demands.debug_allowed:
        raise from_http(404, None)
    description: dict[str, Any] = request.app.state.description()
    return answers.json_response(description)
