"""What a page must know before anybody signs in, and the description of this API."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from backend.api import access, answers
from backend.api.problem_documents import from_http

router = APIRouter(prefix="/api/v1", tags=["config"])


class Feature(BaseModel):
    """Whether chat or voice can work, and what to do where it cannot."""

    configured: bool
    remedy: str | None


class Config(BaseModel):
    """How to sign in, and what works here."""

    auth_mode: Literal["none", "dev_tokens", "entra_app", "entra", "entra_mfa"]
    level: Literal["poc", "development", "test", "uat", "production"]
    environment: str
    voice: Feature
    chat: Feature


@router.get("/config", dependencies=[access.public()])
async def config(request: Request) -> Config:
    """Tell how to sign in and what is configured. No secrets, no hosts."""
    services = request.app.state.services
    settings = services.settings
    chat, voice = services.gateway.configured, services.voice.configured
    start = "or start with `make run`, which brings local models."
    return Config(
        auth_mode=settings.auth_mode,
        level=settings.level.value,
        environment=settings.environment,
        voice=Feature(configured=voice, remedy=None if voice else f"Set AZURE_VOICELIVE_ENDPOINT, {start}"),
        chat=Feature(configured=chat, remedy=None if chat else f"Set AZURE_AI_ENDPOINT, {start}"),
    )


@router.get("/openapi.json", dependencies=[access.public()], include_in_schema=False)
async def openapi(request: Request) -> Response:
    """Describe this API, except at a level that shows no internals."""
    settings = request.app.state.settings
    if not settings.demands.debug_allowed:
        raise from_http(404, None)
    description: dict[str, Any] = request.app.state.description()
    return answers.json_response(description)
