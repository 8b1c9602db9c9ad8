"""Keys of the identity provider: rotated under load, withdrawn, unreachable, and documents not to be believed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest
from starlette.responses import Response

from backend.core.problems import Problem
from backend.identity.entra import Entra, Rules
from backend.identity.refused import Refused
from backend.identity.session_age import SessionAges
from backend.identity.signing_keys import COOL_DOWN_SECONDS, REFRESH_SECONDS, STALE_SECONDS, SigningKeys
from backend.storage.database import Database
from backend.tests.identity.issuer import API, OTHER_TENANT, TENANT, Issuer, Key

RULES = Rules({"2.0": frozenset({API})}, frozenset({"user"}), "access_as_user", "c1", 8 * 3600, True)


class Clock:
    """A clock that stands still until it is turned."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Door:
    """Entra ID's sign-in on an issuer, and how it answers."""

    def __init__(self, issuer: Issuer, database: Database) -> None:
        self.issuer = issuer
        self.clock = Clock()
        self.keys = SigningKeys(issuer.url, [TENANT], clock=self.clock)
        self.entra = Entra(RULES, self.keys, SessionAges(database))

    async def answer(self, token: str) -> str:
        """'admitted', or why not."""
        try:
            await self.entra.identify(token)
        except Refused as refused:
            return refused.reason
        except Problem as problem:
            return problem.code
        return "admitted"

    async def answers(self, tokens: list[str]) -> set[str]:
        """What all these get, at once."""
        return set(await asyncio.gather(*(self.answer(token) for token in tokens)))


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Door]:
    async with Issuer().serving() as issuer:
        made = Door(issuer, database)
        assert await made.answer(issuer.mint()) == "admitted"
        yield made
        issuer.gate.set()
        await made.keys.close()


STRANGER = Key()


def strangers(issuer: Issuer, count: int) -> list[str]:
    """Tokens of a key that nobody has published, each under another id."""
    return [issuer.mint(key=STRANGER, kid=f"stranger-{number}") for number in range(count)]


async def test_under_load_a_new_key_costs_one_fetch_and_refuses_nobody(door: Door) -> None:
    issuer, before = door.issuer, [door.issuer.mint() for _ in range(100)]
    door.clock.now += COOL_DOWN_SECONDS
    issuer.rotate()
    after = [issuer.mint() for _ in range(100)]
    groups = [before, after, strangers(issuer, 100), before]
    results = await asyncio.gather(*(door.answers(tokens) for tokens in groups))
    assert results == [{"admitted"}, {"admitted"}, {"unknown_key"}, {"admitted"}]
    assert issuer.fetches == 2, "the first one, and one for the new key"


async def test_strangers_cannot_cause_more_than_one_fetch_in_a_cool_down_nor_keep_a_new_key_out_longer(
    door: Door,
) -> None:
    issuer = door.issuer
    for _ in range(5):
        door.clock.now += COOL_DOWN_SECONDS
        for _ in range(4):
            assert await door.answers(strangers(issuer, 25)) == {"unknown_key"}
            door.clock.now += COOL_DOWN_SECONDS / 10
    assert issuer.fetches == 1 + 5
    issuer.rotate()  # just after a stranger's fetch
    waited = 0.0
    while await door.answer(issuer.mint()) != "admitted":
        waited += 1
        door.clock.now += 1
    assert waited <= COOL_DOWN_SECONDS
    assert issuer.fetches == 1 + 5 + 1


async def test_while_the_provider_is_away_known_keys_go_on_and_unknown_ones_are_answered_503(door: Door) -> None:
    issuer, token = door.issuer, door.issuer.mint()
    issuer.answer = Response(status_code=500)
    issuer.rotate()
    door.clock.now += REFRESH_SECONDS + 1
    assert await door.answers([token] * 50) == {"admitted"}
    assert await door.answers([issuer.mint()] * 50) == {"sign_in_unavailable"}
    assert issuer.fetches == 2
    door.clock.now += STALE_SECONDS
    assert await door.answer(token) == "sign_in_unavailable", "not for ever"
    issuer.answer = None
    door.clock.now += COOL_DOWN_SECONDS
    assert await door.answers([token, issuer.mint()]) == {"admitted"}


async def test_a_provider_that_hangs_holds_up_nobody_whose_key_is_known(door: Door) -> None:
    issuer, token = door.issuer, door.issuer.mint()
    issuer.gate.clear()
    issuer.rotate()
    door.clock.now += REFRESH_SECONDS + 1
    waiting = [asyncio.create_task(door.answer(issuer.mint())) for _ in range(20)]
    assert await door.answers([token] * 20) == {"admitted"}
    waiting[0].cancel()  # a caller who leaves
    issuer.gate.set()
    assert set(await asyncio.gather(*waiting[1:])) == {"admitted"}
    assert issuer.fetches == 2


async def test_a_key_that_is_withdrawn_is_not_trusted_after_the_next_fetch(door: Door) -> None:
    issuer, stolen = door.issuer, door.issuer.mint()
    issuer.rotate(keep=False)
    door.clock.now += REFRESH_SECONDS + 1
    assert await door.answer(issuer.mint()) == "admitted"
    assert await door.answer(stolen) == "unknown_key"


def key_set(*keys: dict[str, Any]) -> bytes:
    return orjson.dumps({"keys": keys})


BAD_SETS: dict[str, Callable[[Key], bytes]] = {
    "no JSON": lambda key: b"<html>",
    "a list": lambda key: b"[]",
    "no keys": lambda key: key_set(),
    "keys that are text": lambda key: b'{"keys":"all"}',
    "for encryption": lambda key: key_set(key.jwk | {"use": "enc"}),
    "for another algorithm": lambda key: key_set(key.jwk | {"alg": "RS512"}),
    "symmetric": lambda key: key_set({"kid": key.kid, "kty": "oct", "k": "c2VjcmV0"}),
    "of another tenant's issuer": lambda key: key_set(key.jwk | {"issuer": "https://login.example.org/other/v2.0"}),
    "without a modulus": lambda key: key_set({name: value for name, value in key.jwk.items() if name != "n"}),
    "a modulus that is none": lambda key: key_set(key.jwk | {"n": "!!"}),
    "too short": lambda key: key_set(Key(1024, key.kid).jwk),
    "too large": lambda key: key_set(key.jwk | {"filler": "x" * 600_000}),
}


@pytest.mark.parametrize("name", BAD_SETS)
async def test_a_key_set_that_is_no_good_replaces_nothing(door: Door, name: str) -> None:
    issuer, old = door.issuer, door.issuer.mint()
    issuer.rotate()
    issuer.answer = Response(BAD_SETS[name](issuer.key))
    door.clock.now += COOL_DOWN_SECONDS
    assert await door.answer(issuer.mint()) == "sign_in_unavailable"
    assert await door.answer(old) == "admitted"


async def test_a_key_may_name_its_issuer_with_the_tenants_place(door: Door) -> None:
    issuer = door.issuer
    issuer.rotate()
    issuer.key.jwk["issuer"] = f"{issuer.url}/{{tenantid}}/v2.0"
    door.clock.now += COOL_DOWN_SECONDS
    assert await door.answer(issuer.mint()) == "admitted"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": f"https://login.microsoftonline.com/{TENANT}/v2.0"},
        {"issuer": "{url}/" + OTHER_TENANT + "/v2.0"},
        {"jwks_uri": "https://evil.example/keys"},
        {"jwks_uri": "http://169.254.169.254/latest"},
        {"jwks_uri": "//["},
        {"jwks_uri": None},
    ],
)
async def test_metadata_that_points_elsewhere_is_not_followed(
    database: Database, metadata: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Issuer().serving() as issuer:
        good = {"issuer": issuer.name(), "jwks_uri": f"{issuer.url}/{TENANT}/v2.0/keys"}
        bad = {name: value and value.replace("{url}", issuer.url) for name, value in metadata.items()}
        issuer.metadata = orjson.dumps(good | bad)
        made = Door(issuer, database)
        assert await made.answer(issuer.mint()) == "sign_in_unavailable"
        assert issuer.fetches == 0
        await made.keys.close()


async def test_two_tenants_are_two_issuers_and_a_token_of_one_does_not_pass_as_the_others(database: Database) -> None:
    async with Issuer().serving() as issuer:
        keys = SigningKeys(issuer.url, [TENANT, OTHER_TENANT])
        entra = Entra(RULES, keys, SessionAges(database))
        for tenant in (TENANT, OTHER_TENANT):
            claims = issuer.user(tid=tenant, iss=issuer.name(tenant=tenant))
            assert (await entra.identify(issuer.mint(claims))).tenant == tenant
        with pytest.raises(Refused, match="tid is not the tenant"):
            await entra.identify(issuer.mint(issuer.user(tid=OTHER_TENANT)))
        await keys.close()
