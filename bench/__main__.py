"""Run every bench one after the other and write the table: `python -m bench [NAME ...]`."""

import importlib
import os
import sys

from bench.report import RESULTS, Row, write

BENCHES = ("voice_relay", "chat", "start", "speech", "memory_speed", "memory_crowd")
"""Each is a module with `run() -> list[Row]`."""


def main(names: list[str]) -> None:
    rows: list[Row] = []
    loads: list[tuple[float, float, float]] = []
    for name in names or BENCHES:
        loads.append(os.getloadavg())
        print(f"== {name}", flush=True)
        found: list[Row] = importlib.import_module(f"bench.{name}").run()
        for row in found:
            print(
                f"  {row.what}: {row.value}  ({row.reference or 'no reference'}; ratio {row.ratio or '-'})", flush=True
            )
        rows += found
    if not names:
        write(rows, loads)
        print(f"written: {RESULTS.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
