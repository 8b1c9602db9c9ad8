"""The gateway as memory's model pass asks it; with the real local model, that it invents nothing."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from backend.chat.fact_model import FactModel
from backend.chat.gateway import Completion, Gateway
from backend.chat.history import Message
from backend.core.context import Fact, Turn
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.principal import Principal
from backend.memory.model_pass import ModelPass

ADA = Principal("test", "ada", "Ada", frozenset({"engram.user"}))
SCHEMA = {"type": "object"}


class Recording:
    """A gateway that refuses a temperature where told to."""

    def __init__(self, *, refuses: bool) -> None:
        self.refuses = refuses
        self.extras: list[Mapping[str, Any]] = []

    async def complete(
        self, messages: Sequence[Message], *, model: str, max_tokens: int, extra: Mapping[str, Any] | None = None
    ) -> Completion:
        self.extras.append(extra or {})
        if self.refuses and "temperature" in (extra or {}):
            raise Problem(422, "gateway_refused", "Refused", "temperature")
        return Completion("{}", 1, "stop")


async def test_an_answer_is_bound_by_the_schema_at_temperature_zero() -> None:
    gateway = Recording(refuses=False)
    assert await FactModel(gateway, "m").complete_json([], schema=SCHEMA, max_tokens=9) == "{}"
    (extra,) = gateway.extras
    assert extra["temperature"] == 0
    assert extra["response_format"]["json_schema"]["schema"] == SCHEMA


async def test_a_model_that_refuses_a_temperature_is_asked_without_from_then_on() -> None:
    gateway = Recording(refuses=True)
    model = FactModel(gateway, "m")
    await model.complete_json([], schema=SCHEMA, max_tokens=9)
    await model.complete_json([], schema=SCHEMA, max_tokens=9)
    assert ["temperature" in extra for extra in gateway.extras] == [True, False, False]


# With the real local model

FREE = [
    "can you show me the questions for katarina again", "what if nordstock went bankrupt next year",
    "perfect thanks that is all for today", "my boss said he hates onions", "ha ha you have not met our office staff",
    "if i won the lottery i would buy everyone a forklift",
]  # fmt: skip
STATED = ["i bought a red motorbike last week", "my sister ruth and i own a small vineyard"]


@pytest_asyncio.fixture(scope="module")
async def local_model() -> AsyncIterator[FactModel]:
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
    gateway = Gateway(settings)
    yield FactModel(gateway, "local")
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
async def test_the_small_local_model_invents_nothing(local_model: FactModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "backend.memory.model_pass.ANSWER_SECONDS", 280.0
    )  # a loaded test machine is not what is tested
    kept = Kept()
    reading = ModelPass(local_model, kept)
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
