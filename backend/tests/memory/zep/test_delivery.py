"""Turns reach Zep in order and once, whatever Zep does, and none is lost."""

import random
from collections.abc import Callable, Sequence

import pytest

from backend.core.context import Turn
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory.log import TurnLog
from backend.memory.zep.delivery import UNDER_WAY, ZepDelivery, session_name, user_id
from backend.memory.zep.dialects import port_for
from backend.memory.zep.port import ZepError
from backend.memory.zep.transport import Transport
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from backend.tests.conftest import a_person, a_turn
from backend.tests.memory.zep.conftest import Bench, breaker
from backend.tests.memory.zep.stub import KEY


def dialogue(count: int, session: str = "s") -> list[Turn]:
    """Return turns of a session, the user's and Elena's by turns."""
    return [
        a_turn(f"{session} says number {number}", "assistant" if number % 2 else "user", session=session)._replace()
        for number in range(count)
    ]


async def follow(
    zep: Bench, person: Principal, turns: Sequence[Turn], *, deleted: bool = False, attempts: int = 200
) -> int:
    """Give the follower these turns until it has them, as the log's followers do; return the attempts it took."""
    hanging = 0.0
    for attempt in range(1, attempts + 1):
        try:
            await zep.delivery.take(person, turns, deleted=deleted)
        except Problem as problem:
            if not problem.retryable:
                raise
            wait = problem.retry_after or 1.0
            hanging = hanging if zep.stub.hangs and hanging else zep.clock.seconds
            if zep.clock.seconds + wait > hanging + 30:
                zep.stub.do_late()  # a server ends within 30 s what it has begun
            zep.clock.advance(wait)
        else:
            return attempt
    raise AssertionError("not delivered")


def once(fault: str) -> Callable[[str, str], str]:
    """Return a fault for the first request that adds messages."""
    left = [fault]

    def decide(method: str, path: str) -> str:
        return left.pop() if left and method == "POST" and path.endswith(("/messages", "/memory")) else ""

    return decide


async def test_turns_arrive_in_order_with_who_said_them_and_when(zep: Bench, person: Principal) -> None:
    turns = dialogue(65)
    await zep.delivery.take(person, turns, deleted=False)
    [session] = zep.stub.sessions.values()
    assert [message["content"] for message in session.messages] == [turn.content for turn in turns]
    assert [message["metadata"]["engram_turn"] for message in session.messages] == [turn.id for turn in turns]
    first, second = session.messages[:2]
    role = "role_type" if zep.port.dialect == "ce" else "role"
    assert (first[role], second[role]) == ("user", "assistant")
    said = {"v3": "created_at", "v4": "reference_time"}.get(zep.port.dialect)
    assert (first[said] if said else first["metadata"]["said_at"]) == turns[0].said_at.isoformat()
    sizes = [len(request.body["messages"]) for request in zep.stub.requests if "messages" in request.body]
    assert sizes == [30, 30, 5]


async def test_no_name_or_address_of_a_person_becomes_an_id(zep: Bench) -> None:
    ada = Principal("contoso.example", "zuzu@contoso.example", "Zuzu", frozenset())
    await zep.delivery.take(ada, dialogue(1, "zuzu@contoso.example"), deleted=False)
    [user] = zep.stub.users.values()
    assert user["user_id"] == user_id(ada)
    told = " ".join([user["user_id"], *(request.path for request in zep.stub.requests)])
    assert "zuzu" not in told
    assert "contoso" not in told


def test_no_two_owners_or_sessions_share_an_id() -> None:
    people = [("a", "b"), ("a:", "b"), ("a", ":b"), ("a:b", ""), ("", "a:b"), ('a","b', "")]
    principals = [Principal(tenant, owner, "", frozenset()) for tenant, owner in people]
    assert len({user_id(principal) for principal in principals}) == len(people)
    assert len({session_name(principal, "s") for principal in principals}) == len(people)


async def test_two_people_with_the_same_session_id_keep_apart(zep: Bench) -> None:
    ada, eve = a_person("Ada"), a_person("Eve")
    await zep.delivery.take(ada, [a_turn("mine", session="s1")], deleted=False)
    await zep.delivery.take(eve, [a_turn("hers", session="s1")], deleted=False)
    assert len(zep.stub.sessions) == len(zep.stub.users) == 2


async def test_the_same_turns_given_again_are_not_sent_again(zep: Bench, person: Principal) -> None:
    turns = dialogue(7)
    await zep.delivery.take(person, turns, deleted=False)
    asked = len(zep.stub.requests)
    await zep.delivery.take(person, turns, deleted=False)
    await zep.delivery.take(person, turns[3:], deleted=False)
    assert len(zep.stub.requests) == asked


@pytest.mark.parametrize(
    "fault", ["307", "404", "405", "429", "500", "stall", "non_json", "reset", "lost", "500_after", "huge"]
)
async def test_a_failed_write_is_repeated_without_a_loss_and_without_a_double(
    fault: str, zep: Bench, person: Principal
) -> None:
    turns = dialogue(40)
    zep.stub.fault = once(fault)
    assert await follow(zep, person, turns) > 1
    assert zep.stub.contents() == [turn.content for turn in turns]
    assert await follow(zep, person, turns) == 1
    assert len(zep.stub.contents()) == 40


@pytest.mark.parametrize("fault", ["lost", "500_after", "wrong_form"])
async def test_what_arrived_though_its_answer_was_lost_is_found_and_not_sent_again(
    fault: str, zep: Bench, person: Principal
) -> None:
    turns = dialogue(3)
    zep.stub.fault = once(fault)
    with pytest.raises(ZepError):
        await zep.delivery.take(person, turns, deleted=False)
    assert len(zep.stub.contents()) == 3
    writes = sum("messages" in request.body for request in zep.stub.requests)
    await follow(zep, person, turns)
    assert zep.stub.contents() == [turn.content for turn in turns]
    assert sum("messages" in request.body for request in zep.stub.requests) == writes


async def test_a_write_that_takes_effect_after_its_time_out_is_not_doubled(zep: Bench, person: Principal) -> None:
    turns = dialogue(3)
    zep.stub.fault = once("late")
    with pytest.raises(ZepError) as failed:
        await zep.delivery.take(person, turns, deleted=False)
    assert failed.value.cause == "timeout"
    zep.clock.advance(5)
    if not zep.port.capabilities.safe_repeat:
        with pytest.raises(ZepError) as waits:
            await zep.delivery.take(person, turns, deleted=False)
        assert waits.value.retry_after == pytest.approx(UNDER_WAY.total_seconds() - 5)
        zep.stub.do_late()
        await follow(zep, person, turns)
    else:
        await follow(zep, person, turns)
        zep.stub.do_late()
    assert zep.stub.contents() == [turn.content for turn in turns]


async def test_a_crash_between_sending_and_noting_the_answer_doubles_nothing(zep: Bench, person: Principal) -> None:
    turns = dialogue(3)
    noted = zep.ledger.delivered

    async def crash(*_: object) -> None:
        raise KeyboardInterrupt

    zep.ledger.delivered = crash  # type: ignore[method-assign,assignment]  # the process dies here
    with pytest.raises(KeyboardInterrupt):
        await zep.delivery.take(person, turns, deleted=False)
    zep.ledger.delivered = noted  # type: ignore[method-assign]
    zep.delivery = ZepDelivery(zep.port, zep.ledger, now=zep.clock.now)
    await follow(zep, person, turns)
    assert zep.stub.contents() == [turn.content for turn in turns]


async def test_an_outage_of_an_hour_costs_time_and_nothing_else(zep: Bench, person: Principal) -> None:
    before, during = dialogue(20), dialogue(50)
    await follow(zep, person, before)
    await zep.stub.stop()
    until, attempts = zep.clock.seconds + 3_600, 0
    while zep.clock.seconds < until:
        with pytest.raises(ZepError) as failed:
            await zep.delivery.take(person, during, deleted=False)
        zep.clock.advance(failed.value.retry_after or 5.0)
        attempts += failed.value.cause != "breaker"
    assert breaker(zep) == "half_open"
    await zep.stub.restart()
    await follow(zep, person, during)
    assert zep.stub.contents() == [turn.content for turn in before + during]
    assert breaker(zep) == "closed"
    assert attempts < 150, "the breaker keeps the attempts few"


async def test_a_long_turn_is_cut_into_pieces_that_are_it_when_joined(zep: Bench, person: Principal) -> None:
    words = "".join(f"word{number} " for number in range(2_000)) + "x" * 6_000 + "日本" * 1_500
    turns = [a_turn("before", session="s"), a_turn(words, session="s"), a_turn("after", session="s")]
    zep.stub.fault = once("lost")
    await follow(zep, person, turns)
    [session] = zep.stub.sessions.values()
    pieces = [message for message in session.messages if message["metadata"]["engram_turn"] == turns[1].id]
    assert "".join(message["content"] for message in pieces) == words
    assert [message["metadata"]["engram_part"] for message in pieces] == list(range(len(pieces)))
    assert max(len(message["content"]) for message in pieces) <= 2_500
    assert zep.stub.contents()[0] == "before"
    assert zep.stub.contents()[-1] == "after"


async def test_a_turn_of_more_pieces_than_one_call_takes_arrives_once(zep: Bench, person: Principal) -> None:
    words = "".join(f"{number:07} " for number in range(12_000))
    turn = a_turn(words, session="s")
    zep.stub.fault = once("reset")
    await follow(zep, person, [turn])
    assert "".join(zep.stub.contents()) == words


async def test_an_interrupted_answer_is_delivered_as_far_as_it_was_heard(zep: Bench, person: Principal) -> None:
    heard = a_turn("Your order will", "assistant", session="s", channel="voice")._replace(
        unheard=" come late.", interrupted=True
    )
    silent = a_turn("", "assistant", session="s", channel="voice")._replace(unheard="All of it.", interrupted=True)
    await follow(zep, person, [heard, silent])
    assert zep.stub.contents() == ["Your order will"]
    [session] = zep.stub.sessions.values()
    assert session.messages[0]["metadata"]["interrupted"] is True


async def test_a_correction_after_delivery_is_told_in_the_metadata(zep: Bench, person: Principal) -> None:
    said = a_turn("All of it was said.", "assistant", session="s", channel="voice")
    await follow(zep, person, [said])
    cut = said._replace(content="All of", unheard=" it was said.", interrupted=True)
    left = ["500"]
    zep.stub.fault = lambda method, _path: left.pop() if left and method == "PATCH" else ""
    await follow(zep, person, [cut])
    asked = len(zep.stub.requests)
    await follow(zep, person, [cut])
    assert len(zep.stub.requests) == asked
    [session] = zep.stub.sessions.values()
    [message] = session.messages
    assert message["content"] == "All of it was said."
    assert message["metadata"]["heard_characters"] == len("All of")
    assert message["metadata"]["engram_turn"] == said.id
    assert message["metadata"]["interrupted"] is True


async def test_a_correction_while_the_answer_to_the_write_is_lost_is_told_too(zep: Bench, person: Principal) -> None:
    said = a_turn("All of it was said.", "assistant", session="s", channel="voice")
    zep.stub.fault = once("lost")
    with pytest.raises(ZepError):
        await zep.delivery.take(person, [said], deleted=False)
    await follow(zep, person, [said._replace(content="All of", interrupted=True)])
    [session] = zep.stub.sessions.values()
    assert [message["metadata"].get("heard_characters") for message in session.messages] == [6]


async def test_one_turn_that_zep_refuses_does_not_hold_up_the_others(zep: Bench, person: Principal) -> None:
    turns = [*dialogue(10), a_turn("please refuse me", session="s"), *dialogue(10)]
    await follow(zep, person, turns)
    assert zep.stub.contents() == [turn.content for turn in turns if "refuse" not in turn.content]
    assert zep.delivery.refused == 1


async def test_a_server_that_refuses_everything_gets_no_turn_struck_off(v3: Bench, person: Principal) -> None:
    turns = [a_turn(f"refuse me {number}", session="s") for number in range(10)]
    with pytest.raises(ZepError, match="refuses everything") as failed:
        await v3.delivery.take(person, turns, deleted=False)
    assert failed.value.retryable
    assert v3.delivery.refused <= 3


@pytest.mark.parametrize("fault", ["307", "405"])
async def test_a_server_of_another_kind_gets_no_turn_struck_off(fault: str, zep: Bench, person: Principal) -> None:
    turns = dialogue(3)
    zep.stub.fault = lambda _method, _path: fault
    for _ in range(10):
        with pytest.raises(ZepError) as failed:
            await zep.delivery.take(person, turns, deleted=False)
        assert failed.value.retryable
        zep.clock.advance(60)
    zep.stub.fault = lambda _method, _path: ""
    await follow(zep, person, turns)
    assert zep.stub.contents() == [turn.content for turn in turns]


async def test_from_v3_to_v4_the_same_users_and_threads_go_on(v3: Bench, person: Principal) -> None:
    before, after = dialogue(3), dialogue(3)
    await follow(v3, person, before)
    v3.stub.dialect = "v4"  # the cloud serves both versions of one project's data
    transport = Transport(v3.stub.base, f"Api-Key {KEY}", clock=v3.clock.monotonic)
    port = port_for("v4", transport)
    await ZepDelivery(port, v3.ledger, now=v3.clock.now).take(person, [*before, *after], deleted=False)
    assert len(v3.stub.users) == len(v3.stub.sessions) == 1
    assert v3.stub.contents() == [turn.content for turn in before + after]
    await transport.close()


async def test_a_session_or_user_that_was_deleted_at_zep_is_made_anew(zep: Bench, person: Principal) -> None:
    await follow(zep, person, dialogue(2))
    zep.stub.sessions.clear()
    await follow(zep, person, dialogue(2))
    assert len(zep.stub.contents()) == 2
    zep.stub.sessions.clear()
    zep.stub.users.clear()
    await follow(zep, person, dialogue(2, "another"))
    assert len(zep.stub.contents()) == 2


async def test_users_and_sessions_that_are_there_already_are_taken(zep: Bench, person: Principal) -> None:
    user = await zep.port.ensure_user(user_id(person))
    await zep.port.ensure_session(user, session_name(person, "s"))
    await follow(zep, person, dialogue(2))
    assert len(zep.stub.users) == 1
    assert len(zep.stub.sessions) == (1 if zep.port.capabilities.named_sessions else 2)


async def test_an_episode_that_is_deleted_here_is_deleted_at_zep(
    zep: Bench, person: Principal, database: Database, keys: KeyRing
) -> None:
    log = TurnLog(database, keys)
    kept = await log.append(person, "kept", [a_turn("stays")])
    gone = await log.append(person, "gone", [a_turn("goes")])
    await follow(zep, person, [*kept, *gone])
    await log.delete(person, "gone")
    left = ["500"]
    zep.stub.fault = lambda method, _path: left.pop() if left and method == "DELETE" else ""
    await follow(zep, person, kept, deleted=True)
    assert zep.stub.contents() == ["stays"]
    await follow(zep, person, kept, deleted=True)


async def test_a_thousand_turns_under_random_faults_arrive_once_and_in_order(zep: Bench, person: Principal) -> None:
    chance = random.Random(20260601)
    turns = {name: dialogue(250, name) for name in ("a", "b", "c", "d")}
    faults = ["404", "429", "500", "non_json", "reset", "lost", "500_after", "wrong_form"]

    def fault(method: str, path: str) -> str:
        dice = chance.random()
        return chance.choice(faults) if dice < 0.25 else chance.choice(["stall", "late"]) if dice < 0.28 else ""

    zep.stub.fault = fault
    given = dict.fromkeys(turns, 0)
    failures = 0
    while any(given[name] < 250 for name in turns):
        name = chance.choice([name for name in turns if given[name] < 250])
        page = turns[name][max(0, given[name] - chance.randrange(3)) : given[name] + chance.randrange(1, 40)]
        failures += await follow(zep, person, page) - 1
        given[name] = turns[name].index(page[-1]) + 1
    assert failures > 10
    assert sorted(zep.stub.turn_ids()) == sorted(turn.id for said in turns.values() for turn in said)
    by_session: dict[str, list[str]] = {}
    names = {turn.id: name for name, said in turns.items() for turn in said}
    for turn_id in zep.stub.turn_ids():
        by_session.setdefault(names[turn_id], []).append(turn_id)
    assert by_session == {name: [turn.id for turn in said] for name, said in turns.items()}
