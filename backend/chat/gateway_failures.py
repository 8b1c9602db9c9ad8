"""What a caller is told when the gateway fails: each failure of the OpenAI client as a Problem with cause and remedy.

The gateway's own words never pass through: they may carry the prompt, or how its inside is built.
"""

import email.utils
import re
import time
from collections.abc import Mapping
from typing import Any

import httpx
import openai
import orjson

from backend.core.problems import Problem

_LONGEST_RETRY_AFTER = 86_400.0
_ROLES = re.compile(r"\broles?\b|\bsystem (?:message|prompt)s?\b", re.IGNORECASE)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After (or retry-after-ms) asks for; None when absent or senseless."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            seconds = float(milliseconds) / 1000
        elif not (value := headers.get("retry-after", "").strip()):
            return None
        elif value[0].isdigit():
            seconds = float(value)
        else:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if seconds < _LONGEST_RETRY_AFTER else None


def of_response(response: httpx.Response) -> openai.APIStatusError:
    """Return the error that the OpenAI client raises for such an answer; its body must have been read."""
    try:
        body: Any = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    if isinstance(body, dict):
        body = body.get("error", body)
    return openai.APIStatusError(f"Error code: {response.status_code}", response=response, body=body)


def refused(error: openai.APIStatusError) -> Problem:
    """Translate an HTTP status of the gateway (SOP 9.2)."""
    status = error.status_code
    code = _code(error)
    wait = retry_after(error.response.headers)
    if code == "content_filter":
        return filtered()
    if code == "context_length_exceeded" or status == 413:
        return Problem(
            502,
            "gateway_context_too_long",
            "Conversation too long",
            "The conversation is longer than the model takes. Reduce the conversation history: start a new session, or "
            "lower HISTORY_TOKEN_BUDGET.",
        )
    if status in (401, 403):
        return Problem(
            502,
            "gateway_unauthorised",
            "Gateway refused the service",
            f"The AI gateway refused the service's credential ({status}). Check AZURE_AI_KEY (in Key Vault), or "
            "the role of the backend's managed identity on the AI account.",
        )
    if status == 404:
        return Problem(
            502,
            "gateway_not_found",
            "Gateway route not found",
            "The AI gateway does not know this route or deployment (404). Check AZURE_AI_ENDPOINT (it ends before "
            "/chat/completions) and AZURE_AI_DEPLOYMENT.",
        )
    if status == 429:
        return Problem(
            429,
            "rate_limited",
            "Rate limited",
            "Too many requests: the AI gateway's quota is used up. Wait and try again; if it lasts, check the quota.",
            retryable=True,
            retry_after=wait if wait is not None else 10,
        )
    if status in (408, 409) or status >= 500:
        return Problem(
            503,
            "gateway_unavailable",
            "Gateway unavailable",
            f"The AI gateway answered {status} to every attempt. Try again; if it lasts, check the gateway's status.",
            retryable=True,
            retry_after=wait if wait is not None else 5,
        )
    return Problem(
        502,
        "gateway_rejected",
        "Gateway rejected the request",
        f"The AI gateway rejected the request ({status}). Check AZURE_AI_DEPLOYMENT and the model's limits.",
    )


def unreachable() -> Problem:
    """No connection, or one that broke before an answer."""
    return Problem(
        503,
        "gateway_unreachable",
        "Gateway unreachable",
        "The connection to the AI gateway could not be made or broke off. Try again; if it lasts, check "
        "AZURE_AI_ENDPOINT and the network.",
        retryable=True,
        retry_after=5,
    )


def timed_out(seconds: float) -> Problem:
    """The time budget of an answer is used up, retries included."""
    return Problem(
        504,
        "gateway_timeout",
        "Gateway timed out",
        f"The AI gateway did not finish an answer within {seconds:g} s. Try again; if it lasts, check the gateway's "
        "status or raise CHAT_TIMEOUT_SECONDS.",
        retryable=True,
    )


def malformed() -> Problem:
    """The answer is not what the protocol says."""
    return Problem(
        502,
        "gateway_malformed",
        "Gateway answered badly",
        "The AI gateway's answer is not a chat completion. Check that AZURE_AI_ENDPOINT is OpenAI-compatible.",
        retryable=True,
    )


def empty() -> Problem:
    """A completion without text (SOP 9.2: empty responses, context too long)."""
    return Problem(
        502,
        "gateway_empty",
        "Empty response",
        "Empty response: reduce the conversation history (start a new session, or lower HISTORY_TOKEN_BUDGET), "
        "or raise CHAT_MAX_OUTPUT_TOKENS if the model thinks before it answers.",
        retryable=True,
    )


def filtered() -> Problem:
    """The gateway's content filter stepped in."""
    return Problem(
        422,
        "content_filtered",
        "Filtered",
        "The AI gateway's content filter refused this message or its answer. Say it in other words.",
    )


def no_credential() -> Problem:
    """No key is set and no identity was found."""
    return Problem(
        503,
        "gateway_no_credential",
        "No credential for the gateway",
        "No managed identity or other Azure credential was found. Run with a managed identity that may use the AI "
        "account, or set AZURE_AI_KEY.",
        retry_after=60,
    )


def unsupported_parameter(error: openai.APIStatusError, name: str) -> bool:
    """Tell whether the gateway refused just this parameter of the request."""
    body = error.body if isinstance(error.body, dict) else {}
    return error.status_code in (400, 422) and (body.get("param") == name or name in str(body.get("message", "")))


def refuses_tools(error: openai.APIStatusError) -> bool:
    """Tell whether the gateway refused the tools on offer, all or one of them."""
    body = error.body if isinstance(error.body, dict) else {}
    about = str(body.get("param") or "").startswith(("tool", "parallel_tool")) or "tool" in str(body.get("message", ""))
    return error.status_code in (400, 422) and about


def refuses_order(error: openai.APIStatusError) -> bool:
    """Tell whether the gateway refused the roles of the messages, or their order.

    OpenAI's own takes a system message anywhere; templates of other models may want it first, or the user's word last.
    """
    body = error.body if isinstance(error.body, dict) else {}
    return error.status_code in (400, 422) and _ROLES.search(str(body.get("message", ""))) is not None


def _code(error: openai.APIStatusError) -> str:
    body: Any = error.body
    return str(body.get("code") or "") if isinstance(body, dict) else ""
