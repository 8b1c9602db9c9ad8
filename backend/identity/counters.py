"""What identity counts for Prometheus: refusals, by the reason, and what the limits held back. Nobody is named."""

from prometheus_client import Counter

SIGN_IN_FAILURES = Counter("engram_sign_in_failures", "Tokens and tickets that were refused, by reason", ["reason"])
LIMITED = Counter("engram_limited", "Requests, calls, sessions and sign-ins held back by a limit", ["limit"])
KEY_FETCHES = Counter("engram_signing_key_fetches", "Fetches of the identity provider's keys", ["outcome"])
