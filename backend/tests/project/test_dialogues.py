"""The dialogues that memory is measured with: what they promise of each other, and how many there are."""

import json
from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest

from backend.tests.project.promises import ROOT

DIALOGUES = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "bench/dialogues").glob("*.json")
}
TO_READ = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "bench/dialogues/facts").glob("*.json")
}
"""Those that only facts are read from."""
VOCABULARY = """
name employer role lives_in from_place birthday age email phone spouse child parent sibling pet friend colleague manager
team allergy diet likes dislikes prefers language hobby owns uses_tool works_on deadline budget amount decision
commitment meeting trip event goal
"""
PREDICATES = frozenset(VOCABULARY.split())
CATEGORIES = ("single-hop", "multi-hop", "temporal", "contradiction", "as-of", "preference", "unanswerable")

each_dialogue = pytest.mark.parametrize("name", sorted(DIALOGUES))


def turns_of(dialogue: dict[str, Any]) -> dict[str, dict[str, str]]:
    """By id, each with the `day` of its session."""
    return {
        turn["id"]: turn | {"day": session["begins"][:10]}
        for session in dialogue["sessions"]
        for turn in session["turns"]
    }


def said_in(dialogue: dict[str, Any], ids: list[str]) -> str:
    turns = turns_of(dialogue)
    return "\n".join(turns[turn_id]["text"] for turn_id in ids).casefold()


def test_there_are_enough_of_them() -> None:
    assert Counter(dialogue["split"] for dialogue in DIALOGUES.values()) == {"dev": 4, "held_out": 6}
    assert sum(len(turns_of(dialogue)) for dialogue in DIALOGUES.values()) >= 600
    assert sum(len(dialogue["questions"]) for dialogue in DIALOGUES.values()) >= 250
    assert sum(len(dialogue["fact_free"]) for dialogue in DIALOGUES.values()) >= 200


def test_every_id_is_used_once() -> None:
    ids = Counter[str]()
    for dialogue in DIALOGUES.values():
        ids.update(session["id"] for session in dialogue["sessions"])
        ids.update(turn["id"] for session in dialogue["sessions"] for turn in session["turns"])
        ids.update(question["id"] for question in (*dialogue["questions"], *dialogue["asked_later"]))
    assert [key for key, count in ids.items() if count > 1] == []


@each_dialogue
def test_the_sessions_are_in_order_and_end_before_the_questions(name: str) -> None:
    dialogue = DIALOGUES[name]
    assert dialogue["name"] == name
    times = [datetime.fromisoformat(session["begins"]) for session in dialogue["sessions"]]
    assert times == sorted(times)
    assert times[-1] < datetime.fromisoformat(dialogue["asked_at"])
    assert 6 <= len(times) <= 12
    assert {session["channel"] for session in dialogue["sessions"]} == {"voice", "chat"}
    assert {session["agent"] for session in dialogue["sessions"]} == {"elena", "marcus"}
    assert {turn["role"] for turn in turns_of(dialogue).values()} == {"user", "assistant"}
    assert all(turn["text"].strip() for turn in turns_of(dialogue).values())


@each_dialogue
def test_a_fact_stands_in_its_proof(name: str) -> None:
    dialogue = DIALOGUES[name]
    turns = turns_of(dialogue)
    for fact in dialogue["facts"]:
        assert fact["predicate"] in PREDICATES, fact
        assert fact["subject"], fact
        assert fact["proof"], fact
        assert {turns[turn_id]["role"] for turn_id in fact["proof"]} == {"user"}, fact
        assert fact["value"].casefold() in said_in(dialogue, fact["proof"]), fact
        begins, ends = (date.fromisoformat(day) if day else None for day in (fact["valid_from"], fact["valid_to"]))
        assert begins is None or ends is None or begins < ends, fact


@each_dialogue
def test_a_turn_without_facts_proves_none(name: str) -> None:
    dialogue = DIALOGUES[name]
    turns = turns_of(dialogue)
    free = dialogue["fact_free"]
    assert len(free) == len(set(free)) >= 25
    assert {turns[turn_id]["role"] for turn_id in free} == {"user"}
    assert set(free).isdisjoint(turn_id for fact in dialogue["facts"] for turn_id in fact["proof"])


@each_dialogue
def test_every_kind_of_question_is_asked_five_times(name: str) -> None:
    counts = Counter(question["category"] for question in DIALOGUES[name]["questions"])
    assert set(counts) == set(CATEGORIES)
    assert min(counts.values()) >= 5
    assert sum(counts.values()) >= 34


@each_dialogue
def test_what_is_asked_later_has_an_answer_as_often_as_none(name: str) -> None:
    later = DIALOGUES[name]["asked_later"]
    assert Counter(question["category"] for question in later) == {"single-hop": 6, "unanswerable": 6}
    assert {question["text"] for question in later}.isdisjoint(q["text"] for q in DIALOGUES[name]["questions"])


@each_dialogue
def test_an_answer_stands_in_its_evidence(name: str) -> None:
    dialogue = DIALOGUES[name]
    turns = turns_of(dialogue)
    for question in (*dialogue["questions"], *dialogue["asked_later"]):
        evidence = question["evidence"]
        if question["category"] == "unanswerable":
            assert (evidence, question["answer"]) == ([], ""), question
            continue
        said = said_in(dialogue, evidence)
        # A day may be that of the session, without a word about it.
        days = {turns[turn_id]["day"] for turn_id in evidence}
        spellings = [question["answer"], *question.get("also", [])]
        assert question["answer"] in days or any(spelling.casefold() in said for spelling in spellings), question


@each_dialogue
def test_questions_name_what_they_need(name: str) -> None:
    dialogue = DIALOGUES[name]
    everything = said_in(dialogue, list(turns_of(dialogue)))
    for question in dialogue["questions"]:
        if question["category"] == "multi-hop":
            assert len(set(question["evidence"])) in (2, 3), question
        outdated = question.get("outdated", [])
        assert bool(outdated) == (question["category"] in ("contradiction", "as-of")), question
        for value in outdated:
            assert value.casefold() in everything, question
            assert value.casefold() not in (
                question["answer"].casefold(),
                *map(str.casefold, question.get("also", [])),
            ), question


def test_the_dialogues_to_read_from_are_of_these_splits() -> None:
    splits = Counter(dialogue["split"] for dialogue in TO_READ.values())
    assert splits == {"fresh": 5, "sealed": 5, "unseen": 12, "blind": 10}
    users = [turn for dialogue in TO_READ.values() for turn in turns_of(dialogue).values() if turn["role"] == "user"]
    assert len(users) >= 400
    assert sum(len(dialogue["facts"]) for dialogue in TO_READ.values()) >= 250
    assert sum(len(dialogue["fact_free"]) for dialogue in TO_READ.values()) >= 200
    assert TO_READ.keys().isdisjoint(DIALOGUES)


@pytest.mark.parametrize("name", sorted(TO_READ))
def test_a_label_to_read_stands_in_its_turn(name: str) -> None:
    dialogue = TO_READ[name]
    turns = turns_of(dialogue)
    assert dialogue["name"] == name
    assert set(dialogue["fact_free"]) <= {key for key, turn in turns.items() if turn["role"] == "user"}
    for fact in (*dialogue["facts"], *dialogue["optional"]):
        assert fact["predicate"] in PREDICATES, fact
        assert fact["value"].casefold() in said_in(dialogue, fact["proof"]), fact
        assert set(dialogue["fact_free"]).isdisjoint(fact["proof"]), fact
