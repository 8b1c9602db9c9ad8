"""Followers of the log: in order, again after a crash, one replica at a time, and nobody waits for somebody else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.context import Turn
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory import followers as room
from backend.memory.followers import Followers
from backend.memory.log import TurnLog
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from backend.tests.conftest import a_person, a_turn

SOON = 20.0
"""The bound of every wait, in seconds."""


@dataclass
class Notebook:
    """A follower that writes down what it is given, by turn id, and how often; `fault` comes first."""

    name: str
    pages: dict[str, dict[str, str]] = field(default_factory=dict)  # owner: turn id: content, in order
    calls: list[tuple[str, int, bool]] = field(default_factory=list)
    fault: Callable[[Principal], Any] | None = None
    wanted: Callable[["Notebook"], bool] = lambda _: False
    eager: bool = True
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, principal: Principal, turns: Sequence[Turn], *, deleted: bool) -> None:
        if self.fault is not None:
            found = self.fault(principal)
            if asyncio.iscoroutine(found):
                await found
        self.calls.append((principal.user_id, len(turns), deleted))
        page = self.pages.setdefault(principal.user_id, {})
        for turn in turns:
            page.pop(turn.id, None)
            page[turn.id] = turn.content
        if self.wanted(self):
            self.reached.set()

    async def until(self, wanted: Callable[["Notebook"], bool]) -> None:
        """Wait until something is true after a take."""
        self.wanted = wanted
        self.reached.clear()
        if not wanted(self):
            await asyncio.wait_for(self.reached.wait(), SOON)

    def lines(self, person: Principal) -> list[str]:
        """What was written down for a person."""
        return list(self.pages.get(person.user_id, {}).values())


@pytest.fixture
def turns(database: Database, keys: KeyRing) -> TurnLog:
    return TurnLog(database, keys)


@pytest.fixture
def notebook() -> Notebook:
    return Notebook(a_person("follower").user_id)


@pytest_asyncio.fixture
async def following(
    database: Database, turns: TurnLog, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Followers]:
    """Followers that do not sweep by themselves: other tests' owners are not theirs."""
    monkeypatch.setattr(room, "_FIRST_PAUSE", 0.02)
    made = Followers(database, turns, [notebook], nudge_seconds=0)
    yield made
    await made.close()


async def settled(following: Followers) -> None:
    """Wait until nothing is under way or waiting."""
    async with asyncio.timeout(SOON):
        while following._nudged or any(following._running.values()) or any(following._waiting.values()):
            if tasks := {task for running in following._running.values() for task in running.values()}:
                await asyncio.wait(tasks)
            await asyncio.sleep(0)


async def place(database: Database, notebook: Notebook, person: Principal) -> dict[str, Any]:
    async with database.pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT seq, epoch, attempts, retry_at, claimed_until FROM follower WHERE owner = %s AND name = %s",
            (person.user_id, notebook.name),
        )
        row = await cursor.fetchone()
        assert row is not None
        return dict(zip(("seq", "epoch", "attempts", "retry_at", "claimed_until"), row, strict=True))


async def test_it_is_given_everything_once_and_in_order(
    following: Followers, turns: TurnLog, notebook: Notebook, person: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BATCH", 7)
    monkeypatch.setattr(room, "_BATCHES", 2)
    said = [a_turn(f"line {number}") for number in range(50)]
    await turns.append(person, "s", said[:30])
    following.nudge(person)
    await turns.append(person, "s", said[30:])
    following.nudge(person)
    await notebook.until(lambda book: len(book.lines(person)) == 50)
    await settled(following)
    assert notebook.lines(person) == [turn.content for turn in said]
    assert sum(count for _, count, _ in notebook.calls) == 50
    following.nudge(person)
    await settled(following)
    assert sum(count for _, count, _ in notebook.calls) == 50


async def test_a_sweep_finds_those_nobody_told_of(
    following: Followers, database: Database, turns: TurnLog, notebook: Notebook, person: Principal
) -> None:
    await turns.append(person, "s", [a_turn("hello")])
    await following.sweep()
    async with asyncio.timeout(SOON):
        while not notebook.lines(person):  # other tests' owners come too, several sweeps of them
            await settled(following)
            await following.sweep()
    await settled(following)
    assert (await place(database, notebook, person))["seq"] == 1


async def test_what_was_being_taken_when_a_process_died_is_given_again(
    following: Followers, database: Database, turns: TurnLog, notebook: Notebook, person: Principal
) -> None:
    await turns.append(person, "s", [a_turn("one"), a_turn("two")])
    dead = Followers(database, turns, [notebook], nudge_seconds=0)
    job = room._Job(person.tenant, person.user_id, notebook)
    claim = await dead._claim(job)
    assert claim is not None
    await notebook.take(person, await turns.since(person, 0, 10), deleted=False)  # and here it dies
    following.nudge(person)
    await settled(following)
    assert len(notebook.calls) == 1  # the lease still runs
    await run_out(database, person)
    following.nudge(person)
    await settled(following)
    assert notebook.calls == [(person.user_id, 2, False)] * 2
    assert notebook.lines(person) == ["one", "two"]
    assert await dead._move(job, claim, 1, 0) is None  # should it come back after all: too late
    await dead._let_go(job, claim, 0, 0)
    assert (await place(database, notebook, person))["seq"] == 2


async def run_out(database: Database, person: Principal) -> None:
    """Let all leases and pauses of an owner be over."""
    async with database.pool.connection() as connection:
        await connection.execute(
            "UPDATE follower SET claimed_until = now() - interval '1 s', retry_at = NULL WHERE owner = %s",
            (person.user_id,),
        )


async def test_two_replicas_never_work_on_one_owner_at_once(
    database: Database, turns: TurnLog, notebook: Notebook, person: Principal
) -> None:
    at_once = 0
    most = 0

    async def slow(_: Principal) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.005)
        at_once -= 1

    notebook.fault = slow
    replicas = [Followers(database, turns, [notebook], nudge_seconds=0) for _ in range(4)]
    for number in range(20):
        await turns.append(person, "s", [a_turn(f"line {number}")])
        for replica in replicas:
            replica.nudge(person)
    await asyncio.gather(*(settled(replica) for replica in replicas))
    replicas[0].nudge(person)
    await settled(replicas[0])
    assert most == 1
    assert notebook.lines(person) == [f"line {number}" for number in range(20)]
    assert sum(count for _, count, _ in notebook.calls) == 20
    for replica in replicas:
        await replica.close()


async def test_an_owner_that_always_fails_stops_nobody_else_and_is_asked_ever_less_often(
    following: Followers, database: Database, turns: TurnLog, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = [a_person("Poisoned") for _ in range(room.AT_ONCE + 2)]
    others = [a_person(f"P{number}") for number in range(10)]
    bad = {person.user_id for person in poisoned}
    tries = 0

    def fails(principal: Principal) -> None:
        nonlocal tries
        if principal.user_id in bad:
            tries += 1
            raise ValueError("poison")

    notebook.fault = fails
    for person in (*poisoned, *others):
        await turns.append(person, "s", [a_turn("hello")])
        following.nudge(person)
    await notebook.until(lambda book: all(book.lines(person) for person in others))
    await settled(following)
    assert tries >= len(poisoned)
    found = await place(database, notebook, poisoned[0])
    assert (found["seq"], found["claimed_until"]) == (0, None)
    assert found["attempts"] >= 1
    assert found["retry_at"] is not None
    notebook.fault = None
    await notebook.until(lambda book: all(book.lines(person) for person in poisoned))
    await settled(following)
    assert (await place(database, notebook, poisoned[0]))["attempts"] == 0


async def test_a_service_that_says_when_to_come_again_is_not_asked_before(
    following: Followers, database: Database, turns: TurnLog, notebook: Notebook, person: Principal
) -> None:
    def busy(_: Principal) -> None:
        raise Problem(429, "rate_limited", "Slow down", "later", retryable=True, retry_after=120)

    notebook.fault = busy
    await turns.append(person, "s", [a_turn("hello")])
    following.nudge(person)
    await settled(following)
    found = await place(database, notebook, person)
    assert timedelta(seconds=115) < found["retry_at"] - datetime.now(UTC) < timedelta(seconds=160)
    notebook.fault = None
    following.nudge(person)
    await settled(following)
    assert notebook.calls == []
    await run_out(database, person)
    following.nudge(person)
    await settled(following)
    assert notebook.lines(person) == ["hello"]


async def test_a_deletion_is_told_once_it_was_taken(
    following: Followers, turns: TurnLog, notebook: Notebook, person: Principal
) -> None:
    await turns.append(person, "gone", [a_turn("one")])
    await turns.append(person, "kept", [a_turn("two")])
    following.nudge(person)
    await settled(following)
    await turns.delete(person, "gone")
    tries = 0

    def fails_once(_: Principal) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("down")

    notebook.fault = fails_once
    following.nudge(person)
    await notebook.until(lambda book: len(book.calls) == 2)
    await turns.append(person, "kept", [a_turn("three")])
    await settled(following)
    following.nudge(person)
    await settled(following)
    assert notebook.calls == [(person.user_id, 2, False), (person.user_id, 0, True), (person.user_id, 1, False)]


async def test_a_deletion_before_the_first_meeting_is_none(
    following: Followers, turns: TurnLog, notebook: Notebook, person: Principal
) -> None:
    await turns.append(person, "gone", [a_turn("one")])
    await turns.append(person, "kept", [a_turn("two")])
    await turns.delete(person, "gone")
    following.nudge(person)
    await settled(following)
    assert notebook.calls == [(person.user_id, 1, False)]


async def test_the_end_is_bounded_and_leaves_the_owner_to_others(
    database: Database, turns: TurnLog, notebook: Notebook, person: Principal
) -> None:
    begun = asyncio.Event()

    async def hangs(_: Principal) -> None:
        begun.set()
        await asyncio.Event().wait()

    notebook.fault = hangs
    following = Followers(database, turns, [notebook], nudge_seconds=0)
    await following.start()
    await turns.append(person, "s", [a_turn("hello")])
    following.nudge(person)
    await asyncio.wait_for(begun.wait(), SOON)
    async with asyncio.timeout(SOON):
        await following.close(0.05)
    following.nudge(person)
    assert not any(following._running.values())
    notebook.fault = None
    other = Followers(database, turns, [notebook], nudge_seconds=0)
    other.nudge(person)
    await settled(other)
    assert notebook.lines(person) == ["hello"]
    await other.close()


async def test_a_take_that_never_ends_is_given_up(
    following: Followers, database: Database, turns: TurnLog, notebook: Notebook, person: Principal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(room, "TAKE_SECONDS", 0.05)
    monkeypatch.setattr(room, "_FIRST_PAUSE", 60.0)

    async def hangs(_: Principal) -> None:
        await asyncio.Event().wait()

    notebook.fault = hangs
    await turns.append(person, "s", [a_turn("hello")])
    following.nudge(person)
    await settled(following)
    assert (await place(database, notebook, person))["attempts"] == 1


ACTIONS = st.lists(st.sampled_from(["say", "say", "delete", "nudge", "nudge other", "crash", "fail"]), max_size=14)


@given(actions=ACTIONS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_happens_nothing_is_left_out_and_the_order_is_kept(
    database: Database, keys: KeyRing, actions: list[str]
) -> None:
    person, turns = a_person("Ada"), TurnLog(database, keys)
    notebook = Notebook(a_person("follower").user_id)
    replicas = [Followers(database, turns, [notebook], nudge_seconds=0) for _ in range(2)]
    deletions = failures = 0

    def fails(_: Principal) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError("down")

    notebook.fault = fails
    await turns.append(person, "kept", [a_turn("first")])
    for number, action in enumerate(actions):
        if action == "say":
            await turns.append(person, "kept", [a_turn(f"line {number}")])
            await turns.append(person, f"s{number}", [a_turn("passing")])
        elif action == "delete":
            found, _ = await turns.episodes(person)
            passing = [episode.id for episode in found if episode.id != "kept"]
            if passing:
                await turns.delete(person, passing[0])
                deletions += 1
        elif action == "crash":
            claim = await replicas[0]._claim(room._Job(person.tenant, person.user_id, notebook))
            if claim is not None:
                changes = await turns.changes(person, claim.seq, 100)
                notebook.fault = None
                await notebook.take(person, changes.turns, deleted=changes.epoch != claim.epoch)
                notebook.fault = fails
            await run_out(database, person)
        elif action == "fail":
            failures += 1
        else:
            replicas[action == "nudge other"].nudge(person)
            await asyncio.gather(*(settled(replica) for replica in replicas))
            await run_out(database, person)
    failures = 0
    for replica in replicas:
        for timer in replica._timers.values():
            timer.cancel()
        replica._timers.clear()
    await run_out(database, person)
    replicas[1].nudge(person)
    await settled(replicas[1])
    kept = [turn.content for turn in await turns.transcript(person, "kept")]
    assert [line for line in notebook.lines(person) if line != "passing"] == kept
    for replica in replicas:
        await replica.close()


async def test_a_follower_that_is_not_eager_waits_for_the_sweep(
    following: Followers, turns: TurnLog, notebook: Notebook, person: Principal
) -> None:
    notebook.eager = False
    await turns.append(person, "s", [a_turn("hello")])
    following.nudge(person)
    await settled(following)
    assert notebook.lines(person) == []
    await following.sweep()
    await settled(following)
    assert notebook.lines(person) == ["hello"]
