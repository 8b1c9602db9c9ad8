"""What the tests of every room may ask for: a real database, the log and memory on it, and people nobody else is."""

import contextlib
import os
import random
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql
from psycopg.conninfo import make_conninfo

from backend.core.context import Channel, Role, Turn
from backend.core.ids import new_id
from backend.identity.principal import Principal
from backend.memory.fact_log import FactLog
from backend.memory.facts import Facts
from backend.memory.log import TurnLog
from backend.memory.recall import Memory
from backend.storage.database import Database
from backend.storage.embedded import EmbeddedServer
from backend.storage.keys import KeyRing

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
"""Debian 12's server, without any extension: `apt-get install postgresql-15`."""

DATABASES = ["embedded", *(["debian-15"] if (DEBIAN_15 / "postgres").exists() else [])]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give this run temporary directories of its own.

    The usual ones share a parent that each new run closes to other accounts; root's database runs as another account,
    and would be locked out when a second run begins. Short names also leave room for socket paths.
    """
    if not config.option.basetemp:
        base = Path(tempfile.mkdtemp(prefix="engram-tests-")) / "t"
        config.option.basetemp = base
        config.add_cleanup(lambda: shutil.rmtree(base.parent, ignore_errors=True))


@dataclass(frozen=True)
class StoreSettings:
    """The settings that storage and memory read."""

    database_url: str
    data_dir: Path
    encryption_key: str = "5c" * 3 + "0123456789abcdef" * 3 + "e1f0a9b8c7"
    memory_timeout_ms: int = 2_000  # a loaded test machine is not what is tested
    memory_scope: Literal["user", "session"] = "user"


@pytest.fixture(scope="session")
def store_settings(tmp_path_factory: pytest.TempPathFactory) -> StoreSettings:
    """Settings for the tests' own embedded server, or for ENGRAM_TEST_DATABASE_URL where that is set.

    Its user must own the database and be allowed to create others (CREATEDB).
    """
    return StoreSettings(os.environ.get("ENGRAM_TEST_DATABASE_URL", ""), tmp_path_factory.mktemp("engram"))


@pytest_asyncio.fixture(scope="session")
async def database(store_settings: StoreSettings) -> AsyncIterator[Database]:
    """An open database, one for all tests: each test has people of its own in it."""
    opened = await Database.open(store_settings)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def debian_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Debian's PostgreSQL 15, initialised and started by us, listening on TCP and asking for a password."""
    server = EmbeddedServer.attach(
        tmp_path_factory.mktemp("debian"),
        binaries=DEBIAN_15,
        settings={"listen_addresses": "127.0.0.1", "port": str(free_port()), "max_connections": "40"},
    )
    try:
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE ROLE engram LOGIN PASSWORD {}").format(sql.Literal("s:e@c/ret")))
            connection.execute("CREATE DATABASE engram OWNER engram")
        yield server
    finally:
        server.detach()


@pytest.fixture(scope="session")
def debian_url(debian_server: EmbeddedServer) -> str:
    """DATABASE_URL of Debian's PostgreSQL 15, over TCP with a password."""
    return f"postgresql://engram:s%3Ae%40c%2Fret@127.0.0.1:{debian_server.port}/engram"


@pytest.fixture(scope="session", params=DATABASES)
def where(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StoreSettings:
    """Settings for each kind of database in turn: the default one, and Debian's PostgreSQL 15 by DATABASE_URL."""
    if request.param == "debian-15":
        return StoreSettings(request.getfixturevalue("debian_url"), tmp_path_factory.mktemp("unused"))
    settings: StoreSettings = request.getfixturevalue("store_settings")
    return settings


@pytest_asyncio.fixture(scope="session")
async def each_database(where: StoreSettings) -> AsyncIterator[Database]:
    """An open database, each kind in turn."""
    opened = await Database.open(where)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="session")
async def keys(database: Database, store_settings: StoreSettings) -> KeyRing:
    """The keys of the tests' database."""
    return await KeyRing.open(store_settings, database)


@pytest_asyncio.fixture(scope="session")
async def each_keys(each_database: Database, where: StoreSettings) -> KeyRing:
    """The keys of each kind of database."""
    return await KeyRing.open(where, each_database)


@pytest.fixture
def log(each_database: Database, each_keys: KeyRing) -> TurnLog:
    """The log of turns on each kind of database."""
    return TurnLog(each_database, each_keys)


@pytest_asyncio.fixture
async def memory(database: Database, keys: KeyRing, store_settings: StoreSettings) -> AsyncIterator[Memory]:
    """Memory with an empty cache, on the tests' database."""
    made = Memory(TurnLog(database, keys), store_settings)
    yield made
    await made.close()


Learn = Callable[[Principal], Awaitable[None]]


@pytest.fixture
def learn(database: Database, keys: KeyRing) -> Learn:
    """A way to have facts drawn from all that somebody has said, which a service does beside the conversation."""
    log, facts = TurnLog(database, keys), Facts(FactLog(database, keys))

    async def of(principal: Principal) -> None:
        await facts.learn(principal, (await log.changes(principal, 0, 10_000)).turns)

    return of


@pytest.fixture
def person() -> Principal:
    """Somebody whom no other test knows."""
    return a_person("Ada")


def a_person(name: str, tenant: str = "test") -> Principal:
    """Return somebody new."""
    return Principal(tenant, new_id(name.lower()), name, frozenset({"engram.user"}))


_BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_said = 0


def a_turn(
    content: str, role: Role = "user", *, session: str = "", channel: Channel = "chat", agent: str = "elena"
) -> Turn:
    """Return a turn, said a second after the one made before."""
    global _said
    _said += 1
    return Turn(new_id("turn"), role, content, channel, agent, _BEGINNING + timedelta(seconds=_said), session)


def free_port() -> int:
    """Return a TCP port that is free on the loopback interface.

    Below those that the kernel gives away by itself: nobody who asks for any port gets it before it is used.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def conninfo_of(server: EmbeddedServer, **changes: str | int) -> str:
    """Return the server's connection string with some of its parts changed."""
    return make_conninfo(server.conninfo, **changes)
