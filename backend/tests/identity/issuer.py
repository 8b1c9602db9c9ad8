"""An identity provider of our own: publishes keys as Entra ID does, and mints tokens good and bad."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import jwt
import orjson
import uvicorn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TENANT = "11111111-2222-4333-8444-555555555555"
OTHER_TENANT = "99999999-2222-4333-8444-555555555555"
API = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
API_URI = f"api://{API}"
PAGE = "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee"
"""The client id of the page that asks for tokens."""

Claims = dict[str, Any]


class Key:
    """A signing key and its public half as a JWK."""

    def __init__(self, bits: int = 2048, kid: str | None = None) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        self.kid = kid or uuid4().hex
        public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        self.jwk: dict[str, Any] = {"kid": self.kid, "use": "sig", "kty": "RSA", "n": public["n"], "e": public["e"]}

    @property
    def pem(self) -> bytes:
        """The public key, as an attacker finds it."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Issuer:
    """The provider. `fetches`: how often the v2.0 key set was asked for; `answer`, `metadata`: what is
    answered in place of the key set and of the metadata.
    """

    def __init__(self) -> None:
        self.url = ""
        self.keys = [Key()]
        self.fetches = 0
        self.answer: Response | None = None
        self.metadata: bytes | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def key(self) -> Key:
        """The key that signs now."""
        return self.keys[-1]

    def rotate(self, *, keep: bool = True) -> None:
        """Sign with a new key from now on; the old ones stay published, or not."""
        self.keys = [*(self.keys if keep else []), Key()]

    def name(self, version: str = "2.0", tenant: str = TENANT) -> str:
        """`iss` of the tokens of this version."""
        return f"{self.url}/{tenant}/v2.0" if version == "2.0" else f"{self.url}/sts/{tenant}/"

    def user(self, **changes: Any) -> Claims:
        """Claims of a person's access token that every level of Entra ID for people admits. None takes a claim away."""
        now = int(time.time())
        claims: Claims = {
            "iss": self.name(), "aud": API, "iat": now, "nbf": now, "exp": now + 3600, "ver": "2.0", "tid": TENANT,
            "oid": str(uuid4()), "sub": uuid4().hex, "azp": PAGE, "azpacr": "0", "scp": "access_as_user",
            "roles": ["engram.analyst"], "preferred_username": "alice@contoso.example", "name": "Alice Example",
            "acrs": ["p1", "c1"], "auth_time": now - 60, "uti": uuid4().hex,
        }  # fmt: skip
        return _changed(claims, changes)

    def v1_user(self, **changes: Any) -> Claims:
        """Claims of a person's version 1.0 access token, with the second factor told in `amr`."""
        claims = self.user(
            iss=self.name("1.0"), aud=API_URI, ver="1.0", azp=None, azpacr=None, appid=PAGE, appidacr="0", acrs=None,
            preferred_username=None, upn="alice@contoso.example", amr=["pwd", "mfa"],
        )  # fmt: skip
        return _changed(claims, changes)

    def application(self, **changes: Any) -> Claims:
        """Claims of an application's access token (client credentials)."""
        own = str(uuid4())
        claims = self.user(
            oid=own, sub=own, azp=str(uuid4()), azpacr="1", scp=None, idtyp="app", preferred_username=None, name=None,
            acrs=None, auth_time=None,
        )  # fmt: skip
        return _changed(claims, changes)

    def mint(self, claims: Claims | None = None, *, key: Key | None = None, **header: Any) -> str:
        """Sign claims (a good user's by default); header members are changed by name, None takes one away."""
        signing = key or self.key
        return jwt.encode(
            self.user() if claims is None else claims, signing.private, "RS256",
            headers=_changed({"kid": signing.kid, "typ": "JWT"}, header),
        )  # fmt: skip

    def forge(self, claims: Claims | None = None, signature: bytes = b"", **header: Any) -> str:
        """Return a token with any header and signature."""
        parts = [_changed({"alg": "RS256", "kid": self.key.kid, "typ": "JWT"}, header), claims or self.user()]
        return ".".join([*(_encoded(orjson.dumps(part)) for part in parts), _encoded(signature)])

    def sign(self, payload: bytes) -> str:
        """Sign any bytes: what no library would mint."""
        unsigned = f"{self.forge().partition('.')[0]}.{_encoded(payload)}"
        return f"{unsigned}.{_encoded(self.key.private.sign(unsigned.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def symmetric(self, secret: bytes) -> str:
        """Return a token signed with HS256 and what is no secret at all."""
        unsigned = self.forge(alg="HS256").rpartition(".")[0]
        return f"{unsigned}.{_encoded(hmac.new(secret, unsigned.encode(), hashlib.sha256).digest())}"

    def elliptic(self) -> str:
        """Return a token signed by an elliptic key of the attacker's, under the id of ours."""
        return jwt.encode(
            self.user(), ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": self.key.kid, "typ": "JWT"}
        )

    async def _metadata(self, request: Request) -> Response:
        if self.metadata is not None:
            return Response(self.metadata)
        tenant = request.path_params["tenant"]
        version = "2.0" if "/v2.0/" in request.url.path else "1.0"
        keys = f"{self.url}/{tenant}/{'v2.0' if version == '2.0' else 'v1'}/keys"
        return Response(orjson.dumps({"issuer": self.name(version, tenant), "jwks_uri": keys}))

    async def _keys(self, request: Request) -> Response:
        self.fetches += "/v2.0/" in request.url.path
        await self.gate.wait()
        return self.answer or Response(orjson.dumps({"keys": [key.jwk for key in self.keys]}))

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Issuer"]:
        """Publish on a free port of the loopback interface."""
        app = Starlette(
            routes=[
                Route("/{tenant}/v2.0/.well-known/openid-configuration", self._metadata),
                Route("/{tenant}/.well-known/openid-configuration", self._metadata),
                Route("/{tenant}/v2.0/keys", self._keys),
                Route("/{tenant}/v1/keys", self._keys),
            ]
        )
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve())
        async with asyncio.timeout(15):
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.005)
        self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            self.gate.set()
            server.should_exit = True
            await serving


def _changed(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (base | changes).items() if value is not None}


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
