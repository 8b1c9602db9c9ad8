"""One-time tickets: the way into a call from a browser, on any replica, once."""

import asyncio

import pytest
from psycopg.rows import scalar_row

from backend.core.ids import new_id
from backend.storage.database import Connection
from backend.tests.api.conftest import Service, StartLevel, problem, someone
from backend.tests.api.sockets import Outcome, call
from backend.tests.identity.issuer import Issuer

ORIGIN = "https://app.example.org"


async def ticket(service: Service, token: str, session_id: str, origin: str = "") -> str:
    """Ask for a ticket."""
    headers = {"Authorization": f"Bearer {token}"} | ({"Origin": origin} if origin else {})
    response = await service.client.post("/api/v1/voice/ticket", json={"session_id": session_id}, headers=headers)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert set(answer) == {"ticket", "expires_in"}
    assert answer["expires_in"] == 30
    assert len(answer["ticket"]) == 43, "256 bits"
    assert response.headers["cache-control"] == "no-store"
    return str(answer["ticket"])


async def use(service: Service, ticket: str, session_id: str, origin: str = "") -> Outcome:
    """Offer a ticket as a browser does."""
    return await call(service, session_id, protocols=("engram.v1", f"ticket.{ticket}"), origin=origin)


def refused(outcome: Outcome) -> None:
    assert not outcome.admitted
    assert (outcome.error, outcome.code) == ("invalid_token", 4401)


async def test_a_ticket_opens_the_call_of_its_caller_once(production: Service, issuer: Issuer) -> None:
    claims = issuer.user()
    given = await ticket(production, issuer.mint(claims), "talk", ORIGIN)
    assert (await use(production, given, "talk", ORIGIN)).admitted
    refused(await use(production, given, "talk", ORIGIN))


async def test_of_many_who_use_a_ticket_at_once_one_is_admitted(production: Service, issuer: Issuer) -> None:
    given = await ticket(production, issuer.mint(), "race", ORIGIN)
    outcomes = await asyncio.gather(*(use(production, given, "race", ORIGIN) for _ in range(8)))
    assert sum(outcome.admitted for outcome in outcomes) == 1


@pytest.mark.parametrize(
    ("session_id", "origin"),
    [("another", ORIGIN), ("mine", ""), ("mine", "https://second.example.org"), ("mine", "https://evil.example")],
    ids=["another session", "no origin", "another allowed origin", "a foreign origin"],
)
async def test_a_ticket_for_something_else_is_refused_and_spent(
    start_level: StartLevel, issuer: Issuer, session_id: str, origin: str
) -> None:
    async with start_level("production", cors_origins=[ORIGIN, "https://second.example.org"]) as service:
        given = await ticket(service, issuer.mint(), "mine", ORIGIN)
        wrong = await use(service, given, session_id, origin)
        assert not wrong.admitted
        assert wrong.code in (4401, 4403)
        if wrong.code == 4401:
            refused(await use(service, given, "mine", ORIGIN))


async def test_a_ticket_is_redeemed_by_another_replica(start_level: StartLevel, issuer: Issuer) -> None:
    async with start_level("production") as first, start_level("production") as second:
        given = await ticket(first, issuer.mint(), "replicas")
        assert (await use(second, given, "replicas")).admitted
        refused(await use(first, given, "replicas"))


async def test_a_ticket_too_old_is_refused_and_swept(production: Service, issuer: Issuer) -> None:
    given = await ticket(production, issuer.mint(), "late")

    async def age(connection: Connection) -> None:
        await connection.execute("UPDATE voice_ticket SET expires_at = expires_at - interval '31 seconds'")

    await production.services.database.run(age)
    refused(await use(production, given, "late"))
    tickets = production.services.gate.tickets
    assert tickets is not None
    await tickets.sweep()

    async def left(connection: Connection) -> int:
        cursor = connection.cursor(row_factory=scalar_row)
        await cursor.execute("SELECT count(*) FROM voice_ticket")
        return int((await cursor.fetchone()) or 0)

    assert await production.services.database.run(left) == 0


async def test_the_table_of_tickets_names_nobody_and_holds_no_ticket(production: Service, issuer: Issuer) -> None:
    claims = issuer.user(name="Zebulon Quartermain")
    given = await ticket(production, issuer.mint(claims), "secret-session")

    async def rows(connection: Connection) -> str:
        cursor = await connection.execute("SELECT voice_ticket::text, sealed::text FROM voice_ticket")
        return str(await cursor.fetchall()) + str(await (await connection.execute("TABLE voice_ticket")).fetchall())

    stored = await production.services.database.run(rows)
    assert stored
    for secret in (given, "Zebulon", claims["oid"], "secret-session"):
        assert secret not in stored
        assert secret.encode().hex() not in stored


@pytest.mark.parametrize("bad", ["", "x", "x" * 43, "é" * 43, "x" * 5000])
async def test_what_is_no_ticket_is_refused(production: Service, bad: str) -> None:
    outcome = await call(production, protocols=("engram.v1", f"ticket.{bad}")) if bad.isascii() else Outcome(code=4401)
    assert not outcome.admitted
    assert outcome.code == 4401


async def test_a_ticket_takes_a_role_that_may_call(service: Service) -> None:
    headers = {"Authorization": "Bearer dev_carol_viewer"}
    response = await service.client.post("/api/v1/voice/ticket", json={"session_id": "s"}, headers=headers)
    problem(response, 403, "forbidden")
    problem(await service.client.post("/api/v1/voice/ticket", json={"session_id": "s"}), 401, "missing_token")


@pytest.mark.parametrize("session_id", ["..", "", "a/b", "x" * 129])
async def test_a_ticket_takes_a_session_id(service: Service, session_id: str) -> None:
    headers = {"Authorization": f"Bearer {someone()}"}
    response = await service.client.post("/api/v1/voice/ticket", json={"session_id": session_id}, headers=headers)
    problem(response, 422, "invalid_request")


async def test_at_the_proof_of_concept_level_a_ticket_can_be_used_and_need_not(open_service: Service) -> None:
    response = await open_service.client.post("/api/v1/voice/ticket", json={"session_id": "poc"})
    given = response.json()["ticket"]
    outcome = await call(open_service, "poc", protocols=("engram.v1", f"ticket.{given}"))
    assert outcome.error != "invalid_token"


async def test_what_was_said_in_a_call_with_a_ticket_belongs_to_whom_it_stands_for(
    production: Service, issuer: Issuer
) -> None:
    claims, session_id = issuer.user(), new_id("call")
    given = await ticket(production, issuer.mint(claims), session_id)
    assert (await use(production, given, session_id)).admitted
    other = await production.client.get(
        f"/api/v1/memory/episodes/{session_id}", headers={"Authorization": f"Bearer {issuer.mint()}"}
    )
    problem(other, 404, "not_found")
