"""Memory's model pass over the gateway, with the real local model: it invents nothing."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from backend.chat.gateway import Gateway
from backend.core.context import Fact, Turn
from backend.core.settings import Settings
from backend.identity.outgoing import Outgoing
from backend.identity.principal import Principal
from backend.memory.model_pass import ModelPass

ADA = Principal("test", "ada", "Ada", frozenset({"engram.user"}))
FREE = [
    "can you show me the questions for katarina again", "what if nordstock went bankrupt next year",
    "perfect thanks that is all for today", "my boss said he hates onions", "ha ha you have not met our office staff",
    "if i won the lottery i would buy everyone a forklift",
]  # fmt: skip
STATED = ["i bought a red motorbike last week", "my sister ruth and i own a small vineyard"]


@pytest_asyncio.fixture(scope="module")
async def local_model() -> AsyncIterator[Gateway]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local_ai", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(300):
        base = ""
        while not base:
            line = (await process.stdout.readline()).decode()
            assert line, "the local models did not start"
            base = line.partition("ready on ")[2].strip()
    settings = Settings(azure_ai_endpoint=f"{base}/openai/v1", azure_ai_key="local", chat_timeout_seconds=300)
    gateway = Gateway(settings, Outgoing(settings))
    yield gateway
    await gateway.close()
    process.terminate()
    await process.wait()


class Kept:
    def __init__(self) -> None:
        self.facts: list[Fact] = []

    async def all(self, principal: Principal) -> list[Fact]:
        return self.facts

    async def store(self, principal: Principal, found: Sequence[Fact]) -> list[Fact]:
        self.facts += found
        return list(found)


@pytest.mark.models
@pytest.mark.timeout(600)
async def test_the_small_local_model_invents_nothing(local_model: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "backend.memory.model_pass.ANSWER_SECONDS", 280.0
    )  # a loaded test machine is not what is tested
    kept = Kept()
    reading = ModelPass(local_model, kept, model="local")
    begins = datetime(2026, 5, 20, 9, tzinfo=UTC)
    free, stated = (
        [
            Turn(f"{name}{at}", "user", text, "voice", "elena", begins + timedelta(seconds=at), "s")
            for at, text in enumerate(texts)
        ]
        for name, texts in (("free", FREE), ("stated", STATED))
    )
    await reading.read(ADA, free)
    assert kept.facts == []
    await reading.read(ADA, stated)
    for fact in kept.facts:
        assert set(fact.proof) <= {turn.id for turn in stated}
