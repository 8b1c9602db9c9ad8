"""Spans leave when a collector is named, without secrets, and never cost the service anything."""

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import deployment_attributes, gen_ai_attributes

from backend.core.settings import Settings
from backend.telemetry import gen_ai, traces
from backend.telemetry.traces import Span, Traces


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, auth_required=False, **values)  # type: ignore[call-arg]


def a_span(**changes: Any) -> Span:
    now = time.monotonic()
    values: dict[str, Any] = {"name": "chat m", "began": now - 1, "ended": now, "attributes": {"engram.turn": 1}}
    return Span(**(values | changes))


class Collector:
    """An OTLP collector on this machine that keeps what it gets."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], ExportTraceServiceRequest]] = []
        self.came = threading.Event()
        collector = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                message = ExportTraceServiceRequest.FromString(body)
                collector.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, message))
                self.send_response(200)
                self.end_headers()
                collector.came.set()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Taking)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


async def test_a_span_arrives_at_the_collector_with_who_sent_it_and_the_headers_asked_for(collector: Collector) -> None:
    sending = Traces.open(
        settings(otel_exporter_otlp_endpoint=collector.url + "/", otel_exporter_otlp_headers="api-key=a%20b"), "1.2.3"
    )
    child = a_span(name="execute_tool get_time")
    sending.tell(a_span(marks=[("heard", time.monotonic())], children=[child], kind="client", error="response_failed"))
    await sending.close()
    ((path, headers, message),) = collector.requests
    assert (path, headers["api-key"]) == ("/v1/traces", "a b")
    (resource,) = message.resource_spans
    about = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
    assert about["service.name"] == "engram"
    assert about["service.version"] == "1.2.3"
    assert about[deployment_attributes.DEPLOYMENT_ENVIRONMENT_NAME] == "development"
    inner, outer = resource.scope_spans[0].spans
    assert (outer.name, inner.name, inner.parent_span_id) == ("chat m", "execute_tool get_time", outer.span_id)
    assert [event.name for event in outer.events] == ["heard"]
    assert outer.status.code == 2
    assert 0.9e9 < outer.end_time_unix_nano - outer.start_time_unix_nano < 1.1e9
    assert abs(outer.end_time_unix_nano - time.time_ns()) < 60e9


async def test_without_a_collector_nothing_is_made() -> None:
    silent = Traces.open(settings(), "1")
    assert not silent.enabled
    silent.tell(a_span())
    await silent.close()


@pytest.mark.parametrize(
    "named",
    [
        {"otel_exporter_otlp_endpoint": "{address}"},
        {"otel_exporter_otlp_endpoint": "{address}", "otel_exporter_otlp_protocol": "grpc"},
        {"applicationinsights_connection_string": f"InstrumentationKey={UUID(int=1)};IngestionEndpoint={{address}}"},
    ],
    ids=["over HTTP", "over gRPC", "Application Insights"],
)
async def test_a_collector_that_takes_nothing_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, named: dict[str, str]
) -> None:
    monkeypatch.setattr(traces, "CLOSE_S", 0.3)
    with socket.socket() as stalled:  # takes connections and never answers
        stalled.bind(("127.0.0.1", 0))
        stalled.listen(16)
        address = f"http://127.0.0.1:{stalled.getsockname()[1]}"
        sending = Traces.open(settings(**{name: text.format(address=address) for name, text in named.items()}), "1")
        before = time.thread_time()
        for _ in range(3 * traces.QUEUED_SPANS):
            sending.tell(a_span())
        cost = (time.thread_time() - before) / (3 * traces.QUEUED_SPANS)
        assert cost < 0.002, "seconds of this thread for a span"
        began = asyncio.get_running_loop().time()
        await sending.close()
        assert asyncio.get_running_loop().time() - began < 2.0
        sending.tell(a_span())  # after the end: nobody is hurt


async def test_no_secret_leaves_in_a_span_wherever_it_stands() -> None:
    secret = "s3cr3t-gateway-key"
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
    exporter = InMemorySpanExporter()
    sending = Traces.over([exporter], settings(azure_ai_key=secret, metrics_token="m" * 24), "1")
    sending.tell(
        a_span(
            name=f"chat {secret}",
            attributes={"a": f"key {secret}", "b": [f"Bearer {token}", "m" * 24], "c": token, "n": 7},
            marks=[(f"mark {secret}", time.monotonic())],
            error=f"failed {secret}",
        )
    )
    await sending.close()
    (span,) = exporter.get_finished_spans()
    shown = span.to_json()
    for hidden in (secret, token, "m" * 24):
        assert hidden not in shown
    assert (span.attributes or {})["n"] == 7
    assert "***" in shown


def test_our_names_are_those_of_the_conventions() -> None:
    known = {value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI_")}
    ours = {value for name, value in vars(gen_ai).items() if isinstance(value, str) and value.startswith("gen_ai.")}
    assert ours
    assert ours <= known
    operations = {operation.value for operation in gen_ai_attributes.GenAiOperationNameValues}
    assert {gen_ai.CHAT, gen_ai.EXECUTE_TOOL, gen_ai.RETRIEVAL} <= operations
    providers = {provider.value for provider in gen_ai_attributes.GenAiProviderNameValues}
    assert {gen_ai.AZURE_OPENAI, gen_ai.OPENAI} <= providers
