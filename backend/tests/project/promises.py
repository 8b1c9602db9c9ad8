"""Reads docs/promises.yaml; run as a module it prints how many promises are still open."""

from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Row:
    """One promise of the operating procedure and the places that show it (empty while it is open)."""

    id: str
    promise: str
    shown_by: tuple[str, ...]


def rows() -> list[Row]:
    """Return all rows, in the order of the file."""
    document = yaml.safe_load((ROOT / "docs/promises.yaml").read_text(encoding="utf-8"))
    return [_row(entry) for entry in document["promises"]]


def _row(entry: dict[str, object]) -> Row:
    shown = entry["shown_by"]
    places = () if shown == "open" else (str(shown),) if isinstance(shown, str) else tuple(map(str, _list(shown)))
    return Row(str(entry["id"]), str(entry["promise"]), places)


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise ValueError("shown_by is a place, a list of places, or the word open")
    return value


if __name__ == "__main__":
    every = rows()
    still_open = [row.id for row in every if not row.shown_by]
    print(f"promises: {len(every) - len(still_open)} of {len(every)} shown, {len(still_open)} open")  # noqa: T201
