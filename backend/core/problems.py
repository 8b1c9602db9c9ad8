"""What can go wrong, said once: every failure that a caller may see is a Problem.

Over HTTP it becomes an RFC 9457 problem document (`api/problem_documents.py`), over the voice WebSocket an `error`
message with the same code. `detail` names the cause and the remedy and never carries content, secrets or host paths.
"""

from collections.abc import Mapping


class Problem(Exception):
    """A failure with a status, a stable code and a remedy.

    code: stable, snake_case; the handbook has a page for each (`type` of the problem document ends in it).
    retryable: whether the same request may succeed later without a change by the caller.
    retry_after: seconds, sent as Retry-After where given.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.retryable = retryable
        self.retry_after = retry_after
        self.headers = dict(headers or {})


def missing_token() -> Problem:
    """401: the level asks for sign-in and nothing was presented. The words are the SOP's (9.2)."""
    return Problem(
        401,
        "missing_token",
        "Missing token",
        "Missing token: add an 'Authorization: Bearer <token>' header.",
        headers={"WWW-Authenticate": 'Bearer realm="engram"'},
    )


def invalid_token(reason: str) -> Problem:
    """401: a token was presented and is not accepted."""
    return Problem(
        401,
        "invalid_token",
        "Invalid token",
        f"The token was not accepted: {reason}.",
        headers={"WWW-Authenticate": 'Bearer realm="engram", error="invalid_token"'},
    )


def forbidden(action: str, roles: str) -> Problem:
    """403: known caller, missing role."""
    return Problem(403, "forbidden", "Not allowed", f"Your role does not allow you to {action}; it takes {roles}.")


def not_found(what: str, remedy: str) -> Problem:
    """404: it does not exist, or it is not the caller's (the two are not told apart)."""
    return Problem(404, "not_found", "Not found", f"{what} was not found. {remedy}")


def invalid_request(detail: str) -> Problem:
    """422: the request is understood as JSON but does not have the documented form."""
    return Problem(422, "invalid_request", "Invalid request", detail)


def not_configured(setting: str, remedy: str) -> Problem:
    """503: a feature was asked for whose settings are missing."""
    return Problem(503, "not_configured", "Not configured", f"{setting} is not set. {remedy}", retry_after=60)


def unavailable(cause: str) -> Problem:
    """503: memory cannot be asked just now."""
    return Problem(
        503,
        "memory_unavailable",
        "Memory unavailable",
        f"{cause} Try again in a few seconds.",
        retryable=True,
        retry_after=5,
    )
