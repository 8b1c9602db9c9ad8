"""Facts that may answer a question."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backend.core.context import Fact
from backend.memory.fact_index import FactIndex
from backend.memory.question import understand

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)
MONTH = timedelta(days=30)
OLD = Fact("f1", "Works at Halden Tools.", NOW - 9 * MONTH, predicate="employer", value="Halden Tools", proof=("t1",))
NEW = Fact("f2", "Works at Brisk Rail.", NOW - MONTH, predicate="employer", value="Brisk Rail", proof=("t9",))
OTHER = Fact(
    "f3", "Manager of Maya: Piet Kuyper.", NOW - MONTH, subject="Maya", predicate="manager", value="Piet Kuyper"
)


def _found(index: FactIndex, text: str) -> list[str]:
    return [hit.fact.id for hit in index.search(text, understand(text, NOW), NOW)]


def test_a_fact_is_found_by_its_kind_without_a_common_word() -> None:
    assert _found(FactIndex([NEW, OTHER]), "who is my employer now") == ["f2"]


def test_a_fact_is_found_by_its_words() -> None:
    assert _found(FactIndex([NEW, OTHER]), "what about Kuyper") == ["f3"]


def test_only_what_holds_is_found_and_for_the_past_what_held_then() -> None:
    index = FactIndex([replace(OLD, valid_to=NEW.said_at), NEW])
    assert _found(index, "where do I work") == ["f2"]
    assert _found(index, "where did I work in January") == ["f1"]


def test_of_equal_facts_the_latest_comes_first() -> None:
    assert _found(FactIndex([OLD, NEW]), "which employer") == ["f2", "f1"]


def test_a_fact_about_somebody_named_is_preferred() -> None:
    mine = Fact("f4", "Manager: Ines Roth.", NOW, predicate="manager", value="Ines Roth")
    assert _found(FactIndex([mine, OTHER]), "who is the manager of Maya")[0] == "f3"


def test_a_fact_that_is_replaced_or_removed_is_found_no_more() -> None:
    index = FactIndex([OLD])
    index.add(replace(OLD, text="Works at Norr.", value="Norr"))
    assert _found(index, "halden") == []
    assert _found(index, "norr") == ["f1"]
    index.remove("f1")
    index.remove("f1")
    assert (_found(index, "where do I work"), len(index)) == ([], 0)


def test_a_match_is_a_share() -> None:
    hits = FactIndex([NEW]).search("Brisk Rail employer", understand("Brisk Rail employer", NOW), NOW)
    assert all(0 < hit.match <= 1 for hit in hits)
