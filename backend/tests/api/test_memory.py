"""Episodes over HTTP: the caller's own conversations, listed, read and deleted."""

import re
from typing import Any

from backend.core.context import Turn
from backend.identity import dev_tokens
from backend.memory.log import TurnLog
from backend.tests.api.conftest import Service, problem, someone
from backend.tests.conftest import a_turn

EPISODES = "/api/v1/memory/episodes"
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def get(service: Service, token: str, path: str = "", **params: Any) -> Any:
    response = await service.client.get(EPISODES + path, params=params, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200, response.text
    return response.json()


async def keep(service: Service, token: str, session: str, *turns: Turn) -> None:
    await TurnLog(service.services.database, service.services.keys).append(dev_tokens.parse(token), session, turns)


async def test_what_was_said_in_chat_and_aloud_is_one_episode_with_its_transcript(service: Service) -> None:
    token = someone()
    await keep(
        service,
        token,
        "tab-1",
        a_turn("Hello Elena, my name is Ada", channel="voice"),
        a_turn("Nice to meet you,", "assistant", channel="voice", agent="elena"),
    )
    answer = (await service.ask("What is my name?", token=token, session_id="tab-1", agent_id="marcus")).json()
    listed = await get(service, token)
    assert listed["next_cursor"] is None
    [episode] = listed["episodes"]
    assert UTC_TIME.fullmatch(episode.pop("created_at"))
    assert UTC_TIME.fullmatch(episode.pop("updated_at"))
    assert episode == {
        "id": "tab-1",
        "title": "Hello Elena, my name is Ada",
        "agents": ["elena", "marcus"],
        "channels": ["voice", "chat"],
        "turn_count": 4,
    }
    shown = await get(service, token, "/tab-1")
    assert shown["id"] == "tab-1"
    assert [(turn["role"], turn["channel"]) for turn in shown["transcript"]] == [
        ("user", "voice"),
        ("assistant", "voice"),
        ("user", "chat"),
        ("assistant", "chat"),
    ]
    last = shown["transcript"][-1]
    assert (last["id"], last["content"], last["timestamp"]) == (
        answer["message_id"],
        answer["content"],
        answer["timestamp"],
    )
    assert set(last) == {"id", "role", "content", "unheard", "agent_id", "channel", "timestamp", "interrupted"}


async def test_different_ids_make_separate_episodes_and_pages_lead_through_them(service: Service) -> None:
    token = someone()
    for number in range(5):
        await keep(service, token, f"s{number}", a_turn(f"conversation {number}"))
    first = await get(service, token, limit=3)
    assert [episode["id"] for episode in first["episodes"]] == ["s4", "s3", "s2"]
    second = await get(service, token, limit=3, cursor=first["next_cursor"])
    assert [episode["id"] for episode in second["episodes"]] == ["s1", "s0"]
    assert second["next_cursor"] is None


async def test_an_interrupted_answer_shows_what_was_heard_and_what_was_not(service: Service) -> None:
    token = someone()
    answer = a_turn("The whole answer", "assistant", channel="voice")
    await keep(service, token, "s", answer)
    await TurnLog(service.services.database, service.services.keys).amend(
        dev_tokens.parse(token), answer.id, content="The whole", unheard=" answer", interrupted=True
    )
    [turn] = (await get(service, token, "/s"))["transcript"]
    assert (turn["content"], turn["unheard"], turn["interrupted"]) == ("The whole", " answer", True)


async def test_an_episode_of_somebody_else_is_not_found_to_read_or_to_delete(service: Service) -> None:
    owner, other = someone(), someone()
    await keep(service, owner, "secret", a_turn("mine"))
    headers = {"Authorization": f"Bearer {other}"}
    problem(await service.client.get(f"{EPISODES}/secret", headers=headers), 404, "not_found")
    problem(await service.client.delete(f"{EPISODES}/secret", headers=headers), 404, "not_found")
    assert len((await get(service, owner, "/secret"))["transcript"]) == 1


async def test_a_deleted_episode_is_gone_from_lists_transcripts_and_recall(service: Service) -> None:
    token = someone()
    await service.ask("The code word is heliotrope", token=token, session_id="drop")
    await service.ask("I like tea", token=token, session_id="keep")
    headers = {"Authorization": f"Bearer {token}"}
    response = await service.client.delete(f"{EPISODES}/drop", headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert [episode["id"] for episode in (await get(service, token))["episodes"]] == ["keep"]
    problem(await service.client.get(f"{EPISODES}/drop", headers=headers), 404, "not_found")
    answer = (await service.ask("What is the code word?", token=token, session_id="new")).json()
    assert "heliotrope" not in str(answer["recalled"])


async def test_a_viewer_may_read_and_not_delete(service: Service) -> None:
    user = someone().split("_")[1]
    await keep(service, f"dev_{user}_analyst", "s", a_turn("mine"))
    viewer = f"dev_{user}_viewer"
    assert len((await get(service, viewer, "/s"))["transcript"]) == 1
    response = await service.client.delete(f"{EPISODES}/s", headers={"Authorization": f"Bearer {viewer}"})
    problem(response, 403, "forbidden")
