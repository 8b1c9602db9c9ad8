"""What the model pass keeps of labelled dialogues: `python -m bench.facts_by_model invented|found [--split SPLIT …]`.

invented  the turns that are labelled as free of facts, each behind the assistant's words before it, in batches as the
          product makes them: every fact that is kept was made up, so none may be.
found     whole sessions: what the pass adds to the rules' facts, against the labels, and what it keeps on those turns
          that are free of facts.

The model is the small local one (`local_ai`, a process of its own); it takes some seconds for each batch. With
`--answers FILE` its answers are kept, and read instead of asking again: for work on the checks, not for measuring.
The last line is JSON.
"""

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from backend.chat.gateway import Gateway
from backend.core.context import Fact, Turn
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.outgoing import Outgoing
from backend.identity.principal import Principal
from backend.memory.extraction import extract
from backend.memory.model_pass import Later, Model, ModelPass
from backend.memory.rules.naming import names_of
from bench.facts import SPLITS, SUMS_ONLY, dialogues, labelled, same, turns_of
from bench.local_model import KeptAnswers, local_model

_OWNER = Principal("bench", "bench", "Bench", frozenset())


class Answers:
    """The model, with its answers counted and, where a file is given, kept by what was asked."""

    def __init__(self, model: Model | None, path: Path | None, name: str) -> None:
        self._model = model
        self.name = name
        self._kept = KeptAnswers(path)
        self.requests = self.proposed = self.failed = 0

    async def consult(self, messages: Sequence[dict[str, str]], **bounds: Any) -> dict[str, Any]:
        self.requests += 1
        model = self._model
        try:
            answer = await self._kept.get(messages, (lambda: model.consult(messages, **bounds)) if model else None)
        except Problem as problem:
            self.failed += 1
            print(f"  no answer: {problem.code}", flush=True)
            return {}
        facts = answer.get("facts")
        self.proposed += len(facts) if isinstance(facts, list) else 0
        return answer


class Kept:
    """Where the pass puts what it keeps, beside what the rules have read."""

    def __init__(self, held: Sequence[Fact]) -> None:
        self._held = list(held)
        self.facts: list[Fact] = []

    async def all(self, principal: Principal) -> list[Fact]:
        return [*self._held, *self.facts]

    async def store(self, principal: Principal, found: Sequence[Fact]) -> list[Fact]:
        self.facts.extend(found)
        return list(found)


async def _pass(turns: Sequence[Turn], answers: Answers, held: Sequence[Fact]) -> list[Fact]:
    """Give turns to the pass until it has read them all."""
    kept = Kept(held)
    follower = ModelPass(answers, kept, model=answers.name)
    while True:
        try:
            await follower.take(_OWNER, turns, deleted=False)
            return kept.facts
        except Later:
            continue


def _free(dialogue: dict[str, Any]) -> list[Turn]:
    """The turns that are free of facts, each behind the assistant's turn before it."""
    free = set(dialogue["fact_free"])
    found: list[Turn] = []
    for turn, before in turns_of(dialogue):
        if turn.id in free:
            found += [before, turn] if before is not None and before.role == "assistant" else [turn]
    return found


async def invented(splits: Sequence[str], answers: Answers) -> dict[str, Any]:
    """Count what is kept of turns that state nothing."""
    read = 0
    kept: list[Fact] = []
    for split in splits:
        for dialogue in dialogues(split):
            turns = _free(dialogue)
            read += sum(turn.role == "user" for turn in turns)
            new = await _pass(turns, answers, ())
            _show(new, turns, split)
            kept += new
            print(f"  {dialogue['name']}: {answers.requests} requests, kept {len(kept)}", flush=True)
    return {"fact_free_turns": read, "kept": len(kept)}


async def found(splits: Sequence[str], answers: Answers) -> dict[str, Any]:
    """Compare what the pass adds with the labels."""
    read = labels = by_rules = with_model = right = on_free = kept = 0
    for split in splits:
        for dialogue in dialogues(split):
            pairs = list(turns_of(dialogue))
            turns = [turn for turn, _ in pairs]
            read += sum(turn.role == "user" for turn in turns)
            rules: list[Fact] = []
            known: dict[str, str] = {}
            for turn, before in pairs:
                of_turn = extract(turn, previous=before, known=known)
                known.update(names_of(of_turn))
                rules += of_turn
            new = await _pass(turns, answers, rules)
            true = labelled(dialogue)
            wanted = dialogue["facts"]
            labels += len(wanted)
            by_rules += sum(any(same(fact, label) for fact in rules) for label in wanted)
            with_model += sum(any(same(fact, label) for fact in (*rules, *new)) for label in wanted)
            good = [fact for fact in new if any(same(fact, label) for label in true)]
            free = [fact for fact in new if not set(fact.proof).isdisjoint(dialogue["fact_free"])]
            _show([fact for fact in new if fact not in good], turns, split)
            right, on_free, kept = right + len(good), on_free + len(free), kept + len(new)
            print(f"  {dialogue['name']}: {answers.requests} requests, right {right} of {kept}", flush=True)
    return {
        "turns": read,
        "kept": kept,
        "right": right,
        "on_fact_free_turns": on_free,
        "recall_by_rules": round(100 * by_rules / max(labels, 1), 1),
        "recall_with_model": round(100 * with_model / max(labels, 1), 1),
    }


def _show(facts: Sequence[Fact], turns: Sequence[Turn], split: str) -> None:
    if split in SUMS_ONLY:
        return
    said = {turn.id: turn.content for turn in turns}
    for fact in facts:
        print(f"  - {fact.predicate}: {fact.value!r} of {fact.subject} <- {said[fact.proof[0]][:200]}", flush=True)


async def _measure(what: str, splits: Sequence[str], path: Path | None, address: str) -> Mapping[str, Any]:
    settings = Settings(azure_ai_endpoint=f"{address}/openai/v1", azure_ai_key="bench")
    gateway = Gateway(settings, Outgoing(settings)) if address else None
    answers = Answers(gateway, path, settings.azure_ai_deployment)
    try:
        figures = await (invented if what == "invented" else found)(splits, answers)
    finally:
        if gateway is not None:
            await gateway.close()
    return figures | {"requests": answers.requests, "proposed": answers.proposed, "failed": answers.failed}


def main() -> None:
    """Measure, list what was kept wrongly, and print the figures as JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("invented", "found"))
    parser.add_argument("--split", nargs="+", choices=SPLITS, default=["fresh", "sealed"])
    parser.add_argument("--answers", type=Path, help="a file to keep the model's answers in")
    parser.add_argument("--replay", action="store_true", help="only answers that are kept: no model is started")
    asked = parser.parse_args()
    with nullcontext("") if asked.replay else local_model() as address:
        print(json.dumps(asyncio.run(_measure(asked.what, asked.split, asked.answers, address))))


if __name__ == "__main__":
    main()
