"""How the web page learns to sign people in, and what it may reach for that."""

import base64

import pytest

from backend.api.edge import content_security_policy
from backend.core.refusals import refusals
from backend.core.settings import Settings
from backend.identity.page import page_sign_in
from backend.tests.api.conftest import Service, StartLevel
from backend.tests.identity.issuer import API, API_URI, OTHER_TENANT, PAGE, TENANT, Issuer

MFA = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'


def settings(**changes: object) -> Settings:
    values = {
        "environment": "uat",
        "azure_tenant_id": TENANT,
        "entra_api_audience": [API],
        "entra_spa_client_id": PAGE,
    }
    return Settings(_env_file=None, **(values | changes))  # type: ignore[call-arg,arg-type]  # untyped for kwargs


def connect_sources(policy: str) -> list[str]:
    (directive,) = (each for each in policy.split("; ") if each.startswith("connect-src "))
    return directive.split()[1:]


async def test_at_production_the_page_is_told_authority_registration_scope_and_the_second_factor(
    start_level: StartLevel, issuer: Issuer
) -> None:
    origin = "https://app.example.org"
    async with start_level("production", entra_spa_client_id=PAGE, cors_origins=[origin]) as service:
        answer = await service.client.get("/api/v1/config", headers={"Origin": origin})
        assert answer.json()["auth_mode"] == "entra_mfa"
        assert answer.json()["sign_in"] == {"configured": True, "remedy": None}
        assert answer.json()["entra"] == {
            "authority": f"{issuer.url}/{TENANT}",
            "client_id": PAGE,
            "scopes": [f"{API_URI}/access_as_user"],
            "claims": MFA,
        }
        assert "test-key" not in answer.text
        sources = connect_sources(answer.headers["content-security-policy"])
        assert sources == ["'self'", origin, "wss://app.example.org", issuer.url]
        # A page of another origin must be able to read what a refused token lacks.
        refused = await service.client.get("/api/v1/memory/episodes", headers={"Origin": origin})
        assert "WWW-Authenticate" in refused.headers["access-control-expose-headers"]


async def test_the_claims_that_the_page_is_told_are_those_of_the_challenge(production: Service, issuer: Issuer) -> None:
    token = issuer.mint(issuer.user(acrs=None))
    answer = await production.client.get("/api/v1/memory/episodes", headers={"Authorization": f"Bearer {token}"})
    challenge = answer.headers["www-authenticate"].split('claims="')[1].rstrip('"')
    assert base64.b64decode(challenge).decode() == MFA


async def test_a_page_that_is_not_registered_is_told_what_to_set_and_may_reach_nobody(uat: Service) -> None:
    answer = await uat.client.get("/api/v1/config")
    assert answer.json()["entra"] is None
    assert answer.json()["sign_in"]["configured"] is False
    assert "ENTRA_SPA_CLIENT_ID" in answer.json()["sign_in"]["remedy"]
    assert connect_sources(answer.headers["content-security-policy"]) == ["'self'"]


async def test_at_the_test_level_the_page_is_told_that_programs_sign_in(test_level: Service) -> None:
    answer = (await test_level.client.get("/api/v1/config")).json()
    assert answer["auth_mode"] == "entra_app"
    assert answer["entra"] is None
    assert answer["sign_in"]["configured"] is False
    assert "programs" in answer["sign_in"]["remedy"]


@pytest.mark.parametrize(
    ("changes", "authority", "scope"),
    [
        ({}, f"https://login.microsoftonline.com/{TENANT}", f"{API_URI}/access_as_user"),
        (
            {"entra_authority": "https://login.microsoftonline.us/"},
            f"https://login.microsoftonline.us/{TENANT}",
            f"{API_URI}/access_as_user",
        ),
        (
            {"entra_tenant_ids": [TENANT, OTHER_TENANT]},
            "https://login.microsoftonline.com/organizations",
            f"{API_URI}/access_as_user",
        ),
        (
            {"entra_api_audience": [API, "api://engram.example.org/"], "entra_api_scope": "talk"},
            f"https://login.microsoftonline.com/{TENANT}",
            "api://engram.example.org/talk",
        ),
    ],
)
def test_authority_and_scope_follow_the_settings(changes: dict[str, object], authority: str, scope: str) -> None:
    page = page_sign_in(settings(**changes))
    assert page is not None
    assert (page.authority, page.scopes, page.claims) == (authority, [scope], None)
    assert f" {page.origin};" in content_security_policy(settings(**changes))


def test_a_level_without_entra_tells_nothing_of_a_registration() -> None:
    assert page_sign_in(settings(environment="development")) is None
    assert page_sign_in(settings(environment="test")) is None


@pytest.mark.parametrize("client_id", ["engram-web", "common", PAGE[:-1]])
def test_a_registration_that_is_no_id_is_refused_with_the_remedy(client_id: str) -> None:
    (refusal,) = (each for each in refusals(settings(entra_spa_client_id=client_id)) if "SPA" in each)
    assert refusal.startswith("ENTRA_SPA_CLIENT_ID: ")
    assert "GUID" in refusal
