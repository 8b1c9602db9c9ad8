"""Where spans are sent: a collector over OTLP, Application Insights, or both, as the settings name them.

Their libraries are imported only where one is named: each takes 0.3 to 0.9 s. See docs/decisions/0024.
"""

import os

from opentelemetry.sdk.trace.export import SpanExporter

from backend.core.settings import Settings

EXPORT_S = 5.0
"""The bound of one request, further attempts included."""


def chosen(settings: Settings) -> list[SpanExporter]:
    """Return an exporter for each place that the settings name. Makes no call."""
    exporters = []
    if settings.otel_exporter_otlp_endpoint:
        exporters.append(_otlp_over_grpc(settings) if settings.otlp_over_grpc else _otlp_over_http(settings))
    if settings.applicationinsights_connection_string:
        exporters.append(_application_insights(settings))
    return exporters


def _otlp_over_http(settings: Settings) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    endpoint = f"{settings.otel_exporter_otlp_endpoint.rstrip('/')}/v1/traces"
    return OTLPSpanExporter(endpoint=endpoint, headers=settings.otlp_headers or None, timeout=EXPORT_S)


def _otlp_over_grpc(settings: Settings) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    endpoint = settings.otel_exporter_otlp_endpoint
    return OTLPSpanExporter(
        endpoint=endpoint,
        insecure=endpoint.startswith("http://"),
        headers=settings.otlp_headers or None,
        timeout=EXPORT_S,
    )


def _application_insights(settings: Settings) -> SpanExporter:
    # It tells Microsoft about itself, and takes settings from there, unless it is told not to: neither was asked for.
    for habit in ("STATSBEAT_DISABLED_ALL", "SDKSTATS_DISABLED", "CONTROLPLANE_DISABLED"):
        os.environ.setdefault(f"APPLICATIONINSIGHTS_{habit}", "true")
    os.environ.setdefault("APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED", "true")
    from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter

    return AzureMonitorTraceExporter(
        connection_string=settings.applicationinsights_connection_string,
        disable_offline_storage=True,  # it would keep spans on disk, in the clear
        retry_total=0,
        timeout=EXPORT_S,
        read_timeout=EXPORT_S,
    )
