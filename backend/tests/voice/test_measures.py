"""One turn, told three times: the browser's message, the histograms of /metrics and the span hold the same numbers."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from prometheus_client import REGISTRY

from backend.telemetry.traces import Traces
from backend.tests.voice.conftest import UTTERANCE, Phone, StartService, silence, tone, voice_settings
from backend.voice.call.measures import STAGES


class Collected:
    """Traces that end in this process, and the spans they got."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.traces = Traces.over([self._exporter], voice_settings("http://localhost"), "1.2.3")

    def spans(self) -> dict[str, ReadableSpan]:
        """The spans so far, by name."""
        assert self.traces.provider is not None
        self.traces.provider.force_flush()
        return {span.name: span for span in self._exporter.get_finished_spans()}


@pytest.fixture
def collected() -> Iterator[Collected]:
    made = Collected()
    yield made
    assert made.traces.provider is not None
    made.traces.provider.shutdown()


def sample(name: str, **labels: str) -> float:
    """What Prometheus would read."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def waits(stage: str, kind: str) -> tuple[float, float]:
    """Count and sum (seconds) of a stage's histogram."""
    labels = {"stage": stage, "agent": "elena", "leg": "native", "input": kind}
    return sample("engram_voice_wait_seconds_count", **labels), sample("engram_voice_wait_seconds_sum", **labels)


async def heard_to_the_end(phone: Phone, after: int = 0) -> str:
    """Play an answer as the page does: report its first sound and its end. Returns its item."""
    item_id = str((await phone.of("audio", after))["item_id"])
    await phone.send(type="playback", item_id=item_id, waited_ms=0, output_ms=12.5, silence_ms=700, buffer_ms=60)
    await phone.of("audio_end", after, item_id=item_id)
    await phone.send(type="playback", item_id=item_id, gaps=1, buffer_ms=110, over="finished")
    return item_id


async def test_a_turn_has_the_same_numbers_in_the_call_in_the_histograms_and_in_its_span(
    start_service: StartService, collected: Collected
) -> None:
    before = {stage: waits(stage, "speech") for stage in STAGES}
    dry = sample("engram_voice_underruns_total", agent="elena", leg="native")
    async with start_service(traces=collected.traces) as service:
        phone = await service.ready("measured")
        await phone.speak(UTTERANCE)
        item_id = await heard_to_the_end(phone)
        told = await phone.of("metrics")
        spans = collected.spans()

    assert (told["turn"], told["item_id"], told["agent_id"], told["input"]) == (1, item_id, "elena", "speech")
    assert told["transcript_ms"] >= 0
    assert 0 <= told["first_token_ms"] <= told["first_audio_ms"] <= told["heard_ms"]
    assert told["end_of_speech_ms"] <= 700
    assert (told["underruns"], told["buffer_ms"], told["stop_ms"], told["interrupted"]) == (1, 110, None, False)
    assert told["input_tokens"] > 0
    assert told["output_tokens"] > 0

    for stage in STAGES:
        count, total = waits(stage, "speech")
        assert count == before[stage][0] + 1
        assert (total - before[stage][1]) * 1000 == pytest.approx(told[f"{stage}_ms"], abs=1e-6)
    assert sample("engram_voice_underruns_total", agent="elena", leg="native") == dry + 1

    span = spans["chat gpt-realtime"]
    found: dict[str, Any] = dict(span.attributes or {})
    for stage in STAGES:
        assert found[f"engram.{stage}_ms"] == told[f"{stage}_ms"]
    assert span.kind is SpanKind.CLIENT
    assert found["gen_ai.operation.name"] == "chat"
    assert found["gen_ai.provider.name"] == "microsoft.foundry"
    assert found["gen_ai.request.model"] == "gpt-realtime"
    assert found["gen_ai.conversation.id"] == "measured"
    assert found["gen_ai.agent.id"] == "elena"
    assert found["gen_ai.response.id"] == told["response_id"]
    assert found["gen_ai.usage.input_tokens"] == told["input_tokens"]
    assert found["gen_ai.usage.output_tokens"] == told["output_tokens"]
    events = {event.name: event.timestamp for event in span.events}
    assert span.start_time is not None
    assert (events["first_audio"] - span.start_time) / 1e6 == pytest.approx(told["first_audio_ms"], abs=0.1)
    assert "utterance" not in str(found), "a span holds no content"


async def test_coming_in_is_measured_and_the_stop_is_the_same_number_everywhere(
    start_service: StartService, collected: Collected
) -> None:
    labels = {"agent": "elena", "leg": "native"}
    before = sample("engram_voice_stop_seconds_sum", **labels)
    async with start_service(traces=collected.traces) as service:
        phone = await service.ready()
        await phone.send(type="text", content="Tell me a long story " + "and more " * 40)
        item_id = str((await phone.of("audio"))["item_id"])
        await phone.send(type="playback", item_id=item_id, waited_ms=0)
        await phone.speak(silence(200) + tone(600))
        await phone.of("interrupted", item_id=item_id)
        await phone.send(type="playback", item_id=item_id, output_ms=200, over="flushed")
        told = await phone.of("metrics")
        (span,) = collected.spans().values()
    assert told["interrupted"] is True
    assert told["stop_ms"] > 0
    assert (sample("engram_voice_stop_seconds_sum", **labels) - before) * 1000 == pytest.approx(told["stop_ms"])
    assert (span.attributes or {})["engram.stop_ms"] == told["stop_ms"]


async def test_a_switch_is_measured_with_the_answer_after_it(start_service: StartService, collected: Collected) -> None:
    async with start_service(traces=collected.traces) as service:
        phone = await service.ready()
        await phone.send(type="agent", agent_id="marcus")
        await phone.of("agent_switched", agent_id="marcus")
        await phone.send(type="text", content="Are you Marcus?")
        await heard_to_the_end(phone)
        told = await phone.of("metrics")
        spans = collected.spans()
    assert (told["agent_id"], told["input"], told["end_of_speech_ms"]) == ("marcus", "text", None)
    child, parent = spans["hand_off"], spans["chat gpt-realtime"]
    assert child.parent is not None
    assert parent.context is not None
    assert child.parent.span_id == parent.context.span_id
    assert child.end_time is not None
    assert child.start_time is not None
    assert (child.end_time - child.start_time) / 1e6 == pytest.approx(told["hand_off_ms"], abs=0.1)


async def test_a_call_without_reports_of_the_browser_is_measured_as_far_as_the_service_sees(
    start_service: StartService,
) -> None:
    async with start_service() as service:
        phone = await service.ready()
        await phone.send(type="text", content="Hello")
        item_id = str((await phone.of("audio"))["item_id"])
        await phone.of("audio_end", item_id=item_id)
        told = await phone.of("metrics")
    assert told["first_audio_ms"] > 0
    assert (told["heard_ms"], told["end_of_speech_ms"], told["buffer_ms"], told["underruns"]) == (None, None, None, 0)


async def test_reports_that_are_not_as_documented_are_refused_and_the_call_goes_on(start_service: StartService) -> None:
    wrong: list[dict[str, Any]] = [
        {"waited_ms": -1}, {"waited_ms": "soon"}, {"output_ms": True}, {"silence_ms": 60_001}, {"gaps": -1},
        {"gaps": 1.5}, {"over": "perhaps"}, {"item_id": ""},
    ]  # fmt: skip
    async with start_service() as service:
        phone = await service.ready()
        for fields in wrong:
            mark = len(phone.got)
            await phone.send(type="playback", **({"item_id": "a"} | fields))
            assert (await phone.of("error", mark))["code"] == "invalid_message"
        await phone.send(type="text", content="Still there?")
        await phone.of("audio")
