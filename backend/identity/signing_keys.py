"""The keys that Entra ID signs tokens with: found by discovery, kept, and fetched again when an unknown one appears.

For each pinned tenant the OpenID Connect metadata names issuer and key set; both must fit the authority and the tenant.
Requests never wait for a fetch while the key they need is known, and one fetch serves all who wait. Whatever strangers
send, there is at most one fetch in `COOL_DOWN_SECONDS`. While the provider cannot be reached the old keys go on.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from backend.core.problems import Problem
from backend.identity.counters import KEY_FETCHES

log = logging.getLogger("backend.identity")

Version = Literal["1.0", "2.0"]

COOL_DOWN_SECONDS = 10.0
"""Between the beginnings of two fetches. Entra ID publishes keys long before it signs with them."""

REFRESH_SECONDS = 3_600.0
"""Keys older than this are fetched again beside the requests: one that was withdrawn is not trusted for long."""

STALE_SECONDS = 24 * 3_600.0
"""How long old keys go on while the provider does not answer."""

_WAIT_SECONDS = 5.0  # for each step of a fetch
_FETCH_SECONDS = 10.0  # for the whole of one document
_MAX_BYTES = 512 * 1024
_MAX_KEYS = 100
_MIN_BITS = 2048
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: the `iss` of its tokens, the tenant it stands for, and the version of tokens it makes."""

    name: str
    tenant: str
    version: Version


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key and those who sign with it, by their `iss`."""

    public: RSAPublicKey
    issuers: dict[str, Issuer]


class _Unusable(Exception):
    """What was fetched is not what was asked for; the message says why."""


class SigningKeys:
    """The keys of `tenants` at `authority` (scheme and host). `clock` is monotonic, in seconds."""

    def __init__(
        self,
        authority: str,
        tenants: Sequence[str],
        versions: Sequence[Version] = ("2.0",),
        *,
        cool_down: float = COOL_DOWN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._authority = authority.rstrip("/")
        self._sources = [(tenant, version) for tenant in tenants for version in versions]
        self._cool_down = cool_down
        self._clock = clock
        self._found: dict[tuple[str, Version], tuple[Issuer, dict[str, RSAPublicKey]]] = {}
        self._by_id: dict[str, list[SigningKey]] = {}
        self._fetching: asyncio.Task[None] | None = None
        self._begun_at: float | None = None
        self._good_at: float | None = None
        self._failed = False

    def start(self) -> None:
        """Begin to fetch, so that the first caller need not wait for it."""
        self._refresh()

    async def close(self) -> None:
        """Stop a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    async def find(self, key_id: str) -> list[SigningKey]:
        """Return the keys of this id, none when it is unknown; raise `Problem` 503 when that cannot be told."""
        found = self._known(key_id)
        if not found:
            fetching = self._refresh()
            if fetching is not None:
                # One caller who leaves does not end the fetch for the others.
                await asyncio.shield(fetching)
            found = self._known(key_id)
            if not found and self._failed:
                raise sign_in_unavailable()
        elif self._age() > REFRESH_SECONDS:
            self._refresh()
        return found

    def _known(self, key_id: str) -> list[SigningKey]:
        return self._by_id.get(key_id, []) if self._age() < STALE_SECONDS else []

    def _age(self) -> float:
        return float("inf") if self._good_at is None else self._clock() - self._good_at

    def _refresh(self) -> asyncio.Task[None] | None:
        """Return the fetch that is under way, or a new one unless the last began too short a time ago."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        now = self._clock()
        if self._begun_at is not None and now - self._begun_at < self._cool_down:
            return None
        self._begun_at = now
        self._fetching = asyncio.create_task(self._fetch_all())
        return self._fetching

    async def _fetch_all(self) -> None:
        began = self._clock()
        async with httpx.AsyncClient(timeout=_WAIT_SECONDS, headers={"Accept": "application/json"}) as client:
            answers = await asyncio.gather(
                *(self._fetch(client, tenant, version) for tenant, version in self._sources), return_exceptions=True
            )
        self._failed = False
        for source, answer in zip(self._sources, answers, strict=True):
            if isinstance(answer, tuple):
                self._found[source] = answer
            elif isinstance(answer, _Unusable | httpx.HTTPError | httpx.InvalidURL | OSError):
                self._failed = True
                log.warning("The signing keys of tenant %s could not be fetched: %s", source[0], _words(answer))
            else:
                self._failed = True
                log.error("The signing keys of tenant %s could not be fetched", source[0], exc_info=answer)
        KEY_FETCHES.labels("failed" if self._failed else "done").inc()
        if not self._failed:
            self._good_at = began
        self._by_id = self._merged()

    def _merged(self) -> dict[str, list[SigningKey]]:
        """Index all keys by id. Tenants share keys; the same id with other numbers is another key."""
        merged: dict[str, list[SigningKey]] = {}
        for issuer, keys in self._found.values():
            for key_id, public in keys.items():
                same = merged.setdefault(key_id, [])
                numbers = public.public_numbers()
                for known in same:
                    if known.public.public_numbers() == numbers:
                        known.issuers[issuer.name] = issuer
                        break
                else:
                    same.append(SigningKey(public, {issuer.name: issuer}))
        return merged

    async def _fetch(
        self, client: httpx.AsyncClient, tenant: str, version: Version
    ) -> tuple[Issuer, dict[str, RSAPublicKey]]:
        base = f"{self._authority}/{tenant}"
        metadata_url = f"{base}/v2.0" if version == "2.0" else base
        metadata = await self._document(client, f"{metadata_url}/.well-known/openid-configuration")
        name = str(metadata.get("issuer", "")).replace("{tenantid}", tenant)
        fits = name == f"{base}/v2.0" if version == "2.0" else name.endswith(f"/{tenant}/") and _is_safe(name)
        if not fits:
            raise _Unusable("the metadata names another issuer")
        keys_url = str(metadata.get("jwks_uri", ""))
        if _origin(keys_url) != _origin(self._authority):
            raise _Unusable("the metadata names a key set of another host")
        found = (await self._document(client, keys_url)).get("keys")
        keys = _keys(found[:_MAX_KEYS], tenant, name) if isinstance(found, list) else {}
        if not keys:
            raise _Unusable("the key set holds no RSA key for signatures")
        return Issuer(name, tenant, version), keys

    async def _document(self, client: httpx.AsyncClient, url: str) -> dict[str, Any]:
        # The bound on the whole is looked at between the pieces: a cancelled pool can hang.
        until = time.monotonic() + _FETCH_SECONDS
        body = bytearray()
        async with client.stream("GET", url) as response:
            if response.status_code != 200:
                raise _Unusable(f"the provider answered {response.status_code}")
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _MAX_BYTES:
                    raise _Unusable("the document is too large")
                if time.monotonic() > until:
                    raise _Unusable("the document came too slowly")
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise _Unusable("the document is not a JSON object")
        return document


def _keys(found: list[Any], tenant: str, issuer: str) -> dict[str, RSAPublicKey]:
    """Return the usable keys by id. A key that names its own issuer counts for that one alone."""
    keys: dict[str, RSAPublicKey] = {}
    for each in found:
        if not isinstance(each, dict) or each.get("kty") != "RSA" or not isinstance(each.get("kid"), str):
            continue
        if each.get("use", "sig") != "sig" or each.get("alg", "RS256") != "RS256":
            continue
        if str(each.get("issuer", issuer)).replace("{tenantid}", tenant) != issuer:
            continue
        try:
            public = RSAAlgorithm.from_jwk({name: each.get(name) for name in ("kty", "n", "e")})
        except (InvalidKeyError, ValueError, TypeError, AttributeError):
            continue
        if isinstance(public, RSAPublicKey) and public.key_size >= _MIN_BITS:
            keys[each["kid"]] = public
    return keys


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc.lower()


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in _LOOPBACK


def _words(error: BaseException) -> str:
    return str(error) if isinstance(error, _Unusable) else type(error).__name__


def sign_in_unavailable() -> Problem:
    """503: the token may be valid or not."""
    return Problem(
        503,
        "sign_in_unavailable",
        "Sign-in unavailable",
        "Whether the token is valid cannot be told just now: the identity provider's keys or the record of sign-ins "
        "cannot be reached. Try again in a few seconds.",
        retryable=True,
        retry_after=COOL_DOWN_SECONDS,
    )
