"""The service's own identity towards Azure: one credential for the process, shared by voice, chat and secrets.

Managed identity first where the platform offers one or the level demands it, then the service principal of
AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and AZURE_TENANT_ID, else the developer's own sign-in. Keys are no identity: who
holds one uses it without coming here.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, get_args

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity.aio import (
    ChainedTokenCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
)

from backend.core.levels import Demands
from backend.core.problems import Problem

VOICELIVE_SCOPE = "https://ai.azure.com/.default"
"""What the VoiceLive SDK asks for; Foundry hosts take it for chat too."""
OPENAI_SCOPE = "https://cognitiveservices.azure.com/.default"
"""For chat at *.openai.azure.com and *.cognitiveservices.azure.com."""

Proof = Literal["managed identity", "service principal", "developer sign-in"]

_PLATFORM = ("IDENTITY_ENDPOINT", "MSI_ENDPOINT")
"""Set by Container Apps and App Service where the app has an identity."""
_CONNECT_SECONDS, _READ_SECONDS = 5, 10
_ATTEMPTS = 3


class IdentitySettings(Protocol):
    """The settings this room reads."""

    @property
    def azure_client_id(self) -> str: ...
    @property
    def azure_client_secret(self) -> str: ...
    @property
    def azure_tenant_id(self) -> str: ...
    @property
    def azure_authority_host(self) -> str: ...
    @property
    def demands(self) -> Demands: ...


class Outgoing:
    """Gives tokens of the service's own identity. Made once, used on one event loop, closed at the end."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._settings = settings
        self._credential: AsyncTokenCredential | None = None

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """What is tried, in this order."""
        settings = self._settings
        principal = bool(settings.azure_client_id and settings.azure_client_secret and settings.azure_tenant_id)
        if settings.demands.managed_identity:
            return ("managed identity",)
        platform = any(os.environ.get(name) for name in _PLATFORM)
        offered = {"managed identity": platform, "service principal": principal}
        found = tuple(proof for proof in get_args(Proof) if offered.get(proof))
        return found or ("developer sign-in",)

    @property
    def credential(self) -> AsyncTokenCredential:
        """The one credential; its tokens are kept and renewed by the library."""
        if self._credential is None:
            made = [self._make(proof) for proof in self.proofs]
            self._credential = made[0] if len(made) == 1 else ChainedTokenCredential(*made)
        return self._credential

    async def token(self, scope: str, *, seconds: float = 15.0) -> AccessToken:
        """Return a token for `scope` within `seconds`; raise `Problem` 503 with the cause and what to do about it."""
        try:
            async with asyncio.timeout(seconds):
                return await self.credential.get_token(scope)
        except TimeoutError:
            raise _no_token(self.proofs, f"no answer within {seconds:.0f} s") from None
        except ClientAuthenticationError as refusal:
            raise _no_token(self.proofs, "the identity service refused it, or there is none") from refusal
        except AzureError as failure:
            raise _no_token(self.proofs, "the identity service cannot be reached") from failure

    def provider(self, scope: str) -> Callable[[], Awaitable[str]]:
        """Return a function that gives a valid bearer token each time it is called; it raises as the library does."""

        async def bearer() -> str:
            return (await self.credential.get_token(scope)).token

        return bearer

    async def close(self) -> None:
        """Close the credential's connections. It may be used again afterwards."""
        credential, self._credential = self._credential, None
        if credential is not None:
            await credential.close()

    def _make(self, proof: Proof) -> AsyncTokenCredential:
        settings = self._settings
        client_id = settings.azure_client_id or None
        bounds: dict[str, Any] = {
            "connection_timeout": _CONNECT_SECONDS,
            "read_timeout": _READ_SECONDS,
            "retry_total": _ATTEMPTS - 1,
            "retry_backoff_max": 2,
        }
        if proof == "managed identity":
            # With a secret beside it, AZURE_CLIENT_ID names the service principal and not a user-assigned identity.
            return ManagedIdentityCredential(client_id=None if settings.azure_client_secret else client_id, **bounds)
        authority = {"authority": settings.azure_authority_host} if settings.azure_authority_host else {}
        if proof == "service principal":
            return ClientSecretCredential(
                settings.azure_tenant_id,
                settings.azure_client_id,
                settings.azure_client_secret,
                # An authority of one's own is no cloud that the public directory knows.
                disable_instance_discovery=bool(authority),
                **authority,
                **bounds,
            )
        return DefaultAzureCredential(
            managed_identity_client_id=client_id, exclude_managed_identity_credential=True, **authority
        )


_REMEDIES: dict[Proof, str] = {
    "managed identity": "Assign a managed identity to the app; set AZURE_CLIENT_ID if it is user-assigned.",
    "service principal": "Check AZURE_CLIENT_ID, AZURE_CLIENT_SECRET (is it expired?) and AZURE_TENANT_ID.",
    "developer sign-in": "Run `az login`, or set a key or a service principal.",
}


def _no_token(proofs: tuple[Proof, ...], cause: str) -> Problem:
    tried = " and ".join(proofs)
    remedy = " ".join(_REMEDIES[proof] for proof in proofs)
    return Problem(
        503,
        "no_credential",
        "No credential",
        f"The service got no token for itself ({tried}): {cause}. {remedy}",
        retryable=True,
    )
