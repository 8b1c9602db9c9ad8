"""What a running service says of itself, asked from outside as a browser or a probe would ask."""

from typing import Any

import httpx

from backend.cli.doctor.findings import Finding, failed, ok, warned
from backend.core.settings import Settings

_SECONDS = 10.0


async def running(url: str, settings: Settings) -> list[Finding]:
    """Look at the service at `url` (scheme and host): alive, ready, voice, sign-in, origins."""
    async with httpx.AsyncClient(base_url=url.rstrip("/"), timeout=_SECONDS) as client:
        try:
            health = (await client.get("/health")).raise_for_status().json()
            found = [ok("service", f"alive, version {health['version']}, {health['environment']}")]
            found.append(_ready((await client.get("/ready")).json()))
            found.append(_voice((await client.get("/api/v1/voice/status")).raise_for_status().json()))
            found.append(await _asks_for_a_token(client, settings))
            found += [await _admits(client, origin) for origin in settings.cors_origins if origin != "*"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            return [
                failed(
                    "service",
                    "The address does not answer as Engram does",
                    f"Asking it failed ({type(error).__name__}).",
                    "Check the address and the container's logs, then restart the revision.",
                )
            ]
    return found


def _ready(said: dict[str, Any]) -> Finding:
    troubles = [
        f"{name}: {part['detail']}"
        for name, part in said.items()
        if isinstance(part, dict) and part.get("status") == "failing"
    ]
    if not troubles:
        return ok("readiness", str(said["status"]))
    make = failed if said["status"] == "unavailable" else warned
    return make("readiness", f"/ready says {said['status']}", " ".join(troubles), "Mend what is named, in this order.")


def _voice(said: dict[str, Any]) -> Finding:
    if said["voicelive_configured"]:
        return ok("voice", f"{said['model']}, {said['active_sessions']} calls")
    return warned(
        "voice", "voicelive_configured: false", "Missing endpoint.", "Set AZURE_VOICELIVE_ENDPOINT on the service."
    )


async def _asks_for_a_token(client: httpx.AsyncClient, settings: Settings) -> Finding:
    status = (await client.get("/api/v1/memory/episodes")).status_code
    if settings.auth_mode == "none":
        return ok("sign-in", "open, as the level is") if status < 400 else _closed(status)
    if status == 401:
        return ok("sign-in", "401 Missing token without one: add Authorization: Bearer <token>")
    return failed(
        "sign-in",
        "The service answers without a token",
        f"It answered {status} where this level answers 401.",
        "Check ENVIRONMENT and AUTH_REQUIRED of the service; do not leave it open.",
    )


def _closed(status: int) -> Finding:
    return failed(
        "sign-in",
        f"{status}: 401 Missing token",
        "No auth header, and the service asks for one: it runs at a higher level than these settings.",
        "Add Authorization: Bearer <token>, or run the doctor with the service's own settings (--level).",
    )


async def _admits(client: httpx.AsyncClient, origin: str) -> Finding:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = await client.options("/api/v1/chat", headers=asked)
    if answer.headers.get("access-control-allow-origin") in (origin, "*"):
        return ok("cors", f"{origin} may call it")
    return failed(
        "cors",
        "The page says that the service cannot be reached",
        f"The running service does not admit {origin}.",
        "Set CORS_ORIGINS on the service to this origin, exactly as the browser sends it, and restart it.",
    )
