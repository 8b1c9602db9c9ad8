"""Telemetry: what the rooms measured, on its way to whoever watches the service. No content ever, and no secret.

traces     spans, where somebody takes them; without that a span costs one comparison
exporters  who takes them: a collector over OTLP, Application Insights
gen_ai     the attribute names of the GenAI semantic conventions that our spans carry
latency    the buckets in which waits of a conversation are counted
"""
