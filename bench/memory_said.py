"""What is said where memory does not hold the answer: `python -m bench.memory_said [--split SPLIT …] [--told HOW]`.

The questions of our own dialogues go through chat as a person's do (persona, notes, tools, the first question of a new
session) to the small local model, which answers greedily; judged are the words that come back:

admitted   of the questions without an answer: it is said that the answer is not known, and nothing is put in its place.
right      of the others: the words hold the right value, and before it no outdated one.
withheld   of the others: it is said that the answer is not known.

--told decides what chat is told of its memory. rules, check: what they find (`support.py`, `chat/answer_check.py`), as
in the product. nothing, missing: the same for every question, right or wrong: no word; that there seems to be no
answer. So whether a telling is heeded is measured apart from whether it is right. --at-head asks everything once more
with it at the head, behind the notes: what is done for models that take it nowhere else.

Reading all the notes takes the local model a minute on two busy cores: `--most` bounds the questions of each sort,
spread evenly. With `--answers FILE` answers are kept by what was asked. The last line is JSON.
"""

import argparse
import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any, Literal, NamedTuple, cast, get_args

from backend.agents import own_tools
from backend.agents.profiles import AgentDirectory
from backend.agents.tools import Toolboxes
from backend.chat.gateway import NO_OFFER, Call, Completion, Gateway, Usage
from backend.chat.history import Message, rules_first
from backend.chat.turn import Chat, Question
from backend.core.context import (
    Channel,
    EnterpriseContext,
    EpisodicLayer,
    Fact,
    OperationalLayer,
    SecurityLayer,
    SemanticLayer,
    Turn,
)
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.outgoing import Outgoing
from backend.identity.principal import Principal
from backend.memory.cache import Changing, OwnerMemory
from backend.memory.embeddings import Embedder
from backend.memory.fact_reads import profile
from backend.memory.facts import Facts
from backend.memory.inquiry import Inquiry
from backend.memory.recall import FACTS
from backend.memory.recollection import Recollection, recollect
from backend.memory.spoken_numbers import in_figures
from backend.memory.tools import remember, search_memory
from bench.local_model import KeptAnswers, local_model
from bench.memory import Remembered, embed
from bench.memory_dialogues import SPLITS, closed, read_own
from bench.memory_locomo import Asked, Dialogue

Told = Literal["rules", "check", "nothing", "missing"]

SECONDS = 600.0
"""For an answer: what is measured is what is said, on a machine that others use."""

_NO_LOG = cast(Changing, None)  # nothing is read from a log: the index is given

_WORDS = re.compile(r"[^\W_]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
_ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th)$")
_MONTH = "(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_OF = re.compile(rf"\b(\d+) of (?={_MONTH}\b)")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_DAY = re.compile(rf"(\d{{1,2}}) ({_MONTH})(?: \d{{4}})?")

_ADMITTED = re.compile(
    r"(?:\b(?:not|never|no|without|cannot|unable|unsure)\b|n['’]t\b)[^.!?;]*?"  # noqa: RUF001 - the typographic apostrophe is meant
    r"\b(?:know|known|told|tell|shared?|mention(?:ed)?|information|informed|said|given|provided?|specif\w+|stated|"
    r"sure|aware|details?|recall|remember|record(?:ed)?|notes?|answer|determine|find|found|certain)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[\w,] )[A-Z][\w'’]+")  # noqa: RUF001 - as above
_NO_VALUES = frozenset({"i", "i'm", "i'd", "i'll", "i've", "elena", "marcus"})


class Answers:
    """The local model, greedy, with its answers kept by what was asked.

    took: seconds of each that was made. at_head: what is said behind the question is put at the head.
    """

    def __init__(self, model: Gateway | None, path: Path | None) -> None:
        self._model = model
        self._kept = KeptAnswers(path)
        self.took = self._kept.took
        self.at_head = False

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        model: str,
        max_tokens: int,
        offer: Mapping[str, Any] = NO_OFFER,
        deadline: float | None = None,
    ) -> Completion:
        """Answer as the gateway does, at temperature 0."""
        messages = rules_first(messages) if self.at_head else messages
        request = {**offer, "temperature": 0}

        gateway = self._model

        async def ask(gateway: Gateway) -> dict[str, Any]:
            whole = await gateway.complete(messages, model=model, max_tokens=max_tokens, offer=request)
            return {"text": whole.text, "calls": [asdict(call) for call in whole.calls]}

        kept = await self._kept.get([messages, request], (lambda: ask(gateway)) if gateway else None)
        return Completion(kept["text"], None, "stop", tuple(Call(**call) for call in kept["calls"]))

    async def stream(self, messages: Sequence[Message], **more: Any) -> AsyncIterator[str | Usage]:
        """Answer as the gateway does: whole, in one piece."""
        whole = await self.complete(messages, **more)
        yield whole.text
        yield Usage(whole.tokens_used, whole.finish_reason, whole.calls)

    async def consult(self, messages: Sequence[Message], **bounds: Any) -> dict[str, Any]:
        """Answer in a form, as the gateway does."""
        gateway = self._model
        return await self._kept.get([messages], (lambda: gateway.consult(messages, **bounds)) if gateway else None)


class Way(NamedTuple):
    """How a question is asked: what is told of memory, and whether that stands at the head."""

    told: Told
    at_head: bool

    @property
    def name(self) -> str:
        """As it is printed."""
        return f"{self.told} at head" if self.at_head else self.told


class DialogueMemory:
    """A dialogue as the memory of its user, recalled as `recall.Memory` does it, at the time of the questions.

    told: as --told; telling: what was told last.
    """

    def __init__(self, dialogue: Dialogue, embedder: Embedder | None) -> None:
        self.dialogue = dialogue
        self.told: Told = "rules"
        self.telling = ""
        self.person = Principal("bench", "bench", dialogue.user, frozenset())
        self._embedder = embedder
        remembered = Remembered(dialogue, embedder, closed)
        self._owner = OwnerMemory(self.person, _NO_LOG)
        self._owner.index, self._owner.fact_index = remembered.index, remembered.facts
        self._owner.facts = {fact.id: fact for fact in remembered.known}

    def found(self, query: str) -> Recollection:
        """Return what comes to mind."""
        vectors = embed(self._embedder, [query])
        return recollect(
            self._owner,
            query,
            vectors[0] if vectors else None,
            now=self.dialogue.asked_at,
            agents=self.dialogue.agents,
        )

    async def open_context(
        self, principal: Principal, session_id: str, agent_id: str, channel: Channel
    ) -> EnterpriseContext:
        """Begin a conversation in which nothing was said yet."""
        return EnterpriseContext(
            SecurityLayer(principal.tenant, principal.user_id, principal.display_name, frozenset()),
            EpisodicLayer(session_id),
            SemanticLayer(profile(self._owner.facts.values())),
            OperationalLayer(agent_id, channel),
        )

    async def enrich_context(self, context: EnterpriseContext, query: str, *, add: bool = False) -> None:
        """Tell what is found, and whether that holds an answer as `told` has it."""
        found = self.found(query)
        semantic = context.semantic
        semantic.passages, semantic.overtaken, semantic.best = found.passages, found.overtaken, found.best
        semantic.facts = list({fact.id: fact for fact in (*found.facts, *semantic.facts)}.values())[:FACTS]
        by_rules = self.told in ("rules", "check")
        semantic.personal = found.personal and self.told == "check"
        semantic.unanswered = found.unanswered if by_rules else self.told == "missing"

    async def persist_conversation(self, context: EnterpriseContext) -> None:
        """Keep nothing: each question is the first."""
        known = context.semantic
        self.telling = "missing" if known.unanswered or known.doubtful else "nothing"
        context.episodic.unsaved.clear()

    async def owner(self, principal: Principal) -> OwnerMemory:
        """Return the memory itself, for the tool that searches it."""
        return self._owner

    async def turn(self, principal: Principal, turn_id: str) -> Turn:
        """Return a turn."""
        found = self._owner.index.turn(turn_id)
        assert found is not None
        return found


def toolboxes(memory: DialogueMemory, agents: AgentDirectory, embedder: Embedder | None) -> Toolboxes:
    """The tools that chat offers; what is to be noted is not."""
    facts = cast(Facts, _Unnoted())
    return Toolboxes(
        {
            "search_memory": search_memory(Inquiry(memory, facts, memory.dialogue.agents, embedder), "user"),
            "remember": remember(facts),
            "hand_off": own_tools.hand_off(agents),
            "get_time": own_tools.get_time(lambda: memory.dialogue.asked_at),
        }
    )


class _Unnoted:
    async def note(self, who: Principal, text: str, **where: Any) -> Fact:
        return Fact("noted", text, datetime.now(UTC))


async def measure(
    split: str, ways: Sequence[Way], answers: Answers, most: int, only_told: bool
) -> dict[str, dict[str, Any]]:
    """Ask a split's questions in each way and return how what was said is judged, by way."""
    embedder, agents = Embedder.load(), AgentDirectory.load()
    dialogues = [dialogue for _, dialogue in read_own(split=split)]
    memories = [DialogueMemory(dialogue, embedder) for dialogue in dialogues]
    asked = [
        (memory, question)
        for memory, dialogue in zip(memories, dialogues, strict=True)
        for question in dialogue.asked
        if not only_told or memory.found(question.text).unanswered
    ]
    outcomes: dict[Way, list[str]] = {way: [] for way in ways}
    for memory, question in sample(asked, most):
        for way in ways:  # one behind the other: the notes are the same, and read once
            memory.told, answers.at_head = way.told, way.at_head
            said = await _say(memory, question.text, answers, agents, embedder)
            outcome = judged(said.content, question)
            outcomes[way].append(outcome)
            shown = f"{question.text} | {question.answer} | {' '.join(said.content.split())}" if split == "dev" else ""
            print(f"  {memory.dialogue.name}: {way.name} ({memory.telling}): {outcome} {shown}", flush=True)
    figures = {way.name: _shares(outcomes[way]) for way in ways}
    print(f"{split}: {figures}", flush=True)
    return figures


async def _say(
    memory: DialogueMemory, text: str, answers: Answers, agents: AgentDirectory, embedder: Embedder | None
) -> Turn:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic's own
        chat_timeout_seconds=SECONDS,
        memory_answer_check_seconds=60 if memory.told == "check" else 0,
        memory_second_look=False,  # as with the local models, which are not in time for it
    )
    chat = Chat(settings, agents, memory, answers, toolboxes(memory, agents, embedder))
    answer = await chat.answer(Question(memory.person, "asked", agents.default, text))
    return answer.turn


def judged(said: str, asked: Asked) -> str:
    """Return what an answer is."""
    if not asked.evidence:
        return "admitted" if admits(said, asked.text) else "made up"
    return "right" if right(said, asked) else "withheld" if admits(said, asked.text) else "wrong"


def _shares(outcomes: Sequence[str]) -> dict[str, Any]:
    without = sum(outcome in ("admitted", "made up") for outcome in outcomes)
    others = len(outcomes) - without
    return {
        "unanswerable": without,
        "answerable": others,
        "admitted": round(100 * outcomes.count("admitted") / max(without, 1), 1),
        "right": round(100 * outcomes.count("right") / max(others, 1), 1),
        "withheld": round(100 * outcomes.count("withheld") / max(others, 1), 1),
    }


def sample(asked: Sequence[tuple[DialogueMemory, Asked]], most: int) -> list[tuple[DialogueMemory, Asked]]:
    """Of either sort at most so many, spread evenly."""
    picked = []
    for with_answer in (False, True):
        every = [each for each in asked if bool(each[1].evidence) is with_answer]
        count = min(most, len(every))
        picked += [every[n * len(every) // count] for n in range(count)]
    return picked


def admits(said: str, question: str) -> bool:
    """Tell whether an answer admits that it is not known, and puts nothing in its place.

    Nothing: no number and, inside a sentence, no name that the question has not; "but Elias is six" is a near miss
    that nobody asked for. Strict: what is offered as a guess, or as known of somebody else, is no admission.
    """
    if _ADMITTED.search(said) is None:
        return False
    asked = set(_plain(question).split())
    if any(word.isdigit() and word not in asked for word in _plain(said).split()):
        return False
    names = {name.casefold().removesuffix("'s") for name in _NAME.findall(said)}
    return names <= asked | {word.removesuffix("s") for word in asked} | _NO_VALUES


def right(said: str, asked: Asked) -> bool:
    """Tell whether an answer holds a right value, and before it none that is outdated."""
    text = f" {_plain(said)} "
    wrong = min((text.find(f" {_plain(value)} ") % len(text) for value in asked.outdated), default=len(text))
    values = [form for value in (asked.answer, *asked.also) for form in _forms(value)]
    return any(0 <= text.find(f" {value} ") < max(wrong, 1) for value in values)


def _forms(value: str) -> list[str]:
    """A value as an answer may write it: a day with its month before or behind it, with or without the year."""
    if (iso := _ISO.fullmatch(value)) is not None:
        day = date.fromisoformat(iso.group())
        value = f"{day.day} {day:%B}"
    plain = _plain(value)
    if (written := _DAY.fullmatch(plain)) is not None:
        return [f"{written[1]} {written[2]}", f"{written[2]} {written[1]}"]
    return [plain]


def _plain(text: str) -> str:
    """Words in lower case, numbers in figures, "3rd of March" as "3 march"."""
    words = _WORDS.findall(_THOUSANDS.sub("", text.casefold()))
    plain = " ".join(in_figures([_ORDINAL.sub(r"\1", word) for word in words]))
    return _OF.sub(r"\1 ", plain)


async def _measure(asked: argparse.Namespace, address: str) -> Mapping[str, Any]:
    settings = Settings(azure_ai_endpoint=f"{address}/openai/v1", azure_ai_key="bench", chat_timeout_seconds=SECONDS)
    gateway = Gateway(settings, Outgoing(settings)) if address else None
    answers = Answers(gateway, asked.answers)
    ways = [Way(told, at_head) for told in asked.told for at_head in ((True, False) if asked.at_head else (False,))]
    try:
        figures: dict[str, Any] = {
            split: await measure(split, ways, answers, asked.most, asked.only_told) for split in asked.split
        }
    except Problem as problem:
        raise SystemExit(f"The local model failed: {problem}") from problem
    finally:
        if gateway is not None:
            await gateway.close()
    return figures | {"answers": len(answers.took), "median_seconds": round(median(answers.took or [0.0]), 2)}


def main() -> None:
    """Measure, and print the figures as JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", nargs="+", choices=SPLITS, default=list(SPLITS))
    parser.add_argument("--told", nargs="+", choices=get_args(Told), default=["rules"])
    parser.add_argument("--at-head", action="store_true", help="ask also with what is told at the head")
    parser.add_argument("--only-told", action="store_true", help="only questions of which the rules find no answer")
    parser.add_argument("--most", type=int, default=40, help="questions of a split, with and without an answer each")
    parser.add_argument("--answers", type=Path, help="a file to keep the model's answers in")
    parser.add_argument("--replay", action="store_true", help="only answers that are kept: no model is started")
    parser.add_argument("--model", help="address of local models that run already, in place of starting them")
    asked = parser.parse_args()
    running = nullcontext("" if asked.replay else asked.model) if asked.replay or asked.model else local_model()
    with running as address:
        print(json.dumps(asyncio.run(_measure(asked, address))))


if __name__ == "__main__":
    main()
