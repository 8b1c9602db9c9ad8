"""Spans: what was measured, sent to where the settings name (`exporters`), and nothing at all otherwise.

The rooms measure first and make the span of a turn when the turn is over, from the same record as everything else. So
there is no context to carry along, and without a collector a turn costs one comparison.

A collector that is slow or gone costs nothing either: at most QUEUED_SPANS wait for it (the oldest give way), a
thread of its own sends them, each request has a bound, and the end of the process waits CLOSE_S and no longer.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from backend.core.masking import Mask
from backend.core.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

log = logging.getLogger("backend.telemetry")

QUEUED_SPANS, BATCH_SPANS = 2048, 256
DELAY_S = 2.0
"""How long a span waits for others at most before it is sent."""
CLOSE_S = 2.0
"""How long the end of the process waits for what has not been sent."""

Value = str | bool | int | float | Sequence[str]


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time. began, ended: seconds of `time.monotonic`; marks: what happened meanwhile, and when.

    error: what kind of failure it ended in, '' for none. Attributes and names hold identifiers and numbers, no content.
    """

    name: str
    began: float
    ended: float
    attributes: Mapping[str, Value]
    marks: Sequence[tuple[str, float]] = ()
    children: "Sequence[Span]" = ()
    kind: Literal["internal", "client"] = "internal"
    error: str = ""


@dataclass(slots=True)
class Traces:
    """Where spans go. `enabled` tells whether anybody takes them: ask it before making one."""

    provider: "TracerProvider | None" = None
    enabled: bool = field(init=False)

    def __post_init__(self) -> None:
        self.enabled = self.provider is not None

    @classmethod
    def open(cls, settings: Settings, version: str) -> "Traces":
        """Return the way to what the settings name; one that takes nothing where they name nothing."""
        if not (settings.otel_exporter_otlp_endpoint or settings.applicationinsights_connection_string):
            return cls()
        from backend.telemetry.exporters import chosen

        return cls.over(chosen(settings), settings, version)

    @classmethod
    def over(cls, exporters: "Sequence[SpanExporter]", settings: Settings, version: str) -> "Traces":
        """Return traces that go to each of `exporters`, with everything secret masked."""
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import SpanLimits, TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import DEFAULT_ON

        from backend.telemetry.masked import MaskedExporter

        about = {
            "service.name": "engram",
            "service.version": version,
            "deployment.environment.name": settings.environment,
        }
        provider = TracerProvider(
            sampler=DEFAULT_ON,
            resource=Resource.create(about),
            shutdown_on_exit=False,  # `close` has a bound, the SDK's own way has none
            span_limits=SpanLimits(max_attributes=64, max_events=64, max_attribute_length=256),
        )
        for exporter in exporters:
            provider.add_span_processor(
                BatchSpanProcessor(
                    MaskedExporter(exporter, Mask(settings.secrets())),
                    max_queue_size=QUEUED_SPANS,
                    max_export_batch_size=BATCH_SPANS,
                    schedule_delay_millis=DELAY_S * 1000,
                )
            )
        return cls(provider)

    def tell(self, span: Span) -> None:
        """Hand a span and its children over; never waits, never raises."""
        if self.provider is None:
            return
        try:
            # Spans carry wall-clock time, and are measured on a clock that nobody sets.
            offset = time.time_ns() - time.monotonic_ns()
            self._tell(span, offset, None)
        except Exception:  # a measurement must not end what it measures
            log.warning("a span could not be made", exc_info=True)

    def _tell(self, span: Span, offset: int, parent: object) -> None:
        from opentelemetry.trace import Span as Made
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

        assert self.provider is not None
        made = self.provider.get_tracer("engram").start_span(
            span.name,
            context=set_span_in_context(parent) if isinstance(parent, Made) else None,
            kind=SpanKind.CLIENT if span.kind == "client" else SpanKind.INTERNAL,
            attributes=dict(span.attributes),
            start_time=_wall(span.began, offset),
        )
        for name, at in span.marks:
            made.add_event(name, timestamp=_wall(at, offset))
        for child in span.children:
            self._tell(child, offset, made)
        if span.error:
            made.set_attribute("error.type", span.error)
            made.set_status(Status(StatusCode.ERROR, span.error))
        made.end(_wall(span.ended, offset))

    async def close(self) -> None:
        """Send what waits, within CLOSE_S; what the collector has not taken by then is given up."""
        if self.provider is None:
            return
        self.enabled = False
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        shutdown = self.provider.shutdown

        def finish() -> None:
            shutdown()
            if not loop.is_closed():
                loop.call_soon_threadsafe(done.set)

        # A thread that the interpreter does not wait for when it exits, unlike those of the loop's executor.
        threading.Thread(target=finish, name="traces-close", daemon=True).start()
        try:
            await asyncio.wait_for(done.wait(), CLOSE_S)
        except TimeoutError:
            log.warning("the collector did not take the last spans within %.0f s; they are given up", CLOSE_S)


def _wall(at: float, offset: int) -> int:
    return int(at * 1e9) + offset
