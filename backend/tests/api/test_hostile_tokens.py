"""Tokens made to pass where they must not, each over HTTP and over the WebSocket: none admitted, none unhandled."""

import base64
import time
from collections.abc import Callable
from uuid import uuid4

import orjson
import pytest

from backend.tests.api.conftest import Service, problem
from backend.tests.api.sockets import call
from backend.tests.identity.issuer import API, API_URI, OTHER_TENANT, TENANT, Issuer, Key

GRAPH = "00000003-0000-0000-c000-000000000000"
HOUR = 3600


def now() -> int:
    return int(time.time())


STRANGER = Key()


def disguised(issuer: Issuer) -> Key:
    """A stranger's key under the id of the issuer's."""
    STRANGER.kid = issuer.key.kid
    return STRANGER


def cut(token: str) -> str:
    """The token with another payload under the old signature."""
    head, _, signature = token.split(".")
    return f"{head}.{base64.urlsafe_b64encode(orjson.dumps({'oid': str(uuid4())})).rstrip(b'=').decode()}.{signature}"


Make = Callable[[Issuer], str]
HOSTILE: dict[str, Make] = {
    # the form
    "no token of any kind": lambda i: "nonsense",
    "two parts only": lambda i: i.mint().rpartition(".")[0],
    "five parts (encrypted)": lambda i: f"{i.mint()}.a.b",
    "a development token": lambda i: "dev_alice_admin",
    "a header that is no JSON": lambda i: "bm90IGpzb24." + i.mint().partition(".")[2],
    "a header nested ten thousand deep": lambda i: _raw(b"[" * 10_000) + "." + i.mint().partition(".")[2],
    "a payload that is a list": lambda i: i.sign(b'["engram.admin"]'),
    "a payload that is no JSON": lambda i: i.sign(b"{"),
    "a megabyte": lambda i: i.mint(i.user(filler="x" * 1_000_000)),
    "seventeen kilobytes": lambda i: i.mint(i.user(filler="x" * 12_600)),
    # the signature
    "alg none, no signature": lambda i: i.forge(alg="none"),
    "alg None in capitals": lambda i: i.forge(alg="NONE"),
    "alg none with the old signature": lambda i: i.forge(signature=b"x" * 256, alg="none"),
    "HS256 with the public key in PEM": lambda i: i.symmetric(i.key.pem),
    "HS256 with an empty secret": lambda i: i.symmetric(b""),
    "ES256 under the id of our key": lambda i: i.elliptic(),
    "RS512 claimed in the header": lambda i: i.forge(signature=b"x" * 256, alg="RS512"),
    "RS256 without a signature": lambda i: i.forge(),
    "another key under the id of ours": lambda i: i.mint(key=disguised(i)),
    "another payload under a good signature": lambda i: cut(i.mint()),
    "no key id": lambda i: i.mint(kid=None),
    "a key id that is a number": lambda i: i.forge(kid=7),
    "an unknown key id": lambda i: i.mint(key=Key(kid="nobody-knows")),
    "a key that the token brings along": lambda i: i.mint(key=disguised(i), jwk=STRANGER.jwk),
    "a key set that the token names": lambda i: i.mint(key=Key(kid="elsewhere"), jku="https://evil.example/keys"),
    "an unknown critical extension": lambda i: i.mint(crit=["exp2"], exp2=1),
    "an unencoded payload (b64)": lambda i: i.forge(signature=b"x" * 256, crit=["b64"], b64=False),
    "a type that is not an access token's": lambda i: i.mint(typ="logout+jwt"),
    # for whom, by whom
    "the audience of Microsoft Graph": lambda i: i.mint(i.user(aud=GRAPH)),
    "another API": lambda i: i.mint(i.user(aud=str(uuid4()))),
    "ours among other audiences": lambda i: i.mint(i.user(aud=[API, GRAPH])),
    "the URI as audience of a v2.0 token": lambda i: i.mint(i.user(aud=API_URI)),
    "no audience": lambda i: i.mint(i.user(aud=None)),
    "the issuer of another tenant": lambda i: i.mint(i.user(iss=i.name(tenant=OTHER_TENANT), tid=OTHER_TENANT)),
    "our issuer, another tid": lambda i: i.mint(i.user(tid=OTHER_TENANT)),
    "another tenant's issuer, our tid": lambda i: i.mint(i.user(iss=i.name(tenant=OTHER_TENANT))),
    "an issuer with more behind it": lambda i: i.mint(i.user(iss=i.name() + "/")),
    "the issuer as a list": lambda i: i.sign(orjson.dumps(i.user(iss=[i.name()]))),
    "no issuer": lambda i: i.mint(i.user(iss=None)),
    "the v1.0 issuer in a v2.0 token": lambda i: i.mint(i.user(iss=i.name("1.0"))),
    "the v2.0 issuer in a v1.0 token": lambda i: i.mint(i.v1_user(iss=i.name())),
    "ver 1.0 in a v2.0 token": lambda i: i.mint(i.user(ver="1.0")),
    "no ver": lambda i: i.mint(i.user(ver=None)),
    # when
    "expired beyond the leeway": lambda i: i.mint(i.user(exp=now() - 61, iat=now() - HOUR, nbf=now() - HOUR)),
    "not valid yet": lambda i: i.mint(i.user(nbf=now() + 90)),
    "issued in the future": lambda i: i.mint(i.user(iat=now() + 90)),
    "no expiry": lambda i: i.mint(i.user(exp=None)),
    "no nbf": lambda i: i.mint(i.user(nbf=None)),
    "no iat": lambda i: i.mint(i.user(iat=None)),
    "an expiry that is text": lambda i: i.sign(orjson.dumps(i.user(exp=str(now() + HOUR)))),
    "an expiry that is true": lambda i: i.sign(orjson.dumps(i.user(exp=True))),
    "an infinite expiry": lambda i: i.sign(orjson.dumps(i.user(exp=1)).replace(b'"exp":1', b'"exp":1e999')),
    # who
    "no oid": lambda i: i.mint(i.user(oid=None)),
    "an oid that is an e-mail address": lambda i: i.mint(i.user(oid="alice@contoso.example")),
    "no sub": lambda i: i.mint(i.user(sub=None)),
    "no tid": lambda i: i.mint(i.user(tid=None)),
    "no preferred_username": lambda i: i.mint(i.user(preferred_username=None)),
    "an id token": lambda i: i.mint(i.user(scp=None, azp=None, azpacr=None, nonce="n", aud=API)),
    "an id token with a client": lambda i: i.mint(i.user(scp=None, nonce="n")),
    "another scope": lambda i: i.mint(i.user(scp="User.Read")),
    "the scope as a part of a word": lambda i: i.mint(i.user(scp="not_access_as_user")),
    "the scope as a list": lambda i: i.mint(i.user(scp=["access_as_user"])),
    # what it may
    "roles in the wrong claim": lambda i: i.mint(i.user(roles=None, groups=["engram.admin"], wids=["engram.admin"])),
    "roles as one text": lambda i: i.mint(i.user(roles="engram.admin")),
    "roles of another API": lambda i: i.mint(i.user(roles=["admin", "Engram.Admin", "engram.admin.read"])),
    "group overage in place of roles": lambda i: i.mint(i.user(roles=None, hasgroups=True, _claim_names={"g": "s"})),
    # an application in a person's place
    "an application's token": lambda i: i.mint(i.application()),
    "an application's token with the roles of an admin": lambda i: i.mint(i.application(roles=["engram.admin"])),
    "an application without idtyp": lambda i: i.mint(i.application(idtyp=None)),
    "an application that claims a scope": lambda i: i.mint(i.application(scp="access_as_user")),
    # the second factor
    "no second factor": lambda i: i.mint(i.user(acrs=None)),
    "another authentication context": lambda i: i.mint(i.user(acrs=["c2", "p1"])),
    "the context as one text": lambda i: i.mint(i.user(acrs="c1")),
    "amr in a v2.0 token": lambda i: i.mint(i.user(acrs=None, amr=["mfa"])),
    "a v1.0 token with a password alone": lambda i: i.mint(i.v1_user(amr=["pwd"])),
    # how long ago
    "a sign-in of more than eight hours ago": lambda i: i.mint(i.user(auth_time=now() - 8 * HOUR - 1)),
    "a sign-in in the future": lambda i: i.mint(i.user(auth_time=now() + HOUR)),
    "a sign-in at no time": lambda i: i.mint(i.user(auth_time="now")),
    "a sign-in of unknown age": lambda i: i.mint(i.user(auth_time=None)),
    "an empty session id": lambda i: i.mint(i.user(auth_time=None, sid="")),
}
HELD_BACK = {"mfa_required": 401, "session_expired": 401, "not_admitted": 403, "forbidden": 403, "invalid_token": 401}


def _raw(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_token_is_refused_over_http_and_over_the_socket(
    production: Service, issuer: Issuer, name: str
) -> None:
    token, calls = HOSTILE[name](issuer), production.services.voice.active_sessions
    response = await production.client.get("/api/v1/memory/episodes", headers={"Authorization": f"Bearer {token}"})
    if response.status_code != 431:
        document = problem(response, response.status_code)
        assert HELD_BACK.get(document["code"]) == response.status_code, document
        assert "eyJ" not in response.text, "nothing of the token is repeated"
        if document["code"] == "invalid_token":
            assert document["detail"] == "The token was not accepted: sign in again.", "which check failed is not told"
    asked = await production.ask("Hello", token=token)
    assert asked.status_code in (401, 403, 431)
    outcome = await call(production, token=token)
    assert not outcome.admitted
    assert outcome.code in (0, 4401, 4403)
    if len(token) < 7_000 and "=" not in token:
        offered = await call(production, protocols=("engram.v1", f"bearer.{token}"))
        assert not offered.admitted
        assert offered.code in (4401, 4403)
    assert production.services.voice.active_sessions <= calls


GOOD: dict[str, Make] = {
    "v2.0": lambda i: i.mint(),
    "v1.0 with amr": lambda i: i.mint(i.v1_user()),
    "v1.0 by client id": lambda i: i.mint(i.v1_user(aud=API)),
    "at+jwt": lambda i: i.mint(typ="at+jwt"),
    "idtyp user": lambda i: i.mint(i.user(idtyp="user")),
    "several scopes": lambda i: i.mint(i.user(scp="openid access_as_user")),
    "capitals in ids": lambda i: i.mint(i.user(tid=TENANT.upper(), oid=str(uuid4()).upper())),
    "a clock a little ahead": lambda i: i.mint(i.user(iat=now() + 30, nbf=now() + 30)),
    "a clock a little behind": lambda i: i.mint(i.user(exp=now() - 30, iat=now() - HOUR, nbf=now() - HOUR)),
    "signed in almost eight hours ago": lambda i: i.mint(i.user(auth_time=now() - 8 * HOUR + 60)),
    "a session by sid": lambda i: i.mint(i.user(auth_time=None, sid=uuid4().hex)),
}


@pytest.mark.parametrize("name", GOOD)
async def test_a_good_token_is_admitted_over_http_and_over_the_socket(
    production: Service, issuer: Issuer, name: str
) -> None:
    token = GOOD[name](issuer)
    response = await production.client.get("/api/v1/memory/episodes", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200, response.text
    assert (await call(production, token=token)).admitted
    assert (await call(production, protocols=("engram.v1", f"bearer.{token}"))).admitted


def test_the_suite_is_as_large_as_it_should_be() -> None:
    assert len(HOSTILE) >= 40
