"""A Zep of each dialect on the loopback interface, and what Engram has for it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from backend.memory.zep.delivery import ZepDelivery
from backend.memory.zep.dialects import port_for
from backend.memory.zep.erasure import ZepErasure
from backend.memory.zep.ledger import Ledger
from backend.memory.zep.port import Dialect, ZepPort
from backend.memory.zep.reading import ZepReader
from backend.memory.zep.transport import Transport
from backend.storage.database import Database
from backend.tests.memory.zep.stub import KEY, ZepStub

DIALECTS: tuple[Dialect, ...] = ("v3", "v4", "ce", "oss")


@dataclass
class VirtualClock:
    """A clock that stands until it is moved."""

    seconds: float = 1_000.0
    begin: datetime = field(default_factory=lambda: datetime(2026, 6, 1, tzinfo=UTC))

    def monotonic(self) -> float:
        """Seconds."""
        return self.seconds

    def now(self) -> datetime:
        """UTC."""
        return self.begin + timedelta(seconds=self.seconds)

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.seconds += seconds


class Chosen:
    """Settings of a Zep."""

    def __init__(self, version: Dialect, url: str = "", key: str = "k") -> None:
        self.zep_api_version: Dialect = version
        self.zep_api_url = url
        self.zep_api_key = key


@dataclass
class Bench:
    """A stub and everything of ours that talks to it."""

    stub: ZepStub
    transport: Transport
    port: ZepPort
    ledger: Ledger
    clock: VirtualClock
    delivery: ZepDelivery
    reader: ZepReader
    erasure: ZepErasure


def breaker(bench: Bench) -> str:
    """The breaker's state, as it is now."""
    return bench.transport.breaker


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Each dialect in turn."""
    given: Dialect = request.param
    return given


@pytest.fixture
async def zep(dialect: Dialect, database: Database) -> AsyncIterator[Bench]:
    """A server of the dialect and our side of it; whatever the server would not have understood fails the test."""
    async for bench in a_bench(dialect, database):
        yield bench


@pytest.fixture
async def v3(database: Database) -> AsyncIterator[Bench]:
    """The same for v3 alone, where the dialect does not matter."""
    async for bench in a_bench("v3", database):
        yield bench


@pytest.fixture
async def v4(database: Database) -> AsyncIterator[Bench]:
    """The same for v4 alone, which erases by a task."""
    async for bench in a_bench("v4", database):
        yield bench


async def a_bench(dialect: Dialect, database: Database) -> AsyncIterator[Bench]:
    """Make a bench, and hold the server's violations to be none in the end. Stalls cost 0.8 s instead of 1 and 3."""
    stub = ZepStub(dialect)
    await stub.start()
    clock = VirtualClock()
    scheme = "Bearer" if dialect == "oss" else "Api-Key"
    transport = Transport(stub.base, f"{scheme} {KEY}", clock=clock.monotonic, read_seconds=0.8, write_seconds=0.8)
    port, ledger = port_for(dialect, transport), Ledger(database)
    reader = ZepReader(port, ledger, clock=clock.monotonic, now=clock.now)
    delivery = ZepDelivery(port, ledger, now=clock.now)
    erasure = ZepErasure(port, ledger, ask_again_seconds=0.001)
    yield Bench(stub, transport, port, ledger, clock, delivery, reader, erasure)
    await reader.close()
    await transport.close()
    await stub.stop()
    assert stub.violations == []
