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
        exporters.append(otlp(settings))
    if settings.applicationinsights_connection_string:
        exporters.append(_application_insights(settings))
    return exporters


def otlp(settings: Settings) -> SpanExporter:
    """Return an exporter to the collector of the settings, over gRPC or HTTP. Makes no call."""
    endpoint, headers = settings.otel_exporter_otlp_endpoint, settings.otlp_headers or None
    if settings.otlp_over_grpc:
        from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as over_grpc

        insecure = endpoint.startswith("http://")
        return over_grpc.OTLPSpanExporter(endpoint=endpoint, insecure=insecure, headers=headers, timeout=EXPORT_S)
    from opentelemetry.exporter.otlp.proto.http import trace_exporter as over_http

    endpoint = f"{endpoint.rstrip('/')}/v1/traces"
    return over_http.OTLPSpanExporter(endpoint=endpoint, headers=headers, timeout=EXPORT_S)


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
