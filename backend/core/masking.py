"""Takes secrets out of text that leaves the process: log lines and spans go through it, whatever put a secret there."""

import re
from collections.abc import Iterable

_TOKENS = re.compile(
    r"(?i:\bbearer\s+)[A-Za-z0-9._~+/=-]{16,}"  # an Authorization header
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # a JSON Web Token, wherever it stands
    r"|(?i:\b(?:ticket|bearer)\.)[A-Za-z0-9._-]{8,}"  # offered as a WebSocket's subprotocol
    r"|(?i:\b(?:(?:access_|id_)?token|ticket|bearer|jwt|authorization)=)[^&\s\"\\]{4,}"  # in an address
)
_SIGNS = ("eyJ", "earer", "EARER", "icket", "oken=", "jwt=", "uthorization=")


class Mask:
    """Replaces the given secrets, bearer tokens, tickets and JSON Web Tokens by '***'."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "***")
        if any(sign in text for sign in _SIGNS):
            text = _TOKENS.sub("***", text)
        return text
