"""A signing key is rotated while people talk: nobody with a good token is refused, and strangers cost nothing more."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from backend.identity.entra import Entra
from backend.identity.signing_keys import COOL_DOWN_SECONDS
from backend.tests.api.conftest import SOON, Service, StartLevel
from backend.tests.api.sockets import call
from backend.tests.identity.issuer import Issuer, Key


@pytest.fixture
async def own_issuer() -> AsyncIterator[Issuer]:
    """An identity provider of this test's own: what it rotates is nobody else's."""
    async with Issuer().serving() as serving:
        yield serving


@pytest.fixture
async def rotating(start_level: StartLevel, own_issuer: Issuer) -> AsyncIterator[Service]:
    """A service that has asked for the keys once, and for none in a while."""
    async with start_level("production", entra_authority=own_issuer.url) as running:
        entra = running.services.gate._sign_in
        assert isinstance(entra, Entra)
        async with asyncio.timeout(SOON):
            await entra.identify(own_issuer.mint())
        clock = entra._keys._clock
        entra._keys._clock = lambda: clock() + COOL_DOWN_SECONDS
        yield running


async def test_under_load_a_rotated_key_costs_one_fetch_and_no_request_over_http_or_the_socket(
    rotating: Service, own_issuer: Issuer
) -> None:
    issuer = own_issuer
    stranger, rotated, warm = Key(), asyncio.Event(), asyncio.Event()
    seen = Counter[tuple[str, int]]()
    old, before = issuer.mint(), issuer.fetches

    async def ask(who: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await rotating.client.get("/api/v1/memory/episodes", headers=headers)
        seen[who, answer.status_code] += 1
        if seen["old", 200] >= 10:
            warm.set()

    async def keep_asking(who: str) -> None:
        while seen["new", 200] < 30 or seen["stranger", 401] < 5:
            if who == "old":
                await ask(who, old)
            elif who == "new":
                await rotated.wait()
                await ask(who, issuer.mint())
            else:
                await ask(who, issuer.mint(key=stranger, kid=f"stranger-{sum(seen.values())}"))

    async with asyncio.timeout(2 * SOON):
        asking = [asyncio.create_task(keep_asking(who)) for who in ("old", "new") * 4]
        await warm.wait()
        issuer.rotate()
        rotated.set()
        assert (await call(rotating, "rotated", token=issuer.mint())).admitted
        asking += [asyncio.create_task(keep_asking("stranger")) for _ in range(4)]
        await asyncio.gather(*asking)
    assert {key for key in seen if seen[key]} == {("old", 200), ("new", 200), ("stranger", 401)}
    assert issuer.fetches == before + 1
