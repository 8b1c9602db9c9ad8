"""Why a token is not accepted: in one word for the log and the counters, in a few for a developer."""

from typing import Literal

Reason = Literal[
    "too_large", "malformed", "algorithm", "unknown_key", "signature", "issuer", "audience", "expired",
    "not_yet_valid", "claims", "kind", "scope", "ticket",
]  # fmt: skip


class Refused(Exception):
    """A token is not accepted. `check` says what is wrong with it and repeats nothing of it."""

    def __init__(self, reason: Reason, check: str) -> None:
        super().__init__(check)
        self.reason = reason
        self.check = check
