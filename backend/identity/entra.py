"""Entra ID access tokens: what a token must hold to stand for a user or an application at this level.

PyJWT checks the signature and the times; everything else is checked here, claim by claim, against what is pinned in the
settings. Nothing of a token is believed before its signature is.
"""

import base64
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import orjson
from jwt.exceptions import (
    DecodeError,
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidSignatureError,
    PyJWTError,
)
from jwt.utils import base64url_decode

from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.principal import Kind, Principal, Proof, Role
from backend.identity.refused import Refused
from backend.identity.session_age import SessionAges
from backend.identity.signing_keys import Issuer, SigningKeys, Version

MAX_TOKEN_CHARACTERS = 16 * 1024
"""Entra ID's own tokens stay below 8 kB; anything longer is refused before it is looked at."""

LEEWAY_SECONDS = 60
"""How far the clocks of the provider and of this machine may be apart."""

_ALGORITHM = "RS256"
_TYPES = frozenset({None, "JWT", "at+jwt"})
_REQUIRED = ["exp", "nbf", "iat", "iss", "aud", "sub", "tid", "oid", "ver"]
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_ROLES: dict[str, Role] = {
    "engram.user": "engram.user",
    "engram.analyst": "engram.analyst",
    "engram.admin": "engram.admin",
}
_MFA_METHODS = frozenset({"mfa", "ngcmfa"})
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Rules:
    """What is pinned. audiences: by the version of the token; a version without any is not accepted.

    kinds: who is admitted; scope: what a user must have consented to; auth_context: the authentication context that
    proves MFA, '' where none is asked for; session_seconds: from sign-in until a new one is needed; session_claims:
    whether a token must tell when its session began.
    """

    audiences: Mapping[Version, frozenset[str]]
    kinds: frozenset[Kind]
    scope: str
    auth_context: str
    session_seconds: float
    session_claims: bool

    @classmethod
    def of(cls, settings: Settings) -> "Rules":
        """Return the rules of a level with Entra ID."""
        # A v2.0 token names the API by its client id. Who lists its URI has chosen v1.0 tokens, which name either.
        named = frozenset(settings.sign_in_audiences)
        audiences: dict[Version, frozenset[str]] = {"2.0": frozenset(name for name in named if "://" not in name)}
        if named - audiences["2.0"]:
            audiences["1.0"] = named
        return cls(
            audiences,
            frozenset({"app"}) if settings.auth_mode == "entra_app" else frozenset({"user"}),
            settings.entra_api_scope,
            settings.entra_mfa_auth_context if settings.auth_mode == "entra_mfa" else "",
            settings.session_hours * 3600,
            settings.demands.longest_session is not None,
        )


class Entra:
    """Tells callers from access tokens."""

    def __init__(self, rules: Rules, keys: SigningKeys, ages: SessionAges) -> None:
        self._rules = rules
        self._keys = keys
        self._ages = ages

    async def identify(self, token: str) -> Principal:
        """Return whom the token stands for; raise `Refused` or `Problem` 401, 403 or 503."""
        issuer, claims = await self._verified(token)
        kind = _kind(claims, issuer.version)
        if kind not in self._rules.kinds:
            raise _not_admitted(kind)
        return await self._admitted(kind, claims, issuer)

    async def _verified(self, token: str) -> tuple[Issuer, dict[str, Any]]:
        """Return issuer and claims of a token that is genuine, of this time, and meant for this API."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Refused("too_large", "it is longer than any token of Entra ID")
        found = await self._keys.find(_key_id(token))
        if not found:
            raise Refused("unknown_key", "no key of the tenant has the id that its header names")
        for key in found:
            try:
                claims = jwt.decode(
                    token,
                    key.public,
                    algorithms=[_ALGORITHM],
                    leeway=LEEWAY_SECONDS,
                    options={"require": _REQUIRED, "verify_aud": False, "verify_iss": False},
                )
            except InvalidSignatureError:
                continue
            except ExpiredSignatureError:
                raise Refused("expired", "it has expired") from None
            except ImmatureSignatureError:
                raise Refused("not_yet_valid", "it is not valid yet; compare the clocks") from None
            except DecodeError:
                raise Refused("malformed", "it is not a signed JSON Web Token") from None
            except (PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
                raise Refused("claims", f"a claim is missing or malformed ({type(error).__name__})") from None
            issuer = key.issuers.get(_text(claims, "iss"))
            if issuer is None:
                raise Refused("issuer", "iss is not the issuer of an accepted tenant, or did not sign with this key")
            self._check_claims(claims, issuer)
            return issuer, claims
        raise Refused("signature", "the signature is wrong")

    def _check_claims(self, claims: dict[str, Any], issuer: Issuer) -> None:
        for name in ("exp", "nbf", "iat"):
            if type(claims[name]) not in (int, float):
                raise Refused("claims", f"{name} is not a number")
        if claims["ver"] != issuer.version:
            raise Refused("issuer", "ver is not the version of tokens that the issuer makes")
        accepted = self._rules.audiences.get(issuer.version, frozenset())
        if not isinstance(claims["aud"], str) or claims["aud"] not in accepted:
            raise Refused("audience", f"aud is not this API, by a name that tokens of version {issuer.version} use")
        if _text(claims, "tid").lower() != issuer.tenant:
            raise Refused("issuer", "tid is not the tenant of the issuer")
        if _GUID.fullmatch(_text(claims, "oid").lower()) is None:
            raise Refused("claims", "oid is not an object id")

    async def _admitted(self, kind: Kind, claims: dict[str, Any], issuer: Issuer) -> Principal:
        rules = self._rules
        tenant, user_id = issuer.tenant, _text(claims, "oid").lower()
        contexts = frozenset(_texts(claims, "acrs"))
        methods = frozenset(_texts(claims, "amr")) if issuer.version == "1.0" else frozenset[str]()
        began: float | None = None
        if kind == "user":
            if rules.scope not in _text(claims, "scp").split():
                raise Refused("scope", f"scp does not hold {rules.scope}")
            name = _name(claims, issuer.version)
            if rules.auth_context and rules.auth_context not in contexts and not methods & _MFA_METHODS:
                raise mfa_required(rules.auth_context)
            began = await self._began(claims, tenant, user_id)
            if began is not None and time.time() - began > rules.session_seconds:
                raise session_expired(rules.session_seconds)
        else:
            name = str(claims.get("app_displayname") or _client(claims))
        return Principal(
            tenant,
            user_id,
            _UNPRINTABLE.sub(" ", name).strip()[:200],
            frozenset(_ROLES[role] for role in _texts(claims, "roles") if role in _ROLES),
            kind,
            Proof("entra", contexts, methods, _client(claims)),
            began,
            float(claims["exp"]),
        )

    async def _began(self, claims: dict[str, Any], tenant: str, user_id: str) -> float | None:
        """Return when the user signed in: as the token says, or when its session was first seen here."""
        if "auth_time" in claims:
            at = claims["auth_time"]
            if type(at) not in (int, float) or not 0 < at <= time.time() + LEEWAY_SECONDS:
                raise Refused("claims", "auth_time is not a time in the past")
            return float(at)
        if "sid" in claims:
            if not (sid := _text(claims, "sid")):
                raise Refused("claims", "sid is empty")
            return await self._ages.began(tenant, user_id, sid, float(claims["iat"]))
        if self._rules.session_claims:
            raise Refused(
                "claims",
                "it tells neither auth_time nor sid, so the session's age is not known; add the optional claim "
                "auth_time to the access tokens of the API's app registration",
            )
        return None


def _key_id(token: str) -> str:
    try:
        # Not PyJWT's own reader, which decodes the whole token for it: that is a third of the time a request may take.
        header = orjson.loads(base64url_decode(token.partition(".")[0]))
    except ValueError:
        header = None
    if not isinstance(header, dict) or token.count(".") != 2:
        raise Refused("malformed", "it is not a signed JSON Web Token")
    if header.get("alg") != _ALGORITHM:
        raise Refused("algorithm", f"alg is not {_ALGORITHM}")
    if "crit" in header:
        raise Refused("malformed", "its header demands extensions that are not known here")
    if header.get("typ") not in _TYPES:
        raise Refused("malformed", "typ is not that of an access token")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise Refused("malformed", "its header names no key")
    return key_id


def _kind(claims: dict[str, Any], version: Version) -> Kind:
    """Tell users from applications. An id token is neither: it names no client that asked for it and no scope."""
    if not _client(claims):
        raise Refused("kind", "azp (appid) is missing: it is not an access token")
    delegated = bool(claims.get("scp"))
    told = claims.get("idtyp")
    # Without the optional claim idtyp: an application's token has no scope, and is about the application itself.
    if told == "app" or (told is None and not delegated and claims["oid"] == claims["sub"]):
        strength = claims.get("azpacr" if version == "2.0" else "appidacr", "1")
        if delegated or strength not in ("1", "2"):
            raise Refused("kind", "it claims to be an application's and holds a scope, or a client without a secret")
        return "app"
    if delegated and told in (None, "user"):
        return "user"
    raise Refused("kind", "it is neither a user's (scp) nor an application's (idtyp=app) access token")


def _name(claims: dict[str, Any], version: Version) -> str:
    account = _text(claims, "preferred_username")
    if version == "1.0":
        account = account or _text(claims, "upn") or _text(claims, "unique_name")
    if not account:
        raise Refused("claims", "preferred_username is missing")
    return _text(claims, "name") or account


def _client(claims: dict[str, Any]) -> str:
    return _text(claims, "azp") or _text(claims, "appid")


def _text(claims: dict[str, Any], name: str) -> str:
    """Return a claim that is text; '' when it is missing. Raises `Refused` for anything else."""
    value = claims.get(name, "")
    if not isinstance(value, str):
        raise Refused("claims", f"{name} is not text")
    return value


def _texts(claims: dict[str, Any], name: str) -> list[str]:
    """Return a claim that is a list of texts; none when it is missing. Raises `Refused` for anything else."""
    value = claims.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Refused("claims", f"{name} is not a list of texts")
    return value


def claims_request(auth_context: str) -> str:
    """Return what to ask the identity provider for, as JSON, to get a token that proves the authentication context."""
    claims = {"access_token": {"acrs": {"essential": True, "value": auth_context}}}
    return orjson.dumps(claims).decode()


def mfa_required(auth_context: str) -> Problem:
    """401 with the claims challenge that makes a client (MSAL) ask the user for a second factor."""
    encoded = base64.b64encode(claims_request(auth_context).encode()).decode()
    return Problem(
        401,
        "mfa_required",
        "Second factor required",
        "The sign-in was not confirmed with a second factor (MFA), which this level asks for. Sign in with it: the "
        "claims challenge in WWW-Authenticate says what to ask the identity provider for.",
        headers={
            "WWW-Authenticate": f'Bearer realm="engram", error="insufficient_claims", claims="{encoded}"',
        },
    )


def session_expired(seconds: float) -> Problem:
    """401: the sign-in is too long ago, however fresh the token is (RFC 9470 names the age that is accepted)."""
    return Problem(
        401,
        "session_expired",
        "Session expired",
        f"You signed in more than {seconds / 3600:g} hours ago. Sign in again, with your credentials.",
        headers={
            "WWW-Authenticate": 'Bearer realm="engram", error="insufficient_user_authentication", '
            f'max_age="{seconds:.0f}"',
        },
    )


def _not_admitted(kind: Kind) -> Problem:
    who = "An application's token does not pass" if kind == "app" else "A user's token does not pass"
    takes = "people who sign in" if kind == "app" else "applications (client credentials)"
    return Problem(403, "not_admitted", "Not admitted", f"{who} at this level, which is for {takes}.")
