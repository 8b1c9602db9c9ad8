"""What the voice room counts for Prometheus: calls, turns, and what went otherwise than asked. No content."""

from prometheus_client import Counter, Gauge

CALLS = Gauge("engram_voice_sessions", "Voice sessions that are running")
ENDINGS = Counter("engram_voice_endings", "Voice sessions that ended, by close code", ["code"])
FAILURES = Counter("engram_voice_failures", "Failures told to a caller, by code", ["code"])
TURNS = Counter("engram_voice_turns", "Turns of voice sessions handed to memory", ["role"])
INTERRUPTIONS = Counter("engram_voice_interruptions", "Answers cut short by the person")
SUBSTITUTIONS = Counter("engram_voice_substitutions", "Settings that VoiceLive answered differently", ["setting"])
FRAMES = Counter("engram_voice_frames", "Sound frames, by what became of them", ["fate"])
TURNS_LOST = Counter("engram_voice_turns_lost", "Turns that could not be stored before the call's end")
