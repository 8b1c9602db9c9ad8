"""One mind, two ways: what is typed reaches the running call, what is spoken the open page, at another replica too."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from backend.api.routers import episode_events
from backend.tests.api.conftest import SOON, Service, StartService, problem, someone
from backend.tests.api.test_voice_and_chat import call, until

LONG = "Please tell me everything that you know about the migration of the customer data, in every detail there is"

WITHIN = 1.0
"""Seconds from a turn being stored to its being told elsewhere."""


@pytest.fixture(scope="module")
async def here_and_there(start_service: StartService, gateway: str) -> AsyncIterator[tuple[Service, Service]]:
    """Two services on one database, each with its own connections and its own notices."""
    voicelive = {"azure_voicelive_endpoint": gateway.removesuffix("/openai/v1"), "azure_voicelive_key": "k"}
    async with start_service(**voicelive) as here, start_service(**voicelive) as there:
        yield here, there


@contextlib.asynccontextmanager
async def followed(
    service: Service, session_id: str, token: str, *events: str
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """Open the page's stream of events; give what those of the given names tell, turns if none are given."""
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/api/v1/memory/episodes/{session_id}/events"
    async with service.client.stream("GET", path, headers=headers) as stream:
        assert stream.status_code == 200
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: open"

        async def turns() -> AsyncIterator[dict[str, Any]]:
            name = ""
            async for line in lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name in (events or ("turn",)):
                    yield json.loads(line.removeprefix("data: "))

        yield turns()


@pytest.mark.parametrize("far", [False, True], ids=["same replica", "another replica"])
async def test_a_typed_turn_is_known_to_the_running_call_within_a_second(
    here_and_there: tuple[Service, Service], far: bool
) -> None:
    here, there = here_and_there
    token, session_id = someone(), f"typed-{far}"
    loop = asyncio.get_running_loop()
    async with call(here, session_id, token) as socket:
        await until(socket, type="state", state="ready")
        answer = await (there if far else here).ask("My name is Ada.", token=token, session_id=session_id)
        assert answer.status_code == 200
        stored = loop.time()
        mine = await until(socket, type="turn", role="user")
        theirs = await until(socket, type="turn", role="assistant")
        assert loop.time() - stored < WITHIN
        assert mine["content"] == "My name is Ada."
        assert mine["channel"] == "chat"
        assert theirs["item_id"] == answer.json()["message_id"]
        assert mine["seq"] < theirs["seq"]
        await socket.send(json.dumps({"type": "text", "content": "What is my name?"}))
        said = await until(socket, type="transcription", status="complete", speaker="assistant")
        assert said["text"] == "Your name is Ada.", "VoiceLive's own conversation has it"
    kept = await here.client.get(f"/api/v1/memory/episodes/{session_id}", headers={"Authorization": f"Bearer {token}"})
    contents = [turn["content"] for turn in kept.json()["transcript"]]
    assert contents.count("My name is Ada.") == 1


@pytest.mark.parametrize("far", [False, True], ids=["same replica", "another replica"])
async def test_a_spoken_turn_reaches_the_open_page_within_a_second(
    here_and_there: tuple[Service, Service], far: bool
) -> None:
    here, there = here_and_there
    token, session_id = someone(), f"spoken-{far}"
    loop = asyncio.get_running_loop()
    async with followed(there if far else here, session_id, token) as turns, call(here, session_id, token) as socket:
        await until(socket, type="state", state="ready")
        await socket.send(json.dumps({"type": "text", "content": "Hello from the call"}))
        asked = await until(socket, type="transcription", status="complete", speaker="user")
        began = loop.time()
        turn = await anext(turns)
        assert loop.time() - began < WITHIN
        assert (turn["id"], turn["content"], turn["channel"]) == (asked["item_id"], "Hello from the call", "voice")
        answered = await until(socket, type="transcription", status="complete", speaker="assistant")
        async for turn in turns:
            if turn["id"] == answered["item_id"] and turn["content"] == "You said: Hello from the call.":
                break


async def test_an_answer_that_nobody_heard_is_taken_from_the_open_page_again(
    here_and_there: tuple[Service, Service],
) -> None:
    here, there = here_and_there
    token, session_id = someone(), "withdrawn"
    async with (
        followed(there, session_id, token, "turn", "withdrawn") as events,
        call(here, session_id, token) as socket,
    ):
        await until(socket, type="state", state="ready")
        await socket.send(json.dumps({"type": "text", "content": LONG}))
        item_id = (await until(socket, type="audio"))["item_id"]
        while (await anext(events))["id"] != item_id:  # an answer is stored while it sounds
            pass
        await socket.send(json.dumps({"type": "cancel"}))
        await until(socket, type="interrupted", item_id=item_id)
        await socket.send(json.dumps({"type": "played", "item_id": item_id, "ms": 0}))
        while (gone := await anext(events)).keys() != {"id"}:
            pass
        assert gone["id"] == item_id
        kept = await there.client.get(
            f"/api/v1/memory/episodes/{session_id}", headers={"Authorization": f"Bearer {token}"}
        )
    assert [turn["content"] for turn in kept.json()["transcript"]] == [LONG]


async def test_nobody_follows_the_conversation_of_somebody_else(here_and_there: tuple[Service, Service]) -> None:
    here, _ = here_and_there
    mine, theirs = someone(), someone()
    async with followed(here, "private", theirs) as turns:
        await here.ask("Only for me", token=mine, session_id="private")
        await here.ask("For them", token=theirs, session_id="private")
        assert (await anext(turns))["content"] == "For them"
    nobody = await here.client.get("/api/v1/memory/episodes/private/events")
    problem(nobody, 401)
    problem(
        await here.client.get("/api/v1/memory/episodes/%2E%2E%2E/events", headers={"Authorization": f"Bearer {mine}"}),
        422,
    )


async def test_a_page_that_leaves_is_forgotten(here_and_there: tuple[Service, Service]) -> None:
    here, _ = here_and_there
    before = here.services.changes.watchers
    async with followed(here, "left", someone()):
        assert here.services.changes.watchers == before + 1
    async with asyncio.timeout(SOON):
        while here.services.changes.watchers > before:  # noqa: ASYNC110 - the server notices when it does
            await asyncio.sleep(0.02)


async def test_one_person_does_not_take_all_the_streams(
    here_and_there: tuple[Service, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = here_and_there
    monkeypatch.setattr(episode_events, "MOST_OF_ONE", 1)
    mine = someone()
    async with followed(here, "one", mine):
        second = await here.client.get(
            "/api/v1/memory/episodes/two/events", headers={"Authorization": f"Bearer {mine}"}
        )
        problem(second, 503, "too_many_streams")
        async with followed(here, "theirs", someone()):
            pass


async def test_those_who_follow_are_let_go_when_the_process_stops(start_service: StartService) -> None:
    token = someone()
    async with start_service() as service:
        async with service.client.stream(
            "GET", "/api/v1/memory/episodes/s/events", headers={"Authorization": f"Bearer {token}"}
        ) as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            await service.services.drain()
            with contextlib.suppress(httpx.RemoteProtocolError):
                assert not [line async for line in lines if line.startswith("event: turn")]
        ready = await service.client.get("/ready")
        assert ready.status_code == 503
        assert ready.json()["status"] == "draining"
        async with call(service, "late", token) as socket:
            refused = await until(socket, type="error")
            assert refused["code"] == "moved"
            assert refused["retryable"]
            await socket.wait_closed()
            assert socket.close_code == 4410
