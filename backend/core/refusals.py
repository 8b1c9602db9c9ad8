"""What start-up refuses: settings that contradict their environment level or each other, each with cause and remedy."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from backend.core.azure_names import AZURE_AI_SUFFIXES, FOUNDRY_SUFFIX, PROJECT_PATH, RESOURCE_ID
from backend.core.levels import Demands

if TYPE_CHECKING:
    from backend.core.settings import Settings

_PLACEHOLDER = re.compile(r"<[^<>]+>")
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SHORTEST_METRICS_TOKEN = 24


def refusals(settings: "Settings") -> list[str]:
    """Return "NAME: cause. remedy" for everything that must not start; empty when the settings can work."""
    return [
        *_placeholders(settings),
        *_level(settings, settings.demands),
        *_identity(settings, settings.demands),
        *_origins(settings, settings.demands),
        *_endpoints(settings, settings.demands),
        *_voice_project(settings),
        *_zep(settings),
        *_encryption_key(settings, settings.demands),
        *_sign_in(settings, settings.demands),
        *_proxies(settings),
        *_limits(settings, settings.demands),
        *_telemetry(settings),
        *_page(settings),
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


def _identity(settings: "Settings", demands: Demands) -> Iterator[str]:
    authority = settings.azure_authority_host
    if authority and not _PLACEHOLDER.search(authority):
        parts = _split(authority)
        if parts is None or parts.scheme != "https" or parts.path.strip("/") or parts.query or parts.username:
            yield (
                "AZURE_AUTHORITY_HOST: it is not an https origin. Write it as https://login.microsoftonline.us, or "
                "remove it for Azure's public cloud."
            )
    if demands.managed_identity and settings.azure_client_secret:
        yield (
            f"AZURE_CLIENT_SECRET: a secret of the service is not allowed at the {settings.environment} level. Remove "
            "it; the managed identity is used."
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


_ADDRESSES = (
    "azure_ai_endpoint", "azure_voicelive_endpoint", "azure_existing_aiproject_endpoint", "zep_api_url",
    "entra_authority",
)  # fmt: skip


def _endpoints(settings: "Settings", demands: Demands) -> Iterator[str]:
    listed = settings.azure_voicelive_endpoints
    addresses = [("azure_voicelive_endpoints", address) for address in listed]
    addresses += [(name, value) for name in _ADDRESSES if (value := getattr(settings, name)) not in listed]
    for name, value in addresses:
        if not value or _PLACEHOLDER.search(value):
            continue
        # Whoever stands between us and the authority could sign tokens, at the test level too.
        https = demands.https_origins_only or (name == "entra_authority" and demands.auth.startswith("entra"))
        parts = _split(value)
        if parts is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment or parts.username:
            yield (
                f"{name.upper()}: it is not a plain http(s) address. Write it as https://host/path, without "
                "credentials, query or fragment."
            )
        elif https and parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            yield (
                f"{name.upper()}: it is not https, which the {settings.environment} level requires. "
                "Use the https address."
            )
        elif name == "azure_ai_endpoint" and parts.path.rstrip("/").endswith("/chat/completions"):
            yield "AZURE_AI_ENDPOINT: it names the chat route itself. Remove /chat/completions from its end."
        elif name.startswith("azure_voicelive") and parts.path.rstrip("/").endswith("/voice-live/realtime"):
            yield f"{name.upper()}: it names the VoiceLive route itself. Remove /voice-live/realtime from its end."


def _zep(settings: "Settings") -> Iterator[str]:
    if settings.zep_api_version in ("ce", "oss") and not settings.zep_api_url:
        yield (
            f"ZEP_API_VERSION: {settings.zep_api_version} is a server of your own. Set ZEP_API_URL to it, or remove "
            "ZEP_API_VERSION for the cloud."
        )


def _telemetry(settings: "Settings") -> Iterator[str]:
    endpoint = settings.otel_exporter_otlp_endpoint
    parts = _split(endpoint) if endpoint else None
    if endpoint and (parts is None or parts.scheme not in ("http", "https") or parts.query or parts.username):
        yield (
            "OTEL_EXPORTER_OTLP_ENDPOINT: it is not a plain http(s) address. Write the part before /v1/traces, such as "
            "http://localhost:4318, or http://localhost:4317 for OTLP over gRPC."
        )
    elif endpoint and settings.otlp_over_grpc and parts is not None and parts.path.strip("/"):
        yield (
            "OTEL_EXPORTER_OTLP_ENDPOINT: OTLP over gRPC has no path. Remove it, or set "
            "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf."
        )
    if any("=" not in pair for pair in settings.otel_exporter_otlp_headers.split(",") if pair.strip()):
        yield "OTEL_EXPORTER_OTLP_HEADERS: it is not a list of headers. Write it as name=value,other=value."
    if (text := settings.applicationinsights_connection_string) and not _is_connection_string(text):
        yield (
            "APPLICATIONINSIGHTS_CONNECTION_STRING: it is not one. Copy it from the overview page of the Application "
            "Insights resource: InstrumentationKey=...;IngestionEndpoint=https://...."
        )
    if settings.metrics_token and len(settings.metrics_token) < _SHORTEST_METRICS_TOKEN:
        yield (
            f"METRICS_TOKEN: it has fewer than {_SHORTEST_METRICS_TOKEN} characters and could be guessed. Set it to a "
            "random one (openssl rand -hex 24)."
        )


def _is_connection_string(text: str) -> bool:
    parts = dict(pair.partition("=")[::2] for pair in text.lower().split(";") if pair)
    endpoint = _split(parts.get("ingestionendpoint", "https://the.default"))
    encrypted = endpoint is not None and (endpoint.scheme == "https" or endpoint.hostname in _LOOPBACK)
    return encrypted and _GUID.fullmatch(parts.get("instrumentationkey", "")) is not None


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


_AUTH_CONTEXT = re.compile(r"c[1-9][0-9]?")


def _sign_in(settings: "Settings", demands: Demands) -> Iterator[str]:
    where = f"at the {settings.environment} level"
    if demands.auth in ("none", "dev_tokens"):
        return
    if not settings.sign_in_tenants:
        yield (
            f"AZURE_TENANT_ID: it is required {where}, to know whose tokens to accept. Set it to the tenant's id (a "
            "GUID), or ENTRA_TENANT_IDS where users sign in to another tenant than the service's own."
        )
    for tenant in settings.sign_in_tenants:
        if _GUID.fullmatch(tenant) is None and not _PLACEHOLDER.search(tenant):
            name = "ENTRA_TENANT_IDS" if settings.entra_tenant_ids else "AZURE_TENANT_ID"
            yield (
                f"{name}: it holds something else than a tenant's id. A name, 'common' or 'organizations' would let "
                "other tenants in. Use the directory (tenant) id, a GUID."
            )
    if not settings.sign_in_audiences:
        yield (
            f"AZURE_CLIENT_ID: it is required {where}, to know that a token is meant for this API. Set it to the "
            "client id of the API's app registration, or set ENTRA_API_AUDIENCE."
        )
    for audience in settings.sign_in_audiences:
        if _PLACEHOLDER.search(audience):
            continue
        if _GUID.fullmatch(audience) is None and not audience.startswith("api://"):
            name = "ENTRA_API_AUDIENCE" if settings.entra_api_audience else "AZURE_CLIENT_ID"
            yield (
                f"{name}: it is neither a client id nor an api:// URI. Use the client id (a GUID) of the API's app "
                "registration and, for version 1.0 tokens, its application ID URI."
            )
    if demands.auth == "entra_mfa" and _AUTH_CONTEXT.fullmatch(settings.entra_mfa_auth_context) is None:
        yield (
            f"ENTRA_MFA_AUTH_CONTEXT: it is not the id of an authentication context, which proves MFA {where}. Set it "
            "to c1 ... c99, as the Conditional Access policy names it."
        )
    if demands.longest_session is not None and settings.session_hours > demands.longest_session:
        yield (
            f"SESSION_HOURS: more than {demands.longest_session:g} hours are not allowed {where}. Remove it or lower "
            "it."
        )


def _proxies(settings: "Settings") -> Iterator[str]:
    if "*" in settings.forwarded_allow_ips:
        yield (
            "FORWARDED_ALLOW_IPS: '*' lets every caller say where they come from, past the limits of an address. "
            "Remove it, and name the proxies in TRUSTED_PROXIES."
        )
    for proxy in settings.trusted_proxies:
        if _PLACEHOLDER.search(proxy):
            continue
        try:
            network = ipaddress.ip_network(proxy)
        except ValueError:
            yield (
                "TRUSTED_PROXIES: it holds something else than addresses. Write the proxies' addresses or networks, "
                'such as ["10.0.0.0/8"].'
            )
            continue
        if network.prefixlen == 0:
            yield (
                f"TRUSTED_PROXIES: {proxy} trusts everybody to say where a request comes from. Name the network of "
                "the proxies alone."
            )


def _limits(settings: "Settings", demands: Demands) -> Iterator[str]:
    for name in type(settings).model_fields:
        if name.startswith("limit_") and demands.limits_required and getattr(settings, name) == 0:
            yield (
                f"{name.upper()}: 0 switches the limit off, which is not allowed at the {settings.environment} level. "
                "Remove it or set the number that is needed."
            )


def _page(settings: "Settings") -> Iterator[str]:
    client_id = settings.entra_spa_client_id
    if client_id and not _PLACEHOLDER.search(client_id) and _GUID.fullmatch(client_id) is None:
        yield (
            "ENTRA_SPA_CLIENT_ID: it is not an application's id. Use the application (client) id, a GUID, of the web "
            "page's app registration (not the API's)."
        )


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
