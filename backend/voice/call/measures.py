"""Tells what a turn measured to all who want to know: the browser, Prometheus and a collector, from one record."""

from collections.abc import Callable

from backend.telemetry import gen_ai
from backend.telemetry.traces import Span, Traces, Value
from backend.voice.browser.messages import Message
from backend.voice.call.stopwatch import TurnRecord
from backend.voice.counters import BUFFERS, HAND_OFFS, STOPS, TOKENS, UNDERRUNS, WAITS
from backend.voice.voicelive.configuration import is_native

STAGES = ("end_of_speech", "transcript", "first_token", "first_audio", "heard")
"""The waits of a record, in order; each is its field `<stage>_ms` and a value of the label `stage`."""


class Measures:
    """The measurements of one call. model_of: the model that answers for an agent; say: sends to the browser."""

    def __init__(
        self, session_id: str, traces: Traces, model_of: Callable[[str], str], say: Callable[[Message], None]
    ) -> None:
        self._session_id = session_id
        self._traces = traces
        self._model_of = model_of
        self._say = say

    def tell(self, record: TurnRecord) -> None:
        """Tell one turn."""
        model = self._model_of(record.agent_id)
        leg = "native" if is_native(model) else "cascade"
        _count(record, leg)
        if self._traces.enabled:
            self._traces.tell(span(record, self._session_id, model, leg))
        self._say(metrics(record))


def metrics(record: TurnRecord) -> Message:
    """What a turn measured, once, when it is over: the same numbers as in /metrics and in the spans."""
    return {
        "type": "metrics",
        "turn": record.turn,
        "item_id": record.item_id,
        "response_id": record.response_id,
        "agent_id": record.agent_id,
        "input": record.input,
        "interrupted": record.interrupted,
        "end_of_speech_ms": record.end_of_speech_ms,
        "transcript_ms": record.transcript_ms,
        "first_token_ms": record.first_token_ms,
        "first_audio_ms": record.first_audio_ms,
        "heard_ms": record.heard_ms,
        "stop_ms": record.stop_ms,
        "underruns": record.underruns,
        "buffer_ms": record.buffer_ms,
        "input_tokens": record.input_tokens,
        "output_tokens": record.output_tokens,
        "tools": [{"name": tool.name, "ms": tool.ms} for tool in record.tools],
        "hand_off_ms": record.hand_off.ms if record.hand_off else None,
    }


def _count(record: TurnRecord, leg: str) -> None:
    agent = record.agent_id
    for stage in STAGES:
        if (ms := getattr(record, f"{stage}_ms")) is not None:
            WAITS.labels(stage, agent, leg, record.input).observe(ms / 1000)
    if record.stop_ms is not None:
        STOPS.labels(agent, leg).observe(record.stop_ms / 1000)
    if record.underruns:
        UNDERRUNS.labels(agent, leg).inc(record.underruns)
    if record.buffer_ms is not None:
        BUFFERS.observe(record.buffer_ms / 1000)
    if record.hand_off is not None:
        HAND_OFFS.observe(record.hand_off.ms / 1000)
    if record.input_tokens is not None and record.output_tokens is not None:
        TOKENS.labels(agent, leg, "input").inc(record.input_tokens)
        TOKENS.labels(agent, leg, "output").inc(record.output_tokens)


def span(record: TurnRecord, session_id: str, model: str, leg: str) -> Span:
    """Return the span of a turn: its moments are events of it, tools and the way to another agent are its children."""
    attributes: dict[str, Value | None] = {
        gen_ai.OPERATION: gen_ai.CHAT,
        gen_ai.PROVIDER: gen_ai.FOUNDRY,
        gen_ai.OUTPUT_TYPE: "speech",
        gen_ai.REQUEST_MODEL: model,
        gen_ai.CONVERSATION: session_id,
        gen_ai.AGENT: record.agent_id,
        gen_ai.RESPONSE_ID: record.response_id or None,
        gen_ai.FINISH_REASONS: [record.status] if record.status else None,
        gen_ai.INPUT_TOKENS: record.input_tokens,
        gen_ai.OUTPUT_TOKENS: record.output_tokens,
        "engram.turn": record.turn,
        "engram.input": record.input,
        "engram.leg": leg,
        "engram.interrupted": record.interrupted,
        "engram.underruns": record.underruns,
        "engram.buffer_ms": record.buffer_ms,
        "engram.stop_ms": record.stop_ms,
        **{f"engram.{stage}_ms": getattr(record, f"{stage}_ms") for stage in STAGES},
    }
    children = [
        Span(
            f"{gen_ai.EXECUTE_TOOL} {tool.name}",
            tool.began,
            tool.ended,
            {gen_ai.OPERATION: gen_ai.EXECUTE_TOOL, gen_ai.TOOL: tool.name},
            error="tool_failed" if tool.failed else "",
        )
        for tool in record.tools
    ]
    if record.hand_off is not None:
        hand_off = record.hand_off
        children.append(Span("hand_off", hand_off.began, hand_off.ended, {gen_ai.AGENT: hand_off.name}))
    return Span(
        f"{gen_ai.CHAT} {model}",
        record.began,
        record.ended,
        {name: value for name, value in attributes.items() if value is not None},
        record.moments,
        children,
        kind="client",
        error=f"response_{record.status}" if record.status in ("failed", "incomplete") else "",
    )
