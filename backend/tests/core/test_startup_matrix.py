"""The start-up matrix: a safe set of settings starts at every level, each unsafe one alone is refused by its name."""

import ast
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.api.main import create_app
from backend.core import refusals
from backend.core.settings import Settings, SettingsError, load_settings

LEVELS: dict[str, dict[str, str]] = {
    "poc": {"ENVIRONMENT": "development", "AUTH_REQUIRED": "false"},
    "development": {"ENVIRONMENT": "development"},
    "test": {"ENVIRONMENT": "test"},
    "uat": {"ENVIRONMENT": "uat"},
    "production": {"ENVIRONMENT": "production"},
}
SAFE = {
    "DATABASE_URL": "postgresql://engram@db/engram",
    "ENCRYPTION_KEY": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
    "CORS_ORIGINS": '["https://app.example.org"]',
    "AZURE_AI_ENDPOINT": "https://gateway.example.org/openai/v1",
    "AZURE_VOICELIVE_ENDPOINT": "https://account.services.ai.azure.com",
    "AZURE_TENANT_ID": "11111111-2222-4333-8444-555555555555",
    "AZURE_CLIENT_ID": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    "AUDIT_LOG_ENABLED": "true",
    "LOG_LEVEL": "WARNING",
    "DEBUG": "false",
}
GUID = "11111111-2222-4333-8444-555555555555"
PROJECT_B = {"AZURE_EXISTING_AIPROJECT_ENDPOINT": "https://account.services.ai.azure.com/api/projects/b"}
EVERYWHERE = tuple(LEVELS)
ENTRA = ("test", "uat", "production")
STRICT = ("uat", "production")
LIMITS = [name.upper() for name in Settings.model_fields if name.startswith("limit_")]
UNSAFE: list[tuple[str, dict[str, str], Sequence[str]]] = [
    ("AUTH_REQUIRED", {"AUTH_REQUIRED": "false"}, ENTRA),
    ("DATABASE_URL", {"DATABASE_URL": ""}, ENTRA),
    ("DATABASE_URL", {"DATABASE_URL": "mysql://engram@db/engram"}, EVERYWHERE),
    ("AUDIT_LOG_ENABLED", {"AUDIT_LOG_ENABLED": "false"}, ENTRA),
    ("DEBUG", {"DEBUG": "true"}, ("production",)),
    ("CORS_ORIGINS", {"CORS_ORIGINS": '["*"]'}, STRICT),
    ("CORS_ORIGINS", {"CORS_ORIGINS": '["http://app.example.org"]'}, STRICT),
    ("CORS_ORIGINS", {"CORS_ORIGINS": '["https://app.example.org/"]'}, EVERYWHERE),
    ("CORS_ORIGINS", {"CORS_ORIGINS": '["https://*.example.org/x"]'}, EVERYWHERE),
    ("CORS_ORIGINS", {"CORS_ORIGINS": '["https://<CUSTOMER_SWA_HOSTNAME>"]'}, EVERYWHERE),
    ("ENCRYPTION_KEY", {"ENCRYPTION_KEY": ""}, STRICT),
    ("ENCRYPTION_KEY", {"ENCRYPTION_KEY": "too-short"}, EVERYWHERE),
    ("ENCRYPTION_KEY", {"ENCRYPTION_KEY": "0" * 64}, EVERYWHERE),
    ("AZURE_VOICELIVE_KEY", {"AZURE_VOICELIVE_KEY": "a-key"}, ("production",)),
    ("AZURE_VOICELIVE_KEY", {"AZURE_VOICELIVE_KEY": "<key-vault-secretref>"}, EVERYWHERE),
    (
        "AZURE_AI_KEY",
        {"AZURE_AI_KEY": "a-key", "AZURE_AI_ENDPOINT": "https://account.services.ai.azure.com"},
        ("production",),
    ),
    ("AZURE_AI_ENDPOINT", {"AZURE_AI_ENDPOINT": "http://gateway.example.org/openai/v1"}, STRICT),
    ("AZURE_AI_ENDPOINT", {"AZURE_AI_ENDPOINT": "https://user:pw@gateway.example.org/v1"}, EVERYWHERE),
    ("AZURE_AI_ENDPOINT", {"AZURE_AI_ENDPOINT": "https://gateway.example.org/openai/v1/chat/completions"}, EVERYWHERE),
    ("AZURE_VOICELIVE_ENDPOINT", {"AZURE_VOICELIVE_ENDPOINT": "http://account.example.org"}, STRICT),
    ("AZURE_VOICELIVE_ENDPOINTS", {"AZURE_VOICELIVE_ENDPOINTS": '["http://second.example.org"]'}, STRICT),
    ("AZURE_VOICELIVE_ENDPOINTS", {"AZURE_VOICELIVE_ENDPOINTS": "[second"}, EVERYWHERE),
    ("AZURE_VOICELIVE_PROJECT_NAME", {"AZURE_VOICELIVE_PROJECT_NAME": "a"} | PROJECT_B, EVERYWHERE),
    (
        "AZURE_EXISTING_AIPROJECT_ENDPOINT",
        {"AZURE_EXISTING_AIPROJECT_ENDPOINT": "https://account.services.ai.azure.com"},
        EVERYWHERE,
    ),
    (
        "AZURE_EXISTING_AIPROJECT_ENDPOINT",
        {"AZURE_EXISTING_AIPROJECT_ENDPOINT": "https://other.services.ai.azure.com/api/projects/b"},
        EVERYWHERE,
    ),
    ("AZURE_EXISTING_AIPROJECT_RESOURCE_ID", {"AZURE_EXISTING_AIPROJECT_RESOURCE_ID": "b"}, EVERYWHERE),
    ("AZURE_AUTHORITY_HOST", {"AZURE_AUTHORITY_HOST": "http://login.example.org"}, EVERYWHERE),
    ("AZURE_CLIENT_SECRET", {"AZURE_CLIENT_SECRET": "a-secret"}, ("production",)),
    ("ZEP_API_URL", {"ZEP_API_URL": "http://zep.example.org"}, STRICT),
    ("ZEP_API_URL", {"ZEP_API_URL": "zep"}, EVERYWHERE),
    ("ZEP_API_VERSION", {"ZEP_API_VERSION": "ce"}, EVERYWHERE),
    ("METRICS_TOKEN", {"METRICS_TOKEN": "guess-me"}, EVERYWHERE),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://u:pw@collector.example"}, EVERYWHERE),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317/v1/traces"}, EVERYWHERE),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, EVERYWHERE),
    ("APPLICATIONINSIGHTS_CONNECTION_STRING", {"APPLICATIONINSIGHTS_CONNECTION_STRING": "the-key"}, EVERYWHERE),
    (
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        {"APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={GUID};IngestionEndpoint=http://in.example.org"},
        EVERYWHERE,
    ),
    ("OTEL_EXPORTER_OTLP_HEADERS", {"OTEL_EXPORTER_OTLP_HEADERS": "the-key-alone"}, EVERYWHERE),
    ("LOG_LEVEL", {"LOG_LEVEL": "LOUD"}, EVERYWHERE),
    ("ENTRA_SPA_CLIENT_ID", {"ENTRA_SPA_CLIENT_ID": "the-page"}, EVERYWHERE),
    ("AZURE_TENANT_ID", {"AZURE_TENANT_ID": ""}, ENTRA),
    ("AZURE_TENANT_ID", {"AZURE_TENANT_ID": "common"}, ENTRA),
    ("AZURE_TENANT_ID", {"AZURE_TENANT_ID": "contoso.onmicrosoft.com"}, ENTRA),
    ("ENTRA_TENANT_IDS", {"ENTRA_TENANT_IDS": '["organizations"]'}, ENTRA),
    ("ENTRA_TENANT_IDS", {"ENTRA_TENANT_IDS": "[organizations"}, EVERYWHERE),
    ("AZURE_CLIENT_ID", {"AZURE_CLIENT_ID": ""}, ENTRA),
    ("AZURE_CLIENT_ID", {"AZURE_CLIENT_ID": "engram"}, ENTRA),
    ("ENTRA_API_AUDIENCE", {"ENTRA_API_AUDIENCE": "https://graph.microsoft.com"}, ENTRA),
    ("ENTRA_AUTHORITY", {"ENTRA_AUTHORITY": "http://login.example.org"}, ENTRA),
    ("ENTRA_AUTHORITY", {"ENTRA_AUTHORITY": "login.example.org"}, EVERYWHERE),
    ("ENTRA_MFA_AUTH_CONTEXT", {"ENTRA_MFA_AUTH_CONTEXT": "mfa"}, ("production",)),
    ("ENTRA_MFA_AUTH_CONTEXT", {"ENTRA_MFA_AUTH_CONTEXT": "c100"}, ("production",)),
    ("SESSION_HOURS", {"SESSION_HOURS": "8.5"}, ("production",)),
    ("SESSION_HOURS", {"SESSION_HOURS": "1000"}, EVERYWHERE),
    ("TRUSTED_PROXIES", {"TRUSTED_PROXIES": '["0.0.0.0/0"]'}, EVERYWHERE),
    ("TRUSTED_PROXIES", {"TRUSTED_PROXIES": '["10.0.0.0/8","::/0"]'}, EVERYWHERE),
    ("TRUSTED_PROXIES", {"TRUSTED_PROXIES": '["the-proxy"]'}, EVERYWHERE),
    ("FORWARDED_ALLOW_IPS", {"FORWARDED_ALLOW_IPS": "*"}, EVERYWHERE),
    ("DATA_RETENTION_DAYS", {"DATA_RETENTION_DAYS": "0"}, EVERYWHERE),
    *[(name, {name: "0"}, STRICT) for name in LIMITS],
    *[(name, {name: "-1"}, EVERYWHERE) for name in LIMITS],
]
CASES = [
    pytest.param(level, name, values, level in refused, id=f"{level}-{'-'.join(f'{k}={v}' for k, v in values.items())}")
    for name, values, refused in UNSAFE
    for level in LEVELS
    if not (name == "AUTH_REQUIRED" and level in ("poc", "development"))  # there it is what tells the two apart
]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any setting of ours."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def problems(environment: pytest.MonkeyPatch, values: dict[str, str]) -> list[str]:
    """What start-up refuses with these variables."""
    for name, value in values.items():
        environment.setenv(name, value)
    try:
        load_settings(None)
    except SettingsError as error:
        return error.problems
    return []


@pytest.mark.parametrize("level", LEVELS)
def test_the_safe_set_starts(environment: pytest.MonkeyPatch, level: str) -> None:
    assert problems(environment, SAFE | LEVELS[level]) == []
    settings = load_settings(None)
    assert settings.level.value == level
    assert create_app(settings).state.settings is settings


@pytest.mark.parametrize(("level", "name", "values", "refused"), CASES)
def test_each_unsafe_setting_alone_is_refused_by_its_name_where_it_is_unsafe(
    environment: pytest.MonkeyPatch, level: str, name: str, values: dict[str, str], refused: bool
) -> None:
    found = problems(environment, SAFE | LEVELS[level] | values)
    assert {problem.split(":", 1)[0] for problem in found} == ({name} if refused else set())
    for problem in found:
        assert re.fullmatch(r"[A-Z_]+: .+?[.] .+[.]", problem), "name, cause and remedy"


def test_every_limit_and_every_setting_of_sign_in_is_in_the_matrix() -> None:
    tried = {name for name, _, _ in UNSAFE}
    ours = {name.upper() for name in Settings.model_fields if name.startswith(("entra_", "limit_"))}
    # A scope that is wrong admits nobody: nothing about it is unsafe.
    assert ours - tried == {"ENTRA_API_SCOPE"}


def test_every_setting_that_can_be_refused_is_in_the_matrix() -> None:
    tried = {name for name, _, _ in UNSAFE}
    said = {
        str(part.value)
        for part in ast.walk(ast.parse(Path(refusals.__file__).read_text(encoding="utf-8")))
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    refused = {found[1] for text in said if (found := re.match(r"([A-Z][A-Z0-9_]+): ", text))}
    assert {"AUTH_REQUIRED", "ENCRYPTION_KEY", "TRUSTED_PROXIES"} <= refused
    assert refused - tried == set()
    assert {name.upper() for name in refusals._ADDRESSES} - tried == set()
