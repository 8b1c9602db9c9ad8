"""The way in: who presents what at this level, and what it takes to pass."""

from typing import Protocol

from backend.core import problems
from backend.core.settings import Settings, SettingsError
from backend.identity import dev_tokens
from backend.identity.principal import Principal

GUEST = Principal("poc", "guest", "Guest", frozenset({"engram.analyst"}), "poc")
"""Everybody at the proof-of-concept level, where nobody signs in."""


class SignIn(Protocol):
    """How callers are told at a level."""

    async def identify(self, token: str | None) -> Principal:
        """Return whom a bearer token (None: nothing was presented) stands for; raise `Problem` 401, 403 or 503."""
        ...


class Gate:
    """One per process. `sign_in` tells callers from their tokens."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    async def identify(self, token: str | None) -> Principal:
        """Return whom a bearer token stands for; raise `Problem` 401, 403 or 503."""
        return await self._sign_in.identify(token)


def sign_in(settings: Settings) -> SignIn:
    """Return how callers are told at this level; raise `SettingsError` where this version cannot tell them."""
    match settings.auth_mode:
        case "none":
            return _Nobody()
        case "dev_tokens":
            return _Developers()
    raise SettingsError(
        [
            f"ENVIRONMENT: sign-in for the {settings.environment} level (Entra ID tokens) is not built in this "
            "version, and the service does not run open instead. Use ENVIRONMENT=development until one has it."
        ]
    )


class _Nobody:
    async def identify(self, token: str | None) -> Principal:
        return GUEST


class _Developers:
    async def identify(self, token: str | None) -> Principal:
        if token is None:
            raise problems.missing_token()
        return dev_tokens.parse(token)
