"""Telemetry: what the rooms measured, on its way to whoever watches the service. No content ever, and no secret.

traces   spans over OTLP, where OTEL_EXPORTER_OTLP_ENDPOINT is set; without it a span costs one comparison
gen_ai   the attribute names of the GenAI semantic conventions that our spans carry
latency  the buckets in which waits of a conversation are counted
"""
