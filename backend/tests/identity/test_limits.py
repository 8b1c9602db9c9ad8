"""Limits: what one caller and one address may do, in one process and over all replicas."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.addresses import is_within, network_of, without_port
from backend.identity.gate import GUEST
from backend.identity.limits import LONGEST_DELAY, PERIOD, Limits
from backend.identity.principal import Kind, Principal
from backend.storage.database import Connection, Database
from backend.tests.conftest import a_person

HERE = "203.0.113.7"


class Clock:
    """A wall clock that stands still until it is turned. It begins at the beginning of a period."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def limits(clock: Clock, database: Database | None = None, **numbers: int) -> Limits:
    made = Settings(_env_file=None, **{f"limit_{name}": number for name, number in numbers.items()})  # type: ignore
    return Limits(made, database, clock=clock)


def passes(act: Callable[[], object]) -> float:
    """0 when it passes, else the seconds to wait."""
    try:
        act()
    except Problem as caught:
        problem = caught
    else:
        return 0.0
    assert (problem.status, problem.code, problem.retryable) == (429, "limited", True)
    assert problem.retry_after is not None
    return problem.retry_after


def how_many(act: Callable[[], object], tries: int) -> int:
    """How many of so many tries pass."""
    return sum(passes(act) == 0 for _ in range(tries))


def test_a_caller_may_ask_so_often_in_a_minute_and_then_waits_as_long_as_it_is_told() -> None:
    clock = Clock()
    one, ada, bob = limits(clock, requests_per_minute=10), a_person("Ada"), a_person("Bob")
    assert how_many(lambda: one.request(ada, ""), 15) == 10
    assert how_many(lambda: one.request(bob, ""), 15) == 10, "each has a share of their own"
    wait = passes(lambda: one.request(ada, ""))
    clock.now += wait - 1
    assert passes(lambda: one.request(ada, "")) > 0
    clock.now += 1
    assert passes(lambda: one.request(ada, "")) == 0


@given(
    limit=st.integers(1, 20),
    steps=st.lists(st.tuples(st.floats(0, 50), st.integers(1, 30)), min_size=1, max_size=12),
)
@settings(max_examples=50)
def test_no_pause_helps_to_pass_twice_as_often_and_the_wait_that_is_told_is_enough(
    limit: int, steps: list[tuple[float, int]]
) -> None:
    clock = Clock()
    one, ada = limits(clock, requests_per_minute=limit), a_person("Ada")
    passed: list[float] = []
    for pause, tries in steps:
        clock.now += pause
        passed += [clock.now] * how_many(lambda: one.request(ada, ""), tries)
        assert len([at for at in passed if at > clock.now - PERIOD]) <= 2 * limit
    wait = passes(lambda: one.request(ada, ""))
    assert wait <= 2 * PERIOD
    clock.now += wait + 0.001
    assert not wait or passes(lambda: one.request(ada, "")) == 0


def test_what_is_held_back_does_not_count() -> None:
    clock = Clock()
    one, ada = limits(clock, requests_per_minute=10), a_person("Ada")
    how_many(lambda: one.request(ada, ""), 10_000)
    clock.now += 2 * PERIOD
    assert how_many(lambda: one.request(ada, ""), 20) == 10


@pytest.mark.parametrize(("kind", "expected"), [("user", 10), ("dev", 10), ("app", 100), ("poc", 200)])
def test_an_application_may_do_ten_times_as_much_and_the_guest_is_nobody_in_particular(
    kind: Kind, expected: int
) -> None:
    one = limits(Clock(), requests_per_minute=10)
    caller = GUEST if kind == "poc" else Principal("t", "a", "A", frozenset(), kind)
    assert how_many(lambda: one.request(caller, ""), 200) == expected


def test_zero_switches_a_limit_off() -> None:
    one = limits(Clock(), requests_per_minute=0, address_requests_per_minute=0, failed_sign_ins=0)
    assert how_many(lambda: one.request(a_person("Ada"), HERE), 5_000) == 5_000
    assert how_many(lambda: one.request(None, HERE), 5_000) == 5_000
    assert how_many(lambda: one.failed(HERE), 500) == 500


def test_an_address_has_a_limit_of_its_own_and_this_machine_has_none() -> None:
    one = limits(Clock(), address_requests_per_minute=10)
    assert how_many(lambda: one.request(None, HERE), 20) == 10
    assert how_many(lambda: one.request(None, "203.0.113.8"), 20) == 10
    for own in ("127.0.0.1", "::1", "127.9.9.9", ""):
        assert how_many(partial(one.request, None, own), 50) == 50


def test_only_a_session_not_seen_before_counts() -> None:
    one, ada = limits(Clock(), sessions_per_minute=3), a_person("Ada")
    assert how_many(lambda: one.session(ada, "", "first"), 50) == 50
    for session_id in ("second", "third"):
        assert passes(partial(one.session, ada, "", session_id)) == 0
    assert passes(lambda: one.session(ada, "", "fourth")) > 0
    assert passes(lambda: one.session(ada, "", "second")) == 0


def test_failed_sign_ins_wait_twice_as_long_each_time_up_to_five_minutes() -> None:
    clock = Clock()
    one = limits(clock, failed_sign_ins=3)
    assert how_many(lambda: one.failed(HERE), 3) == 3
    waits = []
    for _ in range(11):
        wait = passes(lambda: one.failed(HERE))
        waits.append(wait)
        clock.now += wait
        assert passes(lambda: one.failed(HERE)) == 0, "after the wait it is told again what is wrong"
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert max(waits) == LONGEST_DELAY
    assert waits == sorted(waits)
    assert passes(lambda: one.failed("203.0.113.9")) == 0
    clock.now += 3_600
    assert how_many(lambda: one.failed(HERE), 3) == 3, "all is forgotten in the end"


async def test_replicas_share_what_they_counted(database: Database) -> None:
    clock, ada = Clock(), a_person("Ada")
    first, second = (limits(clock, database, requests_per_minute=100) for _ in range(2))
    assert how_many(lambda: first.request(ada, ""), 60) == 60
    assert how_many(lambda: second.request(ada, ""), 30) == 30
    await first.share()
    await second.share()
    assert how_many(lambda: second.request(ada, ""), 100) == 10
    await second.share()
    assert passes(lambda: first.request(ada, "")) == 0, "it has not heard of these yet: that much more may pass"
    await first.share()
    assert passes(lambda: first.request(ada, "")) > 0
    clock.now += PERIOD * 1.5
    third = limits(clock, database, requests_per_minute=100)
    third.request(ada, "")
    await third.share()
    assert how_many(lambda: third.request(ada, ""), 100) == 49 - 1, "one that comes later hears of the period before"


async def test_a_thousand_requests_cost_one_write(database: Database) -> None:
    calls = 0

    class Counting:
        async def run(self, work: Any, *, seconds: float = 5.0) -> Any:
            nonlocal calls
            calls += 1
            return await database.run(work, seconds=seconds)

    one = limits(Clock(), Counting(), requests_per_minute=2_000)  # type: ignore[arg-type]
    for name in ("Ada", "Bob", "Eve"):
        person = a_person(name)
        for _ in range(1_000):
            one.request(person, "")
    await one.share()
    await one.share()
    assert calls == 1


async def test_failed_sign_ins_are_shared_too(database: Database) -> None:
    clock = Clock()
    clock.now += hash(id(clock)) % 1_000 * 900.0
    first, second = (limits(clock, database, failed_sign_ins=3) for _ in range(2))
    address = f"198.51.100.{id(clock) % 250}"
    assert how_many(lambda: first.failed(address), 3) == 3
    await first.share()
    assert passes(lambda: second.failed(address)) == 0
    await second.share()
    assert passes(lambda: second.failed(address)) >= 2, "it is the fourth"


async def test_calls_are_counted_exactly_over_all_replicas(database: Database) -> None:
    ada = a_person("Ada")
    first, second = (limits(Clock(), database, calls=3) for _ in range(2))
    over = [await first.open_call(ada, ""), await first.open_call(ada, ""), await second.open_call(ada, "")]
    for replica in (first, second):
        with pytest.raises(Problem) as held:
            await replica.open_call(ada, "")
        assert held.value.code == "limited"
    over[0]()
    await first.share()
    await first.heartbeat()
    (await second.open_call(ada, ""))()
    for close in over[1:]:
        close()


async def test_calls_of_a_replica_that_died_are_forgotten(database: Database) -> None:
    ada = a_person("Ada")
    dead, alive = (limits(Clock(), database, calls=1) for _ in range(2))
    await dead.open_call(ada, "")
    with pytest.raises(Problem):
        await alive.open_call(ada, "")

    async def age(connection: Connection) -> None:
        await connection.execute("UPDATE limit_open SET seen_at = seen_at - interval '31 seconds'")

    await database.run(age)
    (await alive.open_call(ada, ""))()


async def test_without_the_database_each_process_keeps_the_limits_and_tells_what_it_counted_later(
    database: Database,
) -> None:
    class Away:
        down = True

        async def run(self, work: Any, *, seconds: float = 5.0) -> Any:
            if self.down:
                raise Problem(503, "database_unavailable", "Away", "Away.")
            return await database.run(work, seconds=seconds)

    clock, away, ada = Clock(), Away(), a_person("Ada")
    one = limits(clock, away, requests_per_minute=10, calls=2)  # type: ignore[arg-type]
    assert how_many(lambda: one.request(ada, ""), 20) == 10
    with pytest.raises(Problem, match="Away"):
        await one.share()
    await one.open_call(ada, "")
    await one.open_call(ada, "")
    with pytest.raises(Problem, match="limited"):
        await one.open_call(ada, "")
    away.down = False
    await one.share()
    other = limits(clock, database, requests_per_minute=10)
    other.request(ada, "")
    await other.share()
    assert passes(lambda: other.request(ada, "")) > 0


async def test_what_no_limit_looks_at_any_more_is_swept(database: Database) -> None:
    clock = Clock()
    clock.now -= 86_400
    old = limits(clock, database)
    old.request(a_person("Ada"), "")
    await old.share()
    clock.now += 86_400
    await old.sweep()

    async def left(connection: Connection) -> int:
        cursor = await connection.execute(
            "SELECT count(*) FROM limit_count WHERE period < %s", (int(clock.now) - 3_600,)
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    assert await database.run(left) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::1", "::1"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_proxys_network_and_a_hop_with_a_port() -> None:
    assert is_within("10.1.2.3", ("192.0.2.1", "10.0.0.0/8"))
    assert is_within("::ffff:10.1.2.3", ("10.0.0.0/8",))
    assert not is_within("11.1.2.3", ("10.0.0.0/8", "2001:db8::/32"))
    assert not is_within("nonsense", ("10.0.0.0/8",))
    assert [without_port(hop) for hop in ("203.0.113.7:443", "[2001:db8::1]:443", "2001:db8::1", "unknown")] == [
        "203.0.113.7", "2001:db8::1", "2001:db8::1", "unknown",
    ]  # fmt: skip
