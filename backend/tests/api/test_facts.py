"""Facts, search and why over HTTP: learned from what is said, with their source, corrected, forgotten, guarded."""

import asyncio
from typing import Any

import httpx
import pytest

from backend.tests.api.conftest import Service, problem, someone

FACTS = "/api/v1/memory/facts"


def signed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def facts(service: Service, token: str, **params: Any) -> list[dict[str, Any]]:
    response = await service.client.get(FACTS, params=params, headers=signed(token))
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["facts"]
    return found


async def known(service: Service, token: str, text: str) -> dict[str, Any]:
    """Wait until a fact is known: it is learned beside the answer."""
    async with asyncio.timeout(30):
        while True:
            for fact in await facts(service, token, current=True):
                if fact["text"] == text:
                    return fact
            await asyncio.sleep(0.05)


async def search(service: Service, token: str, query: str, **body: Any) -> dict[str, Any]:
    answer = await service.client.post("/api/v1/memory/search", json={"query": query} | body, headers=signed(token))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_is_said_is_known_with_the_words_that_say_it_and_a_change_closes_it(service: Service) -> None:
    token = someone()
    await service.ask("I work at Siemens", token=token, session_id="monday")
    fact = await known(service, token, "Works at Siemens.")
    [source] = fact["provenance"]
    assert (source["session_id"], source["channel"], source["quote"]) == ("monday", "chat", "I work at Siemens")
    assert (fact["current"], fact["source"], fact["kind"]) == (True, "rule", "profile")
    await service.ask("I now work at Bosch", token=token, session_id="friday")
    new = await known(service, token, "Works at Bosch.")
    assert new["replaces"] == {"id": fact["id"], "text": "Works at Siemens."}
    [old] = await facts(service, token, current=False)
    assert (old["id"], old["superseded_by"], old["current"]) == (fact["id"], new["id"], False)
    assert old["valid_to"]


async def test_a_correction_closes_the_fact_and_what_is_forgotten_is_not_told_again(service: Service) -> None:
    token = someone()
    await service.ask("I live in Leeds", token=token)
    fact = await known(service, token, "Lives in Leeds.")
    corrected = await service.client.patch(
        f"{FACTS}/{fact['id']}", json={"text": "I live in York"}, headers=signed(token)
    )
    assert corrected.status_code == 200
    assert (corrected.json()["text"], corrected.json()["source"]) == ("Lives in York.", "user")
    added = await service.client.post(FACTS, json={"text": "I am allergic to nuts"}, headers=signed(token))
    assert added.status_code == 201
    assert {one["text"] for one in await facts(service, token, current=True)} >= {"Lives in York."}
    gone = await service.client.delete(f"{FACTS}/{corrected.json()['id']}", headers=signed(token))
    assert gone.status_code == 204
    assert "York" not in str(await facts(service, token))
    found = await search(service, token, "Where do I live?")
    assert "York" not in str(found)
    again = await service.client.delete(f"{FACTS}/{corrected.json()['id']}", headers=signed(token))
    problem(again, 404, "not_found")


async def test_search_finds_what_was_said_and_tells_how_it_read_the_question(service: Service) -> None:
    token = someone()
    await service.ask("The pilot runs in the Hamburg warehouse", token=token, session_id="s", agent_id="marcus")
    found = await search(service, token, "Where did I tell Marcus the pilot runs last week?")
    assert "The pilot runs in the Hamburg warehouse" in [one["content"] for one in found["passages"][:2]]
    assert found["understood"]["agents"] == ["marcus"]
    assert found["understood"]["periods"][0]["words"] == "last week"
    assert (await search(service, token, "pilot", channel="voice"))["passages"] == []
    assert (await search(service, token, "pilot", until="2020-01-01T00:00:00Z"))["passages"] == []


async def test_why_tells_what_an_answer_was_given_from(service: Service) -> None:
    token = someone()
    await service.ask("My name is Ada", token=token, session_id="one")
    fact = await known(service, token, "Is called Ada.")
    answer = (await service.ask("What is my name?", token=token, session_id="two")).json()
    assert "Ada" in answer["content"]
    why = await service.client.get(f"/api/v1/memory/why/{answer['message_id']}", headers=signed(token))
    assert why.status_code == 200
    assert fact["id"] in [one["id"] for one in why.json()["facts"]]
    assert "My name is Ada" in [one["content"] for one in why.json()["passages"]]
    problem(await service.client.get("/api/v1/memory/why/msg_0", headers=signed(token)), 404, "not_found")


async def test_nobody_reads_changes_or_finds_what_somebody_else_is_known_for(service: Service) -> None:
    alice, bob = someone(), someone()
    answer = (await service.ask("I work at Siemens", token=alice)).json()
    fact = await known(service, alice, "Works at Siemens.")
    assert await facts(service, bob) == []
    assert (await search(service, bob, "Siemens"))["passages"] == []
    attempts = [
        service.client.patch(f"{FACTS}/{fact['id']}", json={"text": "I work at Bosch"}, headers=signed(bob)),
        service.client.delete(f"{FACTS}/{fact['id']}", headers=signed(bob)),
        service.client.get(f"/api/v1/memory/why/{answer['message_id']}", headers=signed(bob)),
    ]
    for attempt in attempts:
        problem(await attempt, 404, "not_found")
    assert (await known(service, alice, "Works at Siemens."))["id"] == fact["id"]


async def test_a_viewer_reads_and_changes_nothing(service: Service) -> None:
    viewer = someone().replace("_analyst", "_viewer")
    assert await facts(service, viewer) == []
    for attempt in (
        service.client.post(FACTS, json={"text": "I like tea"}, headers=signed(viewer)),
        service.client.patch(f"{FACTS}/fact_0", json={"text": "I like tea"}, headers=signed(viewer)),
        service.client.delete(f"{FACTS}/fact_0", headers=signed(viewer)),
    ):
        problem(await attempt, 403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", FACTS, {"text": "  "}),
        ("POST", FACTS, {"text": "x" * 501}),
        ("POST", FACTS, {"text": "I like tea", "kind": "gossip"}),
        ("POST", "/api/v1/memory/search", {"query": ""}),
        ("POST", "/api/v1/memory/search", {"query": "tea", "budget": 9}),
        ("POST", "/api/v1/memory/search", {"query": "tea", "since": "yesterday"}),
        ("GET", f"{FACTS}?as_of=2026-01-01", None),
        ("GET", f"{FACTS}?cursor=nonsense", None),
    ],
)
async def test_bad_input_is_told_by_its_name(service: Service, method: str, path: str, body: Any) -> None:
    response: httpx.Response = await service.client.request(method, path, json=body, headers=signed(someone()))
    problem(response, 422, "invalid_request")


async def test_pages_follow_each_other_to_the_end(service: Service) -> None:
    token = someone()
    for number in range(7):
        await service.client.post(FACTS, json={"text": f"note number {number} of mine"}, headers=signed(token))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await service.client.get(FACTS, params=params, headers=signed(token))).json()
        seen += [fact["text"] for fact in page["facts"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [f"note number {number} of mine" for number in reversed(range(7))]
