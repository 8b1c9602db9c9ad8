"""A typed turn is measured, and its span holds the numbers of the histograms."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY

from backend.agents.profiles import AgentDirectory
from backend.chat.gateway import Completion, Usage
from backend.chat.turn import Answer, Chat, Question
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.principal import Principal
from backend.telemetry.traces import Traces
from backend.tests.chat.test_turn import Moody, Prompt

ADA = Principal("t", "ada", "Ada", frozenset({"engram.user"}))
SETTINGS = Settings(_env_file=None, auth_required=False, memory_second_look=False)  # type: ignore[call-arg]


class Calm(Moody):
    """A memory that answers at once."""

    async def _mood(self) -> None:
        pass


class Counting(Prompt):
    """A gateway that counts tokens. fails: what it raises instead of an answer."""

    fails: BaseException | None = None

    async def complete(self, *_: Any, **more: Any) -> Completion:
        if self.fails is not None:
            raise self.fails
        return Completion("Yes.", 30, "stop", (), 25, "chatcmpl-1")

    async def stream(self, *_: Any, **more: Any) -> AsyncIterator[str | Usage]:
        yield "Ye"
        yield "s."
        if self.fails is not None:
            raise self.fails
        yield Usage(30, "stop", (), 25, "chatcmpl-2")


class Bench:
    """Chat with a gateway of its own, and the spans that come of it."""

    def __init__(self) -> None:
        self.exporter, self.gateway = InMemorySpanExporter(), Counting()
        self.traces = Traces.over([self.exporter], SETTINGS, "1")
        self.agents = AgentDirectory.load()
        self.chat = Chat(SETTINGS, self.agents, Calm(), self.gateway, traces=self.traces)
        self.question = Question(ADA, "measured-session", self.agents.get("marcus"), "What I ask")

    def span(self) -> ReadableSpan:
        """The span of the turn."""
        assert self.traces.provider is not None
        self.traces.provider.force_flush()
        (found,) = [span for span in self.exporter.get_finished_spans() if span.name.startswith("chat ")]
        return found


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    assert made.traces.provider is not None
    made.traces.provider.shutdown()


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"agent": "marcus"} | labels) or 0.0


async def test_a_streamed_answer_has_the_same_numbers_in_its_span_and_in_the_histograms(bench: Bench) -> None:
    stages = ("recall", "first_token", "answer")
    before = {stage: sample("engram_chat_wait_seconds_sum", stage=stage) for stage in stages}
    tokens = sample("engram_chat_tokens_total", direction="output")
    *_, last = [part async for part in bench.chat.stream(bench.question)]
    assert isinstance(last, Answer)
    found: dict[str, Any] = dict(bench.span().attributes or {})
    for stage in stages:
        counted = sample("engram_chat_wait_seconds_sum", stage=stage) - before[stage]
        assert counted * 1000 == pytest.approx(found[f"engram.{stage}_ms"], abs=1e-6)
    assert found["engram.recall_ms"] <= found["engram.first_token_ms"] <= found["engram.answer_ms"]
    assert found["gen_ai.operation.name"] == "chat"
    assert found["gen_ai.provider.name"] == "openai"
    assert found["gen_ai.request.model"] == "gpt-5-chat"
    assert found["gen_ai.agent.id"] == "marcus"
    assert found["gen_ai.conversation.id"] == "measured-session"
    assert found["gen_ai.response.id"] == "chatcmpl-2"
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (25, 5)
    assert sample("engram_chat_tokens_total", direction="output") == tokens + 5
    assert "What I ask" not in str(found), "a span holds no content"
    child, parent = bench.exporter.get_finished_spans()
    assert (child.name, parent.name) == ("retrieval memory", "chat gpt-5-chat")


async def test_a_whole_answer_has_no_first_token(bench: Bench) -> None:
    await bench.chat.answer(bench.question)
    found = dict(bench.span().attributes or {})
    assert found["engram.outcome"] == "answered"
    assert "engram.first_token_ms" not in found
    assert found["gen_ai.response.id"] == "chatcmpl-1"


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_failure_is_counted_by_its_code_and_its_span_says_so(bench: Bench, streamed: bool) -> None:
    bench.gateway.fails = Problem(502, "gateway_malformed", "t", "d")
    before = sample("engram_chat_turns_total", outcome="gateway_malformed")
    waited = sample("engram_chat_wait_seconds_count", stage="answer")

    async def ask() -> None:
        if streamed:
            _ = [part async for part in bench.chat.stream(bench.question)]
        else:
            await bench.chat.answer(bench.question)

    with pytest.raises(Problem):
        await ask()
    assert sample("engram_chat_turns_total", outcome="gateway_malformed") == before + 1
    assert sample("engram_chat_wait_seconds_count", stage="answer") == waited
    span = bench.span()
    assert (span.attributes or {})["error.type"] == "gateway_malformed"
    assert not span.status.is_ok


async def test_a_caller_who_leaves_is_counted_as_one_who_left(bench: Bench) -> None:
    before = sample("engram_chat_turns_total", outcome="left")
    stream = bench.chat.stream(bench.question)
    assert await anext(stream) == "Ye"
    await stream.aclose()
    await bench.chat.close()
    assert sample("engram_chat_turns_total", outcome="left") == before + 1
    assert (bench.span().attributes or {})["engram.outcome"] == "left"


async def test_without_a_collector_a_turn_is_counted_all_the_same() -> None:
    made = Bench()
    before = sample("engram_chat_turns_total", outcome="answered")
    await Chat(SETTINGS, made.agents, Calm(), made.gateway).answer(made.question)
    assert sample("engram_chat_turns_total", outcome="answered") == before + 1
