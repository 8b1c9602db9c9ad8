"""Shapes that several routes answer with."""

from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.responses import Response

from backend.agents.profiles import AgentProfile, voice_name
from backend.core.context import Passage
from backend.core.settings import Settings

EXCERPT_CHARACTERS = 200


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds, such as 2026-01-31T09:30:00.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_response(content: Any, status: int = 200) -> Response:
    """Return `content` as JSON, past the framework's validation of what we have just made ourselves."""
    return Response(orjson.dumps(content), status, media_type="application/json")


def agent(profile: AgentProfile, settings: Settings) -> dict[str, Any]:
    """Return an assistant as the API shows it; never its persona."""
    return {
        "id": profile.id,
        "name": profile.name,
        "title": profile.title,
        "expertise": list(profile.expertise),
        "greeting": profile.greeting,
        "colour": {"light": profile.colour.light, "dark": profile.colour.dark},
        "voice_name": voice_name(profile, settings),
    }


def recalled(passage: Passage) -> dict[str, str]:
    """Return the place in memory that an answer drew on."""
    turn = passage.turn
    text = turn.content
    return {
        "turn_id": turn.id,
        "session_id": turn.session_id,
        "said_at": timestamp(turn.said_at),
        "excerpt": text if len(text) <= EXCERPT_CHARACTERS else f"{text[: EXCERPT_CHARACTERS - 1]}…",
    }
