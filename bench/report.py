"""The form of a measurement, and the table they become."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"


@dataclass(frozen=True)
class Row:
    """One figure. `reference` is what it was compared with in the same run, `ratio` the figure over that.

    Either may be empty.
    """

    bench: str
    what: str
    value: str
    reference: str = ""
    ratio: str = ""


def write(rows: list[Row], loads: list[tuple[float, float, float]], path: Path = RESULTS) -> None:
    """Replace the table by `rows`. `loads` are the machine's load averages (1, 5, 15 minutes) before each bench.

    What stands under further headings stays: runs too long for `make bench`, written down by hand.
    """
    _, heading, by_hand = path.read_text(encoding="utf-8").partition("\n## ") if path.exists() else ("", "", "")
    busiest = max(load[0] for load in loads)
    lines = [
        "# Speed",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} by `make bench` on {os.cpu_count()} cores ({platform.machine()}), "
        f"Python {platform.python_version()}; client, service and the services it calls shared them.",
        f"Load average (1 minute) before each bench: {', '.join(f'{load[0]:.1f}' for load in loads)}; "
        f"at most {busiest:.1f}. Read the ratios: absolute figures belong to the machine.",
        "",
        "| bench | what | figure | reference in the same run | ratio |",
        "|---|---|---|---|---|",
        *(f"| {row.bench} | {row.what} | {row.value} | {row.reference} | {row.ratio} |" for row in rows),
        "",
    ]
    path.write_text("\n".join(lines) + heading + by_hand, encoding="utf-8")
