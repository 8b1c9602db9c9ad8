"""Keys and seals: what opens, what must not, and where the master key comes from."""

import asyncio
import logging
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.problems import Problem
from backend.storage import keys as room
from backend.storage.database import Database
from backend.storage.keys import DataKey, KeyRing, LocalMasterKey, MasterKeyError, SealBroken, bind
from backend.storage.notices import KEYS, Notices, mark_of
from backend.tests.conftest import StoreSettings, a_person

KEY = DataKey("tenant", "owner", {1: bytes(range(32))})
OVERHEAD = 31

texts = st.text(st.characters(exclude_categories=[]), max_size=30)
contexts = st.lists(texts, max_size=5)


@given(plain=st.binary(max_size=300), context=contexts)
def test_what_was_sealed_opens_at_its_place(plain: bytes, context: list[str]) -> None:
    sealed = KEY.seal(plain, *context)
    assert KEY.open(sealed, *context) == plain
    assert len(sealed) == len(plain) + OVERHEAD
    assert KEY.seal(plain, *context) != sealed


@given(one=contexts, other=contexts)
def test_no_two_contexts_are_the_same(one: list[str], other: list[str]) -> None:
    assert (bind(*one) == bind(*other)) == (one == other)
    if one != other:
        with pytest.raises(SealBroken):
            KEY.open(KEY.seal(b"secret", *one), *other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a", "bc"), ("ab", "c")), (("1:a",), ("", "a")), (("a",), ("a", "")), (("", ""), ("",)), ((), ("",))],
)
def test_parts_that_join_to_the_same_text_stay_apart(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    with pytest.raises(SealBroken):
        KEY.open(KEY.seal(b"secret", *one), *other)


@given(plain=st.binary(min_size=1, max_size=60), at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_changed_bit_is_noticed(plain: bytes, at: int, bit: int) -> None:
    sealed = bytearray(KEY.seal(plain, "s", "t", "body"))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(SealBroken):
        KEY.open(bytes(sealed), "s", "t", "body")


@given(noise=st.binary(max_size=80), length=st.integers(0, 40))
def test_noise_and_pieces_are_refused(noise: bytes, length: int) -> None:
    for wrong in (noise, b"\x01\x00\x01" + noise, KEY.seal(b"a secret text", "x")[:length]):
        with pytest.raises(SealBroken):
            KEY.open(wrong, "x")


def test_a_value_of_one_owner_does_not_open_for_another_even_with_the_same_key() -> None:
    sealed = KEY.seal(b"secret", "s")
    for tenant, owner in (("tenant", "other"), ("other", "owner"), ("tenanto", "wner"), ("", "tenantowner")):
        with pytest.raises(SealBroken):
            DataKey(tenant, owner, {1: bytes(range(32))}).open(sealed, "s")


def test_an_older_key_still_opens_when_a_newer_one_seals() -> None:
    old = KEY.seal(b"secret", "s")
    both = DataKey("tenant", "owner", {1: bytes(range(32)), 2: bytes(32)})
    assert both.open(old, "s") == b"secret"
    with pytest.raises(SealBroken):
        KEY.open(both.seal(b"secret", "s"), "s")


def test_a_wrapped_key_opens_only_under_its_master_key_and_for_its_owner() -> None:
    master = LocalMasterKey(os.urandom(32))
    wrapped = master.wrap(b"k" * 32, "tenant", "owner", "1")
    assert master.unwrap(wrapped, "tenant", "owner", "1") == b"k" * 32
    for opener, place in (
        (master, ("tenant", "other", "1")),
        (master, ("tenant", "owner", "2")),
        (LocalMasterKey(os.urandom(32)), ("tenant", "owner", "1")),
    ):
        with pytest.raises(SealBroken):
            opener.unwrap(wrapped, *place)
    with pytest.raises(SealBroken):
        master.unwrap(b"", "tenant", "owner", "1")


async def test_two_replicas_that_make_a_key_at_once_have_the_same(
    each_database: Database, where: StoreSettings
) -> None:
    rings = [await KeyRing.open(where, each_database) for _ in range(6)]
    for _ in range(5):
        person = a_person("Ada")
        made = await asyncio.gather(*(ring.key(person.tenant, person.user_id) for ring in rings for _ in range(3)))
        sealed = [key.seal(b"secret", "s") for key in made]
        assert all(key.open(one, "s") == b"secret" for key in made for one in sealed)


async def test_a_key_is_read_again_after_a_while_and_memory_is_bounded(
    database: Database, store_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = await KeyRing.open(store_settings, database)
    person = a_person("Ada")
    first = await ring.key(person.tenant, person.user_id)
    assert await ring.key(person.tenant, person.user_id) is first
    now = time.monotonic()
    # Only this room's clock: the event loop's own would put every timer of the process a quarter of an hour off.
    monkeypatch.setattr(room, "time", SimpleNamespace(monotonic=lambda: now + room.KEPT_SECONDS + 1))
    assert await ring.key(person.tenant, person.user_id) is not first
    monkeypatch.undo()
    monkeypatch.setattr(room, "KEPT_KEYS", 3)
    for number in range(8):
        other = a_person(f"P{number}")
        await ring.key(other.tenant, other.user_id)
    assert len(ring._kept) == len(ring._owners) == 3
    assert not ring._wanted


async def test_a_destroyed_key_is_gone_everywhere_and_no_new_one_takes_its_place(
    each_database: Database, where: StoreSettings
) -> None:
    here, there = await KeyRing.open(where, each_database), await KeyRing.open(where, each_database)
    person = a_person("Ada")
    await there.key(person.tenant, person.user_id)
    await here.destroy(person.tenant, person.user_id)
    await here.destroy(person.tenant, person.user_id)
    there.heard(mark_of("somebody", "else"))
    await there.key(person.tenant, person.user_id)  # it has not heard of it yet
    there.heard(mark_of(person.tenant, person.user_id))
    nobody = a_person("Nobody")
    await here.destroy(nobody.tenant, nobody.user_id)
    for ring, who in ((here, person), (there, person), (here, nobody)):
        with pytest.raises(Problem) as caught:
            await ring.key(who.tenant, who.user_id)
        assert (caught.value.status, caught.value.code, caught.value.retryable) == (410, "erased", False)
    async with each_database.pool.connection() as connection:
        found = await (
            await connection.execute("SELECT wrapped, kek FROM user_key WHERE owner = %s", (person.user_id,))
        ).fetchall()
    assert found == [(None, "")]


async def test_other_replicas_hear_of_a_destroyed_key(each_database: Database, where: StoreSettings) -> None:
    here = await KeyRing.open(where, each_database)
    notices = Notices(each_database)
    there = await KeyRing.open(where, each_database, notices)
    person, heard = a_person("Ada"), asyncio.Event()
    notices.listen(KEYS, lambda mark: heard.set() if mark == mark_of(person.tenant, person.user_id) else None)
    notices.start()
    try:
        await asyncio.wait_for(notices.listening.wait(), 20)
        await there.key(person.tenant, person.user_id)
        await here.destroy(person.tenant, person.user_id)
        await asyncio.wait_for(heard.wait(), 20)
        with pytest.raises(Problem):
            await there.key(person.tenant, person.user_id)
    finally:
        await notices.close()


async def test_a_damaged_key_is_said_and_not_replaced(
    database: Database, store_settings: StoreSettings, caplog: pytest.LogCaptureFixture
) -> None:
    ring, person = await KeyRing.open(store_settings, database), a_person("Ada")
    key = (await ring.key(person.tenant, person.user_id)).seal(b"x", "s")
    changes = "UPDATE user_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE owner = %s"
    async with database.pool.connection() as connection:
        await connection.execute(changes, (person.user_id,))
        ring.heard(None)
        with pytest.raises(Problem) as caught:
            await ring.key(person.tenant, person.user_id)
        assert (caught.value.status, caught.value.code, caught.value.retryable) == (503, "keys_unavailable", True)
        assert "damaged" in caplog.text
        await connection.execute(changes, (person.user_id,))
    assert (await ring.key(person.tenant, person.user_id)).open(key, "s") == b"x"


@pytest.fixture
def fresh_url(database: Database) -> Iterator[str]:
    """The URL of an empty database."""
    name = f"keys_{time.monotonic_ns()}"
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    given = psycopg.conninfo.conninfo_to_dict(database.conninfo)
    rest = "&".join(f"{key}={given[key]}" for key in ("host", "port", "password") if key in given)
    yield f"postgresql:///{name}?user={given['user']}&{rest}"
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def opened(url: str, data_dir: Path, encryption_key: str = "") -> tuple[Database, KeyRing]:
    """Open the database, and the keys with it; close the database when that fails."""
    where = StoreSettings(url, data_dir, encryption_key=encryption_key)
    database = await Database.open(where)
    try:
        return database, await KeyRing.open(where, database)
    except BaseException:
        await database.close()
        raise


async def test_a_laptops_master_key_is_made_once_for_its_user_alone(
    fresh_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "new" / "home"
    database, ring = await opened(fresh_url, home)
    file = home / "master.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(bytes.fromhex(file.read_text().strip())) == 32
    sealed = (await ring.key("t", "o")).seal(b"secret", "s")
    await database.close()
    file.chmod(0o640)
    with caplog.at_level(logging.WARNING, "backend.storage"):
        database, ring = await opened(fresh_url, home)
    assert "chmod 600" in caplog.text
    assert (await ring.key("t", "o")).open(sealed, "s") == b"secret"
    assert [entry.name for entry in home.iterdir()] == ["master.key"]
    await database.close()


def test_processes_that_make_the_master_key_at_once_agree(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    file = tmp_path / "master.key"
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: room._made(file), range(32)))
    assert len(made) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["master.key"]


async def test_the_key_of_the_environment_counts_in_either_form(fresh_url: str, tmp_path: Path) -> None:
    import base64

    raw = os.urandom(32)
    database, ring = await opened(fresh_url, tmp_path, raw.hex())
    sealed = (await ring.key("t", "o")).seal(b"secret", "s")
    await database.close()
    database, ring = await opened(fresh_url, tmp_path, base64.b64encode(raw).decode())
    assert (await ring.key("t", "o")).open(sealed, "s") == b"secret"
    await database.close()
    assert not (tmp_path / "master.key").exists()


async def test_another_master_key_than_before_is_refused_and_never_replaced_silently(
    fresh_url: str, tmp_path: Path
) -> None:
    database, ring = await opened(fresh_url, tmp_path / "a")
    await ring.key("t", "o")
    await database.close()
    for home, key in ((tmp_path / "b", ""), (tmp_path / "a", os.urandom(32).hex())):
        with pytest.raises(MasterKeyError) as caught:
            await opened(fresh_url, home, key)
        assert "ENCRYPTION_KEY" in str(caught.value)
        assert "used before" in str(caught.value)
        assert key not in str(caught.value) or not key
    assert not (tmp_path / "b").exists()
    file = tmp_path / "a" / "master.key"
    good = file.read_text()
    for bad in ("", "00" * 31, "no key", good[:-2] + "é", os.urandom(32).hex()):
        file.write_text(bad)
        with pytest.raises(MasterKeyError, match="Restore"):
            await opened(fresh_url, tmp_path / "a")
        assert file.read_text() == bad
    file.unlink()
    with pytest.raises(MasterKeyError, match="is gone"):
        await opened(fresh_url, tmp_path / "a")
    assert not file.exists()
    file.mkdir()
    with pytest.raises(MasterKeyError, match="cannot be used"):
        await opened(fresh_url, tmp_path / "a")
    file.rmdir()
    file.write_text(good)
    database, ring = await opened(fresh_url, tmp_path / "a")
    await ring.key("t", "o")
    await database.close()


async def test_two_hosts_that_start_at_once_on_an_empty_database_never_mix_keys(fresh_url: str, tmp_path: Path) -> None:
    (one, first), (two, second) = [await opened(fresh_url, tmp_path / name) for name in ("a", "b")]
    await first.key("t", "o")
    with pytest.raises(Problem) as caught:
        await second.key("t", "o")
    assert caught.value.code == "keys_unavailable"
    await one.close()
    await two.close()


async def test_a_fetch_that_fails_is_tried_anew(
    database: Database, store_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring, person = await KeyRing.open(store_settings, database), a_person("Ada")
    run = database.run

    async def down(*_: Any, **__: Any) -> Any:
        raise Problem(503, "database_unavailable", "Database unavailable", "down", retryable=True)

    monkeypatch.setattr(database, "run", down)
    with pytest.raises(Problem):
        await ring.key(person.tenant, person.user_id)
    monkeypatch.setattr(database, "run", run)
    assert await ring.key(person.tenant, person.user_id)


def test_a_turn_costs_a_few_microseconds() -> None:
    plain, place = os.urandom(150), ("session-0123456789", "turn_0123456789abcdef", "body")
    rounds = []
    for _ in range(5):
        begun = time.process_time()
        for _ in range(2_000):
            KEY.open(KEY.seal(plain, *place), *place)
        rounds.append((time.process_time() - begun) / 2_000 * 1e6)
    assert min(rounds) < 20, f"{min(rounds):.1f} µs to seal and open"
