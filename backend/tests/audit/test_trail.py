"""The trail on a real PostgreSQL: many write at once, nobody can change a row, and `engram audit verify` finds it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from typer.testing import CliRunner, Result

from backend.audit.chain import ChainBroken, Head
from backend.audit.trail import Trail
from backend.cli.audit import check
from backend.cli.main import app as engram
from backend.core.levels import Level
from backend.core.settings import Settings
from backend.identity.principal import Principal
from backend.storage.database import Connection, Database
from backend.tests.conftest import StoreSettings, a_person

ADMIN = Principal("t", "ann", "Ann", frozenset({"engram.admin"}))


@dataclass(frozen=True)
class Own:
    """A database of a test's own, and two replicas' trails on it."""

    url: str
    database: Database
    trails: tuple[Trail, Trail]

    def tamper(self, statement: str) -> None:
        """Do it as somebody who may do anything with the table would."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ALTER TABLE audit_event DISABLE TRIGGER append_only")
            connection.execute(statement)
            connection.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER append_only")

    async def verify(self, *arguments: str) -> Result:
        """Run `engram audit verify`."""
        environment = {"ENVIRONMENT": "development", "AUTH_REQUIRED": "false", "DATABASE_URL": self.url}
        command = ["audit", "verify", *arguments]
        return await asyncio.to_thread(lambda: CliRunner().invoke(engram, command, env=environment))


@pytest.fixture
async def own(database: Database, store_settings: StoreSettings) -> AsyncIterator[Own]:
    """A database that nobody else's rows are in."""
    name = f"audit_{time.monotonic_ns()}"
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    known = conninfo_to_dict(make_conninfo(database.conninfo, dbname=name))
    secret = f":{known['password']}" if known.get("password") else ""
    url = f"postgresql://{known['user']}{secret}@/{name}?host={known['host']}&port={known['port']}"
    opened = await Database.open(replace(store_settings, database_url=url))
    yield Own(url, opened, (Trail(opened, Level.UAT), Trail(opened, Level.UAT)))
    await opened.close()
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def fill(own: Own, count: int = 6) -> Head:
    for number in range(count):
        await own.trails[0].record(ADMIN, "episode.read", owner=a_person("Bob"), of=f"s{number}")
    return await check(own.trails[0])


async def test_rows_that_many_write_at_once_make_one_chain(own: Own) -> None:
    await asyncio.gather(*(own.trails[n % 2].record(ADMIN, "audit.read", of=f"{n}") for n in range(60)))
    assert (await check(own.trails[0])).seq == 60
    rows = await own.trails[1].page(None, 100)
    assert {row.object for row, _ in rows} == {f"{n}" for n in range(60)}
    assert [row.at for row, _ in rows] == sorted((row.at for row, _ in rows), reverse=True)


async def test_a_row_stands_and_falls_with_what_it_tells_of(own: Own) -> None:
    async def work(connection: Connection) -> None:
        async with connection.transaction():
            await own.trails[0].write(connection, ADMIN, "episode.deleted", of="s1")
            raise LookupError

    with pytest.raises(LookupError):
        await own.database.run(work)
    assert (await check(own.trails[0])) == Head()
    await fill(own, 1)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET actor = 'eve'", "DELETE FROM audit_event", "DELETE FROM audit_event WHERE seq = 99",
     "TRUNCATE audit_event",
     "INSERT INTO audit_event SELECT * FROM audit_event ON CONFLICT (seq) DO UPDATE SET actor = 'eve'"],
)  # fmt: skip
async def test_the_database_refuses_to_change_or_remove_a_row(own: Own, statement: str) -> None:
    await fill(own, 2)
    with psycopg.connect(own.url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = 'replica'")  # would switch ordinary triggers off
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            connection.execute(statement)
    assert (await check(own.trails[0])).seq == 2


async def test_ids_that_no_column_holds_are_kept_as_far_as_they_can_be(own: Own) -> None:
    strange = Principal("t\x00", "\ud800" + "x" * 500, "", frozenset())
    await own.trails[0].record(strange, "access.refused", of="ü\x00")
    [(row, _)] = await own.trails[0].page(None, 5)
    assert (row.actor_tenant, row.actor, row.object) == ("t", "?" + "x" * 199, "ü")
    assert (await check(own.trails[0])).seq == 1


async def test_the_command_names_the_first_broken_row(own: Own) -> None:
    empty = await own.verify()
    assert (empty.exit_code, empty.stdout) == (0, "The audit log is empty.\n")
    noted = str(await fill(own))
    whole = await own.verify("--head", noted)
    assert (whole.exit_code, whole.stdout) == (0, f"The audit log is whole: 6 rows. Head: {noted}\n")
    own.tamper("UPDATE audit_event SET actor = 'eve' WHERE seq = 4")
    broken = await own.verify()
    assert (broken.exit_code, broken.stdout) == (1, "")
    assert broken.stderr.startswith("The audit log is broken at row 4: it is not what was written")


async def test_rows_cut_off_at_the_end_are_seen_by_a_noted_head(own: Own) -> None:
    noted = await fill(own)
    own.tamper("DELETE FROM audit_event WHERE seq > 4")
    assert (await check(own.trails[0])).seq == 4, "the rest is a whole chain"
    with pytest.raises(ChainBroken, match="row 5: it is missing, with all after it; 6 rows had been noted"):
        await check(own.trails[0], noted)


async def test_a_chain_that_was_written_anew_is_seen_by_a_noted_head(own: Own) -> None:
    noted = await fill(own, 3)
    own.tamper("DELETE FROM audit_event")
    await fill(own, 5)
    with pytest.raises(ChainBroken, match="row 3: it is another than the one whose hash was noted"):
        await check(own.trails[0], noted)


async def test_what_cannot_be_checked_is_told_apart_from_a_broken_chain(own: Own) -> None:
    senseless = await own.verify("--head", "6")
    assert (senseless.exit_code, "NUMBER:HASH" in senseless.stderr) == (2, True)
    away = await replace(own, url="postgresql://nobody@127.0.0.1:9/none").verify()
    assert (away.exit_code, "DATABASE_URL" in away.stderr) == (2, True)
    with psycopg.connect(own.url, autocommit=True) as connection:
        connection.execute("ALTER TABLE audit_event RENAME TO elsewhere")
        connection.execute("UPDATE alembic_version SET version_num = '0004'")
    old = await own.verify()
    assert (old.exit_code, "has no audit log" in old.stderr) == (2, True), "and it is not migrated"


def test_the_audit_log_is_on_where_the_level_or_the_setting_says_so(database: Database) -> None:
    def on(**values: object) -> bool:
        return Trail.open(Settings(_env_file=None, **values), database) is not None  # type: ignore[call-arg,arg-type]

    assert not on(environment="development", auth_required=False)
    assert not on(environment="development")
    assert on(environment="development", audit_log_enabled=True)
    assert all(on(environment=environment) for environment in ("test", "uat", "production"))
