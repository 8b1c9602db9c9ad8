"""The service's own identity, with the real azure-identity library against identity services on the loopback interface,
and what arrives of it at VoiceLive's handshake."""

import asyncio
import contextlib
import datetime
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.outgoing import VOICELIVE_SCOPE, Outgoing
from backend.tests.conftest import free_port
from backend.tests.voice.conftest import stand_in, voice_settings  # noqa: F401  # a fixture
from backend.voice.voicelive.link import VoiceLive

TENANT = "11111111-2222-3333-4444-555555555555"


@dataclass
class Issuer:
    """An identity service: what it was asked, and the token it gives (or the status it refuses with)."""

    url: str = ""
    token: str = "a-token"
    status: int = 200
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def managed_identity(self, request: web.Request) -> web.Response:
        """The protocol of Container Apps: a GET with the header that only the app knows."""
        self.asked.append({**request.query, "header": request.headers.get("X-IDENTITY-HEADER")})
        answer = {"access_token": self.token, "token_type": "Bearer", "resource": request.query.get("resource")}
        return web.json_response(answer | {"expires_on": str(int(time.time()) + 3600)}, status=self.status)

    async def client_credentials(self, request: web.Request) -> web.Response:
        """The token route of Entra ID."""
        self.asked.append({**await request.post(), "tenant": request.match_info["tenant"]})
        if self.status != 200:
            return web.json_response({"error": "invalid_client", "error_description": "expired"}, status=self.status)
        return web.json_response({"access_token": self.token, "token_type": "Bearer", "expires_in": 3600})


@contextlib.asynccontextmanager
async def serving(issuer: Issuer, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_get("/msi/token", issuer.managed_identity)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", issuer.client_credentials)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    issuer.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{port}"
    try:
        yield
    finally:
        await runner.cleanup()


@pytest.fixture
async def platform(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Issuer]:
    """A platform that has given the app an identity."""
    issuer = Issuer()
    async with serving(issuer):
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{issuer.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "known-to-the-app-only")
        yield issuer


@pytest.fixture
async def entra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Issuer]:
    """An authority of one's own, with a certificate that this machine trusts."""
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    certificate = tmp_path / "localhost.pem"
    certificate.write_bytes(_certificate())
    # What SSL_CERT_FILE does for a process: aiohttp reads it once, when it is imported.
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", ssl.create_default_context(cafile=certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    issuer = Issuer()
    async with serving(issuer, tls):
        yield issuer


def principal(issuer: Issuer, **changes: Any) -> Settings:
    values = {
        "azure_client_id": "the-client",
        "azure_client_secret": "the-client-secret",
        "azure_tenant_id": TENANT,
        "azure_authority_host": issuer.url,
    }
    return Settings(_env_file=None, **(values | changes))  # type: ignore[call-arg]


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Outgoing]:
    outgoing = Outgoing(settings)
    try:
        yield outgoing
    finally:
        await outgoing.close()


async def test_an_app_with_a_managed_identity_gets_one_token_for_many_uses(platform: Issuer) -> None:
    async with opened(Settings(_env_file=None)) as outgoing:  # type: ignore[call-arg]
        assert outgoing.proofs == ("managed identity",)
        tokens = {(await outgoing.token(VOICELIVE_SCOPE)).token for _ in range(5)}
        assert await outgoing.provider(VOICELIVE_SCOPE)() == "a-token"
    assert tokens == {"a-token"}
    [asked] = platform.asked
    assert asked["resource"] == "https://ai.azure.com"
    assert asked["header"] == "known-to-the-app-only"


async def test_the_managed_identitys_token_is_what_voicelive_is_shown(platform: Issuer, stand_in: str) -> None:  # noqa: F811
    settings = voice_settings(stand_in, azure_voicelive_key="")
    async with opened(settings) as outgoing:
        voicelive = VoiceLive(settings, outgoing)
        link = await voicelive.connect(stand_in, "gpt-realtime", timeout=5)
        assert b'"session.created"' in await link.receive()
        await link.close()
    # The stand-in refuses by the credential it sees: so it did see this one.
    platform.token = "fault-403"
    async with opened(settings) as outgoing:
        with pytest.raises(Problem) as refused:
            await VoiceLive(settings, outgoing).connect(stand_in, "gpt-realtime", timeout=5)
    assert "403" in refused.value.detail


async def test_a_service_principal_signs_in_with_its_secret_and_its_token_reaches_voicelive(
    entra: Issuer,
    stand_in: str,  # noqa: F811
) -> None:
    settings = principal(entra, azure_voicelive_endpoint=stand_in, auth_required=False)
    entra.token = "fault-429"
    async with opened(settings) as outgoing:
        assert outgoing.proofs == ("service principal",)
        with pytest.raises(Problem) as refused:
            await VoiceLive(settings, outgoing).connect(stand_in, "gpt-realtime", timeout=5)
    assert refused.value.retry_after == 7
    [asked] = entra.asked
    assert asked["tenant"] == TENANT
    assert asked["client_id"] == "the-client"
    assert asked["client_secret"] == "the-client-secret"
    assert asked["scope"] == VOICELIVE_SCOPE


async def test_where_both_are_there_the_managed_identity_is_asked_first(
    platform: Issuer,
) -> None:
    async with opened(principal(platform, azure_authority_host="https://localhost")) as outgoing:
        assert outgoing.proofs == ("managed identity", "service principal")
        assert (await outgoing.token(VOICELIVE_SCOPE)).token == "a-token"
    assert "client_id" not in platform.asked[0]  # the secret's client id names no identity of the platform


async def test_a_refused_identity_is_told_with_cause_and_remedy_and_without_the_secret(entra: Issuer) -> None:
    entra.status = 401
    async with opened(principal(entra)) as outgoing:
        with pytest.raises(Problem) as refused:
            await outgoing.token(VOICELIVE_SCOPE)
    assert refused.value.status == 503
    assert "AZURE_CLIENT_SECRET" in refused.value.detail
    assert "the-client-secret" not in refused.value.detail


async def test_an_identity_service_that_cannot_be_reached_is_told_on_both_ways(entra: Issuer, stand_in: str) -> None:  # noqa: F811
    settings = principal(
        entra, azure_authority_host=f"https://localhost:{free_port()}", azure_voicelive_endpoint=stand_in
    )
    async with opened(settings) as outgoing:
        with pytest.raises(Problem, match="cannot be reached"):
            await outgoing.token(VOICELIVE_SCOPE)
        with pytest.raises(Problem) as refused:
            await VoiceLive(settings, outgoing).connect(stand_in, "gpt-realtime", timeout=10)
    assert refused.value.code == "voicelive_no_credential"


async def test_an_identity_service_that_does_not_answer_is_not_waited_for_longer_than_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = await _silent_server()
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{port}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "x")
        async with opened(Settings(_env_file=None)) as outgoing:  # type: ignore[call-arg]
            begun = time.monotonic()
            with pytest.raises(Problem, match="no answer within"):
                await outgoing.token(VOICELIVE_SCOPE, seconds=0.2)
            assert time.monotonic() - begun < 2
        silent.close()


async def _silent_server() -> Any:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    return await asyncio.start_server(hold, "127.0.0.1", 0)


def _certificate() -> bytes:
    """Return a key and a certificate of `localhost` that signs itself, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
