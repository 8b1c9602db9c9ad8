"""`engram doctor` against real services: every symptom of the operating procedure's troubleshooting guide is a case."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiohttp import web
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

from backend.agents.profiles import AgentDirectory, McpServer
from backend.cli.doctor import here, services
from backend.cli.doctor.command import examine
from backend.cli.doctor.findings import Finding, as_lines, exit_code
from backend.cli.doctor.running import running
from backend.cli.main import app
from backend.core.settings import Settings
from backend.storage.database import Database
from backend.storage.migrations import HEAD
from backend.tests.agents.test_mcp import over_http
from backend.tests.api.conftest import StartService, gateway, light_starts, start_service  # noqa: F401  # fixtures
from backend.tests.conftest import free_port
from backend.tests.identity.issuer import TENANT, Issuer
from backend.tests.telemetry.test_exporters import GrpcCollector, over_grpc  # noqa: F401  # fixture
from backend.tests.telemetry.test_traces import Collector, collector  # noqa: F401  # fixture
from backend.voice import fast_path


def configured(gateway: str, **changes: Any) -> Settings:  # noqa: F811
    values: dict[str, Any] = {
        "auth_required": False,
        "azure_ai_endpoint": gateway,
        "azure_ai_key": "the-gateways-own-key",
        "azure_voicelive_endpoint": gateway.removesuffix("/openai/v1"),
        "azure_voicelive_key": "the-voice-services-key",
        "chat_timeout_seconds": 10,
    }
    return Settings(_env_file=None, **(values | changes))  # type: ignore[call-arg]


async def looked(settings: Settings) -> list[Finding]:
    return await examine(settings)


def faults(found: list[Finding], check: str) -> list[Finding]:
    return [finding for finding in found if finding.check == check and finding.state in ("failed", "warning")]


async def test_where_all_works_nothing_is_found_and_the_exit_code_says_so(gateway: str) -> None:  # noqa: F811
    found = await looked(configured(gateway))
    assert exit_code(found) == 0, as_lines(found)
    assert not [finding for finding in found if finding.state in ("failed", "warning")]
    told = "\n".join(as_lines(found))
    assert "PCM16, mono, 24 kHz both ways" in told
    assert "voice en-US-Ava:DragonHDLatestNeural" in told


GUIDE = [  # 9.1 and 9.2: what is wrong, where it shows, symptom, remedy
    (
        {"azure_voicelive_endpoint": ""},
        "voice", "voicelive_configured: false", "Set AZURE_VOICELIVE_ENDPOINT",
    ),
    (
        {"azure_voicelive_key": "fault-401"},
        "voice", "401 Unauthorized: invalid credential", "AZURE_VOICELIVE_KEY",
    ),
    (
        {"azure_voicelive_endpoint": f"http://127.0.0.1:{free_port()}"},
        "voice", "WebSocket disconnect", "Increase client timeout, check firewall",
    ),
    (
        {"azure_voicelive_key": "fault-429"},
        "voice", "429 Rate limited", "Implement backoff, check quota",
    ),
    (
        {"azure_ai_key": "fault-401"},
        "chat", "401 Unauthorized", "AZURE_AI_KEY",
    ),
    (
        {"azure_ai_key": "fault-429", "chat_timeout_seconds": 3},
        "chat", "429 Rate limited", "Implement backoff, check quota",
    ),
    (
        {"azure_ai_key": "fault-stall", "chat_timeout_seconds": 1},
        "chat", "Slow responses", "Check Azure AI status, consider caching",
    ),
    (
        {"azure_ai_key": "fault-empty"},
        "chat", "Empty responses", "Reduce conversation history",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "check", "symptom", "remedy"), GUIDE)
async def test_each_symptom_of_the_guide_is_found_with_its_remedy(
    gateway: str,  # noqa: F811
    wrong: dict[str, str],
    check: str,
    symptom: str,
    remedy: str,
) -> None:
    found = await looked(configured(gateway, **wrong))
    [fault] = [finding for finding in found if finding.check == check and finding.symptom]
    assert fault.symptom == symptom
    assert fault.cause
    assert remedy in fault.remedy or remedy in fault.cause
    assert exit_code(found) == (fault.state == "failed")


async def test_a_key_that_is_missing_in_key_mode_is_told_in_the_guides_words(
    gateway: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{free_port()}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    [fault] = faults(await looked(configured(gateway, azure_voicelive_key="")), "identity")
    assert "key must be a string" in fault.symptom
    assert "Set AZURE_VOICELIVE_KEY (or use Managed Identity auth)" in fault.remedy


async def test_an_identity_without_the_role_is_told_which_role_to_give_and_where(
    gateway: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def token(_: web.Request) -> web.Response:
        token = {"access_token": "fault-401", "expires_on": "4102444800", "token_type": "Bearer", "resource": "r"}
        return web.json_response(token)

    async with serving([web.get("/msi/token", token)]) as url:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "x")
        [fault] = faults(await looked(configured(gateway, azure_voicelive_key="")), "voice")
    assert fault.symptom == "Failed to establish WebSocket connection: 401"
    assert fault.cause == "Managed Identity lacks VoiceLive permission."
    assert "Cognitive Services Speech User" in fault.remedy


async def test_another_codec_than_asked_for_is_a_finding(gateway: str) -> None:  # noqa: F811
    async def realtime(request: web.Request) -> web.WebSocketResponse:
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        session = (await websocket.receive_json())["session"] | {"output_audio_format": "g711_ulaw"}
        await websocket.send_json({"type": "session.updated", "session": session})
        await websocket.receive()
        return websocket

    async with serving([web.get("/voice-live/realtime", realtime)]) as url:
        [fault] = faults(await looked(configured(gateway, azure_voicelive_endpoint=url)), "audio")
    assert fault.symptom == "Audio quality poor"
    assert "Ensure PCM16, mono; prefer 24kHz" in fault.remedy


async def test_every_endpoint_is_looked_at_and_each_finding_says_whose_it_is(gateway: str) -> None:  # noqa: F811
    async def full(_: web.Request) -> web.Response:
        raise web.HTTPTooManyRequests

    good, away = gateway.removesuffix("/openai/v1"), f"http://127.0.0.1:{free_port()}"
    async with serving([web.get("/voice-live/realtime", full)]) as crowded:
        found = await services_of(configured(gateway, azure_voicelive_endpoints=[good, away, crowded]))
    told = [(finding.state, finding.symptom, finding.detail or finding.cause) for finding in found]
    hosts = [url.removeprefix("http://") for url in (good, away, crowded)]
    assert told[1][0] == "ok"
    assert told[1][2] == f"{hosts[0]}: gpt-realtime opens sessions"
    assert [state for state, *_ in told] == ["ok"] * 4 + ["failed"] * 2
    for (_, symptom, cause), words, host in zip(
        told[4:], ("WebSocket disconnect", "429 Rate limited"), hosts[1:], strict=True
    ):
        assert symptom == words
        assert cause.startswith(f"{host}: ")


async def services_of(settings: Settings) -> list[Finding]:
    return [finding for finding in await looked(settings) if finding.check in ("identity", "voice", "audio")]


def assistants_with(*servers: McpServer) -> AgentDirectory:
    """Elena with these servers of tools, and Marcus with the first of them."""
    elena, marcus = AgentDirectory.load().all()
    return AgentDirectory(
        {
            "elena": elena.model_copy(update={"mcp_servers": servers}),
            "marcus": marcus.model_copy(update={"mcp_servers": servers[:1]}),
        }
    )


async def test_each_server_of_tools_is_asked_once_and_what_is_wrong_with_it_is_told(
    gateway: str,  # noqa: F811
) -> None:
    async def denied(_: web.Request) -> web.Response:
        raise web.HTTPUnauthorized

    port, seen = free_port(), list[str]()
    async with over_http(port, seen), serving([web.post("/mcp", denied)]) as closed, silent() as hanging:
        url = f"http://127.0.0.1:{port}/mcp"
        directory = assistants_with(
            McpServer(name="desk", url=url, allowed_tools=("find",), timeout=20),
            McpServer(name="shelf", url=url, allowed_tools=("find", "fetch"), timeout=20),
            McpServer(name="closed", url=f"{closed}/mcp", allowed_tools=("find",)),
            McpServer(name="hanging", url=f"{hanging}/mcp", allowed_tools=("find",), timeout=0.5),
            McpServer(name="away", url=f"http://127.0.0.1:{free_port()}/mcp", allowed_tools=("find",)),
            McpServer(name="keyless", url=url, headers={"Authorization": "UNSET_KEY"}, allowed_tools=("find",)),
            McpServer(name="program", command=("no-such-program",), allowed_tools=("find",)),
        )
        found = [finding for finding in await examine(configured(gateway), "", directory) if finding.check == "tools"]
    assert [finding.state for finding in found] == ["ok", "warning"] + ["failed"] * 5
    assert found[0].detail == "desk: desk_find"
    assert found[1].cause == "shelf answers and has no fetch."
    assert "elena.yaml" in found[1].remedy
    told = (
        (f"closed ({closed}/mcp)", "MCPError", "headers in elena.yaml"),
        (f"hanging ({hanging}/mcp)", "did not answer in time", "the firewall"),
        ("away (http", "ConnectError", "Check its address"),
        ("keyless (http", "the environment variable UNSET_KEY is not set", "Set it"),
        ("program (no-such-program)", "No such file", "command in elena.yaml"),
    )
    for finding, (where, cause, remedy) in zip(found[2:], told, strict=True):
        assert finding.cause.startswith(where)
        assert cause in finding.cause
        assert remedy in finding.remedy


async def test_where_no_server_of_tools_is_named_or_tools_are_off_none_is_looked_for(gateway: str) -> None:  # noqa: F811
    directory = assistants_with(McpServer(name="desk", url="http://127.0.0.1:9/mcp", allowed_tools=("find",)))
    for changes, agents, words in (
        ({}, AgentDirectory.load(), "mcp_servers"),
        ({"chat_tools": False, "voice_tools": False}, directory, "CHAT_TOOLS or VOICE_TOOLS"),
    ):
        [finding] = await services.tools(configured(gateway, **changes), agents)
        assert finding.state == "not configured"
        assert words in finding.remedy


async def test_a_service_that_asks_for_a_token_says_so_and_one_that_should_and_does_not_is_a_fault(
    start_service: StartService,  # noqa: F811
    gateway: str,  # noqa: F811
    database: Database,
) -> None:
    async with start_service(cors_origins=["https://app.example.org"]) as service:
        settings = configured(
            gateway, auth_required=True, cors_origins=["https://app.example.org", "https://b.example"]
        )
        found = await running(service.url, settings)
        [sign_in] = [finding for finding in found if finding.check == "sign-in"]
        assert sign_in.state == "ok"
        assert "401 Missing token" in sign_in.detail
        assert [finding.state for finding in found if finding.check == "cors"] == ["ok", "failed"]
        [closed] = faults(await running(service.url, configured(gateway)), "sign-in")
        assert "Add Authorization: Bearer <token>" in closed.remedy
    async with start_service(auth_required=False) as open_service:
        [fault] = faults(await running(open_service.url, configured(gateway, auth_required=True)), "sign-in")
    assert fault.state == "failed"
    [gone] = await running(service.url, configured(gateway))
    assert gone.state == "failed"


async def test_the_database_is_looked_at_and_not_changed(database: Database) -> None:
    settings = Settings(_env_file=None, database_url=url_of(database))  # type: ignore[call-arg]
    found = await here.database(settings)
    assert [(finding.check, finding.state) for finding in found] == [
        ("database", "ok"), ("migrations", "ok"), ("clock", "ok"),
    ]  # fmt: skip
    assert HEAD in found[1].detail


async def test_a_schema_of_another_release_and_a_database_that_is_not_there_are_told(
    database: Database,
) -> None:
    def set_revision(revision: str) -> None:
        with psycopg.connect(database.conninfo, autocommit=True) as connection:
            connection.execute("UPDATE alembic_version SET version_num = %s", (revision,))

    settings = Settings(_env_file=None, database_url=url_of(database))  # type: ignore[call-arg]
    try:
        await asyncio.to_thread(set_revision, "9999")
        [fault] = faults(await here.database(settings), "migrations")
        assert "newer than this release" in fault.symptom
        await asyncio.to_thread(set_revision, "0001")
        [old] = [finding for finding in await here.database(settings) if finding.check == "migrations"]
        assert "Start the service" in old.remedy
    finally:
        await asyncio.to_thread(set_revision, HEAD)
    nowhere = Settings(_env_file=None, database_url=f"postgresql://u:hidden-word@127.0.0.1:{free_port()}/d")  # type: ignore[call-arg]
    [fault] = await here.database(nowhere)
    assert fault.state == "failed"
    assert "hidden-word" not in "\n".join(as_lines([fault]))


async def test_the_authority_is_asked_for_its_keys_and_another_tenants_is_refused() -> None:
    issuer = Issuer()
    async with issuer.serving():
        values: dict[str, Any] = {"environment": "uat", "entra_authority": issuer.url, "azure_client_id": "api"}
        right = Settings(_env_file=None, azure_tenant_id=TENANT, **values)  # type: ignore[call-arg]
        found = await services.sign_in(right)
        assert [finding.state for finding in found][:1] == ["ok"], as_lines(found)

    async def elsewhere(_: web.Request) -> web.Response:
        return web.json_response({"issuer": "https://issuer.example/other/v2.0", "jwks_uri": f"{url}/keys", "keys": []})

    async with serving([web.get("/{path:.*}", elsewhere)]) as url:
        wrong = right.model_copy(update={"entra_authority": url})
        [fault] = await services.sign_in(wrong)
    assert "AZURE_TENANT_ID" in fault.remedy


def test_clocks_that_are_far_apart_are_a_fault() -> None:
    assert here.clock("database", 59).state == "ok"
    assert here.clock("database", 61).state == "failed"


def test_secrets_that_others_can_read_and_origins_and_quotas_that_do_not_fit_are_warned_of(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("x")
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        azure_ai_key="a-long-secret",
        cors_origins=["*"],
        azure_voicelive_endpoint="https://account.services.ai.azure.com",
        voice_connections_per_minute=100,
    )
    env_file.chmod(0o644)
    found = [*here.secrets(settings, env_file), *here.origins(settings), *here.quota(settings)]
    assert [finding.state for finding in found] == ["warning"] * 3
    env_file.chmod(0o600)
    assert next(here.secrets(settings, env_file)).state == "ok"


@pytest.mark.parametrize(
    ("compiled", "stale", "state"), [(True, False, "ok"), (False, False, "not configured"), (False, True, "warning")]
)
def test_it_tells_whether_sound_goes_in_c_and_what_to_do_where_not(
    compiled: bool, stale: bool, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_path, "COMPILED", compiled)
    monkeypatch.setattr(fast_path, "STALE", stale)
    [finding] = here.relay(configured("http://127.0.0.1"))
    assert finding.state == state
    assert ("scripts/compile.py" in finding.remedy) is not compiled


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
async def test_a_collector_that_takes_no_spans_is_told_with_the_ports_and_one_that_does_is_well(
    over_grpc: GrpcCollector,  # noqa: F811
    collector: Collector,  # noqa: F811
    protocol: str,
) -> None:
    right, wrong = (over_grpc.url, collector.url) if protocol == "grpc" else (collector.url, over_grpc.url)
    values = {"otel_exporter_otlp_protocol": protocol}
    [well] = await services.spans(configured("", otel_exporter_otlp_endpoint=right, **values))
    assert well.state == "ok"
    [fault] = await services.spans(configured("", otel_exporter_otlp_endpoint=wrong, **values))
    assert fault.state == "warning"
    assert "gRPC on 4317 and HTTP on 4318" in fault.remedy
    assert (await services.spans(configured("")))[0].state == "not configured"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No setting of ours, no .env, and nothing that outlives the test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("AUTH_REQUIRED", "true")
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def test_as_json_it_is_one_object_and_no_secret_is_in_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ZEP_API_KEY", "the-zep-secret")
    environment.setenv("ZEP_API_URL", f"http://127.0.0.1:{free_port()}")
    result = CliRunner().invoke(app, ["doctor", "--json"])
    told = json.loads(result.output)
    assert told["level"] == "development"
    assert told["ok"] is False
    assert result.exit_code == 1
    [zep] = [finding for finding in told["findings"] if finding["check"] == "zep"]
    assert "ZEP_API_URL" in zep["remedy"]
    assert "the-zep-secret" not in result.output


def test_for_a_stricter_level_every_refusal_is_a_finding(environment: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(app, ["doctor", "--level", "prod"])
    assert result.exit_code == 2
    assert "DATABASE_URL" in result.output
    assert "ENCRYPTION_KEY" in result.output
    assert "remedy:" in result.output


def url_of(database: Database) -> str:
    """Return the address of the tests' server as DATABASE_URL has it."""
    parts = conninfo_to_dict(database.conninfo)
    return f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}&port={parts.get('port', 5432)}"


@contextlib.asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """A server that takes connections and never says a word."""
    async with await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0) as server:
        held: list[asyncio.StreamWriter] = []
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for writer in held:
            writer.close()


@contextlib.asynccontextmanager
async def serving(routes: list[web.RouteDef]) -> AsyncIterator[str]:
    application = web.Application()
    application.add_routes(routes)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
