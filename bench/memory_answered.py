"""Whether it is known that memory does not hold an answer: `python -m bench.memory_answered [--split SPLIT …]`.

Asked are the questions of our own dialogues, as the service asks them: the rules judge first (`support.py`), and what
they let pass is put to the small local model, which copies the words that answer (`chat/answer_check.py`); they must
stand there. Printed are for how many questions without an answer the assistant is told that there seems to be none (by
the rules) or is perhaps none (by the check), for how many of the others it is told so, and how long a check takes.

The model runs in a process of its own and takes some seconds for a question on two cores, so `--most` bounds how many
questions that have an answer are asked (every n-th). With `--answers FILE` its answers are kept, and read instead of
asking again; with `--rules` it is not asked at all. The last line is JSON.
"""

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any, cast

from backend.chat.answer_check import AnswerCheck
from backend.chat.gateway import Gateway
from backend.chat.history import Message
from backend.core.context import EnterpriseContext, EpisodicLayer, OperationalLayer, SecurityLayer, SemanticLayer
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.outgoing import Outgoing
from backend.identity.principal import Principal
from backend.memory.cache import Changing, OwnerMemory
from backend.memory.embeddings import Embedder
from backend.memory.recollection import recollect
from bench.local_model import KeptAnswers, local_model
from bench.memory import Remembered, embed
from bench.memory_dialogues import SPLITS, closed, read_own
from bench.memory_locomo import Asked

_NO_LOG = cast(Changing, None)  # nothing is read from a log: the index is given

SECONDS = 120.0
"""For one check: what is measured is what comes of it, on a machine that others use."""


class Answers:
    """The model, with its answers kept by what was asked."""

    def __init__(self, model: Gateway | None, path: Path | None) -> None:
        self._model = model
        self._kept = KeptAnswers(path)
        self.took = self._kept.took

    async def consult(self, messages: Sequence[Message], **bounds: Any) -> dict[str, Any]:
        """Answer as the gateway does."""
        model = self._model
        return await self._kept.get(messages, (lambda: model.consult(messages, **bounds)) if model else None)


def questions(asked: Sequence[Asked], most: int) -> list[tuple[int, Asked]]:
    """All without an answer, and of the others every n-th, so that there are at most so many; with their places."""
    without = [(place, each) for place, each in enumerate(asked) if not each.evidence]
    others = [(place, each) for place, each in enumerate(asked) if each.evidence]
    step = max(1, -(-len(others) // most))
    return without + others[::step]


async def measure(split: str, check: AnswerCheck | None, most: int) -> dict[str, Any]:
    """Ask a split's questions and return how they were judged. check: None for the rules alone."""
    dialogues = read_own(split=split)
    embedder = Embedder.load()
    judges = ("rules",) if check is None else ("rules", "checked")
    told: dict[str, dict[bool, list[bool]]] = {judge: {True: [], False: []} for judge in judges}
    for _, dialogue in dialogues:
        remembered = Remembered(dialogue, embedder, closed)
        owner = OwnerMemory(_person(dialogue.user), _NO_LOG)
        owner.index, owner.fact_index = remembered.index, remembered.facts
        vectors = embed(embedder, [asked.text for asked in dialogue.asked])
        for place, asked in questions(dialogue.asked, max(1, most // len(dialogues))):
            vector = vectors[place] if vectors else None
            found = recollect(owner, asked.text, vector, now=dialogue.asked_at, agents=dialogue.agents)
            context = EnterpriseContext(
                SecurityLayer("bench", "bench", owner.name, frozenset()),
                EpisodicLayer("bench"),
                SemanticLayer(
                    found.facts, found.passages, found.overtaken, found.personal, found.unanswered, best=found.best
                ),
                OperationalLayer("elena", "chat"),
            )
            told["rules"][not asked.evidence].append(context.semantic.unanswered)
            refused = context.semantic.unanswered
            if check is not None:
                await check.check(context, asked.text, "local")
                refused = refused or context.semantic.doubtful
                told["checked"][not asked.evidence].append(refused)
            if refused == bool(asked.evidence):
                verdict = "wrongly refused" if asked.evidence else "not recognised"
                print(f"  {dialogue.name}: {verdict}: {asked.text}" if split == "dev" else f"  {verdict}", flush=True)
    figures: dict[str, Any] = {"unanswerable": len(told["rules"][True]), "answerable": len(told["rules"][False])}
    for how, outcomes in told.items():
        figures[f"recognised_{how}"] = _share(outcomes[True])
        figures[f"wrongly_refused_{how}"] = _share(outcomes[False])
    print(f"{split}: {figures}", flush=True)
    return figures


def _person(name: str) -> Principal:
    return Principal("bench", "bench", name, frozenset())


def _share(outcomes: Sequence[bool]) -> float:
    return round(100 * sum(outcomes) / max(len(outcomes), 1), 1)


async def _measure(splits: Sequence[str], path: Path | None, most: int, address: str | None) -> Mapping[str, Any]:
    """address: of the model, '' for one whose answers are kept, None for the rules alone."""
    settings = Settings(azure_ai_endpoint=f"{address}/openai/v1", azure_ai_key="bench")
    gateway = Gateway(settings, Outgoing(settings)) if address else None
    answers = Answers(gateway, path)
    check = AnswerCheck(answers, SECONDS) if address is not None else None
    try:
        figures: dict[str, Any] = {split: await measure(split, check, most) for split in splits}
    except Problem as problem:
        raise SystemExit(f"The local model failed: {problem}") from problem
    finally:
        if gateway is not None:
            await gateway.close()
    return figures | {"checks": len(answers.took), "median_seconds": round(median(answers.took or [0.0]), 2)}


def main() -> None:
    """Measure, and print the figures as JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", nargs="+", choices=SPLITS, default=list(SPLITS))
    parser.add_argument("--most", type=int, default=1_000, help="questions with an answer, of a split")
    parser.add_argument("--answers", type=Path, help="a file to keep the model's answers in")
    parser.add_argument("--replay", action="store_true", help="only answers that are kept: no model is started")
    parser.add_argument("--rules", action="store_true", help="the rules alone: no model is started")
    asked = parser.parse_args()
    ready = nullcontext(None) if asked.rules else nullcontext("") if asked.replay else local_model()
    with ready as address:
        print(json.dumps(asyncio.run(_measure(asked.split, asked.answers, asked.most, address))))


if __name__ == "__main__":
    main()
