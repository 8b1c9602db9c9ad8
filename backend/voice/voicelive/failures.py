"""What the caller is told when VoiceLive fails: cause and remedy, in the words of the SOP (9.1) where it has them.

Each is a Problem; on the socket it becomes an `error` message, followed by close code 4503 when the call cannot go on.
"""

from backend.core.problems import Problem

_ROLE = "Assign Cognitive Services Speech User to the backend's Managed Identity at the AI Services resource scope"
_AGAIN = "Start the call again; the conversation is kept."


def not_configured() -> Problem:
    """No endpoint: voice is off."""
    return Problem(
        503,
        "voicelive_not_configured",
        "Voice is not configured",
        "voicelive_configured is false: the endpoint is missing. Set AZURE_VOICELIVE_ENDPOINT.",
    )


def no_credential() -> Problem:
    """The token credential found no identity to sign in with."""
    return Problem(
        503,
        "voicelive_no_credential",
        "No credential for VoiceLive",
        "No Managed Identity or other Azure credential was found. Run with a Managed Identity (preferred) and "
        f"{_ROLE[0].lower()}{_ROLE[1:]}, or set AZURE_VOICELIVE_KEY.",
    )


def refused(status: int, retry_after: float | None) -> Problem:
    """VoiceLive answered the handshake with an HTTP status instead of a WebSocket."""
    said = f"Failed to establish WebSocket connection: {status}."
    if status == 401:
        return Problem(
            503,
            "voicelive_unauthorised",
            "VoiceLive refused the credential",
            f"{said} The Managed Identity lacks VoiceLive permission, or the key is wrong. {_ROLE}; in API-key mode "
            "check that AZURE_VOICELIVE_KEY is an AI Services key and not a gateway key.",
        )
    if status == 403:
        return Problem(
            503,
            "voicelive_forbidden",
            "VoiceLive refused the caller",
            f"{said} The identity is known but not allowed, or the network is not. {_ROLE}, and check the resource's "
            "network rules and private endpoint.",
        )
    if status == 404:
        return Problem(
            503,
            "voicelive_not_found",
            "VoiceLive was not found there",
            f"{said} The endpoint has no VoiceLive. Check AZURE_VOICELIVE_ENDPOINT, the project name, "
            "AZURE_VOICELIVE_MODEL and AZURE_VOICELIVE_API_VERSION.",
        )
    if status == 429:
        when = f" Try again in {retry_after:.0f} s." if retry_after is not None else " Try again in a minute."
        return Problem(
            503,
            "voicelive_rate_limited",
            "VoiceLive is at its limit",
            f"{said} Too many requests: the resource's quota of connections or tokens a minute is used up.{when}",
            retryable=True,
            retry_after=retry_after if retry_after is not None else 60.0,
        )
    if status >= 500:
        return Problem(
            503,
            "voicelive_unavailable",
            "VoiceLive is unavailable",
            f"{said} The service has a problem of its own. Check the status of Azure AI Services and try again.",
            retryable=True,
            retry_after=retry_after,
        )
    return Problem(
        503,
        "voicelive_refused",
        "VoiceLive refused the connection",
        f"{said} Check AZURE_VOICELIVE_ENDPOINT, AZURE_VOICELIVE_MODEL and AZURE_VOICELIVE_API_VERSION.",
    )


def unreachable() -> Problem:
    """No connection at all: refused, name not resolved, TLS."""
    return Problem(
        503,
        "voicelive_unreachable",
        "VoiceLive cannot be reached",
        "Failed to establish WebSocket connection: no connection to the endpoint. Check AZURE_VOICELIVE_ENDPOINT, name "
        "resolution and the firewall.",
        retryable=True,
    )


def handshake_timed_out(seconds: float) -> Problem:
    """The handshake did not finish in time."""
    return Problem(
        503,
        "voicelive_timed_out",
        "VoiceLive did not answer",
        f"Failed to establish WebSocket connection: no answer within {seconds:.0f} s (network time-out). Check the "
        "firewall and try again.",
        retryable=True,
    )


def too_many_connections(wait: float) -> Problem:
    """The quota of new connections is used up for so long that waiting in the queue makes no sense."""
    return Problem(
        429,
        "too_many_connections",
        "Too many new calls",
        "So many voice sessions were opened within a minute that the quota is used up, and others wait already. Try "
        f"again in {max(wait, 1):.0f} s.",
        retryable=True,
        retry_after=max(wait, 1),
    )


def stalled(seconds: float) -> Problem:
    """The connection stands, and an answer that is due does not come."""
    return Problem(
        503,
        "voicelive_stalled",
        "VoiceLive went silent",
        f"VoiceLive did not answer for {seconds:.0f} s. {_AGAIN}",
        retryable=True,
    )


def not_ready(seconds: float) -> Problem:
    """The session was asked for and never confirmed."""
    return Problem(
        503,
        "voicelive_not_ready",
        "VoiceLive did not confirm the session",
        f"VoiceLive accepted the connection and did not confirm the session within {seconds:.0f} s. Try again.",
        retryable=True,
    )


def lost(code: int, *, expired: bool) -> Problem:
    """The connection ended while the call was running. `code` is the WebSocket close code, 1006 for none."""
    if expired:
        return Problem(
            503,
            "voicelive_session_expired",
            "The VoiceLive session has expired",
            f"The VoiceLive session reached its time limit (close code {code}). {_AGAIN}",
            retryable=True,
        )
    causes = {
        1000: ("voicelive_closed", "VoiceLive ended the session", True),
        1001: ("voicelive_going_away", "VoiceLive is going away (a restart or its time limit)", True),
        1006: ("voicelive_connection_lost", "The connection to VoiceLive was lost (network time-out or reset)", True),
        1008: ("voicelive_policy", "VoiceLive refused a setting of the session: check model, voice and profile", False),
        1009: ("voicelive_too_big", "VoiceLive refused a message as too big", True),
        1011: ("voicelive_internal_error", "VoiceLive had an internal error", True),
    }
    name, cause, retryable = causes.get(code, ("voicelive_closed", "VoiceLive ended the session", True))
    remedy = _AGAIN if retryable else "See the service's log for the session."
    return Problem(503, name, "VoiceLive was lost", f"{cause} (close code {code}). {remedy}", retryable=retryable)
