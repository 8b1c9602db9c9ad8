"""Spans at the places that the settings name: a collector over gRPC, Application Insights, both at once."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as collector
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as collector_grpc

from backend.telemetry import exporters
from backend.telemetry.traces import Traces
from backend.tests.telemetry.test_traces import a_span, settings

SECRET = "s3cr3t-gateway-key"
KEY = "11111111-2222-4333-8444-555555555555"


class GrpcCollector(collector_grpc.TraceServiceServicer):
    """A collector for OTLP over gRPC on this machine that keeps what it gets."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, Any], collector.ExportTraceServiceRequest]] = []
        self._server = grpc.server(ThreadPoolExecutor(1))
        collector_grpc.add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]  # generated
        self.url = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Export(self, request: Any, context: Any) -> collector.ExportTraceServiceResponse:
        self.requests.append((dict(context.invocation_metadata()), request))
        return collector.ExportTraceServiceResponse()

    def close(self) -> None:
        self._server.stop(None).wait()


class Insights:
    """Application Insights' ingestion on this machine; every other address it is asked for is noted."""

    def __init__(self) -> None:
        self.envelopes: list[dict[str, Any]] = []
        self.paths: set[str] = set()
        insights = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                insights.paths.add(self.path)
                envelopes = json.loads(body)
                insights.envelopes += envelopes
                count = len(envelopes)
                answer = json.dumps({"itemsReceived": count, "itemsAccepted": count, "errors": []}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        address = f"http://127.0.0.1:{self._server.server_port}/"
        self.connection_string = f"InstrumentationKey={KEY};IngestionEndpoint={address};LiveEndpoint={address}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def over_grpc() -> Iterator[GrpcCollector]:
    made = GrpcCollector()
    yield made
    made.close()


@pytest.fixture
def insights() -> Iterator[Insights]:
    made = Insights()
    yield made
    made.close()


async def test_a_span_goes_to_a_collector_over_grpc_and_to_application_insights_at_once(
    over_grpc: GrpcCollector, insights: Insights
) -> None:
    sending = Traces.open(
        settings(
            azure_ai_key=SECRET,
            otel_exporter_otlp_endpoint=over_grpc.url,
            otel_exporter_otlp_protocol="grpc",
            otel_exporter_otlp_headers="api-key=a%20b",
            applicationinsights_connection_string=insights.connection_string,
        ),
        "1.2.3",
    )
    child = a_span(name=f"execute_tool {SECRET}")
    sending.tell(a_span(marks=[("heard", time.monotonic())], children=[child], kind="client", error="response_failed"))
    await sending.close()

    ((metadata, request),) = over_grpc.requests
    assert metadata["api-key"] == "a b"
    inner, outer = request.resource_spans[0].scope_spans[0].spans
    assert (outer.name, inner.name, inner.parent_span_id) == ("chat m", "execute_tool ***", outer.span_id)

    assert insights.paths == {"/v2.1/track"}
    assert {envelope["iKey"] for envelope in insights.envelopes} == {KEY}
    of = {
        kind: [e for e in insights.envelopes if e["data"]["baseType"] == kind]
        for kind in ("RemoteDependencyData", "MessageData")
    }
    tool, turn = of["RemoteDependencyData"]
    assert (turn["data"]["baseData"]["name"], turn["data"]["baseData"]["success"]) == ("chat m", False)
    assert turn["data"]["baseData"]["properties"]["engram.turn"] == "1"
    assert turn["tags"]["ai.cloud.role"] == "engram"
    assert tool["tags"]["ai.operation.parentId"] == turn["data"]["baseData"]["id"]
    [moment] = of["MessageData"]
    assert moment["data"]["baseData"]["message"] == "heard"
    assert len(insights.envelopes) == 3, "nothing but our spans"
    assert SECRET not in json.dumps(insights.envelopes)


@pytest.mark.parametrize(
    ("endpoint", "protocol", "grpc_is_taken"),
    [
        ("http://localhost:4317", None, True),
        ("https://collector.example.org:4317", None, True),
        ("http://localhost:4318", None, False),
        ("http://localhost:4317", "http/protobuf", False),
        ("https://collector.example.org/otlp", None, False),
        ("http://localhost:4318", "grpc", True),
    ],
)
def test_the_port_says_how_to_talk_to_a_collector_unless_the_protocol_is_set(
    endpoint: str, protocol: str | None, grpc_is_taken: bool
) -> None:
    values = settings(otel_exporter_otlp_endpoint=endpoint, otel_exporter_otlp_protocol=protocol)
    exporter = exporters.otlp(values)
    assert (".grpc." in type(exporter).__module__) is grpc_is_taken
    exporter.shutdown()
