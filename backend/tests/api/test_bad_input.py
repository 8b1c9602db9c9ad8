"""Bad input at chat: each kind gets its status and a problem document, and nothing of what was sent comes back."""

import json
from typing import Any

import httpx
import pytest

from backend.tests.api.conftest import Service, problem

URL = "/api/v1/chat"
JSON = {"Content-Type": "application/json"}
MARK = "zanzibar"
"""A word in each bad body that must not come back."""

FIELDS: list[tuple[str, Any, int, str]] = [
    ("content missing", {}, 422, "invalid_request"),
    ("content empty", {"content": ""}, 422, "invalid_request"),
    ("content blank", {"content": " \t\r\n\u00a0\u2003"}, 422, "invalid_request"),
    ("content null", {"content": None}, 422, "invalid_request"),
    ("content a number", {"content": 7}, 422, "invalid_request"),
    ("content a boolean", {"content": True}, 422, "invalid_request"),
    ("content a list", {"content": [MARK]}, 422, "invalid_request"),
    ("content an object", {"content": {MARK: MARK}}, 422, "invalid_request"),
    ("content too long", {"content": "a" * 32_001}, 413, "content_too_long"),
    ("content with NUL", {"content": f"{MARK}\x00"}, 422, "invalid_request"),
    ("content with escape", {"content": f"{MARK}\x1b[2J"}, 422, "invalid_request"),
    ("unknown field", {"content": "hi", MARK: 1}, 422, "invalid_request"),
    ("agent unknown", {"content": "hi", "agent_id": MARK}, 404, "not_found"),
    ("agent path-like", {"content": "hi", "agent_id": "../elena"}, 404, "not_found"),
    ("agent empty", {"content": "hi", "agent_id": ""}, 404, "not_found"),
    ("agent null", {"content": "hi", "agent_id": None}, 422, "invalid_request"),
    ("agent a number", {"content": "hi", "agent_id": 3}, 422, "invalid_request"),
    ("session empty", {"content": "hi", "session_id": ""}, 422, "invalid_request"),
    ("session path-like", {"content": "hi", "session_id": f"../{MARK}"}, 422, "invalid_request"),
    ("session dots", {"content": "hi", "session_id": ".."}, 422, "invalid_request"),
    ("session slash", {"content": "hi", "session_id": "a/b"}, 422, "invalid_request"),
    ("session newline", {"content": "hi", "session_id": "abc\n"}, 422, "invalid_request"),
    ("session NUL", {"content": "hi", "session_id": "a\x00b"}, 422, "invalid_request"),
    ("session control", {"content": "hi", "session_id": "a\x07b"}, 422, "invalid_request"),
    ("session other digits", {"content": "hi", "session_id": "\u0661"}, 422, "invalid_request"),
    ("session too long", {"content": "hi", "session_id": "a" * 129}, 422, "invalid_request"),
    ("session a number", {"content": "hi", "session_id": 5}, 422, "invalid_request"),
    ("an array", ["content", MARK], 422, "invalid_request"),
    ("a string", MARK, 422, "invalid_request"),
    ("a number", 12, 422, "invalid_request"),
    ("null", None, 422, "invalid_request"),
]


@pytest.mark.parametrize(("body", "status", "code"), [case[1:] for case in FIELDS], ids=[case[0] for case in FIELDS])
async def test_each_bad_field_has_its_status_and_is_not_repeated(
    open_service: Service, body: Any, status: int, code: str
) -> None:
    response = await open_service.client.post(URL, content=json.dumps(body), headers=JSON)
    problem(response, status, code)
    assert MARK not in response.text


RAW: list[tuple[str, bytes, dict[str, str], int]] = [
    ("no body", b"", JSON, 422),
    ("not JSON", f"{{content: {MARK}".encode(), JSON, 422),
    ("cut off", f'{{"content": "{MARK}'.encode(), JSON, 422),
    ("lone surrogate", b'{"content": "zanzibar \\ud800"}', JSON, 422),
    ("reversed surrogates", b'{"content": "\\udc00\\ud800"}', JSON, 422),
    ("raw surrogate bytes", b'{"content": "\xed\xa0\x80"}', JSON, 422),
    ("latin-1 bytes", b'{"content": "\xe9"}', JSON, 422),
    ("NaN", b'{"content": NaN}', JSON, 422),
    ("deep nesting", b'{"content":' + b"[" * 100_000, JSON, 422),
    ("text/plain", b'{"content": "hi"}', {"Content-Type": "text/plain"}, 415),
    ("a form", b"content=hi", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ("multipart", b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
    ("no content type", b'{"content": "hi"}', {}, 415),
    ("almost JSON", b'{"content": "hi"}', {"Content-Type": "application/jsonp"}, 415),
    ("larger than any question", b'{"content": "' + b"a" * 500_000 + b'"}', JSON, 413),
    ("larger than any body", b" " * 2_000_000, JSON, 413),
]


@pytest.mark.parametrize(("body", "headers", "status"), [case[1:] for case in RAW], ids=[case[0] for case in RAW])
async def test_each_bad_body_has_its_status_and_is_not_repeated(
    open_service: Service, body: bytes, headers: dict[str, str], status: int
) -> None:
    response = await open_service.client.post(URL, content=body, headers=headers)
    problem(response, status)
    assert MARK not in response.text


async def test_a_body_of_unknown_length_is_bounded_while_it_arrives(open_service: Service) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        for _ in range(10_000):
            sent += 65_536
            yield b" " * 65_536

    try:
        response = await open_service.client.post(URL, content=endless(), headers=JSON)
    except httpx.TransportError:
        pass  # the server answered and closed while we were still sending
    else:
        problem(response, 413, "too_large")
    assert sent < 64 << 20
    assert (await open_service.ask("Still there?")).status_code == 200


async def test_json_with_parameters_in_its_content_type_is_json(open_service: Service) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert (await open_service.client.post(URL, content=b'{"content": "hi"}', headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", URL, 405),
        ("PUT", URL, 405),
        ("DELETE", "/health", 405),
        ("GET", "/api/v1/nothing", 404),
        ("POST", "/api/v1/nothing", 404),
        ("GET", "/api", 404),
        ("GET", "/api/v1/chat/", 404),
        ("GET", "/api/v1/agents/nobody", 404),
        ("GET", "/api/v1/agents/..%2F..%2Fetc", 404),
        ("GET", "/api/v1/voice/config/nobody", 404),
        ("GET", "/api/v1/memory/episodes/none-of-mine", 404),
        ("GET", "/api/v1/memory/episodes/a%00b", 422),
        ("GET", "/api/v1/memory/episodes?limit=0", 422),
        ("GET", "/api/v1/memory/episodes?limit=zanzibar", 422),
        ("GET", "/api/v1/memory/episodes?cursor=zanzibar", 422),
        ("POST", "/voice", 404),
    ],
)
async def test_what_is_not_there_or_not_so_is_a_problem_document(
    open_service: Service, method: str, path: str, status: int
) -> None:
    response = await open_service.client.request(method, path)
    problem(response, status)
    assert MARK not in response.text
    assert status != 405 or response.headers["allow"]
