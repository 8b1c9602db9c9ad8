"""How long a typed turn kept the person waiting: counted for Prometheus and told as a span, from the same numbers."""

import time
from urllib.parse import urlsplit

from prometheus_client import Counter, Histogram

from backend.chat.gateway import Completion, Usage
from backend.core.azure_names import AZURE_AI_SUFFIXES
from backend.core.logs import request_id
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.telemetry import gen_ai
from backend.telemetry.latency import LATENCY_S
from backend.telemetry.traces import Span, Traces, Value

WAITS = Histogram(
    "engram_chat_wait_seconds",
    "Waits in a typed turn, each from the question's arrival: memory asked, first token (streams), answered and stored",
    ["stage", "agent"],
    buckets=LATENCY_S,
)
TURNS = Counter("engram_chat_turns", "Typed turns, by what became of them", ["agent", "outcome"])
TOKENS = Counter("engram_chat_tokens", "Tokens that the gateway counted", ["agent", "direction"])


class Measure:
    """One turn's moments, in seconds of `time.monotonic`."""

    __slots__ = ("began", "input_tokens", "output_tokens", "recalled", "response_id", "token")

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.recalled: float | None = None
        self.token: float | None = None
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self.response_id = ""

    def informed(self) -> None:
        """Memory has told what it knows."""
        self.recalled = time.monotonic()

    def heard(self) -> None:
        """A piece of the answer has come."""
        if self.token is None:
            self.token = time.monotonic()

    def spent(self, reply: Completion | Usage) -> None:
        """Count what one request to the gateway took."""
        self.response_id = reply.response_id or self.response_id
        if reply.input_tokens is not None and reply.tokens_used is not None:
            self.input_tokens = (self.input_tokens or 0) + reply.input_tokens
            self.output_tokens = (self.output_tokens or 0) + reply.tokens_used - reply.input_tokens


class Measures:
    """The measurements of typed turns. One per process."""

    def __init__(self, settings: Settings, traces: Traces) -> None:
        self._traces = traces
        azure = (urlsplit(settings.azure_ai_endpoint).hostname or "").endswith(AZURE_AI_SUFFIXES)
        self._provider = gen_ai.AZURE_OPENAI if azure else gen_ai.OPENAI

    def answered(self, measure: Measure, agent_id: str, model: str, session_id: str) -> None:
        """The answer is stored."""
        self._tell(measure, "answered", agent_id, model, session_id, "")

    def failed(self, measure: Measure, failure: BaseException, agent_id: str, model: str, session_id: str) -> None:
        """There is no answer: something failed, or the caller left."""
        if isinstance(failure, Problem):
            outcome = error = failure.code
        elif isinstance(failure, Exception):
            outcome, error = "internal", type(failure).__name__
        else:  # cancelled, or a stream that is not read on
            outcome, error = "left", ""
        self._tell(measure, outcome, agent_id, model, session_id, error)

    def _tell(self, measure: Measure, outcome: str, agent: str, model: str, session_id: str, error: str) -> None:
        now = time.monotonic()
        TURNS.labels(agent, outcome).inc()
        done = now if outcome == "answered" else None
        stages = {"recall": measure.recalled, "first_token": measure.token, "answer": done}
        waits = {stage: round((at - measure.began) * 1000, 1) for stage, at in stages.items() if at is not None}
        for stage, ms in waits.items():
            WAITS.labels(stage, agent).observe(ms / 1000)
        if measure.input_tokens is not None and measure.output_tokens is not None:
            TOKENS.labels(agent, "input").inc(measure.input_tokens)
            TOKENS.labels(agent, "output").inc(measure.output_tokens)
        if not self._traces.enabled:
            return
        attributes: dict[str, Value | None] = {
            gen_ai.OPERATION: gen_ai.CHAT,
            gen_ai.PROVIDER: self._provider,
            gen_ai.OUTPUT_TYPE: "text",
            gen_ai.REQUEST_MODEL: model,
            gen_ai.CONVERSATION: session_id,
            gen_ai.AGENT: agent,
            gen_ai.RESPONSE_ID: measure.response_id or None,
            gen_ai.INPUT_TOKENS: measure.input_tokens,
            gen_ai.OUTPUT_TOKENS: measure.output_tokens,
            "engram.input": "text",
            "engram.outcome": outcome,
            "engram.request_id": request_id.get() or None,
            **{f"engram.{stage}_ms": ms for stage, ms in waits.items()},
        }
        recall = {gen_ai.OPERATION: gen_ai.RETRIEVAL}
        self._traces.tell(
            Span(
                f"{gen_ai.CHAT} {model}",
                measure.began,
                now,
                {name: value for name, value in attributes.items() if value is not None},
                [("first_token", measure.token)] if measure.token is not None else (),
                [Span(f"{gen_ai.RETRIEVAL} memory", measure.began, measure.recalled, recall)]
                if measure.recalled is not None
                else (),
                kind="client",
                error=error,
            )
        )
