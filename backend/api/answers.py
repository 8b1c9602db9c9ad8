"""Shapes that several routes answer with."""

from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.responses import Response

from backend.agents.profiles import AgentProfile, voice_name
from backend.core.context import Passage
from backend.core.settings import Settings
from backend.memory.found import KnownFact

EXCERPT_CHARACTERS = 200
QUOTE_CHARACTERS = 300


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds, such as 2026-01-31T09:30:00.000Z."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"


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


def fact(known: KnownFact) -> dict[str, Any]:
    """Return a fact with what it replaced and the turns that prove it."""
    stated = known.fact
    return {
        "id": stated.id,
        "text": stated.text,
        "subject": stated.subject,
        "predicate": stated.predicate,
        "value": stated.value,
        "kind": stated.kind,
        "source": stated.source,
        "confidence": stated.confidence,
        "valid_from": _perhaps(stated.valid_from),
        "valid_to": _perhaps(stated.valid_to),
        "recorded_at": _perhaps(stated.recorded_at),
        "superseded_at": _perhaps(stated.superseded_at),
        "superseded_by": stated.superseded_by,
        "current": known.current,
        "replaces": None if known.replaces is None else {"id": known.replaces.id, "text": known.replaces.text},
        "provenance": [
            {
                "turn_id": turn.id,
                "session_id": turn.session_id,
                "channel": turn.channel,
                "agent_id": turn.agent_id,
                "said_at": timestamp(turn.said_at),
                "quote": turn.content[:QUOTE_CHARACTERS],
            }
            for turn in known.proof
        ],
    }


def passage(found: Passage) -> dict[str, Any]:
    """Return an earlier turn that was found."""
    turn = found.turn
    return {
        "turn_id": turn.id,
        "session_id": turn.session_id,
        "role": turn.role,
        "agent_id": turn.agent_id,
        "channel": turn.channel,
        "timestamp": timestamp(turn.said_at),
        "content": turn.content,
        "score": round(found.score, 4),
    }


def _perhaps(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
