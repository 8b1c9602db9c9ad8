"""A gateway that fails: each failure has its status, cause and remedy, and none is answered 200 with an apology."""

import asyncio
import time

import pytest

from backend.tests.api.conftest import Service, StartService, problem, someone

FAULTS = [
    ("fault-401", 502, "gateway_unauthorised", "AZURE_AI_KEY"),
    ("fault-403", 502, "gateway_unauthorised", "role"),
    ("fault-404", 502, "gateway_not_found", "AZURE_AI_DEPLOYMENT"),
    ("fault-429", 429, "rate_limited", "quota"),
    ("fault-500", 503, "gateway_unavailable", "500"),
    ("fault-503", 503, "gateway_unavailable", "503"),
    ("fault-stall", 504, "gateway_timeout", "CHAT_TIMEOUT_SECONDS"),
    ("fault-reset", 503, "gateway_unreachable", "network"),
    ("fault-badjson", 502, "gateway_malformed", "OpenAI-compatible"),
    ("fault-nochoices", 502, "gateway_malformed", "OpenAI-compatible"),
    ("fault-empty", 502, "gateway_empty", "reduce the conversation history"),
]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize(("key", "status", "code", "remedy"), FAULTS, ids=[fault[0] for fault in FAULTS])
async def test_each_failure_of_the_gateway_is_told_with_its_remedy_and_nothing_is_stored(
    start_service: StartService, key: str, status: int, code: str, remedy: str, accept: str
) -> None:
    token = someone()
    async with start_service(azure_ai_key=key, chat_timeout_seconds=2.0) as service:
        started = time.monotonic()
        response = await service.ask("Hello", token=token, session_id="s", headers={"Accept": accept})
        assert time.monotonic() - started < 4
        document = problem(response, status, code)
        assert remedy in document["detail"]
        assert key not in response.text
        if status in (429, 503):
            assert int(response.headers["retry-after"]) > 0
        kept = await service.client.get("/api/v1/memory/episodes/s", headers={"Authorization": f"Bearer {token}"})
        problem(kept, 404)


async def test_the_gateways_own_retry_after_is_passed_on(start_service: StartService) -> None:
    async with start_service(azure_ai_key="fault-429", chat_timeout_seconds=2.0) as service:
        response = await service.ask("Hello", token=someone())
        assert response.headers["retry-after"] == "7"


@pytest.mark.parametrize("key", ["fault-once-503-plain", "fault-once-500-plain"])
async def test_a_failure_that_passes_is_not_seen_by_the_caller(start_service: StartService, key: str) -> None:
    async with start_service(azure_ai_key=key) as service:
        assert (await service.ask("Hello", token=someone())).status_code == 200


async def test_without_an_endpoint_chat_says_what_to_set(start_service: StartService) -> None:
    async with start_service(azure_ai_endpoint="") as service:
        document = problem(await service.ask("Hello", token=someone()), 503, "not_configured")
        assert "AZURE_AI_ENDPOINT" in document["detail"]


async def test_an_endpoint_where_nobody_listens_is_unreachable(start_service: StartService) -> None:
    async with start_service(azure_ai_endpoint="http://127.0.0.1:9/openai/v1", chat_timeout_seconds=3) as service:
        problem(await service.ask("Hello", token=someone()), 503, "gateway_unreachable")


async def test_the_service_answers_others_while_the_gateway_stalls_for_one(service: Service) -> None:
    asking = asyncio.create_task(service.ask("[fault:stall]", token=someone()))
    answers = await asyncio.gather(*(service.ask(f"Hello {n}", token=someone()) for n in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert not asking.done()
    asking.cancel()
    await asyncio.wait({asking})
