"""One question and its answer: the policy of chat. Everything that is decided about a chat turn is decided here.

Memory is asked within its bound and never holds an answer up; question and answer are stored together, in one
transaction; what a caller who left did not get is stored as interrupted, not as said.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from prometheus_client import Counter

from backend.agents.profiles import AgentDirectory, AgentProfile
from backend.agents.tools import NO_TOOLS, Asking, Toolboxes
from backend.chat import history
from backend.chat.answer_check import AnswerCheck
from backend.chat.gateway import NO_OFFER, Call, Completion, Usage
from backend.chat.history import Message
from backend.chat.measures import Measure, Measures
from backend.chat.rounds import BETWEEN, Rounds, Working
from backend.chat.second_look import Consulting, Searching, SecondLook
from backend.chat.verdict import told_of
from backend.core.context import (
    Channel,
    EnterpriseContext,
    EpisodicLayer,
    OperationalLayer,
    Passage,
    SecurityLayer,
    SemanticLayer,
    Turn,
)
from backend.core.ids import new_id
from backend.core.notes import Notes
from backend.core.settings import Settings
from backend.identity.principal import Principal
from backend.telemetry.traces import Traces

log = logging.getLogger("backend.chat")

MEMORY_SLACK_S = 0.2
"""How much longer than MEMORY_TIMEOUT_MS we wait for memory, which keeps that bound itself when it is well."""
STORE_WAIT_S = 6.0
"""How long an answer waits to be stored. The write goes on after that; the caller gets the answer."""

DEGRADED = Counter("engram_chat_memory_degraded", "Chat turns answered without (all of) memory")
UNSTORED = Counter("engram_chat_unstored", "Chat turns that could not be stored")

_EARLIEST = timedelta(microseconds=1)


class ChatGateway(Consulting, Protocol):
    """What a turn needs of the gateway; `backend.chat.gateway.Gateway` is it."""

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        model: str,
        max_tokens: int,
        offer: Mapping[str, Any] = NO_OFFER,
        deadline: float | None = None,
    ) -> Completion:
        """Return the whole answer, or the tools it asks for, or raise `Problem`."""
        ...

    def stream(
        self,
        messages: Sequence[Message],
        *,
        model: str,
        max_tokens: int,
        offer: Mapping[str, Any] = NO_OFFER,
        deadline: float | None = None,
    ) -> AsyncIterator[str | Usage]:
        """Yield the answer's pieces, then `Usage` with the tools it asks for, or raise `Problem`."""
        ...


class ConversationMemory(Searching, Protocol):
    """What a turn needs of memory; `backend.memory.recall.Memory` is it."""

    async def open_context(
        self, principal: Principal, session_id: str, agent_id: str, channel: Channel
    ) -> EnterpriseContext:
        """Return what is known at the start."""
        ...

    async def persist_conversation(self, context: EnterpriseContext) -> None:
        """Store `context.episodic.unsaved` in one transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, by whom, of whom. content: 1-32,000 characters, not blank."""

    principal: Principal
    session_id: str
    agent: AgentProfile
    content: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer. agent: who gave it, which is another than was asked when that one handed over.

    latency_ms: from the question's arrival until the answer is stored.
    """

    turn: Turn
    agent: AgentProfile
    tokens_used: int | None
    latency_ms: int
    recalled: tuple[Passage, ...]


class Chat:
    """Answers questions. One per process."""

    def __init__(
        self,
        settings: Settings,
        agents: AgentDirectory,
        memory: ConversationMemory,
        gateway: ChatGateway,
        toolboxes: Toolboxes = NO_TOOLS,
        traces: Traces | None = None,
    ) -> None:
        self._settings = settings
        self._agents = agents
        self._memory = memory
        self._gateway = gateway
        self._toolboxes = toolboxes if settings.chat_tools else NO_TOOLS
        self._second_look = SecondLook(gateway, memory)
        self._answer_check = AnswerCheck(gateway, settings.memory_answer_check_seconds)
        self._measures = Measures(settings, traces or Traces())
        self._background: set[asyncio.Task[Any]] = set()

    async def answer(self, question: Question) -> Answer:
        """Return the whole answer; raise `Problem`. Cancelled (the caller left), it stores the question alone."""
        started, asked = time.perf_counter(), self._asked(question)
        measure = Measure()
        context = await self._informed(question)
        measure.informed()
        told = told_of(context, question.content)
        rounds = await self._rounds(question, context, told, asked)
        try:
            while True:
                completion = await self._gateway.complete(
                    rounds.messages,
                    model=self._model(rounds.agent),
                    max_tokens=self._limit,
                    offer=rounds.offer,
                    deadline=rounds.deadline,
                )
                measure.spent(completion)
                rounds.spent(completion.tokens_used)
                if not completion.calls or rounds.over:
                    break
                await rounds.carry_out(completion.text, completion.calls)
        except BaseException as failure:
            self._measures.failed(measure, failure, *self._named(rounds, question))
            if isinstance(failure, asyncio.CancelledError):
                self._store_beside(context, rounds, asked, told.sources)
            raise
        said = self._say(context, rounds, asked, told.sources, rounds.whole(completion.text))
        await self._store(context)
        self._measures.answered(measure, *self._named(rounds, question))
        return self._answer(rounds, context, said, started)

    async def stream(self, question: Question) -> AsyncGenerator[str | Working | Answer, None]:
        """Yield the answer's pieces and the tools it waits for, then the `Answer`; raise `Problem`.

        Cancelled or closed before its end (the caller left), it stores the question and what was yielded of the answer,
        marked as interrupted.
        """
        started, asked = time.perf_counter(), self._asked(question)
        measure = Measure()
        context = await self._informed(question)
        measure.informed()
        told = told_of(context, question.content)
        rounds = await self._rounds(question, context, told, asked)
        yielded: list[str] = []
        try:
            while True:
                calls: tuple[Call, ...] = ()
                async for piece in self._gateway.stream(
                    rounds.messages,
                    model=self._model(rounds.agent),
                    max_tokens=self._limit,
                    offer=rounds.offer,
                    deadline=rounds.deadline,
                ):
                    if isinstance(piece, Usage):
                        measure.spent(piece)
                        rounds.spent(piece.tokens_used)
                        calls = piece.calls
                    else:
                        measure.heard()
                        yielded.append(piece)
                        yield piece
                if not calls or rounds.over:
                    break
                for working in rounds.begun(calls):
                    yield working
                words = "".join(yielded)
                yielded.clear()
                for working in await rounds.carry_out(words, calls):
                    yield working
                if words.strip():
                    yield BETWEEN
        except BaseException as failure:
            self._measures.failed(measure, failure, *self._named(rounds, question))
            if isinstance(failure, asyncio.CancelledError | GeneratorExit):
                self._store_beside(context, rounds, asked, told.sources, rounds.whole("".join(yielded)))
            raise
        said = self._say(context, rounds, asked, told.sources, rounds.whole("".join(yielded)))
        await self._store(context)
        self._measures.answered(measure, *self._named(rounds, question))
        yield self._answer(rounds, context, said, started)

    async def close(self) -> None:
        """Wait, within the store's bound, for what is still being stored."""
        if self._background:
            await asyncio.wait(set(self._background), timeout=STORE_WAIT_S)

    @property
    def _limit(self) -> int:
        return self._settings.chat_max_output_tokens

    def _model(self, agent: AgentProfile) -> str:
        return agent.model or self._settings.azure_ai_deployment

    def _named(self, rounds: Rounds, question: Question) -> tuple[str, str, str]:
        """Return who answered with which model, and in which conversation: what a turn is measured under."""
        return rounds.agent.id, self._model(rounds.agent), question.session_id

    async def _rounds(self, question: Question, context: EnterpriseContext, told: Notes, asked: Turn) -> Rounds:
        settings, box = self._settings, await self._toolboxes.open(question.agent)
        asking = Asking(context.security, question.session_id, question.agent.id, "chat", asked.id)

        def prompt(agent: AgentProfile, rules: str, handed_over: str) -> list[Message]:
            return history.messages(
                agent,
                self._agents,
                context,
                question.content,
                told=told,
                token_budget=settings.history_token_budget,
                rules=rules,
                handed_over=handed_over,
            )

        return Rounds(question.agent, self._toolboxes, box, asking, prompt, settings.chat_timeout_seconds)

    async def _informed(self, question: Question) -> EnterpriseContext:
        """Return what memory tells for a question, looked at a second time by the model where the settings say so."""
        context = await self._recall(question)
        if self._settings.memory_second_look:
            await self._second_look.search_on(context, question.content, self._model(question.agent))
        if self._settings.memory_rerank:
            await self._second_look.rank(context, question.content, self._model(question.agent))
        if self._settings.memory_answer_check_seconds:
            await self._answer_check.check(context, question.content, self._model(question.agent))
        return context

    async def _recall(self, question: Question) -> EnterpriseContext:
        """Ask memory with a bound of our own: a memory that hangs or fails costs its notes, not the answer.

        The task is waited for, not cancelled: cancelling a read half-way can break a connection pool.
        """
        asked: asyncio.Task[EnterpriseContext] = self._begin(self._ask_memory(question))
        await asyncio.wait((asked,), timeout=self._settings.memory_timeout_ms / 1000 + MEMORY_SLACK_S)
        failure: BaseException | None = TimeoutError()
        if asked.done() and (failure := asked.exception()) is None:
            context = asked.result()
            if context.semantic.degraded:
                DEGRADED.inc()
            return context
        DEGRADED.inc()
        log.warning("memory did not answer (%s); the turn goes on without it", type(failure).__name__)
        who = question.principal
        return EnterpriseContext(
            SecurityLayer(who.tenant, who.user_id, who.display_name, frozenset(who.roles)),
            EpisodicLayer(question.session_id),
            SemanticLayer(degraded="memory did not answer"),
            OperationalLayer(question.agent.id, "chat"),
        )

    async def _ask_memory(self, question: Question) -> EnterpriseContext:
        context = await self._memory.open_context(question.principal, question.session_id, question.agent.id, "chat")
        await self._memory.enrich_context(context, question.content)
        return context

    @staticmethod
    def _asked(question: Question) -> Turn:
        """Return the question as a turn of the conversation, from the moment at which it came."""
        now = datetime.now(UTC)
        return Turn(new_id("msg"), "user", question.content, "chat", question.agent.id, now, question.session_id)

    def _say(
        self,
        context: EnterpriseContext,
        rounds: Rounds,
        asked: Turn,
        sources: tuple[str, ...],
        text: str,
        *,
        left: bool = False,
    ) -> Turn:
        """Add question and answer to the conversation and return the answer's turn. sources: what it was given from.

        Somebody who said something and then handed over has a turn of their own.
        """
        context.add_turn(asked)
        recalled = tuple(dict.fromkeys((*sources, *rounds.sources)))
        spoken = [(said.agent, said.text) for said in rounds.said] + [(rounds.agent, text)]
        # Later than the question even where the clock stood still: the order of a conversation hangs on it.
        at = max(datetime.now(UTC), asked.said_at + _EARLIEST * len(spoken))
        for place, (agent, words) in enumerate(spoken, 1 - len(spoken)):
            answer = Turn(
                new_id("msg"),
                "assistant",
                words,
                "chat",
                agent.id,
                at + _EARLIEST * place,
                asked.session_id,
                interrupted=left and place == 0,
                recalled=recalled,
            )
            if words:
                context.add_turn(answer)
        return answer

    async def _store(self, context: EnterpriseContext) -> None:
        """Store the turn before it is answered; a store that is down or slow does not cost the caller the answer."""
        storing = self._begin(self._memory.persist_conversation(context))
        await asyncio.wait((storing,), timeout=STORE_WAIT_S)
        if not storing.done() or storing.exception() is not None:
            UNSTORED.inc()
            failure = type(storing.exception()).__name__ if storing.done() else "slow"
            log.error("a chat turn was answered and not stored in time (%s)", failure)

    def _store_beside(
        self,
        context: EnterpriseContext,
        rounds: Rounds,
        asked: Turn,
        sources: tuple[str, ...],
        text: str = "",
    ) -> None:
        """Store after the caller left; beside the task that is being cancelled."""
        self._say(context, rounds, asked, sources, text, left=True)
        self._begin(self._store(context))

    def _begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._settle)
        return task

    def _settle(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.debug("work beside a chat turn failed: %s", type(task.exception()).__name__)

    @staticmethod
    def _answer(rounds: Rounds, context: EnterpriseContext, said: Turn, started: float) -> Answer:
        elapsed = round((time.perf_counter() - started) * 1000)
        return Answer(said, rounds.agent, rounds.tokens_used, elapsed, tuple(context.semantic.passages))
