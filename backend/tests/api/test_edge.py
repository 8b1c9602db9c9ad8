"""The outermost layer: ids, security headers, exact origins, foreign host names, failures nobody expected."""

import re

import pytest
from starlette.requests import HTTPConnection

from backend.api import access
from backend.api.main import create_app
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.tests.api.conftest import Service, StartService, problem

ORIGIN = "http://localhost:5173"


async def test_every_answer_carries_a_request_id_and_the_callers_own_is_kept(open_service: Service) -> None:
    get = open_service.client.get
    first, second = await get("/health"), await get("/health")
    assert re.fullmatch(r"req_[0-9a-f]{32}", first.headers["x-request-id"])
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert (await get("/health", headers={"X-Request-Id": "mine-1"})).headers["x-request-id"] == "mine-1"
    for bad in ("a b", "x" * 65, 'a"b'):
        assert (await get("/health", headers={"X-Request-Id": bad})).headers["x-request-id"] != bad


@pytest.mark.parametrize("path", ["/health", "/api/v1/nothing", "/voice"])
async def test_every_answer_carries_the_security_headers(open_service: Service, path: str) -> None:
    headers = (await open_service.client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "microphone=(self)" in headers["permissions-policy"]
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self' blob:"
    assert policy["connect-src"] == f"'self' {ORIGIN} ws://localhost:5173"
    assert policy["frame-ancestors"] == "'none'"


async def test_only_the_listed_origin_is_allowed_and_exactly_so(open_service: Service) -> None:
    async def allowed(origin: str) -> str | None:
        response = await open_service.client.get("/api/v1/agents", headers={"Origin": origin})
        value: str | None = response.headers.get("access-control-allow-origin")
        return value

    assert await allowed(ORIGIN) == ORIGIN
    for other in ("http://localhost:5174", "https://localhost:5173", "http://localhost:5173.evil.test", "null", "*"):
        assert await allowed(other) is None


async def test_a_preflight_of_a_foreign_origin_is_refused(open_service: Service) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,authorization"}
    own = await open_service.client.options("/api/v1/chat", headers=asked | {"Origin": ORIGIN})
    assert own.status_code == 200
    assert own.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in own.headers
    foreign = await open_service.client.options("/api/v1/chat", headers=asked | {"Origin": "https://evil.test"})
    assert foreign.status_code == 400
    assert "access-control-allow-origin" not in foreign.headers


async def test_a_failure_reaches_the_page_of_a_listed_origin_too(open_service: Service) -> None:
    response = await open_service.client.get("/api/v1/agents/nobody", headers={"Origin": ORIGIN})
    problem(response, 404)
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "X-Request-Id" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "host", ["evil.test", "evil.test:8082", "", "127.0.0.1.evil.test", "[::1", "localhost.evil.test"]
)
async def test_a_loopback_server_does_not_answer_to_a_foreign_name(open_service: Service, host: str) -> None:
    problem(await open_service.client.get("/api/v1/agents", headers={"Host": host}), 421, "host_refused")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:9", "[::1]:8082", "localhost:5173"])
async def test_a_loopback_server_answers_to_every_loopback_name(open_service: Service, host: str) -> None:
    assert (await open_service.client.get("/api/v1/agents", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    ("origin", "host", "may"),
    [
        (None, "localhost:8082", True),
        ("https://app.test", "api.test", True),
        ("https://app.test:444", "api.test", False),
        ("http://app.test", "api.test", False),
        ("https://api.test", "api.test", True),
        ("https://api.test.evil.test", "api.test", False),
        ("null", "api.test", False),
        ("", "api.test", False),
    ],
)
def test_a_websocket_is_opened_by_our_page_a_listed_origin_or_no_browser(
    origin: str | None, host: str, may: bool
) -> None:
    app = create_app(Settings(auth_required=False, log_level="ERROR", cors_origins=["https://app.test"]))
    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin is not None else [])
    connection = HTTPConnection({"type": "websocket", "app": app, "headers": headers, "server": ("10.0.0.1", 80)})
    if may:
        access.check_origin(connection)
    else:
        with pytest.raises(Problem) as caught:
            access.check_origin(connection)
        assert (caught.value.status, caught.value.code) == (403, "origin_refused")


async def test_a_failure_nobody_expected_is_500_without_its_words(start_service: StartService) -> None:
    async with start_service(auth_required=False) as service:
        service.app.state.services = None
        response = await service.client.get("/api/v1/agents")
        problem(response, 500, "internal")
        assert "NoneType" not in response.text
        assert (await service.client.get("/health")).status_code == 200


async def test_debug_names_the_kind_of_an_unexpected_failure(start_service: StartService) -> None:
    async with start_service(auth_required=False, debug=True, log_level="ERROR") as service:
        service.app.state.services = None
        document = problem(await service.client.get("/api/v1/agents"), 500, "internal")
        assert document["detail"].endswith("(AttributeError)")
