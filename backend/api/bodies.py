"""Reads a JSON body by hand: bounded while it arrives, strict about its type, and told apart in its faults.

The framework would read a body of any length first and say 422 to everything.
"""

import re
from datetime import datetime
from typing import Any, TypeVar

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ValidationError
from starlette.requests import ClientDisconnect, Request

from backend.api.edge import too_large
from backend.api.problem_documents import from_validation
from backend.core import problems
from backend.core.problems import Problem

M = TypeVar("M", bound=BaseModel)


def described(model: type[BaseModel]) -> dict[str, Any]:
    """Return what a route adds to its description for a body that `json_body` reads as `model`."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": reference}}}}


_CONTROL = "\\x00-\\x08\\x0e-\\x1f"
TEXT = re.compile(rf"[^{_CONTROL}]*[^{_CONTROL}\s][^{_CONTROL}]*", re.DOTALL)
"""Not blank, and no control characters but white space."""

PLAIN: dict[str, Any] = {"minLength": 1, "pattern": f"^{TEXT.pattern}$"}
"""The description of such a text."""

WHOLE = BeforeValidator(lambda value: int(value) if isinstance(value, float) and value.is_integer() else value)
"""For whole numbers: 36.0 is one in JSON."""

MOMENT: dict[str, Any] = {"format": "date-time"}
"""The description of what `moment` reads."""


def moment(name: str, text: str | None) -> datetime | None:
    """Read a time that a caller gives under `name`. Raises `Problem` 422 when it is none, or has no time zone."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise problems.invalid_request(f"{name}: write it with its time zone, such as 2026-05-03T00:00:00Z.")
    return read


async def json_body(request: Request, model: type[M], *, limit: int) -> M:
    """Return the body as `model`. limit: bytes. Raises `Problem` 413, 415 or 422."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(
            415,
            "unsupported_media_type",
            "Unsupported media type",
            "The body must be JSON: send 'Content-Type: application/json'.",
            headers={"Accept": "application/json"},
        )
    body = await _read(request, limit)
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        # Lone surrogates and bytes that are not UTF-8 end here too.
        raise problems.invalid_request("The body is not valid JSON in UTF-8.") from None
    try:
        return model.model_validate(parsed, strict=True)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise from_validation(RequestValidationError(faults)) from None


async def _read(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise too_large(limit)
            chunks.append(chunk)
    except ClientDisconnect:
        raise problems.invalid_request("The body broke off.") from None
    return b"".join(chunks)
