"""The five levels: what each accepts, what each refuses, and that every refusal names setting, cause and remedy."""

import re
from pathlib import Path

import pytest

from backend.core.levels import Level
from backend.core.settings import Settings, SettingsError, load_settings

KEY = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="
ENTRA = {
    "AZURE_TENANT_ID": "11111111-2222-4333-8444-555555555555",
    "AZURE_CLIENT_ID": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
}
PRODUCTION = ENTRA | {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgresql://engram@db/engram",
    "ENCRYPTION_KEY": KEY,
    "CORS_ORIGINS": '["https://app.example.org"]',
    "AZURE_AI_ENDPOINT": "https://gateway.example.org/openai/v1",
    "AZURE_VOICELIVE_ENDPOINT": "https://account.services.ai.azure.com",
    "AUDIT_LOG_ENABLED": "true",
    "DATA_RETENTION_DAYS": "90",
    "LOG_LEVEL": "WARNING",
    "DEBUG": "false",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any setting of ours."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def problems(environment: pytest.MonkeyPatch, **values: str) -> list[str]:
    """What start-up refuses with these variables."""
    for name, value in values.items():
        environment.setenv(name, value)
    try:
        load_settings(None)
    except SettingsError as error:
        return error.problems
    return []


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({"ENVIRONMENT": "development", "AUTH_REQUIRED": "false"}, Level.POC),
        ({}, Level.DEVELOPMENT),
        ({"ENVIRONMENT": "Development", "AUTH_REQUIRED": "true"}, Level.DEVELOPMENT),
        (
            {"ENVIRONMENT": "test", "DATABASE_URL": "postgresql://test_user@test-postgres/engram_test", **ENTRA},
            Level.TEST,
        ),
        (PRODUCTION | {"ENVIRONMENT": "uat"}, Level.UAT),
        (PRODUCTION, Level.PRODUCTION),
    ],
)
def test_the_level_follows_from_environment_and_auth_required(
    environment: pytest.MonkeyPatch, values: dict[str, str], level: Level
) -> None:
    assert problems(environment, **values) == []
    assert load_settings(None).level is level


@pytest.mark.parametrize("name", ["test", "uat", "production"])
def test_above_development_nobody_starts_without_sign_in(environment: pytest.MonkeyPatch, name: str) -> None:
    found = problems(environment, **PRODUCTION | {"ENVIRONMENT": name, "AUTH_REQUIRED": "false"})
    assert [problem.split(":")[0] for problem in found] == ["AUTH_REQUIRED"]


REFUSED = [
    ("test", {"DATABASE_URL": ""}, "DATABASE_URL"),
    ("uat", {"DATABASE_URL": ""}, "DATABASE_URL"),
    ("production", {"DATABASE_URL": "mysql://db/engram"}, "DATABASE_URL"),
    ("test", {"AUDIT_LOG_ENABLED": "false"}, "AUDIT_LOG_ENABLED"),
    ("uat", {"AUDIT_LOG_ENABLED": "false"}, "AUDIT_LOG_ENABLED"),
    ("production", {"AUDIT_LOG_ENABLED": "false"}, "AUDIT_LOG_ENABLED"),
    ("production", {"DEBUG": "true"}, "DEBUG"),
    ("uat", {"CORS_ORIGINS": '["*"]'}, "CORS_ORIGINS"),
    ("production", {"CORS_ORIGINS": '["*"]'}, "CORS_ORIGINS"),
    ("uat", {"CORS_ORIGINS": '["http://app.example.org"]'}, "CORS_ORIGINS"),
    ("production", {"CORS_ORIGINS": '["http://localhost:5173"]'}, "CORS_ORIGINS"),
    ("uat", {"ENCRYPTION_KEY": ""}, "ENCRYPTION_KEY"),
    ("production", {"ENCRYPTION_KEY": ""}, "ENCRYPTION_KEY"),
    ("production", {"ENCRYPTION_KEY": "too-short"}, "ENCRYPTION_KEY"),
    ("production", {"ENCRYPTION_KEY": "0" * 64}, "ENCRYPTION_KEY"),
    ("production", {"AZURE_VOICELIVE_KEY": "a-key"}, "AZURE_VOICELIVE_KEY"),
    (
        "production",
        {"AZURE_AI_KEY": "a-key", "AZURE_AI_ENDPOINT": "https://account.services.ai.azure.com"},
        "AZURE_AI_KEY",
    ),
    ("production", {"AZURE_AI_ENDPOINT": "http://gateway.example.org/openai/v1"}, "AZURE_AI_ENDPOINT"),
    ("development", {"AZURE_AI_ENDPOINT": "gateway.example.org"}, "AZURE_AI_ENDPOINT"),
    ("development", {"AZURE_AI_ENDPOINT": "https://g.example.org/v1/chat/completions"}, "AZURE_AI_ENDPOINT"),
    ("development", {"AZURE_VOICELIVE_ENDPOINT": "https://user:pw@host"}, "AZURE_VOICELIVE_ENDPOINT"),
    ("development", {"AZURE_VOICELIVE_ENDPOINT": "https://host/voice-live/realtime"}, "AZURE_VOICELIVE_ENDPOINT"),
    ("development", {"AZURE_VOICELIVE_ENDPOINTS": "first.example.org"}, "AZURE_VOICELIVE_ENDPOINTS"),
    ("development", {"AZURE_VOICELIVE_ENDPOINTS": '["https://a.example.org", 2]'}, "AZURE_VOICELIVE_ENDPOINTS"),
    ("development", {"AZURE_VOICELIVE_ENDPOINTS": "[https://a.example.org"}, "AZURE_VOICELIVE_ENDPOINTS"),
    ("uat", {"AZURE_VOICELIVE_ENDPOINTS": "https://a.example.org,http://b.example.org"}, "AZURE_VOICELIVE_ENDPOINTS"),
    ("development", {"VOICE_IDLE_MINUTES": "-1"}, "VOICE_IDLE_MINUTES"),
    ("development", {"CORS_ORIGINS": '["https://app.example.org/"]'}, "CORS_ORIGINS"),
    ("development", {"CORS_ORIGINS": '["app.example.org"]'}, "CORS_ORIGINS"),
    ("development", {"CORS_ORIGINS": "https://app.example.org"}, "CORS_ORIGINS"),
    ("development", {"CORS_ORIGINS": '["https://<CUSTOMER_SWA_HOSTNAME>"]'}, "CORS_ORIGINS"),
    ("development", {"AZURE_VOICELIVE_KEY": "<key-vault-secretref>"}, "AZURE_VOICELIVE_KEY"),
    ("development", {"DATA_RETENTION_DAYS": "0"}, "DATA_RETENTION_DAYS"),
    ("development", {"METRICS_TOKEN": "short"}, "METRICS_TOKEN"),
    ("development", {"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4317"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ("development", {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://u:pw@host"}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ("development", {"OTEL_EXPORTER_OTLP_HEADERS": "a-key-alone"}, "OTEL_EXPORTER_OTLP_HEADERS"),
    ("development", {"CHAT_TIMEOUT_SECONDS": "soon"}, "CHAT_TIMEOUT_SECONDS"),
    ("development", {"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
    ("staging", {}, "ENVIRONMENT"),
    (
        "development",
        {
            "AZURE_VOICELIVE_ENDPOINT": "https://one.services.ai.azure.com",
            "AZURE_EXISTING_AIPROJECT_ENDPOINT": "https://two.services.ai.azure.com/api/projects/p",
        },
        "AZURE_EXISTING_AIPROJECT_ENDPOINT",
    ),
    (
        "development",
        {
            "AZURE_EXISTING_AIPROJECT_ENDPOINT": "https://one.services.ai.azure.com/api/projects/p",
            "AZURE_VOICELIVE_PROJECT_NAME": "q",
        },
        "AZURE_VOICELIVE_PROJECT_NAME",
    ),
    (
        "development",
        {"AZURE_EXISTING_AIPROJECT_RESOURCE_ID": "/subscriptions/1/somewhere"},
        "AZURE_EXISTING_AIPROJECT_RESOURCE_ID",
    ),
]


@pytest.mark.parametrize(("name", "values", "refused"), REFUSED)
def test_what_a_level_forbids_is_refused_by_its_name_with_cause_and_remedy(
    environment: pytest.MonkeyPatch, name: str, values: dict[str, str], refused: str
) -> None:
    base = PRODUCTION if name in ("test", "uat", "production") else {}
    found = problems(environment, **base | {"ENVIRONMENT": name} | values)
    assert [problem.split(":", 1)[0] for problem in found] == [refused]
    assert re.fullmatch(r"[A-Z_]+: .+?[.] .+[.]", found[0]), found[0]


def test_all_faults_are_reported_together_the_malformed_and_the_forbidden(environment: pytest.MonkeyPatch) -> None:
    found = problems(
        environment, ENVIRONMENT="production", AUTH_REQUIRED="false", DEBUG="true", DATA_RETENTION_DAYS="many",
        CORS_ORIGINS='["*"]', AZURE_AI_KEY="<secret>",
    )  # fmt: skip
    assert {problem.split(":", 1)[0] for problem in found} == {
        "AUTH_REQUIRED", "AZURE_AI_KEY", "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "CORS_ORIGINS", "DATABASE_URL",
        "DATA_RETENTION_DAYS", "DEBUG", "ENCRYPTION_KEY",
    }  # fmt: skip


def test_no_refusal_repeats_a_secret(environment: pytest.MonkeyPatch) -> None:
    secret = "hunter2hunter2"
    found = problems(
        environment, ENVIRONMENT="production", ENCRYPTION_KEY=secret, AZURE_VOICELIVE_KEY=secret,
        DATABASE_URL=f"mysql://u:{secret}@db/x", **ENTRA,
    )  # fmt: skip
    assert len(found) == 3
    assert secret not in "".join(found)


def test_the_representation_of_settings_holds_no_secret(environment: pytest.MonkeyPatch) -> None:
    secret = "hunter2hunter2"
    for name in ("AZURE_AI_KEY", "AZURE_VOICELIVE_KEY", "AZURE_CLIENT_SECRET", "ENCRYPTION_KEY", "ZEP_API_KEY"):
        environment.setenv(name, secret)
    environment.setenv("DATABASE_URL", f"postgresql://u:{secret}@db/x")
    environment.setenv("METRICS_TOKEN", secret)
    environment.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"api-key={secret}")
    assert secret not in repr(Settings())
    assert secret in Settings().secrets()


def test_the_audit_log_is_on_by_default_where_the_level_says_so(environment: pytest.MonkeyPatch) -> None:
    assert not load_settings(None).audit_enabled
    assert problems(environment, **{k: v for k, v in PRODUCTION.items() if k != "AUDIT_LOG_ENABLED"}) == []
    assert load_settings(None).audit_enabled


def test_a_gateway_key_stays_allowed_in_production(environment: pytest.MonkeyPatch) -> None:
    assert problems(environment, **PRODUCTION, AZURE_AI_KEY="a-rotated-key") == []


def test_the_environment_wins_over_the_file_and_empty_means_unset(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text('LOG_LEVEL=DEBUG\nDATA_RETENTION_DAYS=30\nLOCAL_AI_TIER=small\nCORS_ORIGINS=["http://a.test"]\n')
    environment.setenv("LOG_LEVEL", "WARNING")
    environment.setenv("AZURE_VOICELIVE_MODEL", "")
    settings = load_settings(file)
    assert (settings.log_level, settings.data_retention_days) == ("WARNING", 30)
    assert settings.azure_voicelive_model == "gpt-realtime"
    assert settings.cors_origins == ["http://a.test"]


def test_the_settings_template_starts_as_it_is(environment: pytest.MonkeyPatch) -> None:
    assert load_settings(Path(__file__).parents[3] / ".env.example").level is Level.DEVELOPMENT


ACCOUNT = "https://acc.services.ai.azure.com"
RESOURCE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/acc/projects/proj"


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({}, ""),
        ({"AZURE_VOICELIVE_ENDPOINT": f"{ACCOUNT}/"}, ACCOUNT),
        (
            {"AZURE_VOICELIVE_ENDPOINT": ACCOUNT, "AZURE_VOICELIVE_PROJECT_NAME": "proj"},
            f"{ACCOUNT}/api/projects/proj",
        ),
        ({"AZURE_EXISTING_AIPROJECT_ENDPOINT": f"{ACCOUNT}/api/projects/proj"}, f"{ACCOUNT}/api/projects/proj"),
        (
            {"AZURE_VOICELIVE_ENDPOINT": ACCOUNT, "AZURE_EXISTING_AIPROJECT_RESOURCE_ID": RESOURCE},
            f"{ACCOUNT}/api/projects/proj",
        ),
        ({"AZURE_VOICELIVE_ENDPOINT": f"{ACCOUNT}/api/projects/proj"}, f"{ACCOUNT}/api/projects/proj"),
        ({"AZURE_VOICELIVE_ENDPOINTS": f"{ACCOUNT}/", "AZURE_VOICELIVE_ENDPOINT": ACCOUNT}, ACCOUNT),
    ],
)
def test_voicelive_is_reached_under_the_project_that_is_named(
    environment: pytest.MonkeyPatch, values: dict[str, str], url: str
) -> None:
    assert problems(environment, **values) == []
    assert load_settings(None).voicelive_urls == ([url] if url else [])


@pytest.mark.parametrize(
    "written", [f'["{ACCOUNT}", "https://second.example.org"]', f"{ACCOUNT}, https://second.example.org,"]
)
def test_voicelive_endpoints_are_tried_in_the_order_in_which_they_stand(
    environment: pytest.MonkeyPatch, written: str
) -> None:
    assert problems(environment, AZURE_VOICELIVE_ENDPOINTS=written) == []
    settings = load_settings(None)
    assert settings.azure_voicelive_endpoint == ACCOUNT
    assert settings.voicelive_urls == [ACCOUNT, "https://second.example.org"]
    assert problems(environment, AZURE_VOICELIVE_ENDPOINT="https://own.example.org") == []
    assert load_settings(None).voicelive_urls == ["https://own.example.org", ACCOUNT, "https://second.example.org"]


@pytest.mark.parametrize(
    ("endpoint", "project", "url"),
    [
        ("https://gw.azure-api.net/contoso/openai/v1", "contoso", "https://gw.azure-api.net/contoso/openai/v1"),
        ("http://127.0.0.1:8090/openai/v1/", "", "http://127.0.0.1:8090/openai/v1"),
        (ACCOUNT, "contoso", f"{ACCOUNT}/api/projects/contoso/openai/v1"),
        (f"{ACCOUNT}/openai/v1", "contoso", f"{ACCOUNT}/api/projects/contoso/openai/v1"),
        (f"{ACCOUNT}/openai/v1", "", f"{ACCOUNT}/openai/v1"),
        (f"{ACCOUNT}/api/projects/own", "contoso", f"{ACCOUNT}/api/projects/own/openai/v1"),
    ],
)
def test_the_project_name_counts_for_foundry_endpoints_only(
    environment: pytest.MonkeyPatch, endpoint: str, project: str, url: str
) -> None:
    assert problems(environment, AZURE_AI_ENDPOINT=endpoint, AZURE_AI_PROJECT_NAME=project) == []
    assert load_settings(None).chat_base_url == url
