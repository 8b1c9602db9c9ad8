"""Takes secrets out of spans before they leave: the last thing in front of an exporter, whatever put them there."""

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from backend.core.masking import Mask


class MaskedExporter(SpanExporter):
    """Exports copies of spans in which every text has been masked. It works on the exporter's thread, not on ours."""

    def __init__(self, inner: SpanExporter, mask: Mask) -> None:
        self._inner = inner
        self._mask = mask

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export the spans; what comes of it is the inner exporter's answer."""
        return self._inner.export([self._masked(span) for span in spans])

    def shutdown(self) -> None:
        """End the inner exporter."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the inner exporter."""
        return self._inner.force_flush(timeout_millis)

    def _masked(self, span: ReadableSpan) -> ReadableSpan:
        mask, status = self._mask, span.status
        return ReadableSpan(
            name=mask(span.name),
            context=span.context,
            parent=span.parent,
            resource=Resource(self._attributes(span.resource.attributes), span.resource.schema_url),
            attributes=self._attributes(span.attributes),
            events=[Event(mask(e.name), self._attributes(e.attributes), e.timestamp) for e in span.events],
            links=span.links,
            kind=span.kind,
            status=Status(status.status_code, mask(status.description) if status.description else None),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _attributes(self, attributes: Mapping[str, Any] | None) -> dict[str, Any]:
        return {name: self._value(value) for name, value in (attributes or {}).items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._mask(value)
        if isinstance(value, tuple | list):
            return [self._value(part) for part in value]
        return value
