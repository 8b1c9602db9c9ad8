"""A gateway that fails: each failure has its status, cause and remedy, and none is answered 200 with an apology."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from backend.chat.gateway import Gateway
from backend.chat.turn import Chat
from backend.identity.outgoing import Outgoing
from backend.tests.api.conftest import Service, problem, someone

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


@contextlib.asynccontextmanager
async def asking(service: Service, **changes: Any) -> AsyncIterator[None]:
    """Have the service ask a gateway by other settings: a fault is chosen by the key."""
    real = service.services
    settings = real.settings.model_copy(update=changes)
    outgoing = Outgoing(settings)
    gateway = Gateway(settings, outgoing)
    chat = Chat(settings, real.agents, real.memory, gateway, real.toolboxes)
    service.app.state.services = replace(real, settings=settings, gateway=gateway, chat=chat)
    try:
        yield
    finally:
        service.app.state.services = real
        for room in (chat, gateway, outgoing):
            await room.close()


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize(("key", "status", "code", "remedy"), FAULTS, ids=[fault[0] for fault in FAULTS])
async def test_each_failure_of_the_gateway_is_told_with_its_remedy_and_nothing_is_stored(
    service: Service, key: str, status: int, code: str, remedy: str, accept: str
) -> None:
    token, seconds = someone(), 1.0 if code == "gateway_timeout" else 2.0
    async with asking(service, azure_ai_key=key, chat_timeout_seconds=seconds):
        started = time.monotonic()
        response = await service.ask("Hello", token=token, session_id="s", headers={"Accept": accept})
        assert time.monotonic() - started < 10, "within its time, and a loaded machine's"
        document = problem(response, status, code)
        assert remedy in document["detail"]
        assert key not in response.text
        if status in (429, 503):
            assert int(response.headers["retry-after"]) > 0
        kept = await service.client.get("/api/v1/memory/episodes/s", headers={"Authorization": f"Bearer {token}"})
        problem(kept, 404)


async def test_the_gateways_own_retry_after_is_passed_on(service: Service) -> None:
    async with asking(service, azure_ai_key="fault-429", chat_timeout_seconds=2.0):
        response = await service.ask("Hello", token=someone())
        assert response.headers["retry-after"] == "7"


@pytest.mark.parametrize("key", ["fault-once-503-plain", "fault-once-500-plain"])
async def test_a_failure_that_passes_is_not_seen_by_the_caller(service: Service, key: str) -> None:
    async with asking(service, azure_ai_key=key):
        assert (await service.ask("Hello", token=someone())).status_code == 200


async def test_without_an_endpoint_chat_says_what_to_set(service: Service) -> None:
    async with asking(service, azure_ai_endpoint=""):
        document = problem(await service.ask("Hello", token=someone()), 503, "not_configured")
        assert "AZURE_AI_ENDPOINT" in document["detail"]


async def test_an_endpoint_where_nobody_listens_is_unreachable(service: Service) -> None:
    async with asking(service, azure_ai_endpoint="http://127.0.0.1:9/openai/v1", chat_timeout_seconds=5):
        problem(await service.ask("Hello", token=someone()), 503, "gateway_unreachable")


async def test_the_service_answers_others_while_the_gateway_stalls_for_one(service: Service) -> None:
    stalled = asyncio.create_task(service.ask("[fault:stall]", token=someone()))
    answers = await asyncio.gather(*(service.ask(f"Hello {n}", token=someone()) for n in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert not stalled.done()
    stalled.cancel()
    await asyncio.wait({stalled})
