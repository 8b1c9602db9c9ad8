"""Erasing a user at Zep ends when Zep has confirmed it, and survives whatever comes between."""

import pytest

from backend.identity.principal import Principal
from backend.memory.zep.erasure import ZepErasure
from backend.memory.zep.port import ZepError
from backend.tests.conftest import a_person, a_turn
from backend.tests.memory.zep.conftest import Bench


@pytest.fixture
async def known(zep: Bench, person: Principal) -> Principal:
    """Somebody whom Zep knows, beside somebody else."""
    for somebody in (person, a_person("Eve")):
        await zep.delivery.take(somebody, [a_turn("hello", session="s")], deleted=False)
    return person


async def test_a_user_and_all_that_was_said_is_gone_when_it_is_confirmed(zep: Bench, known: Principal) -> None:
    erasure = await zep.erasure.erase(known)
    assert erasure.confirmed
    assert erasure.final is not zep.port.capabilities.soft_erasure
    assert len(zep.stub.users) == len(zep.stub.sessions) == 1
    assert await zep.ledger.user(known) is None
    assert await zep.ledger.session(known, "s", zep.port.dialect) is None
    assert (await zep.erasure.erase(known)).confirmed


async def test_somebody_zep_has_never_heard_of_counts_as_erased(zep: Bench) -> None:
    assert (await zep.erasure.erase(a_person("Nobody"))).confirmed


async def test_while_it_is_under_way_nothing_is_delivered_or_read(zep: Bench, known: Principal) -> None:
    await zep.ledger.begin_erasure(known, zep.port.dialect)
    asked = len(zep.stub.requests)
    with pytest.raises(ZepError) as later:
        await zep.delivery.take(known, [a_turn("more", session="s")], deleted=False)
    assert later.value.retryable
    assert await zep.reader.facts(known).within(5) == []
    assert len(zep.stub.requests) == asked


@pytest.mark.parametrize("fault", ["500", "reset", "lost", "500_after", "non_json", "stall"])
async def test_an_erasure_that_fails_on_the_way_is_taken_up_again(fault: str, zep: Bench, known: Principal) -> None:
    zep.stub.fault = lambda method, _path: fault if method == "DELETE" else ""
    with pytest.raises(ZepError):
        await zep.erasure.erase(known)
    zep.clock.advance(60)
    assert (known.tenant, known.user_id) in await zep.erasure.resume(0.1)
    zep.stub.fault = lambda _method, _path: ""
    zep.clock.advance(60)
    again = ZepErasure(zep.port, zep.ledger, ask_again_seconds=0.001)
    assert (known.tenant, known.user_id) not in await again.resume()
    assert len(zep.stub.users) == 1
    assert await zep.ledger.user(known) is None


async def test_a_task_is_followed_across_calls_until_it_has_succeeded(v4: Bench, person: Principal) -> None:
    await v4.delivery.take(person, [a_turn("hello", session="s")], deleted=False)
    v4.stub.task_states = ["pending", "processing", "processing", "succeeded"]
    first = await v4.erasure.erase(person, seconds=0)
    assert not first.confirmed
    later = await ZepErasure(v4.port, v4.ledger, ask_again_seconds=0.001).erase(person)
    assert later.confirmed
    assert len(v4.stub.tasks) == 1, "it was asked for once"


@pytest.mark.parametrize("state", ["failed", "partial"])
async def test_a_task_that_failed_is_not_taken_for_done_and_is_asked_for_again(
    state: str, v4: Bench, person: Principal
) -> None:
    await v4.delivery.take(person, [a_turn("hello", session="s")], deleted=False)
    v4.stub.task_states = ["processing", state]
    first = await v4.erasure.erase(person)
    assert not first.confirmed
    assert "failed" in first.detail
    v4.stub.task_states = ["succeeded"]
    assert (await v4.erasure.erase(person)).confirmed
    assert len(v4.stub.tasks) == 2


async def test_after_an_erasure_the_same_person_can_begin_anew(zep: Bench, known: Principal) -> None:
    await zep.erasure.erase(known)
    await zep.delivery.take(known, [a_turn("new", session="s")], deleted=False)
    assert zep.stub.contents().count("new") == 1
