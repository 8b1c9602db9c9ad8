"""Every failure as a problem document (RFC 9457), and nothing sensitive in it: no body, no header, no inside."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from backend.core import problems
from backend.core.ids import new_id
from backend.core.logs import request_id
from backend.core.problems import Problem

log = logging.getLogger("backend.api")

MEDIA_TYPE = "application/problem+json"
_HANDBOOK = "https://github.com/zimaxnet/engram/blob/main/docs/handbook/problems.md#"


def document(problem: Problem) -> dict[str, Any]:
    """Return the problem document's members."""
    return {
        "type": _HANDBOOK + problem.code,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "retryable": problem.retryable,
        "request_id": request_id.get(),
    }


def response(problem: Problem) -> Response:
    """Return the HTTP answer for a problem, with Retry-After (whole seconds, rounded up) where it is known."""
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(max(1, -int(-problem.retry_after // 1)))
    return Response(orjson.dumps(document(problem)), problem.status, headers, MEDIA_TYPE)


def on_the_wire(problem: Problem) -> bytes:
    """Return the whole answer as HTTP/1.1 has it, for what never becomes a request; the connection ends with it."""
    current = new_id("req")
    body = orjson.dumps(document(problem) | {"request_id": current})
    lines = (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}",
        f"Content-Type: {MEDIA_TYPE}",
        f"Content-Length: {len(body)}",
        f"X-Request-Id: {current}",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def internal() -> Problem:
    """500: a fault of ours. What it was stands in the log, under the request id."""
    return Problem(
        500,
        "internal",
        "Internal error",
        "Something failed inside. Try again; if it lasts, report the request_id.",
        retryable=True,
    )


def from_http(status: int, headers: Mapping[str, str] | None) -> Problem:
    """Translate what the framework raises by itself."""
    match status:
        case 404:
            return problems.not_found("This address", "The routes are listed in /api/v1/openapi.json.")
        case 405:
            allowed = (headers or {}).get("Allow", "")
            said = f" Allowed: {allowed}." if allowed else ""
            return Problem(
                405, "method_not_allowed", "Method not allowed", f"This address does not take this method.{said}",
                headers=headers,
            )  # fmt: skip
    title = HTTPStatus(status).phrase
    return Problem(status, title.lower().replace(" ", "_"), title, f"{title}.", headers=headers)


def from_validation(error: RequestValidationError) -> Problem:
    """Name each faulty field and what is wrong with it, never its value."""
    said = "; ".join(sorted({_fault(fault) for fault in error.errors()}))
    return problems.invalid_request(f"{said}."[:1000])


def _fault(fault: Mapping[str, Any]) -> str:
    where, *path = (str(part) for part in fault.get("loc", ()))
    kind = str(fault.get("type", ""))
    # An unknown field's name is the caller's own text: not repeated either.
    name = ".".join(path) if path and kind != "extra_forbidden" else where
    message = "unknown field" if kind == "extra_forbidden" else str(fault.get("msg", "invalid"))
    return f"{name}: {message[:1].lower()}{message[1:]}"


class ProblemDocument(BaseModel):
    """RFC 9457, with a stable `code`, whether trying again may help, and the id to find the request by in the logs."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    request_id: str


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route declares for the failures it answers with."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Make `app` answer every failure in this form."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        if error.status >= 500:
            log.warning("%s: %s", error.code, error.detail)
        return response(error)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return response(from_validation(error))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return response(from_http(error.status_code, error.headers))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
