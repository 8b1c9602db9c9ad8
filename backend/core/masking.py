"""Takes secrets out of text that leaves the process: log lines and spans go through it, whatever put a secret there."""

import re
from collections.abc import Iterable

_TOKENS = re.compile(
    r"(?i:\bbearer\s+)[A-Za-z0-9._~+/=-]{16,}"  # an Authorization header
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # a JSON Web Token, wherever it stands
)


class Mask:
    """Replaces the given secrets, bearer tokens and JSON Web Tokens by '***'."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "***")
        if "eyJ" in text or "earer" in text or "EARER" in text:
            text = _TOKENS.sub("***", text)
        return text
