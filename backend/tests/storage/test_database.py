"""The database at its door: opening, migrating, checking, and staying responsive when the server does not."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from backend.core.problems import Problem
from backend.storage import database as room
from backend.storage import migrations
from backend.storage.database import Connection, Database, DatabaseUnreachable
from backend.storage.embedded import EmbeddedServer
from backend.tests.conftest import StoreSettings, conninfo_of, free_port
from backend.tests.storage.freezing import frozen


@pytest.fixture
def fresh(store_settings: StoreSettings, database: Database) -> Iterator[str]:
    """The connection string of an empty database on the tests' server."""
    name = f"fresh_{time.monotonic_ns()}"
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield psycopg.conninfo.make_conninfo(database.conninfo, dbname=name)
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def revision(conninfo: str) -> str:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row is not None
    return str(row[0])


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


async def test_many_starting_at_once_migrate_once(fresh: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrations.migrate, fresh) for _ in range(5)))
    assert revision(fresh) == migrations.HEAD


def test_a_schema_that_a_newer_release_has_expanded_is_left_alone(fresh: str) -> None:
    migrations.migrate(fresh)
    with psycopg.connect(fresh, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    migrations.migrate(fresh)
    assert revision(fresh) == "9999"


async def test_it_opens_answers_and_opens_again(where: StoreSettings) -> None:
    for _ in range(2):
        opened = await Database.open(where)
        await opened.check()
        await opened.close()
        await opened.close()
        with pytest.raises(Problem) as caught:
            await opened.check()
        assert caught.value.status == 503


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("s%3Ae%40c%2Fret", "wrong", "password authentication failed"),
        ("/engram", "/nowhere", "nowhere"),
    ],
)
async def test_a_wrong_url_is_told_with_its_remedy_and_without_the_password(
    debian_url: str, tmp_path: Path, old: str, new: str, says: str
) -> None:
    url = debian_url.replace(old, new)
    with pytest.raises(DatabaseUnreachable) as caught:
        await Database.open(StoreSettings(url, tmp_path))
    message = str(caught.value)
    assert message.startswith("DATABASE_URL: cannot use the database at 127.0.0.1:")
    assert says in message
    assert "Check that the server runs" in message
    assert "wrong@" not in message
    assert "c/ret" not in message


async def test_a_server_that_is_not_there_is_told_quickly(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(DatabaseUnreachable, match="Check that the server runs"):
        await Database.open(StoreSettings(f"postgresql://u:hush@127.0.0.1:{free_port()}/d", tmp_path))
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize("url", ["mysql://u:p@h/d", "not a url", "postgresql://u:p@h:port/d"])
async def test_what_is_no_postgresql_url_is_refused_with_an_example(url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable, match="DATABASE_URL"):
        await Database.open(StoreSettings(url, tmp_path))


async def test_a_user_who_may_not_create_tables_is_told_so(
    debian_server: EmbeddedServer, debian_url: str, tmp_path: Path
) -> None:
    with psycopg.connect(debian_server.conninfo, autocommit=True) as connection:
        connection.execute("CREATE DATABASE guarded")
        connection.execute("GRANT CONNECT ON DATABASE guarded TO engram")
    with pytest.raises(DatabaseUnreachable, match="own the database"):
        await Database.open(StoreSettings(debian_url.removesuffix("/engram") + "/guarded", tmp_path))


async def test_work_that_takes_too_long_is_given_up_and_the_pool_stays_whole(database: Database) -> None:
    begun = time.monotonic()
    for _ in range(3):
        with pytest.raises(Problem) as caught:
            await database.run(lambda connection: connection.execute("SELECT pg_sleep(1)"), seconds=0.05)
        assert (caught.value.status, caught.value.retryable) == (503, True)
        assert caught.value.retry_after
    assert time.monotonic() - begun < 1
    await asyncio.gather(*(database.check() for _ in range(room.POOL_SIZE)))


async def test_a_caller_who_leaves_does_no_harm_to_the_pool(database: Database) -> None:
    for wait in (0.0, 0.001, 0.01):
        callers = [
            asyncio.create_task(database.run(lambda connection: connection.execute("SELECT pg_sleep(0.05)")))
            for _ in range(3 * room.POOL_SIZE)
        ]
        await asyncio.sleep(wait)
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
    await asyncio.gather(*(database.check() for _ in range(room.POOL_SIZE)))


async def test_connections_that_the_server_closed_are_replaced_without_an_error(where: StoreSettings) -> None:
    opened = await Database.open(where)
    try:
        await asyncio.gather(*(opened.check() for _ in range(2)))
        with psycopg.connect(opened.conninfo, autocommit=True, application_name="killer") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'engram' AND datname = current_database() AND pid <> pg_backend_pid()"
            )
        await opened.check()
    finally:
        await opened.close()


async def test_too_much_at_once_is_refused_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    if database._outstanding:
        await asyncio.wait(set(database._outstanding))
    monkeypatch.setattr(room, "_OUTSTANDING", 20)
    callers = [database.run(lambda connection: connection.execute("SELECT pg_sleep(0.1)")) for _ in range(30)]
    results = await asyncio.gather(*callers, return_exceptions=True)
    refused = [result for result in results if isinstance(result, Problem)]
    assert len(refused) == 10
    assert "too many" in refused[0].detail


async def test_values_that_cannot_be_stored_are_told_apart_from_a_database_that_is_down(database: Database) -> None:
    async def divide(connection: Connection) -> Any:
        return await connection.execute("SELECT 1 / %s", (0,))

    with pytest.raises(Problem) as caught:
        await database.run(divide)
    assert (caught.value.code, caught.value.retryable) == ("not_storable", False)


async def test_a_server_that_stands_still_costs_a_bounded_wait_and_is_used_again_when_it_goes_on(
    tmp_path: Path,
) -> None:
    opened = await Database.open(StoreSettings("", tmp_path))
    assert opened.server is not None
    try:
        with frozen(opened.server):
            begun = time.monotonic()
            results = await asyncio.gather(*(opened.check() for _ in range(50)), return_exceptions=True)
            assert all(isinstance(result, Problem) and result.status == 503 for result in results)
            assert time.monotonic() - begun < 4
        await opened.check()
    finally:
        await opened.close()


async def test_a_database_that_was_away_is_found_again(tmp_path: Path) -> None:
    opened = await Database.open(StoreSettings("", tmp_path))
    assert opened.server is not None
    try:
        await opened.check()
        opened.server.detach()
        with pytest.raises(Problem):
            await opened.check()
        opened.server = await asyncio.to_thread(EmbeddedServer.attach, tmp_path / "postgres")
        deadline = time.monotonic() + 20
        while True:
            try:
                await opened.check()
                break
            except Problem:
                assert time.monotonic() < deadline, "the database was never found again"
    finally:
        await opened.close()


def test_it_runs_without_any_extension(each_database: Database) -> None:
    with psycopg.connect(each_database.conninfo) as connection:
        found = connection.execute("SELECT extname FROM pg_extension ORDER BY extname").fetchall()
    assert found == [("plpgsql",)]


def test_the_embedded_server_takes_no_network_connections(tmp_path: Path) -> None:
    server = EmbeddedServer.attach(tmp_path / "postgres")
    try:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(conninfo_of(server, host="127.0.0.1"), connect_timeout=3)
    finally:
        server.detach()
