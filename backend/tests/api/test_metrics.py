"""GET /metrics is for whoever watches the service, and says nothing of anybody."""

import httpx
from fastapi import FastAPI

from backend.api.main import create_app
from backend.core.settings import Settings
from backend.tests.api.conftest import Service, StartService, problem

TOKEN = "scrape-0123456789abcdef01234567"


async def ask(app: FastAPI, client: str, **headers: str) -> httpx.Response:
    """GET /metrics as if from this address; the route needs no open service."""
    transport = httpx.ASGITransport(app, client=(client, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as asking:
        return await asking.get("/metrics", headers=headers)


def an_app(**values: object) -> FastAPI:
    return create_app(Settings(_env_file=None, environment="development", log_level="ERROR", **values))  # type: ignore[arg-type,call-arg]


async def test_an_administrator_reads_them_and_nobody_else(service: Service) -> None:
    problem(await service.client.get("/metrics"), 401, "missing_token")
    analyst = {"Authorization": "Bearer dev_alice_analyst"}
    problem(await service.client.get("/metrics", headers=analyst), 403, "forbidden")
    answer = await service.client.get("/metrics", headers={"Authorization": "Bearer dev_root_admin"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "# TYPE engram_voice_wait_seconds histogram" in answer.text
    assert "process_cpu_seconds_total" in answer.text


async def test_openmetrics_is_given_where_it_is_asked_for(service: Service) -> None:
    headers = {"Authorization": "Bearer dev_root_admin", "Accept": "application/openmetrics-text; version=1.0.0"}
    answer = await service.client.get("/metrics", headers=headers)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


async def test_the_metrics_token_reads_them_from_anywhere() -> None:
    app = an_app(metrics_token=TOKEN, auth_required=False)
    assert (await ask(app, "203.0.113.9", Authorization=f"Bearer {TOKEN}")).status_code == 200
    for wrong in (f"Bearer {TOKEN}x", "Bearer ", TOKEN, f"Bearer {TOKEN[:-1]}"):
        problem(await ask(app, "203.0.113.9", Authorization=wrong), 403, "forbidden")


async def test_without_sign_in_they_are_read_from_this_machine_only() -> None:
    app = an_app(auth_required=False)
    assert (await ask(app, "127.0.0.1")).status_code == 200
    assert (await ask(app, "::1")).status_code == 200
    refused = problem(await ask(app, "203.0.113.9"), 403, "forbidden")
    assert "METRICS_TOKEN" in refused["detail"]


async def test_where_people_sign_in_the_metrics_token_does_too_and_no_label_names_a_person(
    start_service: StartService,
) -> None:
    async with start_service(metrics_token=TOKEN) as service:
        await service.ask("My name is Ada", session_id="metrics-secret-session", token="dev_metricsperson_admin")
        for wrong in (f"{TOKEN}x", TOKEN[:-1]):
            problem(await service.client.get("/metrics", headers={"Authorization": f"Bearer {wrong}"}), 401)
        answer = await service.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert "metrics-secret-session" not in answer.text
    assert "metricsperson" not in answer.text
