"""What the disk shows of a conversation: nothing. Fifty phrases are said, and then looked for in a dump, in every
table, in the server's files with its write-ahead log, and in its own log while it logs every statement.
"""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg import sql

from backend.core.context import Fact
from backend.identity.principal import Principal
from backend.memory.fact_log import FactLog
from backend.memory.log import TurnLog
from backend.memory.recall import Memory
from backend.storage.database import Database
from backend.storage.embedded import EmbeddedServer, wheel_binaries
from backend.storage.keys import KeyRing
from backend.tests.conftest import DATABASES, DEBIAN_15, StoreSettings, a_person, a_turn

NOTHING_HIDDEN = {
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_min_messages": "debug1",
    "log_min_error_statement": "debug1",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
}
PLANTED = "planted-heliotrope-phrase-"  # all fifty begin so; then comes their number
CONTROL = "control-phrase-that-must-be-found"


@pytest.fixture(params=DATABASES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server of its own that writes every statement with its parameters into its log."""
    binaries = DEBIAN_15 if request.param == "debian-15" else wheel_binaries()
    started = EmbeddedServer.attach(tmp_path / "postgres", binaries=binaries, settings=NOTHING_HIDDEN)
    yield started
    started.detach()


@contextlib.asynccontextmanager
async def stores(server: EmbeddedServer, home: Path) -> AsyncIterator[tuple[Database, KeyRing, StoreSettings]]:
    """The server's database, opened as the service does it."""
    named = urlencode({"host": str(server.socket_directory), "port": server.port, "user": "postgres"})
    settings = StoreSettings(f"postgresql:///postgres?{named}", home)
    database = await Database.open(settings)
    try:
        yield database, await KeyRing.open(settings, database), settings
    finally:
        await database.close()


async def test_fifty_phrases_are_on_no_disk(server: EmbeddedServer, tmp_path: Path) -> None:
    phrases = [f"{PLANTED}{number:02}" for number in range(50)]
    async with stores(server, tmp_path / "home") as (database, keys, settings):
        await plant(phrases, database, keys, settings, a_person("Ada"))
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        # So that a search that finds nothing is known to be able to find something.
        connection.execute("INSERT INTO session (tenant, owner, id, title) VALUES ('t', 'o', 's', %s)", (CONTROL,))
        connection.execute("CHECKPOINT")
        rows = everything(connection)
    dumping = await asyncio.create_subprocess_exec(
        server._binaries / "pg_dump", "-d", server.conninfo, stdout=asyncio.subprocess.PIPE
    )
    dump, _ = await asyncio.wait_for(dumping.communicate(), 60)
    assert dumping.returncode == 0
    log = (server.directory / "server.log").read_bytes()
    files = b"\n".join(file.read_bytes() for file in (server.directory / "data").rglob("*") if file.is_file())
    assert b"INSERT INTO turn" in log
    for name, found in (("dump", dump), ("rows", rows), ("log", log), ("files", files)):
        assert CONTROL.encode() in found, name
        for form in forms(PLANTED):
            at = found.find(form)
            assert at < 0, f"in the {name}: {found[at - 100 : at + 100]!r}"


def forms(phrase: str) -> Sequence[bytes]:
    """Ways in which a text may stand somewhere: as it is, in hex, and in base64 at each of its three shifts."""
    raw = phrase.encode()
    shifted = (base64.b64encode(bytes(shift) + raw)[4:-4] for shift in range(3))
    return [raw, raw.hex().encode(), *shifted]


def everything(connection: psycopg.Connection) -> bytes:
    """Return the rows of every table, as COPY writes them."""
    tables = connection.execute(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    assert len(tables) > 35
    rows = b""
    for (table,) in tables:
        copy = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
        with connection.cursor() as cursor, cursor.copy(copy) as copied:
            rows += b"".join(bytes(piece) for piece in copied)
    return rows


async def plant(
    phrases: Sequence[str], database: Database, keys: KeyRing, settings: StoreSettings, person: Principal
) -> None:
    """Say and store the phrases in all the ways there are."""
    some = iter(phrases)
    log, facts = TurnLog(database, keys), FactLog(database, keys)
    memory = Memory(log, settings)
    for channel in ("chat", "voice"):
        for _ in range(5):
            context = await memory.open_context(person, f"{channel}-tab", "elena", channel)
            context.add_turn(a_turn(next(some))._replace(channel=channel))  # the first is the title, too
            context.add_turn(a_turn(next(some), "assistant")._replace(channel=channel))
            await memory.persist_conversation(context)
    await memory.close()
    for number in range(4):
        session = f"cut-{number}"
        [cut] = await log.append(person, session, [a_turn(next(some), "assistant")._replace(unheard=next(some))])
        await log.amend(person, cut.id, content=next(some), unheard=next(some), interrupted=True)
    [turn] = await log.append(person, "titled", [a_turn(f"{next(some)} and more words than a title holds " * 4)])
    now = datetime.now(UTC)
    for number in range(3):
        fact = Fact(f"fact_{number}", next(some), now, next(some), "likes", next(some), proof=(turn.id,))
        await facts.add(person, [fact])
    await facts.forget(person, "fact_1")
    assert len(await facts.forgotten(person)) == 1
    # A vector and a snapshot that hold words stand for the text that can be made from real ones.
    await log.save_vectors(person, {turn.id: next(some).ljust(384).encode()})
    assert await log.save_snapshot(person, 0, 9, (next(some) * 20_000).encode(), epoch=0)
    await log.append(person, "gone", [a_turn(next(some))])
    await log.delete(person, "gone")
    await log.append(person, "quick", [a_turn(next(some))], durable=False)
    assert next(some, None) is None
