"""The chain shows every change: of a row, of their order, of their number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.audit.chain import GENESIS, ChainBroken, Head, Row, follow, seal

BEGAN = datetime(2026, 3, 2, 9, 0, 0, 250, tzinfo=UTC)
TEXTS = ("level", "action", "outcome", "actor_tenant", "actor", "actor_kind", "owner_tenant", "owner", "object",
         "request_id")  # fmt: skip


def chained(count: int) -> list[tuple[Row, bytes]]:
    """A whole chain."""
    rows: list[tuple[Row, bytes]] = []
    before = GENESIS
    for seq in range(1, count + 1):
        row = Row(seq, BEGAN + timedelta(seconds=seq), "uat", "episode.read", "done", "t", "ann", "user", "t", "bob",
                  f"s{seq}", "req_1")  # fmt: skip
        before = seal(before, row)
        rows.append((row, before))
    return rows


def test_a_whole_chain_is_followed_to_its_head_in_pieces_too() -> None:
    rows = chained(7)
    head = follow(follow(Head(), rows[:3]), rows[3:])
    assert head == Head(7, rows[-1][1]) == follow(Head(), rows)
    assert str(head) == f"7:{rows[-1][1].hex()}"


def test_the_hash_is_what_the_handbook_says_it_is() -> None:
    row = Row(1, datetime(2026, 1, 31, 9, 30, tzinfo=timezone(timedelta(hours=1))), "uat", "audit.read", "done", "t",
              "ann", "user", "", "", "", "req_1")  # fmt: skip
    # printf '[1,"2026-01-31T08:30:00.000000+00:00","uat",...]' after 32 zero bytes, through sha256sum
    assert seal(GENESIS, row).hex() == "d71e95b6f297c40f6931240c21e8c3c23f7f92a0a21628e958534b77433a410f"


@given(st.data())
def test_whatever_is_changed_in_a_row_the_chain_breaks_there(data: st.DataObject) -> None:
    rows = chained(5)
    place = data.draw(st.integers(0, 4))
    row, sealed = rows[place]
    name = data.draw(st.sampled_from(TEXTS))
    other = data.draw(st.text(max_size=5).filter(lambda text: text != getattr(row, name)))
    changes: dict[str, Any] = {name: other}
    rows[place] = (replace(row, **changes), sealed)
    with pytest.raises(ChainBroken) as broken:
        follow(Head(), rows)
    assert broken.value.seq == place + 1


@pytest.mark.parametrize("microseconds", [1, 1_000_000])
def test_another_time_breaks_it_too(microseconds: int) -> None:
    rows = chained(3)
    row, sealed = rows[1]
    rows[1] = (replace(row, at=row.at + timedelta(microseconds=microseconds)), sealed)
    with pytest.raises(ChainBroken, match="row 2"):
        follow(Head(), rows)


def test_a_row_that_was_sealed_anew_breaks_it_at_the_next() -> None:
    rows = chained(3)
    changed = replace(rows[0][0], actor="eve")
    rows[0] = (changed, seal(GENESIS, changed))
    with pytest.raises(ChainBroken, match="row 2"):
        follow(Head(), rows)


@given(st.integers(0, 4))
def test_a_row_that_is_missing_is_named(place: int) -> None:
    rows = chained(6)
    del rows[place]
    with pytest.raises(ChainBroken, match="it is missing") as broken:
        follow(Head(), rows)
    assert broken.value.seq == place + 1


def test_a_row_that_was_put_in_is_named() -> None:
    rows = chained(3)
    with pytest.raises(ChainBroken, match="row 3: number 2 stands in its place"):
        follow(Head(), [*rows[:2], rows[1], rows[2]])
