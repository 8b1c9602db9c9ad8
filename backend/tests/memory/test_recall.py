"""Memory at its door, on a real database: what an assistant is given, and what is kept."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from backend.core import notes
from backend.core.context import EnterpriseContext, Fact, Turn
from backend.core.problems import Problem
from backend.identity.principal import Principal
from backend.memory.fact_log import FactLog
from backend.memory.facts import Facts
from backend.memory.log import Changes, TurnLog
from backend.memory.recall import FACTS, RECENT_TURNS, Memory
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from backend.tests.conftest import Learn, StoreSettings, a_person, a_turn


async def say(memory: Memory, person: Principal, session: str, *lines: str, voice: bool = False) -> EnterpriseContext:
    """Have a conversation: user and assistant alternate; it is stored when this returns."""
    context = await memory.open_context(person, session, "elena", "voice" if voice else "chat")
    for place, line in enumerate(lines):
        context.add_turn(a_turn(line, "assistant" if place % 2 else "user", channel="voice" if voice else "chat"))
    await memory.persist_conversation(context)
    assert context.episodic.unsaved == []
    await memory._outbox.flush(person, 10)
    return context


async def test_what_was_spoken_is_known_when_typing_in_the_same_session(memory: Memory, person: Principal) -> None:
    await say(memory, person, "tab", "Hello Elena, my name is Ada", "Nice to meet you, Ada.", voice=True)
    context = await memory.open_context(person, "tab", "elena", "chat")
    assert [turn.content for turn in context.episodic.turns] == [
        "Hello Elena, my name is Ada",
        "Nice to meet you, Ada.",
    ]
    assert [turn.channel for turn in context.episodic.turns] == ["voice", "voice"]
    assert context.semantic.degraded == ""
    assert (context.security.user_id, context.operational.agent_id) == (person.user_id, "elena")


async def test_another_session_is_given_facts_and_passages_and_not_the_turns(
    memory: Memory, person: Principal, learn: Learn
) -> None:
    await say(
        memory, person, "one", "My name is Ada. What can you do?", "A lot.", "The budget is 40,000 euros", "Noted."
    )
    await learn(person)
    context = await memory.open_context(person, "two", "marcus", "voice")
    assert context.episodic.turns == []
    assert [fact.text for fact in context.semantic.facts] == ["Is called Ada."]
    await memory.enrich_context(context, "What was the budget again?")
    assert "40,000" in context.semantic.facts[0].text
    assert "The budget is 40,000 euros" in [passage.turn.content for passage in context.semantic.passages]
    assert '"Is called Ada."' in notes.of(context).text


async def test_what_the_prompt_holds_already_is_not_recalled_again(memory: Memory, person: Principal) -> None:
    await say(memory, person, "s", "The budget is 40,000 euros", "Noted.")
    context = await memory.open_context(person, "s", "elena", "chat")
    await memory.enrich_context(context, "what is the budget?")
    assert context.semantic.passages == []
    assert context.semantic.facts == []


async def test_the_current_message_is_never_recalled(memory: Memory, person: Principal) -> None:
    question = "Which budget did we agree on?"
    await say(memory, person, "old", question, "You have not told me.")
    context = await memory.open_context(person, "new", "elena", "chat")
    await memory.enrich_context(context, question)
    assert question not in [passage.turn.content for passage in context.semantic.passages]
    context.add_turn(a_turn(question))
    await memory.persist_conversation(context)
    await memory.enrich_context(context, question)
    assert question not in [passage.turn.content for passage in context.semantic.passages]


async def test_a_long_session_is_given_its_last_turns_and_recalls_the_older_ones(
    memory: Memory, person: Principal
) -> None:
    await say(memory, person, "s", "The code word is heliotrope", "I will keep it.")
    for number in range(RECENT_TURNS):
        await say(memory, person, "s", f"Remark number {number}.", "I see.")
    context = await memory.open_context(person, "s", "elena", "chat")
    assert len(context.episodic.turns) == RECENT_TURNS
    assert context.episodic.turns[-2].content == f"Remark number {RECENT_TURNS - 1}."
    assert "The code word is heliotrope" in [turn.content for turn in context.episodic.earlier]
    await memory.enrich_context(context, "what is the code word?")
    assert "The code word is heliotrope" in [passage.turn.content for passage in context.semantic.passages]


async def test_at_most_twenty_facts_and_who_the_user_is_first(memory: Memory, person: Principal, learn: Learn) -> None:
    await say(memory, person, "s0", "My name is Ada", "Hello.")
    for number in range(30):
        await say(memory, person, "s1", f"I like tea number {number}", "Noted.")
    await learn(person)
    context = await memory.open_context(person, "s2", "elena", "chat")
    facts = [fact.text for fact in context.semantic.facts]
    assert len(facts) == FACTS
    assert facts[0] == "Is called Ada."


async def test_questions_are_no_facts_and_the_same_statement_is_one(
    memory: Memory, person: Principal, learn: Learn
) -> None:
    for session in ("a", "b", "c"):
        await say(memory, person, session, "What is my name?", "I do not know.", "I live in Leeds.", "Fine.")
    await learn(person)
    context = await memory.open_context(person, "d", "elena", "chat")
    assert [fact.text for fact in context.semantic.facts] == ["Lives in Leeds."]


async def test_a_message_about_the_user_that_memory_cannot_answer_is_known_as_such(
    memory: Memory, person: Principal, learn: Learn
) -> None:
    await say(memory, person, "s", "I live in Leeds.", "Fine.")
    await learn(person)
    context = await memory.open_context(person, "d", "elena", "chat")
    await memory.enrich_context(context, "What is the name of my dog?")
    assert context.semantic.unanswered
    for answered in ("Where do I live?", "What is the capital of France?", "I live in Leeds."):
        await memory.enrich_context(context, answered)
        assert not context.semantic.unanswered


async def test_with_the_scope_of_a_session_passages_are_its_own_and_facts_are_not(
    database: Database, keys: KeyRing, store_settings: StoreSettings, person: Principal, learn: Learn
) -> None:
    memory = Memory(TurnLog(database, keys), replace(store_settings, memory_scope="session"))
    await say(memory, person, "one", "I live in Leeds, near the river.", "Fine.")
    await learn(person)
    context = await memory.open_context(person, "two", "elena", "chat")
    await memory.enrich_context(context, "Where do I live?")
    assert context.semantic.passages == []
    assert [fact.text for fact in context.semantic.facts] == ["Lives in Leeds."]


async def test_nobody_is_given_what_somebody_else_said(memory: Memory) -> None:
    ada = a_person("Ada")
    others = [a_person("Bob"), replace(ada, tenant="another tenant")]
    await say(memory, ada, "tab", "My password is heliotrope", "I will not repeat it.")
    for other in others:
        context = await memory.open_context(other, "tab", "elena", "chat")
        await memory.enrich_context(context, "what is my password heliotrope")
        assert context.episodic.turns == []
        assert notes.of(context).sources == ()


async def test_conversations_are_kept_in_order_and_once_however_often_they_are_given(
    memory: Memory, person: Principal
) -> None:
    context = await memory.open_context(person, "s", "elena", "voice")
    turns = [a_turn(f"line {number}", "assistant" if number % 2 else "user") for number in range(20)]
    for turn in turns:
        context.add_turn(turn)
        await memory.persist_conversation(context)
    context.episodic.unsaved.extend(turns)
    await memory.persist_conversation(context)
    kept = await memory.transcript(person, "s")
    assert [turn.content for turn in kept] == [f"line {number}" for number in range(20)]
    [episode], _ = await memory.episodes(person)
    assert episode.turn_count == 20


async def test_a_correction_comes_after_the_turn_it_corrects_though_neither_was_waited_for(
    memory: Memory, person: Principal
) -> None:
    context = await memory.open_context(person, "s", "elena", "voice")
    answer = a_turn("The whole long answer", "assistant", channel="voice")
    context.add_turn(answer)
    await memory.persist_conversation(context)
    await memory.amend_turn(person, answer._replace(content="The whole", unheard=" long answer", interrupted=True))
    [kept] = await memory.transcript(person, "s")
    assert (kept.content, kept.unheard, kept.interrupted) == ("The whole", " long answer", True)
    [known] = (await memory.open_context(person, "s", "elena", "chat")).episodic.turns
    assert known == kept


@pytest.fixture
def replica(database: Database, keys: KeyRing, store_settings: StoreSettings) -> Memory:
    """Memory of another process on the same database."""
    return Memory(TurnLog(database, keys), store_settings)


async def test_what_another_replica_stores_corrects_or_deletes_is_seen_at_the_next_read(
    memory: Memory, replica: Memory, person: Principal, learn: Learn
) -> None:
    await say(memory, person, "s", "I live in Leeds", "Fine.")
    await replica.open_context(person, "s", "elena", "chat")
    context = await say(memory, person, "s", "I moved to York", "Good.")
    seen = await replica.open_context(person, "s", "elena", "chat")
    assert [turn.content for turn in seen.episodic.turns] == ["I live in Leeds", "Fine.", "I moved to York", "Good."]
    await memory.amend_turn(person, context.episodic.turns[-1]._replace(content="Goo", interrupted=True))
    await memory._outbox.flush(person, 10)
    seen = await replica.open_context(person, "s", "elena", "chat")
    assert seen.episodic.turns[-1].content == "Goo"
    await say(memory, person, "other", "I like tea", "Me too.")
    await learn(person)
    await memory.delete(person, "s")
    for each in (memory, replica):
        seen = await each.open_context(person, "s", "elena", "chat")
        assert seen.episodic.turns == []
        assert [fact.text for fact in seen.semantic.facts] == ["Likes tea."]
        await each.enrich_context(seen, "where do I live, in Leeds or York?")
        assert {passage.turn.session_id for passage in seen.semantic.passages} <= {"other"}


async def test_replicas_writing_at_the_same_time_agree_in_the_end(
    memory: Memory, replica: Memory, person: Principal
) -> None:
    async def talk(each: Memory, name: str) -> None:
        for number in range(15):
            context = await each.open_context(person, name, "elena", "chat")
            context.add_turn(a_turn(f"{name} says {number}"))
            await each.persist_conversation(context)

    await asyncio.gather(talk(memory, "a"), talk(replica, "b"), talk(memory, "c"), talk(replica, "c"))
    for session, count in (("a", 15), ("b", 15), ("c", 30)):
        contents = []
        for each in (memory, replica):
            await each.open_context(person, session, "elena", "chat")
            contents.append([turn.id for turn in each._cache.get(person).index.session(session, 100)])
        assert contents[0] == contents[1]
        assert len(contents[0]) == count


async def test_a_chat_turn_costs_one_read_and_one_write(
    database: Database, keys: KeyRing, store_settings: StoreSettings, person: Principal
) -> None:
    calls: list[str] = []

    class Counting(TurnLog):
        async def changes(self, principal: Principal, after: int, limit: int) -> Changes:
            calls.append("read")
            return await super().changes(principal, after, limit)

        async def append_all(self, principal: Principal, turns: Sequence[Turn], *, durable: bool = True) -> list[Turn]:
            calls.append("write")
            return await super().append_all(principal, turns, durable=durable)

    memory = Memory(Counting(database, keys), store_settings)
    for number in range(3):
        calls.clear()
        context = await memory.open_context(person, "s", "elena", "chat")
        await memory.enrich_context(context, "what did I say about tea?")
        context.add_turn(a_turn(f"I like tea number {number}"))
        context.add_turn(a_turn("So do I.", "assistant"))
        await memory.persist_conversation(context)
        assert calls == ["read", "write"]
    assert len(context.episodic.turns) == 6


async def test_a_long_log_is_read_page_by_page(
    memory: Memory, replica: Memory, person: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.memory.cache.PAGE", 7)
    for number in range(30):
        await say(memory, person, f"s{number % 3}", f"Statement number {number} of mine", "Noted.")
    await replica.open_context(person, "new", "elena", "chat")
    assert len(replica._cache.get(person).index) == 60


async def test_owners_not_met_for_long_are_forgotten_within_the_bound_and_read_again(
    database: Database, keys: KeyRing, store_settings: StoreSettings
) -> None:
    memory = Memory(TurnLog(database, keys), store_settings)
    memory._cache._limit = 60_000
    people = [a_person(f"P{number}") for number in range(12)]
    for somebody in people:
        await say(memory, somebody, "s", "I live in Leeds " + "and so on " * 200, "Fine.")
    assert memory._cache.nbytes <= 60_000
    assert 1 <= len(memory._cache) < 12
    first = await memory.open_context(people[0], "s", "elena", "chat")
    assert len(first.episodic.turns) == 2


async def test_deleting_what_is_not_there_is_not_found(memory: Memory, person: Principal) -> None:
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: memory.delete(person, "nowhere"),
        lambda: memory.transcript(person, "nowhere"),
    ]
    for attempt in attempts:
        with pytest.raises(Problem) as caught:
            await attempt()
        assert caught.value.status == 404


async def test_a_memory_outside_does_not_bring_back_what_was_forgotten(
    database: Database, keys: KeyRing, store_settings: StoreSettings, person: Principal
) -> None:
    class Outside:
        def known(self, principal: Principal, ours: Sequence[Fact]) -> list[Fact]:
            return [*ours, Fact("zep", "Lives in Leeds.", a_turn("").said_at, source="zep")]

        def forget(self, principal: Principal) -> None:
            return

    facts = Facts(FactLog(database, keys))
    added = await facts.add(person, "I live in Leeds")
    memory = Memory(TurnLog(database, keys), store_settings, outside=Outside())
    before = await memory.open_context(person, "s", "elena", "chat")
    assert "zep" in [fact.id for fact in before.semantic.facts]
    log = TurnLog(database, keys)
    await log.save_snapshot(person, 0, 1, b"with the fact", epoch=0)
    assert await log.snapshots(person)
    await facts.forget(person, added.id)
    assert await log.snapshots(person) == []
    for each in (memory, Memory(TurnLog(database, keys), store_settings, outside=Outside())):
        after = await each.open_context(person, "s", "elena", "chat")
        assert after.semantic.facts == []


async def test_an_answer_that_was_withdrawn_is_neither_recalled_nor_found_anywhere_and_may_come_back(
    memory: Memory, replica: Memory, person: Principal
) -> None:
    context = await say(memory, person, "s", "What may I eat?", "Blue zebras only", voice=True)
    answer = context.episodic.turns[-1]
    zebras = "What about the blue zebras?"

    async def known(each: Memory) -> tuple[list[str], list[str]]:
        here = await each.open_context(person, "s", "elena", "voice")
        elsewhere = await each.open_context(person, "other", "elena", "chat")
        await each.enrich_context(elsewhere, zebras)
        found = [passage.turn.content for passage in elsewhere.semantic.passages]
        return [turn.content for turn in here.episodic.turns], [text for text in found if "zebras" in text]

    everything = (["What may I eat?", "Blue zebras only"], ["Blue zebras only"])
    assert await known(replica) == everything
    await memory.amend_turn(person, answer._replace(content="", unheard=answer.content, interrupted=True))
    assert [turn.content for turn in await memory.transcript(person, "s")] == ["What may I eat?"]
    for each in (memory, replica):
        assert await known(each) == (["What may I eat?"], [])
    await memory.amend_turn(person, answer)
    assert len(await memory.transcript(person, "s")) == 2
    for each in (memory, replica):
        assert await known(each) == everything


async def test_a_chat_turn_costs_one_read_and_one_write_however_long_the_conversation_is(
    memory: Memory, database: Database, person: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.memory.recall.FRESH_SECONDS", 60.0)  # a busy machine's pauses cost no second read
    await say(memory, person, "s", "The budget is 40,000 euros", "Noted.")  # the first makes a key
    trips = 0
    run = database.run

    async def counted(*given: Any, **named: Any) -> Any:
        nonlocal trips
        trips += 1
        return await run(*given, **named)

    monkeypatch.setattr(database, "run", counted)
    for number in range(1, 26):
        context = await memory.open_context(person, "s", "elena", "chat")
        await memory.enrich_context(context, f"What is the budget of team {number}?")
        context.add_turn(a_turn(f"What is the budget of team {number}?"))
        context.add_turn(a_turn("40,000 euros.", "assistant"))
        await memory.persist_conversation(context)
        assert trips == 2 * number
