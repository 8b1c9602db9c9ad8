"""The embedding queue: what somebody says in a short time is embedded and stored together."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from backend.core.context import Turn
from backend.identity.principal import Principal
from backend.memory.cache import OwnerMemory
from backend.memory.embedding_queue import BATCH, EmbeddingQueue
from backend.memory.log import Changes, Snapshot
from backend.tests.conftest import a_person

VECTOR = bytes(384)


class Store:
    """Keeps what is stored, and a log that nobody reads here."""

    def __init__(self) -> None:
        self.saved: list[tuple[str, set[str]]] = []
        self.news = asyncio.Condition()

    async def save_vectors(self, principal: Principal, vectors: Mapping[str, bytes]) -> None:
        async with self.news:
            self.saved.append((principal.user_id, set(vectors)))
            self.news.notify_all()

    async def until(self, statements: int) -> None:
        async with asyncio.timeout(30), self.news:
            await self.news.wait_for(lambda: len(self.saved) >= statements)

    async def changes(self, principal: Principal, after: int, limit: int) -> Changes:
        raise AssertionError("the log is not read")

    async def snapshots(self, principal: Principal) -> list[Snapshot]:
        raise AssertionError("the log is not read")

    async def vectors(self, principal: Principal, turn_ids: Sequence[str]) -> dict[str, bytes]:
        raise AssertionError("the log is not read")

    async def save_snapshot(self, principal: Principal, number: int, upto_seq: int, blob: bytes, *, epoch: int) -> bool:
        raise AssertionError("the log is not written")


class Encoding:
    async def turns(self, texts: Sequence[str]) -> list[bytes]:
        return [VECTOR] * len(texts)


@pytest.fixture
def store() -> Store:
    return Store()


def a_memory(person: Principal, store: Store) -> OwnerMemory:
    return OwnerMemory(person, store)


def say(owner: OwnerMemory, name: str, number: int) -> str:
    """Let a turn come into the index; return its id."""
    said_at = datetime(2026, 5, 3, tzinfo=UTC) + timedelta(seconds=number)
    turn = Turn(f"{name}{number}", "user", f"We moved team {number}.", "chat", "elena", said_at, "s", seq=number)
    owner.index.add(turn)
    return turn.id


async def test_what_is_said_in_a_short_time_costs_one_statement_a_person(store: Store) -> None:
    queue = EmbeddingQueue(store, Encoding(), gather_seconds=0.05)
    people = {name: (a_person(name), a_memory(a_person(name), store)) for name in ("ada", "bob")}
    said: dict[str, set[str]] = {name: set() for name in people}
    for number in range(1, 7):
        for name, (person, owner) in people.items():
            said[name].add(say(owner, name, number))
            queue.want(person, owner)
    await store.until(2)
    assert sorted(store.saved) == sorted((people[name][0].user_id, ids) for name, ids in said.items())
    assert all(owner.index.without_vector(10) == [] for _, owner in people.values())
    await queue.close()


async def test_more_than_a_batch_is_embedded_without_waiting_for_more_to_be_said(store: Store) -> None:
    queue = EmbeddingQueue(store, Encoding(), gather_seconds=0)
    person = a_person("ada")
    owner = a_memory(person, store)
    for number in range(1, 2 * BATCH + 2):
        say(owner, "ada", number)
    queue.want(person, owner)
    await store.until(3)
    assert [len(ids) for _, ids in store.saved] == [BATCH, BATCH, 1]
    await queue.close()


async def test_what_comes_after_the_first_is_embedded_too_and_nothing_after_the_end(store: Store) -> None:
    queue = EmbeddingQueue(store, Encoding(), gather_seconds=0)
    person = a_person("ada")
    owner = a_memory(person, store)
    for number in (1, 2):
        say(owner, "ada", number)
        queue.want(person, owner)
        await store.until(number)
    say(owner, "ada", 3)
    queue.want(person, owner)
    await queue.close()
    queue.want(person, owner)
    assert len(store.saved) == 2
    assert len(owner.index.without_vector(10)) == 1
