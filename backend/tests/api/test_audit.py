"""Administrators read other people's conversations on the record, or not at all; the record itself is read on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.audit.trail import Trail
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.tests.api.conftest import Service, problem
from backend.tests.api.sockets import call
from backend.tests.identity.issuer import TENANT, Issuer


@dataclass(frozen=True)
class Person:
    """A caller and their id."""

    token: str
    oid: str

    @property
    def headers(self) -> dict[str, str]:
        """Signed in."""
        return {"Authorization": f"Bearer {self.token}"}


def a_caller(issuer: Issuer, role: str = "user") -> Person:
    """Somebody new."""
    oid = str(uuid4())
    return Person(issuer.mint(issuer.user(oid=oid, roles=[f"engram.{role}"])), oid)


@pytest.fixture
def admin(issuer: Issuer) -> Person:
    """An administrator, another one in each test."""
    return a_caller(issuer, "admin")


@pytest.fixture
async def alice(uat: Service, issuer: Issuer) -> tuple[Person, str]:
    """Somebody with one conversation, and its id."""
    person, session_id = a_caller(issuer), new_id("alices")
    said = await uat.ask("My cat is called Quillwort.", token=person.token, session_id=session_id)
    assert said.status_code == 200
    return person, session_id


def of(owner: Person, session_id: str = "") -> str:
    """The administrator's address of somebody's conversations."""
    return f"/api/v1/admin/users/{TENANT}/{owner.oid}/episodes" + (f"/{session_id}" if session_id else "")


async def rows(service: Service, admin: Person, **query: Any) -> list[dict[str, Any]]:
    """The audit log, latest first."""
    answer = await service.client.get("/api/v1/audit", params=query, headers=admin.headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


async def test_an_administrator_reads_somebodys_conversation_and_a_row_names_both_and_the_session(
    uat: Service, admin: Person, alice: tuple[Person, str]
) -> None:
    person, session_id = alice
    listed = await uat.client.get(of(person), headers=admin.headers)
    read = await uat.client.get(of(person, session_id), headers=admin.headers | {"X-Request-Id": "look-1"})
    assert [episode["id"] for episode in listed.json()["episodes"]] == [session_id]
    own = await uat.client.get(f"/api/v1/memory/episodes/{session_id}", headers=person.headers)
    assert read.json() == own.json(), "as the owner reads it"
    assert read.json()["transcript"][0]["content"] == "My cat is called Quillwort."
    newest, before = await rows(uat, admin, owner=person.oid)
    assert (newest["action"], newest["object"], newest["outcome"]) == ("episode.read", session_id, "done")
    assert (before["action"], before["object"], before["outcome"]) == ("episodes.listed", "", "done")
    assert newest["actor"] == {"tenant": TENANT, "user_id": admin.oid, "kind": "user"}
    assert newest["owner"] == {"tenant": TENANT, "user_id": person.oid}
    assert (newest["request_id"], newest["level"]) == ("look-1", "uat")
    assert "Quillwort" not in str(newest) + str(before), "identifiers, no content"


@pytest.mark.parametrize("role", ["user", "analyst", "viewer"])
async def test_nobody_else_may_and_the_attempt_is_on_record(
    uat: Service, issuer: Issuer, admin: Person, alice: tuple[Person, str], role: str
) -> None:
    person, session_id = alice
    bob = a_caller(issuer, role)
    tried = {
        of(person): "/api/v1/admin/users/{tenant}/{user_id}/episodes",
        of(person, session_id): "/api/v1/admin/users/{tenant}/{user_id}/episodes/{session_id}",
        "/api/v1/audit": "/api/v1/audit",
    }
    for address in tried:
        problem(await uat.client.get(address, headers=bob.headers), 403, "forbidden")
    found = list(reversed(await rows(uat, admin, actor=bob.oid)))
    assert [row["object"] for row in found] == [f"GET {route}" for route in tried.values()]
    assert {(row["action"], row["outcome"]) for row in found} == {("access.refused", "forbidden")}
    assert [row["owner"]["user_id"] for row in found] == [person.oid, person.oid, ""], "whose it would have been"


async def test_an_administrator_reads_nothing_of_others_on_the_way_that_is_not_recorded(
    uat: Service, admin: Person, alice: tuple[Person, str]
) -> None:
    _, session_id = alice
    address = f"/api/v1/memory/episodes/{session_id}"
    problem(await uat.client.get(address, headers=admin.headers), 404, "not_found")
    problem(await uat.client.delete(address, headers=admin.headers), 404, "not_found")
    assert (await uat.client.get("/api/v1/memory/episodes", headers=admin.headers)).json()["episodes"] == []


async def test_what_an_administrator_does_not_find_is_on_record_too(
    uat: Service, issuer: Issuer, admin: Person
) -> None:
    nobody = a_caller(issuer)
    problem(await uat.client.get(of(nobody, "none"), headers=admin.headers), 404, "not_found")
    assert (await uat.client.get(of(nobody), headers=admin.headers)).json() == {"episodes": [], "next_cursor": None}
    problem(await uat.client.get(f"{of(nobody)}?cursor=none", headers=admin.headers), 422, "invalid_request")
    found = [(row["action"], row["outcome"]) for row in reversed(await rows(uat, admin, owner=nobody.oid))]
    assert found == [
        ("episode.read", "not_found"), ("episodes.listed", "done"), ("episodes.listed", "invalid_request"),
    ]  # fmt: skip


@pytest.mark.parametrize("user_id", ["%00", "a%20b", "..%2f..", "x" * 65, "%F0%9F%90%88"])
async def test_an_id_that_is_none_is_422_or_no_address(uat: Service, admin: Person, user_id: str) -> None:
    answer = await uat.client.get(f"/api/v1/admin/users/{TENANT}/{user_id}/episodes", headers=admin.headers)
    problem(answer, 404 if "2f" in user_id else 422)


async def test_a_role_that_may_not_call_is_refused_on_record(uat: Service, issuer: Issuer, admin: Person) -> None:
    bob = a_caller(issuer, "none")
    assert (await call(uat, token=bob.token)).code == 4403
    [row] = await rows(uat, admin, actor=bob.oid)
    assert row["action"] == "access.refused"
    assert row["object"] == "WS /api/v1/voice/voicelive/{session_id}"


class Full:
    """A trail that cannot be written, as when the database is away."""

    def __init__(self, real: Trail) -> None:
        self.page = real.page

    async def record(self, *_: Any, **__: Any) -> None:
        """Fail."""
        raise Problem(503, "database_unavailable", "Database unavailable", "It is away. Try again.", retryable=True)

    write = record


@pytest.fixture
def full(uat: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Full]:
    """Nothing can be recorded in this test."""
    real = uat.services.trail
    assert real is not None
    made = uat.app.state.trail = Full(real)
    monkeypatch.setattr(uat.services.memory._log, "_trail", made)
    yield made
    uat.app.state.trail = real


async def test_what_cannot_be_recorded_is_neither_answered_nor_done(
    uat: Service, admin: Person, alice: tuple[Person, str], full: Full
) -> None:
    person, session_id = alice
    for address in (of(person), of(person, session_id), "/api/v1/audit"):
        answer = await uat.client.get(address, headers=admin.headers)
        problem(answer, 503, "database_unavailable")
        assert session_id not in answer.text.replace(address, "")
    own = f"/api/v1/memory/episodes/{session_id}"
    problem(await uat.client.delete(own, headers=person.headers), 503, "database_unavailable")
    assert len((await uat.client.get(own, headers=person.headers)).json()["transcript"]) == 2, "it is all there still"


async def test_a_refusal_that_cannot_be_recorded_is_one_all_the_same(
    uat: Service, issuer: Issuer, alice: tuple[Person, str], full: Full
) -> None:
    problem(await uat.client.get(of(alice[0]), headers=a_caller(issuer).headers), 403, "forbidden")


async def test_what_people_delete_and_have_forgotten_is_on_record(
    uat: Service, admin: Person, alice: tuple[Person, str]
) -> None:
    person, session_id = alice
    fact = await uat.client.post("/api/v1/memory/facts", json={"text": "I collect stamps."}, headers=person.headers)
    fact_id = fact.json()["id"]
    for address in (f"facts/{fact_id}", f"episodes/{session_id}"):
        gone = await uat.client.delete(f"/api/v1/memory/{address}", headers=person.headers)
        assert gone.status_code == 204
        again = await uat.client.delete(f"/api/v1/memory/{address}", headers=person.headers)
        problem(again, 404, "not_found")
    deleted, forgotten = await rows(uat, admin, actor=person.oid)
    assert (forgotten["action"], forgotten["object"]) == ("fact.forgotten", fact_id)
    assert (deleted["action"], deleted["object"]) == ("episode.deleted", session_id)
    assert deleted["owner"]["user_id"] == person.oid


async def test_the_record_is_read_in_pages_and_each_reading_is_on_it(uat: Service, admin: Person) -> None:
    for _ in range(4):
        await rows(uat, admin)
    found: list[dict[str, Any]] = []
    cursor = ""
    while not found or cursor:
        answer = await uat.client.get(f"/api/v1/audit?actor={admin.oid}&limit=2{cursor}", headers=admin.headers)
        page: dict[str, Any] = answer.json()
        found += page["rows"]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""
    assert [row["action"] for row in found] == ["audit.read"] * 4
    assert [row["seq"] for row in found] == sorted((row["seq"] for row in found), reverse=True)
    assert all(len(row["hash"]) == 64 for row in found)
    assert len(await rows(uat, admin, actor=admin.oid, action="audit.read")) == 6, "the two pages as well"


async def test_where_the_audit_log_is_off_an_administrator_is_told_how_to_switch_it_on(service: Service) -> None:
    async def get(address: str, role: str) -> httpx.Response:
        return await service.client.get(address, headers={"Authorization": f"Bearer dev_ann_{role}"})

    for address in ("/api/v1/admin/users/development/bob/episodes", "/api/v1/admin/users/development/bob/episodes/s",
                    "/api/v1/audit"):  # fmt: skip
        document = problem(await get(address, "admin"), 503, "not_configured")
        assert "AUDIT_LOG_ENABLED=true" in document["detail"]
        problem(await get(address, "analyst"), 403, "forbidden")


async def test_an_administrator_who_is_no_person_reads_at_the_test_level(test_level: Service, issuer: Issuer) -> None:
    job, reader = (issuer.application(roles=[f"engram.{role}"]) for role in ("user", "admin"))
    said = await test_level.ask("Hello", token=issuer.mint(job), session_id="of-a-job")
    assert said.status_code == 200
    address = f"/api/v1/admin/users/{TENANT}/{job['oid']}/episodes/of-a-job"
    headers = {"Authorization": f"Bearer {issuer.mint(reader)}"}
    assert (await test_level.client.get(address, headers=headers)).status_code == 200
    listed = await test_level.client.get("/api/v1/audit", params={"owner": job["oid"]}, headers=headers)
    assert listed.json()["rows"][0]["actor"] == {"tenant": TENANT, "user_id": reader["oid"], "kind": "app"}
