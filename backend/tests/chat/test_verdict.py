"""Where memory does not answer, that is said behind the question, in the request itself; help is not refused for it."""

from collections.abc import Sequence
from typing import Any

import pytest

from backend.agents.profiles import AgentDirectory
from backend.chat.gateway import Completion
from backend.chat.history import Message
from backend.chat.turn import Chat, Question
from backend.chat.verdict import asks_for_a_fact
from backend.core import notes
from backend.core.context import EnterpriseContext
from backend.core.settings import Settings
from backend.identity.principal import Principal
from backend.tests.chat.test_answer_check import SAID, Answering, Recalling, context

LAST = {"role": "system", "content": notes.VERDICT}
MANY = [f"Nearer or further, {number}." for number in range(9)]
NEVER = "How old is Ottilie?"


class Told(Answering):
    """A model that keeps the last conversation that it was given, and finds no words that answer."""

    def __init__(self) -> None:
        super().__init__("")
        self.given: Sequence[Message] = ()

    async def complete(self, messages: Sequence[Message], **more: Any) -> Completion:
        self.given = messages
        return await super().complete(messages, **more)


class Holding(Recalling):
    """A memory of which the verdict is known."""

    def __init__(self, asking: EnterpriseContext) -> None:
        self._asking = asking

    async def open_context(self, principal: Principal, *where: Any) -> EnterpriseContext:
        return self._asking


async def sent(question: str, asking: EnterpriseContext, *, check_seconds: float = 0) -> Sequence[Message]:
    """Ask, and return what reached the model."""
    agents, model = AgentDirectory.load(), Told()
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic's own
        memory_answer_check_seconds=check_seconds,
        memory_second_look=False,
    )
    chat = Chat(settings, agents, Holding(asking), model)
    await chat.answer(Question(Principal("t", "u", "Ada", frozenset()), "s", agents.default, question))
    await chat.close()
    return model.given


async def test_that_memory_holds_no_answer_is_the_last_that_the_model_reads() -> None:
    *_, asked, last = await sent(NEVER, context(*SAID, unanswered=True))
    assert (asked, last) == ({"role": "user", "content": NEVER}, LAST)


async def test_the_few_best_notes_stay_as_what_judged_them_may_err() -> None:
    first, *_ = await sent(NEVER, context(*MANY, unanswered=True))
    assert [said for said in MANY if said in first["content"]] == MANY[: notes.FEW_PASSAGES]


async def test_what_only_the_check_doubts_is_told_likewise() -> None:
    first, asked, last = await sent(NEVER, context(*SAID), check_seconds=2)
    assert SAID[1] in first["content"]
    assert (asked["content"], last) == (NEVER, LAST)


async def test_a_question_that_memory_answers_is_followed_by_nothing() -> None:
    assert [message["role"] for message in await sent("How old is Ruben?", context(*SAID))] == ["system", "user"]


async def test_who_wants_help_is_not_told_that_nobody_knows() -> None:
    first, asked = await sent("How can I improve my CV?", context(unanswered=True))
    assert first["content"].endswith(notes.SEARCHED)
    assert asked["role"] == "user"


@pytest.mark.parametrize(
    ("question", "near_something", "by_itself"),
    [
        ("What is my husband's name?", True, True),
        ("where does our insurer sit", True, True),
        ("Which school did my son go to?", True, True),
        ("How old is Hedda?", True, False),
        ("Is Petra ill?", False, False),
        ("What should I cook for my sister?", False, False),
        ("What is the best way to run my team?", False, False),
        ("Can you remember that my dentist is Dr. Khan?", False, False),
        ("How do I split our budget?", False, False),
        ("Tell me a joke about my boss", False, False),
    ],
)
def test_a_fact_is_told_from_advice_and_with_an_empty_memory_it_must_be_the_person_s_own(
    question: str, near_something: bool, by_itself: bool
) -> None:
    assert asks_for_a_fact(question, anything_found=True) is near_something
    assert asks_for_a_fact(question, anything_found=False) is by_itself
