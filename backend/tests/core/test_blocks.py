"""The configuration blocks of the operating procedure (2.2, 3.2, 4.2, 5.2, 6.2): each starts its level as printed."""

import pytest

from backend.core.levels import Level
from backend.core.settings import Settings, SettingsError, load_settings
from backend.tests.core.test_settings import ENTRA, KEY, environment  # noqa: F401  # fixture

VOICE = """
AZURE_VOICELIVE_ENDPOINT=https://account.services.ai.azure.com
AZURE_VOICELIVE_MODEL=gpt-realtime
"""
CHAT = """
AZURE_AI_ENDPOINT=https://gateway.example.org/path/openai/v1
AZURE_AI_DEPLOYMENT=gpt-5-chat
"""
BLOCKS = {
    Level.POC: f"""
        ENVIRONMENT=development
        AUTH_REQUIRED=false
        DEBUG=true
        {VOICE}
        AZURE_VOICELIVE_VOICE=en-US-Ava:DragonHDLatestNeural
        AZURE_VOICELIVE_KEY=the-voice-key
        {CHAT}
        AZURE_AI_KEY=the-gateway-key
    """,
    Level.DEVELOPMENT: f"""
        ENVIRONMENT=development
        DEBUG=true
        LOG_LEVEL=DEBUG
        {VOICE}
        {CHAT}
        APPLICATIONINSIGHTS_CONNECTION_STRING=InstrumentationKey=00000000-0000-0000-0000-000000000000
        OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317
    """,
    Level.TEST: f"""
        ENVIRONMENT=test
        DEBUG=false
        LOG_LEVEL=INFO
        {VOICE}
        {CHAT}
        DATABASE_URL=postgresql://test_user@test-postgres/engram_test
    """,
    Level.UAT: f"""
        ENVIRONMENT=uat
        DEBUG=false
        LOG_LEVEL=INFO
        {VOICE}
        AZURE_VOICELIVE_VOICE=en-US-Ava:DragonHDLatestNeural
        {CHAT}
        DATABASE_URL=postgresql://uat_user@uat-postgres/engram_uat
    """,
    Level.PRODUCTION: f"""
        ENVIRONMENT=production
        DEBUG=false
        LOG_LEVEL=WARNING
        {VOICE}
        AZURE_VOICELIVE_VOICE=en-US-Ava:DragonHDLatestNeural
        {CHAT}
        DATABASE_URL=postgresql://prod_user@prod-postgres/engram_prod
        AUDIT_LOG_ENABLED=true
        DATA_RETENTION_DAYS=90
    """,
}
BESIDES = {
    Level.POC: {},
    Level.DEVELOPMENT: {},
    Level.TEST: ENTRA,  # 4.3
    Level.UAT: ENTRA | {"ENCRYPTION_KEY": KEY},
    Level.PRODUCTION: ENTRA | {"ENCRYPTION_KEY": KEY},
}
"""What a level wants that stands elsewhere in the procedure, or in its words ("enforced", "encrypted") only."""


def printed(level: Level) -> dict[str, str]:
    lines = (line.strip() for line in BLOCKS[level].splitlines())
    return dict(line.split("=", 1) for line in lines if line)


@pytest.mark.parametrize("level", BLOCKS, ids=lambda level: level.value)
def test_each_level_starts_with_the_block_that_is_printed_for_it_and_takes_every_line(
    environment: pytest.MonkeyPatch,  # noqa: F811
    level: Level,
) -> None:
    for name, value in (printed(level) | BESIDES[level]).items():
        environment.setenv(name, value)
    settings = load_settings(None)
    assert settings.level is level
    for name, value in printed(level).items():
        taken = getattr(settings, name.lower())
        assert str(taken).lower() == value.lower(), name


@pytest.mark.parametrize("level", [level for level, more in BESIDES.items() if more], ids=lambda level: level.value)
def test_what_a_block_leaves_to_other_lines_is_asked_for_by_its_name(
    environment: pytest.MonkeyPatch,  # noqa: F811
    level: Level,
) -> None:
    for name, value in printed(level).items():
        environment.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings(None)
    for name in BESIDES[level]:
        assert any(name in problem for problem in refused.value.problems), name
    assert not any(problem.startswith(name) for name in printed(level) for problem in refused.value.problems)
    assert set(printed(level)) <= {name.upper() for name in Settings.model_fields}
