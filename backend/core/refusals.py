"""What start-up refuses: settings that contradict their environment level or each other, each with cause and remedy."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from backend.core.azure_names import AZURE_AI_SUFFIXES, FOUNDRY_SUFFIX, PROJECT_PATH, RESOURCE_ID
from backend.core.levels import Demands

if TYPE_CHECKING:
    from backend.core.settings import Settings

_PLACEHOLDER = re.compile(r"<[^<>]+>")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def refusals(settings: "Settings") -> list[str]:
    """Return "NAME: cause. remedy" for everything that must not start; empty when the settings can work."""
    return [
        *_placeholders(settings),
        *_level(settings, settings.demands),
        *_origins(settings, settings.demands),
        *_endpoints(settings, settings.demands),
        *_voice_project(settings),
        *_zep(settings),
        *_encryption_key(settings, settings.demands),
    ]


def _placeholders(settings: "Settings") -> Iterator[str]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and _PLACEHOLDER.search(text):
                yield (
                    f"{name.upper()}: it still holds a placeholder in angle brackets. Put the real value there, "
                    "or remove the line."
                )


def _level(settings: "Settings", demands: Demands) -> Iterator[str]:
    where = f"at the {settings.environment} level"
    if not settings.auth_required and settings.environment != "development":
        yield f"AUTH_REQUIRED: false is not allowed {where}. Remove it or set AUTH_REQUIRED=true."
    if demands.external_database and not settings.database_url:
        yield f"DATABASE_URL: it is required {where}. Set it to postgresql://user@host/database."
    if settings.database_url and urlsplit(settings.database_url).scheme not in ("postgresql", "postgres"):
        yield "DATABASE_URL: it does not name a PostgreSQL database. Write it as postgresql://user@host/database."
    if demands.audit_required and not settings.audit_enabled:
        yield f"AUDIT_LOG_ENABLED: the audit log cannot be off {where}. Remove it or set AUDIT_LOG_ENABLED=true."
    if settings.debug and not demands.debug_allowed:
        yield f"DEBUG: true is not allowed {where}, it shows internals. Remove it or set DEBUG=false."
    if demands.managed_identity and settings.azure_voicelive_key:
        yield (
            f"AZURE_VOICELIVE_KEY: a key is not allowed {where}. Remove it, and give the backend's managed identity "
            "the role Cognitive Services Speech User on the AI Services account."
        )
    if demands.managed_identity and settings.azure_ai_key and _is_azure_ai(settings.chat_base_url):
        yield (
            f"AZURE_AI_KEY: a key for an Azure AI endpoint is not allowed {where}. Remove it and use the managed "
            "identity; only a gateway in front of it takes a (rotated) key."
        )


def _is_azure_ai(url: str) -> bool:
    return (urlsplit(url).hostname or "").endswith(AZURE_AI_SUFFIXES)


def _origins(settings: "Settings", demands: Demands) -> Iterator[str]:
    for origin in settings.cors_origins:
        if _PLACEHOLDER.search(origin):
            continue
        if origin == "*":
            if demands.https_origins_only:
                yield (
                    f"CORS_ORIGINS: '*' is not allowed at the {settings.environment} level. List the exact origins of "
                    "the user interface."
                )
            continue
        parts = _split(origin)
        if parts is None or parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
            yield (
                f"CORS_ORIGINS: {origin!r} is not an origin. Write scheme, host and port only, such as "
                "https://app.example.org, in lower case and without a slash at the end."
            )
        elif demands.https_origins_only and parts.scheme != "https":
            yield (
                f"CORS_ORIGINS: {origin!r} is not https, which the {settings.environment} level requires. "
                "Use the https origin."
            )


def _endpoints(settings: "Settings", demands: Demands) -> Iterator[str]:
    for name in ("azure_ai_endpoint", "azure_voicelive_endpoint", "azure_existing_aiproject_endpoint", "zep_api_url"):
        value = getattr(settings, name)
        if not value or _PLACEHOLDER.search(value):
            continue
        parts = _split(value)
        if parts is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment or parts.username:
            yield (
                f"{name.upper()}: it is not a plain http(s) address. Write it as https://host/path, without "
                "credentials, query or fragment."
            )
        elif demands.https_origins_only and parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            yield (
                f"{name.upper()}: it is not https, which the {settings.environment} level requires. "
                "Use the https address."
            )
        elif name == "azure_ai_endpoint" and parts.path.rstrip("/").endswith("/chat/completions"):
            yield "AZURE_AI_ENDPOINT: it names the chat route itself. Remove /chat/completions from its end."


def _zep(settings: "Settings") -> Iterator[str]:
    if settings.zep_api_version in ("ce", "oss") and not settings.zep_api_url:
        yield (
            f"ZEP_API_VERSION: {settings.zep_api_version} is a server of your own. Set ZEP_API_URL to it, or remove "
            "ZEP_API_VERSION for the cloud."
        )


def _voice_project(settings: "Settings") -> Iterator[str]:
    hosts = {
        (urlsplit(url).hostname or "")
        for url in (settings.azure_voicelive_endpoint, settings.azure_existing_aiproject_endpoint)
        if url and not _PLACEHOLDER.search(url) and _split(url)
    }
    projects = {settings.azure_voicelive_project_name} if settings.azure_voicelive_project_name else set()
    if settings.azure_existing_aiproject_endpoint:
        match = PROJECT_PATH.search(settings.azure_existing_aiproject_endpoint)
        if match is None:
            yield (
                "AZURE_EXISTING_AIPROJECT_ENDPOINT: it names no project. Write it as "
                "https://account.services.ai.azure.com/api/projects/project."
            )
        else:
            projects.add(match["project"])
    if settings.azure_existing_aiproject_resource_id:
        match = RESOURCE_ID.fullmatch(settings.azure_existing_aiproject_resource_id)
        if match is None:
            yield (
                "AZURE_EXISTING_AIPROJECT_RESOURCE_ID: it is not the resource id of an AI project. Copy it from the "
                "project's properties: /subscriptions/…/accounts/account/projects/project."
            )
        else:
            projects |= {match["project"]} if match["project"] else set()
            if any(host.endswith(FOUNDRY_SUFFIX) for host in hosts):
                hosts.add(match["account"].lower() + FOUNDRY_SUFFIX)
    if len(hosts) > 1:
        yield (
            "AZURE_EXISTING_AIPROJECT_ENDPOINT: it belongs to another account than AZURE_VOICELIVE_ENDPOINT or "
            "AZURE_EXISTING_AIPROJECT_RESOURCE_ID. Name the same account in each, or remove what is not meant."
        )
    if len(projects) > 1:
        yield (
            "AZURE_VOICELIVE_PROJECT_NAME: the project settings name different projects. Name the same one in "
            "each, or remove what is not meant."
        )


def _encryption_key(settings: "Settings", demands: Demands) -> Iterator[str]:
    remedy = "Set it to 32 random bytes in base64 (openssl rand -base64 32), from Key Vault (secret encryption-key)."
    if not settings.encryption_key:
        if demands.encryption_key:
            yield f"ENCRYPTION_KEY: it is required at the {settings.environment} level. {remedy}"
        return
    key = _key_bytes(settings.encryption_key)
    if len(key) != 32:
        yield f"ENCRYPTION_KEY: it is not a 256-bit key. {remedy}"
    elif len(set(key)) < 8:
        yield f"ENCRYPTION_KEY: it is not random. {remedy}"


def _key_bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname else None
