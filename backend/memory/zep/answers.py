"""Reading Zep's answers: what is not there or of another type is left out; an answer of another form is `malformed`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from backend.memory.zep.port import ZepError, ZepFact, ZepMessage

FACT_LENGTH = 500
"""Characters of a fact that are kept; Zep's are sentences."""


def text(answer: Any, name: str) -> str:
    """Return a string of the answer; raise `ZepError` when it is not there."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, str) or not found:
        raise wrong_form()
    return found


def items(answer: Any, name: str, *counts: str) -> list[dict[str, Any]]:
    """Return the objects of a list in the answer, or of the answer itself for ''; empty when it is null or absent.

    counts: keys of which one must be there when the list is not. Without any of them the answer is another's, and
    "nothing there" would be the wrong conclusion.
    """
    if name and not isinstance(answer, dict):
        raise wrong_form()
    if counts and not answer.keys() & {name, *counts}:
        raise wrong_form()
    found = answer.get(name) if name else answer
    if found is None:
        return []
    if not isinstance(found, list):
        raise wrong_form()
    return [item for item in found if isinstance(item, dict)]


def wrong_form() -> ZepError:
    """The answer is JSON, but not what the dialect says. A write that was answered so may have happened."""
    return ZepError(
        "malformed",
        "Zep's answer has another form than its version says. Check ZEP_API_URL and ZEP_API_VERSION.",
        retryable=True,
        answered=True,
        happened=True,
    )


def fact(edge: Mapping[str, Any]) -> ZepFact | None:
    """Read an edge (v3, v4) or a fact (CE); None when it says nothing."""
    said = edge.get("fact")
    if not isinstance(said, str) or not said.strip():
        return None
    score = edge.get("relevance") or edge.get("score")
    return ZepFact(
        uuid=str(edge.get("uuid") or ""),
        text=" ".join(said.split())[:FACT_LENGTH],
        name=str(edge.get("name") or ""),
        created_at=moment(edge.get("created_at")),
        valid_from=moment(edge.get("valid_at")),
        valid_to=moment(edge.get("invalid_at")),
        expired_at=moment(edge.get("expired_at")),
        score=float(score) if isinstance(score, int | float) and 0 <= score <= 1 else None,
    )


def facts(edges: Sequence[Mapping[str, Any]]) -> list[ZepFact]:
    """Read edges; those that say nothing are left out."""
    return [read for edge in edges if (read := fact(edge)) is not None]


def message(raw: Mapping[str, Any], role: str, said_at: str) -> ZepMessage:
    """Read a message. role, said_at: the names of the keys that hold them."""
    metadata = raw.get("metadata")
    return ZepMessage(
        uuid=str(raw.get("uuid") or ""),
        role="assistant" if raw.get(role) == "assistant" else "user",
        name=str(raw.get("name") or ""),
        content=str(raw.get("content") or ""),
        said_at=moment(raw.get(said_at)),
        metadata=metadata if isinstance(metadata, dict) else {},
    )


def moment(value: object) -> datetime | None:
    """Read an RFC 3339 time as UTC; None for anything else, and for Go's zero time."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    return read if read.year > 1 else None
