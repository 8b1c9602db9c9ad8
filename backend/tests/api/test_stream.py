"""The answer as server-sent events: pieces, then the same JSON as the plain answer; a leaver's part is interrupted."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx

from backend.chat.gateway import Completion, Usage
from backend.chat.history import Message
from backend.chat.turn import Chat
from backend.core.problems import Problem
from backend.tests.api.conftest import SOON, Service, problem, someone

STREAM = {"Accept": "text/event-stream"}


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a stream, as (name, data)."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


class Slow:
    """A gateway that says 'one two' (or, for a whole answer, nothing) and then waits to be let on."""

    def __init__(self, failure: Problem | None = None) -> None:
        self.go_on = asyncio.Event()
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self._failure = failure

    async def consult(
        self, messages: Sequence[Message], *, model: str, max_tokens: int, schema: Mapping[str, Any], seconds: float
    ) -> dict[str, Any]:
        return {}

    async def complete(self, messages: Sequence[Message], *, model: str, max_tokens: int, **more: Any) -> Completion:
        self.begun.set()
        try:
            await self.go_on.wait()
            return Completion("one two three", 9, "stop")
        finally:
            self.ended.set()

    async def stream(
        self, messages: Sequence[Message], *, model: str, max_tokens: int, **more: Any
    ) -> AsyncIterator[str | Usage]:
        try:
            yield "one "
            yield "two"
            await self.go_on.wait()
            if self._failure:
                raise self._failure
            yield " three"
            yield Usage(9, "stop")
        finally:
            self.ended.set()


def through(service: Service, gateway: Slow) -> Service:
    """Another view of the service whose chat uses this gateway."""
    services = service.services
    chat = Chat(services.settings, services.agents, services.memory, gateway)
    service.app.state.services = replace(services, chat=chat)
    return service


async def test_a_stream_ends_with_the_same_json_as_the_plain_answer(service: Service) -> None:
    response = await service.ask("Stream this please", token=someone(), session_id="st", headers=STREAM)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    *deltas, (last, done) = events(response.text)
    assert {name for name, _ in deltas} == {"delta"}
    assert last == "done"
    assert "".join(data["text"] for _, data in deltas) == done["content"]
    plain = (await service.ask("Stream this please", token=someone())).json()
    assert set(done) == set(plain)
    assert done["content"] == plain["content"]
    assert done["session_id"] == "st"
    assert done["tokens_used"] > 0


async def test_a_streamed_answer_is_in_the_episode(service: Service) -> None:
    token = someone()
    _, (_, done) = events((await service.ask("Keep it", token=token, session_id="st", headers=STREAM)).text)[-2:]
    kept = await service.client.get("/api/v1/memory/episodes/st", headers={"Authorization": f"Bearer {token}"})
    assert [turn["content"] for turn in kept.json()["transcript"]] == ["Keep it", done["content"]]
    assert kept.json()["transcript"][1]["id"] == done["message_id"]


async def test_pieces_arrive_while_the_model_is_still_thinking(service: Service) -> None:
    gateway = Slow()
    real = service.services
    through(service, gateway)
    try:
        async with service.client.stream(
            "POST", "/api/v1/chat", json={"content": "Count"}, headers=STREAM | {"Authorization": f"Bearer {someone()}"}
        ) as response:
            seen = ""
            async with asyncio.timeout(SOON):
                pieces = response.aiter_text()
                while "two" not in seen:
                    seen += await anext(pieces)
                assert not gateway.ended.is_set()
                gateway.go_on.set()
                seen += "".join([piece async for piece in pieces])
        assert events(seen)[-1][1]["content"] == "one two three"
        assert events(seen)[-1][1]["tokens_used"] == 9
    finally:
        service.app.state.services = real


async def test_who_leaves_a_stream_has_question_and_part_kept_as_interrupted(service: Service) -> None:
    gateway, token = Slow(), someone()
    headers = {"Authorization": f"Bearer {token}"}
    real = service.services
    through(service, gateway)
    try:
        async with httpx.AsyncClient(base_url=service.url, timeout=SOON) as leaver:
            body = {"content": "Count", "session_id": "left"}
            async with leaver.stream("POST", "/api/v1/chat", json=body, headers=STREAM | headers) as response:
                seen = ""
                pieces = response.aiter_text()
                while "two" not in seen:
                    seen += await anext(pieces)
        async with asyncio.timeout(SOON):
            await gateway.ended.wait()
            while (kept := await service.client.get("/api/v1/memory/episodes/left", headers=headers)).is_error:
                pass
    finally:
        service.app.state.services = real
    turns = kept.json()["transcript"]
    assert [(turn["content"], turn["interrupted"]) for turn in turns] == [("Count", False), ("one two", True)]


async def test_who_leaves_before_a_whole_answer_cancels_the_model_and_only_the_question_is_kept(
    service: Service,
) -> None:
    gateway, token = Slow(), someone()
    real = service.services
    through(service, gateway)
    try:
        asking = asyncio.create_task(service.ask("I cannot wait", token=token, session_id="left"))
        async with asyncio.timeout(SOON):
            await gateway.begun.wait()
            asking.cancel()
            await gateway.ended.wait()
            url, headers = "/api/v1/memory/episodes/left", {"Authorization": f"Bearer {token}"}
            while (kept := await service.client.get(url, headers=headers)).is_error:
                pass
    finally:
        service.app.state.services = real
    assert not gateway.go_on.is_set()
    assert [(turn["role"], turn["content"]) for turn in kept.json()["transcript"]] == [("user", "I cannot wait")]


async def test_a_failure_after_the_first_piece_is_an_error_event_and_nothing_is_stored(service: Service) -> None:
    gateway, token = Slow(Problem(503, "gateway_unreachable", "Gone", "It broke.", retryable=True)), someone()
    gateway.go_on.set()
    real = service.services
    through(service, gateway)
    try:
        response = await service.ask("Count", token=token, session_id="broken", headers=STREAM)
    finally:
        service.app.state.services = real
    assert response.status_code == 200
    name, document = events(response.text)[-1]
    assert (name, document["code"], document["status"], document["retryable"]) == (
        "error",
        "gateway_unreachable",
        503,
        True,
    )
    kept = await service.client.get("/api/v1/memory/episodes/broken", headers={"Authorization": f"Bearer {token}"})
    problem(kept, 404)


async def test_a_stream_that_stops_midway_ends_within_the_budget_with_an_error_event(service: Service) -> None:
    response = await service.ask("[fault:reset-midway]", token=someone(), headers=STREAM)
    assert events(response.text)[-1][0] == "error"
    assert events(response.text)[-1][1]["code"] == "gateway_unreachable"


async def test_a_refusal_before_the_stream_has_its_own_status(service: Service) -> None:
    problem(await service.ask("", token=someone(), headers=STREAM), 422)
    problem(await service.ask("Hello", headers=STREAM), 401, "missing_token")
    problem(await service.ask("Hello", token=someone(), agent_id="nobody", headers=STREAM), 404)
