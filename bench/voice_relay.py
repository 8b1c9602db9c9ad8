"""What relaying a voice costs: CPU a frame, added latency and lost frames at 50 calls, against a raw TCP copy.

All relays stand the whole time and are driven in turns; a round in which the machine was busy with something else is
measured again. The reference carries the JSON form both ways. CPU is the relay's process time from the kernel (ns),
idle work included.

What each part costs is found by building a relay up (`bench.relays`): the reference, the service's steps in C with
nothing of a call around them, and the service. Each row is the difference to the one before. What a call costs while
nobody speaks is told beside them, for the time of a frame. Where nothing is compiled the steps cannot be told from the
rest.
"""

import asyncio
import statistics
import sys

import uvloop

from backend.voice import fast_path
from bench.report import Row
from bench.voice_wire import CALLS, Figures, Relay, drive, start

FRAME_MS = (20, 40, 100)
ROUNDS = 4
ATTEMPTS = 10
IDLE_S = 3.0
SERVED = "backend.api.wire:WireProtocol"
"""The WebSocket implementation of `engram`; `python -m bench.voice_relay NAME ...` compares others."""
OWED_MS = 40
OWED_ROUNDS = 9
"""So many rounds for the frames of which a ratio is owed: what the machine's other guests do to its caches differs from
one round to the next by a tenth of that ratio, which is taken round by round.
"""
OTHERS_AT_MOST = 0.12
"""A round is disturbed when other processes took more than this share of all cores."""


async def compare(ms: int, relays: list[Relay], up_as_json: bool = False) -> tuple[list[Figures], int]:
    """Drive the relays in turns; return the figures of each, and how many rounds were disturbed and left out."""
    kept = [Figures() for _ in relays]
    rounds = OWED_ROUNDS if ms == OWED_MS else ROUNDS
    disturbed = good = 0
    spare: list[tuple[float, list[Figures]]] = []
    for _ in range(rounds + ATTEMPTS - ROUNDS):
        round_of_each = [Figures() for _ in relays]
        others = [
            await drive(relay, ms, up_as_json, figures) for relay, figures in zip(relays, round_of_each, strict=True)
        ]
        spare.append((max(others), round_of_each))
        if max(others) > OTHERS_AT_MOST:
            disturbed += 1
        else:
            good += 1
        if good == rounds:
            break
    for _, round_of_each in sorted(spare, key=lambda entry: entry[0])[:rounds]:  # the least disturbed, if need be
        for into, figures in zip(kept, round_of_each, strict=True):
            into.cpu_us += figures.cpu_us
            into.p50_ms += figures.p50_ms
            into.p99_ms += figures.p99_ms
    for _, round_of_each in spare:  # a lost frame counts in every round
        for into, figures in zip(kept, round_of_each, strict=True):
            into.sent += figures.sent
            into.lost += figures.lost
    return kept, disturbed


async def measure(implementations: list[str]) -> list[Row]:
    """Compare the service (with each WebSocket implementation of uvicorn) with the reference."""
    relays = [await start("reference")]
    rows: list[Row] = []
    try:
        relays += [await start("service", name) for name in implementations]
        for ms, up_as_json in [*((ms, False) for ms in FRAME_MS), (OWED_MS, True)]:
            figures, disturbed = await compare(ms, relays, up_as_json)
            reference = figures[0]
            for name, ours in zip(implementations, figures[1:], strict=True):
                rows += _rows(_what(ms, name, ", JSON upwards" if up_as_json else ""), ours, reference, disturbed)
        relays.append(await start("service", implementations[0], binary=True))
        (reference, ours), disturbed = await compare(OWED_MS, [relays[0], relays[-1]])
        rows += _rows(_what(40, implementations[0], ", binary both ways"), ours, reference, disturbed)
        rows += await _parts(relays[0], relays[1])
    finally:
        for relay in relays:
            relay.end()
    return rows


async def _parts(reference: Relay, service: Relay) -> list[Row]:
    """Return what each part of a frame of 40 ms costs, in the order in which they are added."""
    steps = [reference, *([await start("spliced")] if fast_path.COMPILED else []), service]
    try:
        figures, _ = await compare(OWED_MS, steps)
        idle, begun = service.cpu_ns(), asyncio.get_running_loop().time()
        await asyncio.sleep(IDLE_S)
        idle_us = (service.cpu_ns() - idle) / 1000 / (asyncio.get_running_loop().time() - begun)
    finally:
        for relay in steps[1:-1]:
            relay.end()
    costs = [statistics.median(figure.cpu_us) for figure in figures]
    a_frame = idle_us / (CALLS * 2 * 1000 / 40)
    parts = [("wake-up, recv, send", costs[0])]
    if fast_path.COMPILED:
        parts.append(("WebSocket frames read and written, sound from one into the other", costs[1] - costs[0]))
    parts += [
        ("all else: books, limits, pings, a look at each call", costs[-1] - costs[-2]),
        ("the same time of a call in which nobody speaks", a_frame),
    ]
    total = costs[-1]
    return [
        Row(
            "voice_relay",
            f"part of a frame, 40 ms: {name}",
            f"{us:.1f} µs",
            f"{total:.1f} µs in all",
            f"{us / total:.0%}",
        )
        for name, us in parts
    ]


def _what(ms: int, name: str, how: str) -> str:
    return f"{ms} ms frames{how}" + (f", {name}" if name != SERVED else "")


def _rows(what: str, ours: Figures, reference: Figures, disturbed: int) -> list[Row]:
    cpu, base = statistics.median(ours.cpu_us), statistics.median(reference.cpu_us)
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours.cpu_us, reference.cpu_us, strict=True))
    left_out = f"; {disturbed} disturbed rounds" if disturbed else ""
    rows = [Row("voice_relay", f"CPU a frame, {what}", f"{cpu:.1f} µs", f"{base:.1f} µs{left_out}", f"{ratio:.2f}")]
    for label, mine, theirs in (("p50", ours.p50_ms, reference.p50_ms), ("p99", ours.p99_ms, reference.p99_ms)):
        value, other = statistics.median(mine), statistics.median(theirs)
        rows.append(
            Row(
                "voice_relay",
                f"latency {label}, {what}",
                f"{value:.2f} ms",
                f"{other:.2f} ms",
                f"{value - other:+.2f} ms",
            )
        )
    delivered = f"{ours.sent - ours.lost} of {ours.sent} at {CALLS} calls"
    rows.append(Row("voice_relay", f"frames delivered, {what}", delivered, f"{reference.lost} lost", ""))
    return rows


def run() -> list[Row]:
    """Measure the service as it is served."""
    return uvloop.run(measure([SERVED]))


if __name__ == "__main__":
    for row in uvloop.run(measure(sys.argv[1:] or [SERVED])):
        print(f"{row.what:55} {row.value:>30} {row.reference:>30} {row.ratio:>8}", flush=True)
