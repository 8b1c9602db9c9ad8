"""A second look at memory by the model: what it searches for next, how it ranks, and that its failure costs nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from backend.chat.history import Message
from backend.chat.second_look import SecondLook
from backend.core.context import (
    EnterpriseContext,
    EpisodicLayer,
    OperationalLayer,
    Passage,
    Said,
    SecurityLayer,
    SemanticLayer,
    Turn,
)
from backend.core.problems import Problem

WHEN = datetime(2026, 5, 3, tzinfo=UTC)


class Model:
    """Gives the answers it was told, and keeps what it was asked."""

    def __init__(self, answer: dict[str, Any] | Problem) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def consult(
        self, messages: Sequence[Message], *, model: str, max_tokens: int, schema: Mapping[str, Any], seconds: float
    ) -> dict[str, Any]:
        self.asked.append(messages[-1]["content"])
        if isinstance(self.answer, Problem):
            raise self.answer
        return self.answer


class Memory:
    """Keeps the searches."""

    def __init__(self) -> None:
        self.searches: list[tuple[str, bool]] = []

    async def enrich_context(self, context: EnterpriseContext, query: str, *, add: bool = False) -> None:
        self.searches.append((query, add))


def context(*said: str, unanswered: bool = True) -> EnterpriseContext:
    turns = [Turn(f"t{n}", "user", text, "chat", "elena", WHEN) for n, text in enumerate(said)]
    return EnterpriseContext(
        SecurityLayer("t", "u", "Ada", frozenset()),
        EpisodicLayer("s"),
        SemanticLayer(passages=[Passage(turn, 0.5) for turn in turns], unanswered=unanswered),
        OperationalLayer("elena", "chat"),
    )


def order(looked_at: EnterpriseContext) -> list[str]:
    return [passage.turn.content for passage in looked_at.semantic.passages]


async def test_what_the_model_names_is_searched_for_and_added() -> None:
    model, memory = Model({"query": "Project Falcon lead"}), Memory()
    await SecondLook(model, memory).search_on(context("Marcus knows Falcon"), "Who leads what I told Marcus?", "m")
    assert memory.searches == [("Project Falcon lead", True)]
    assert '1. "Marcus knows Falcon"' in model.asked[0]


@pytest.mark.parametrize(("found", "doubtful"), [("Falcon is 34 people strong.", True), ("Hedda is 34.", False)])
async def test_what_a_second_search_found_leaves_a_doubt_where_the_answer_is_still_not_in_it(
    found: str, doubtful: bool
) -> None:
    class Finding(Memory):
        async def enrich_context(self, context: EnterpriseContext, query: str, *, add: bool = False) -> None:
            context.semantic.best = [Said(Turn("t9", "user", found, "chat", "elena", WHEN))]
            context.semantic.unanswered = False  # as memory does, which judges the words searched for

    looked_at = context("Hedda knows Falcon")
    await SecondLook(Model({"query": "Hedda age"}), Finding()).search_on(looked_at, "How old is Hedda?", "m")
    assert (looked_at.semantic.unanswered, looked_at.semantic.doubtful) == (False, doubtful)


async def test_a_question_that_memory_answers_costs_no_second_look() -> None:
    model, memory = Model({"query": "more"}), Memory()
    await SecondLook(model, memory).search_on(context("x", unanswered=False), "Who?", "m")
    assert (model.asked, memory.searches) == ([], [])


@pytest.mark.parametrize(
    "answer",
    [{"query": " "}, {"query": 3}, {}, Problem(504, "gateway_timeout", "", "")],
)
async def test_a_model_that_knows_nothing_further_or_fails_changes_nothing(answer: dict[str, Any] | Problem) -> None:
    memory = Memory()
    await SecondLook(Model(answer), memory).search_on(context("x"), "Who?", "m")
    assert memory.searches == []


async def test_the_passages_that_the_model_finds_helpful_come_first() -> None:
    looked_at = context("a", "b", "c", "d")
    await SecondLook(Model({"best": [3, 1, 3, 9, 0, "x"]}), Memory()).rank(looked_at, "Which?", "m")
    assert order(looked_at) == ["c", "a", "b", "d"]


@pytest.mark.parametrize("answer", [{"best": []}, {"best": None}, {}, Problem(502, "gateway_malformed", "", "")])
async def test_an_order_that_is_none_leaves_the_passages_as_they_are(answer: dict[str, Any] | Problem) -> None:
    looked_at = context("a", "b")
    await SecondLook(Model(answer), Memory()).rank(looked_at, "Which?", "m")
    assert order(looked_at) == ["a", "b"]
