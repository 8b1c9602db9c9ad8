"""What the voice room counts for Prometheus: calls, turns, waits, and what went otherwise than asked. No content.

Labels take few values: agents are files of ours, a leg is native (a model that hears and speaks) or a cascade, an input
is speech, text or none. Nothing is labelled with a person, a session or a tool of somebody else's.
"""

from prometheus_client import Counter, Gauge, Histogram

from backend.telemetry.latency import LATENCY_S

CALLS = Gauge("engram_voice_sessions", "Voice sessions that are running")
ENDINGS = Counter("engram_voice_endings", "Voice sessions that ended, by close code", ["code"])
FAILURES = Counter("engram_voice_failures", "Failures told to a caller, by code", ["code"])
ABSENCES = Counter("engram_voice_absences", "Connections that were lost in calls that waited for the browser to return")
TURNS = Counter("engram_voice_turns", "Turns of voice sessions handed to memory", ["role"])
INTERRUPTIONS = Counter("engram_voice_interruptions", "Answers cut short by the person")
RESUMED = Counter("engram_voice_resumed", "Interruptions that were none: the answer went on where it had stopped")
SUBSTITUTIONS = Counter("engram_voice_substitutions", "Settings that VoiceLive answered differently", ["setting"])
FRAMES = Counter("engram_voice_frames", "Sound frames, by what became of them", ["fate"])
TURNS_LOST = Counter("engram_voice_turns_lost", "Turns that could not be stored before the call's end")
WAITING = Gauge("engram_voice_waiting", "Calls and legs that wait for a connection to VoiceLive")
ENDPOINT_FAILURES = Counter("engram_voice_endpoint_failures", "VoiceLive did not serve, by endpoint", ["host", "code"])
REPLACED = Counter("engram_voice_legs_replaced", "VoiceLive sessions replaced within a call, by reason", ["reason"])

_TURN = ["agent", "leg", "input"]
WAITS = Histogram(
    "engram_voice_wait_seconds",
    "Waits in a turn, each from the end of the person's turn; end_of_speech from their last sound until then",
    ["stage", *_TURN],
    buckets=LATENCY_S,
)
STOPS = Histogram(
    "engram_voice_stop_seconds",
    "From the person coming in until the answer was silent",
    ["agent", "leg"],
    buckets=LATENCY_S,
)
UNDERRUNS = Counter("engram_voice_underruns", "Times that an answer ran dry in a browser", ["agent", "leg"])
BUFFERS = Histogram(
    "engram_voice_buffer_seconds",
    "How long browsers held back sound that had arrived, against jitter, an answer",
    buckets=(0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.16, 0.2, 0.3, 0.4, 0.6),
)
HAND_OFFS = Histogram(
    "engram_voice_hand_off_seconds", "From the wish for another agent until it answers", buckets=LATENCY_S
)
TOKENS = Counter("engram_voice_tokens", "Tokens that VoiceLive counted", ["agent", "leg", "direction"])
