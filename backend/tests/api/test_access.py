"""Every route names its access rule, and the rule holds: at the door, with every kind of token."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute

from backend.api.access import rules_of
from backend.api.main import create_app
from backend.core.settings import Settings
from backend.identity.permissions import PERMISSIONS
from backend.tests.api.conftest import Service, problem

PUBLIC = {
    "/health",
    "/ready",
    "/api/v1/config",
    "/api/v1/agents",
    "/api/v1/agents/{agent_id}",
    "/api/v1/voice/status",
    "/api/v1/voice/config/{agent_id}",
    "/api/v1/openapi.json",
}


def routes(found: list[BaseRoute]) -> Iterator[Any]:
    """Every route of the application, those of included routers too."""
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner.routes)
        else:
            yield route


def test_every_route_and_socket_names_exactly_one_access_rule_and_only_the_documented_ones_are_public() -> None:
    app = create_app(Settings(environment="development", auth_required=False, log_level="ERROR"))
    named = {}
    for route in routes(app.routes):
        assert isinstance(route, APIRoute | APIWebSocketRoute), f"{route} has no access rule"
        found = rules_of(route.dependant)
        assert len(found) == 1, f"{route.path} names {found}"
        named[route.path, *sorted(getattr(route, "methods", ["WS"]))] = found[0]
    assert {path for (path, *_), rule in named.items() if rule == "public"} == PUBLIC
    assert set(named.values()) - {"public"} <= set(PERMISSIONS)
    assert named["/api/v1/chat", "POST"] == "chat"
    assert named["/metrics", "GET"] == "read_metrics"
    assert named["/api/v1/memory/episodes", "GET"] == "read_memory"
    assert named["/api/v1/memory/episodes/{session_id}", "DELETE"] == "write_memory"
    assert named["/api/v1/voice/voicelive/{session_id}", "WS"] == "call"


PRIVATE = [("POST", "/api/v1/chat"), ("GET", "/api/v1/memory/episodes"), ("DELETE", "/api/v1/memory/episodes/s")]


@pytest.mark.parametrize(("method", "path"), PRIVATE)
async def test_without_a_token_the_answer_is_401_missing_token(service: Service, method: str, path: str) -> None:
    response = await service.client.request(method, path)
    document = problem(response, 401, "missing_token")
    assert document["detail"].startswith("Missing token")
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Bearer", "Basic YTpi", "dev_alice_analyst", "Bearer dev_alice", "Bearer dev__admin",
     "Bearer dev_../x_admin", "Bearer dev_alice_analyst extra", "Bearer eyJhbGciOiJub25lIn0.e30."],
)  # fmt: skip
async def test_what_is_no_dev_token_is_401_invalid_token(service: Service, header: str) -> None:
    response = await service.client.get("/api/v1/memory/episodes", headers={"Authorization": header})
    problem(response, 401, "invalid_token")


async def test_a_token_in_the_query_is_not_a_token(service: Service) -> None:
    for name in ("token", "access_token", "bearer"):
        response = await service.client.get(f"/api/v1/memory/episodes?{name}=dev_a_admin")
        document = problem(response, 401, "token_in_query")
        assert "Addresses end up in logs" in document["detail"]


async def test_a_dev_tokens_user_id_may_hold_underscores_and_its_role_is_what_stands_last(service: Service) -> None:
    said = await service.ask("Hello", token="dev_mary_ann_smith_analyst", session_id="underscored")
    assert said.status_code == 200
    for token, status in [("dev_mary_ann_smith_viewer", 200), ("dev_mary_ann_viewer", 404), ("dev_mary_analyst", 404)]:
        headers = {"Authorization": f"Bearer {token}"}
        read = await service.client.get("/api/v1/memory/episodes/underscored", headers=headers)
        assert read.status_code == status, token


@pytest.mark.parametrize(("method", "path"), [*PRIVATE, ("GET", "/api/v1/memory/facts")])
@pytest.mark.parametrize("role", ["owner", "engram", "administrator"])
async def test_a_role_that_is_none_is_403_everywhere(service: Service, method: str, path: str, role: str) -> None:
    response = await service.client.request(method, path, headers={"Authorization": f"Bearer dev_eve_{role}"})
    problem(response, 403, "forbidden")


@pytest.mark.parametrize("role", ["user", "analyst", "admin"])
async def test_analysts_and_admins_may_ask(service: Service, role: str) -> None:
    assert (await service.ask("Hello", token=f"dev_bob_{role}")).status_code == 200


@pytest.mark.parametrize("path", sorted(PUBLIC))
async def test_what_is_public_needs_no_token(service: Service, path: str) -> None:
    response = await service.client.get(path.replace("{agent_id}", "elena"))
    assert response.status_code == 200
    assert "test-key" not in response.text


async def test_at_the_proof_of_concept_level_everybody_is_the_same_guest(open_service: Service) -> None:
    await open_service.ask("Hello", session_id="guests", token="dev_carol_viewer")
    for header in ("", "Basic YTpi", "Bearer dev_alice_analyst", "nonsense"):
        headers = {"Authorization": header} if header else {}
        kept = await open_service.client.get("/api/v1/memory/episodes/guests", headers=headers)
        assert kept.status_code == 200, header
