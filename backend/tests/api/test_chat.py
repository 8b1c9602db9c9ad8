"""Chat at the door: an answer in the documented shape, one memory across sessions and agents, each owner's own."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from backend.tests.api.conftest import Service, problem, someone


async def test_a_question_gets_an_answer_in_the_documented_shape_chat(open_service: Service) -> None:
    before = datetime.now(UTC)
    response = await open_service.client.post(
        "/api/v1/chat", json={"content": "What is the capital of France?", "agent_id": "elena"}
    )
    assert response.status_code == 200
    answer = response.json()
    assert "Paris" in answer["content"]
    assert (answer["agent_id"], answer["agent_name"]) == ("elena", "Elena")
    assert re.fullmatch(r"msg_[0-9a-f]{32}", answer["message_id"])
    assert answer["session_id"]
    assert answer["tokens_used"] > 0
    assert answer["latency_ms"] >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer["timestamp"])
    assert abs(datetime.fromisoformat(answer["timestamp"]) - before) < timedelta(seconds=30)
    assert response.headers["cache-control"] == "no-store"


async def test_the_session_remembers_what_was_said_before(service: Service) -> None:
    token = someone()
    first = await service.ask("Hello, my name is Ada.", token=token, session_id="one")
    assert first.json()["session_id"] == "one"
    second = await service.ask("What is my name?", token=token, session_id="one")
    assert "Ada" in second.json()["content"]


async def test_another_session_of_the_same_person_knows_it_from_memory_and_says_where_from(service: Service) -> None:
    token = someone()
    await service.ask("Hello, my name is Grace.", token=token, session_id="monday")
    answer = (await service.ask("What is my name?", token=token, session_id="tuesday")).json()
    assert "Grace" in answer["content"]
    assert any(place["session_id"] == "monday" and "Grace" in place["excerpt"] for place in answer["recalled"])
    assert set(answer["recalled"][0]) == {"turn_id", "session_id", "said_at", "excerpt"}


async def test_two_people_with_the_same_session_id_never_meet(service: Service) -> None:
    ada, eve = someone(), someone()
    await service.ask("Hello, my name is Ada.", token=ada, session_id="shared")
    answer = (await service.ask("What is my name?", token=eve, session_id="shared")).json()
    assert "Ada" not in answer["content"]
    assert answer["recalled"] == []
    transcript = await service.client.get("/api/v1/memory/episodes/shared", headers={"Authorization": f"Bearer {eve}"})
    assert "Ada" not in transcript.text


async def test_the_conversation_goes_on_with_another_agent(service: Service) -> None:
    token = someone()
    await service.ask("Hello, my name is Ada.", token=token, session_id="s")
    answer = (await service.ask("What is my name?", token=token, session_id="s", agent_id="marcus")).json()
    assert answer["agent_name"] == "Marcus"
    assert "Ada" in answer["content"]


async def test_question_and_answer_are_in_the_episode_under_the_message_id(service: Service) -> None:
    token = someone()
    answer = (await service.ask("Keep this.", token=token, session_id="kept")).json()
    episode = await service.client.get("/api/v1/memory/episodes/kept", headers={"Authorization": f"Bearer {token}"})
    turns = episode.json()["transcript"]
    assert [(turn["role"], turn["channel"], turn["interrupted"]) for turn in turns] == [
        ("user", "chat", False),
        ("assistant", "chat", False),
    ]
    assert turns[0]["content"] == "Keep this."
    assert (turns[1]["id"], turns[1]["content"]) == (answer["message_id"], answer["content"])
    assert turns[0]["timestamp"] <= turns[1]["timestamp"]


async def test_without_a_session_id_each_question_begins_a_session(service: Service) -> None:
    token = someone()
    first, second = await asyncio.gather(service.ask("One", token=token), service.ask("Two", token=token))
    assert first.json()["session_id"] != second.json()["session_id"]


async def test_many_questions_at_once_are_all_answered_and_all_kept(service: Service) -> None:
    token = someone()
    answers = await asyncio.gather(*(service.ask(f"Number {n}", token=token, session_id="busy") for n in range(30)))
    assert [answer.status_code for answer in answers] == [200] * 30
    episode = await service.client.get("/api/v1/memory/episodes/busy", headers={"Authorization": f"Bearer {token}"})
    turns = episode.json()["transcript"]
    assert len(turns) == 60
    assert {turn["content"] for turn in turns if turn["role"] == "user"} == {f"Number {n}" for n in range(30)}


async def test_text_in_any_script_comes_back_as_it_was_sent(service: Service) -> None:
    text = "Größe 界 🎧\tقلب\r\nline \u2028 two \x7f \u0085"
    answer = await service.ask(text, token=someone())
    assert answer.status_code == 200
    assert "界 🎧" in answer.json()["content"]


async def test_the_longest_question_is_answered_and_one_character_more_is_not(service: Service) -> None:
    token = someone()
    assert (await service.ask("🎧" * 32_000, token=token)).status_code == 200
    problem(await service.ask("a" * 32_001, token=token), 413, "content_too_long")


@pytest.mark.parametrize("role", ["viewer", "auditor"])
async def test_who_may_not_write_may_not_ask(service: Service, role: str) -> None:
    problem(await service.ask("Hello", token=f"dev_carol_{role}"), 403, "forbidden")


async def test_a_viewer_reads_and_an_unknown_role_reads_nothing(service: Service) -> None:
    get = service.client.get
    assert (await get("/api/v1/memory/episodes", headers={"Authorization": "Bearer dev_c_viewer"})).status_code == 200
    problem(await get("/api/v1/memory/episodes", headers={"Authorization": "Bearer dev_c_auditor"}), 403, "forbidden")
    deleting = await service.client.delete(
        "/api/v1/memory/episodes/any", headers={"Authorization": "Bearer dev_c_viewer"}
    )
    problem(deleting, 403, "forbidden")
