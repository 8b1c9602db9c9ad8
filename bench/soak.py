"""Whether calls can come and go, and many be held for long: `python -m bench soak`, or parts of it.

`python -m bench.soak cycles [N]` or `hold [SECONDS]` runs one of two:

cycles  10,000 calls one after the other, 16 at a time: memory that is still held afterwards, a call
hold    200 calls at once for 5 minutes, sound both ways in frames of 40 ms, the service on one core and this on the
        other: every frame delivered, and how much later than through a plain copy

Not part of `make bench`: it takes the machine for itself for about 8 minutes.
"""

import asyncio
import os
import signal
import sys

import uvloop

from bench.report import Row
from bench.voice_relay import SERVED
from bench.voice_wire import BrowserWire, Figures, Relay, drive, start, ws_frame

CYCLES, AT_ONCE = 10_000, 16
SAMPLES = 10
"""Memory is asked for after each tenth of the cycles; the first two are warm-up."""
CALLS, HOLD_S, FRAME_MS = 200, 300.0, 40
REPORT_S = 2.0


async def _memory(relay: Relay) -> tuple[int, int]:
    """Return the resident bytes and the tracked objects of a service, without garbage."""
    relay.process.send_signal(signal.SIGUSR1)
    assert relay.process.stdout is not None
    words = (await asyncio.to_thread(relay.process.stdout.readline)).split()
    return int(words[1]), int(words[2])


async def _call(relay: Relay, number: int) -> None:
    """Hold one short call: some sound both ways, then hang up and see both sides closed."""
    loop = asyncio.get_running_loop()
    _, browser = await loop.create_connection(BrowserWire, "127.0.0.1", relay.port)
    async with asyncio.timeout(30):
        browser.call(relay.port, f"soak-{number}", binary=bool(number % 2))
        voicelive = await relay.arriving.get()
        await browser.ready.wait()
        for _ in range(5):
            browser.transport.write(ws_frame(bytes(1920), opcode=2, masked=True))
        browser.hang_up()
        await browser.gone.wait()
        await voicelive.gone.wait()


async def cycles(count: int = CYCLES) -> tuple[float, float, float]:
    """Connect and hang up `count` times; return bytes and objects held for each further call, and seconds a call."""
    loop = asyncio.get_running_loop()
    relay = await start("service", SERVED, calls=0)
    numbers = iter(range(count))
    samples: list[tuple[int, int, int]] = []

    async def caller(last: int) -> None:
        while (number := next(numbers, None)) is not None:
            await _call(relay, number)
            if number >= last:
                return

    try:
        begun = loop.time()
        for part in range(1, SAMPLES + 1):
            done = count * part // SAMPLES
            await asyncio.gather(*(caller(done - AT_ONCE + place) for place in range(AT_ONCE)))
            samples.append((done, *await _memory(relay)))
        took = loop.time() - begun
    finally:
        relay.end()
    kept = samples[2:]
    return _slope([(n, b) for n, b, _ in kept]), _slope([(n, o) for n, _, o in kept]), took / count


def _slope(points: list[tuple[int, int]]) -> float:
    """Return the least-squares slope."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mx) * (y - my) for x, y in points) / sum((x - mx) ** 2 for x in xs)


async def hold(seconds: float = HOLD_S, calls: int = CALLS) -> tuple[Figures, Figures, float]:
    """Hold many calls; return the figures of the service and of the plain copy, and the service's share of its core."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    found: list[tuple[Figures, float]] = []
    for name, arguments, length in (("reference", (), min(seconds, 10.0)), ("service", (SERVED,), seconds)):
        relay = await start(name, *arguments, calls=calls, core=cores[0])
        try:
            figures, cpu = Figures(), relay.cpu_ns()
            await drive(relay, FRAME_MS, False, figures, length, REPORT_S)
            found.append((figures, (relay.cpu_ns() - cpu) / 1e9 / length))
        finally:
            relay.end()
    return found[1][0], found[0][0], found[1][1]


async def measure(which: list[str]) -> list[Row]:
    """Measure what is asked for, `cycles` and `hold` by default."""
    rows = []
    if not which or which[0] == "cycles":
        count = int(which[1]) if which[1:] else CYCLES
        held, objects, took = await cycles(count)
        rows += [
            Row("soak", f"memory held, {count:,} calls that came and went", f"{held / 1024:.2f} KiB a call (owed: 1)"),
            Row("soak", "objects held", f"{objects:.2f} a call"),
            Row("soak", f"a call, {AT_ONCE} at a time", f"{took * 1000:.1f} ms"),
        ]
    if not which or which[0] == "hold":
        seconds = float(which[1]) if which[1:] else HOLD_S
        ours, copied, share = await hold(seconds)
        (p99,), (other,) = ours.p99_ms, copied.p99_ms
        what = f"{CALLS} calls, {seconds:.0f} s, one core"
        rows += [
            Row(
                "soak",
                f"frames delivered, {what}",
                f"{ours.sent - ours.lost:,} of {ours.sent:,}",
                f"{copied.lost} lost",
            ),
            Row("soak", f"latency p50, {what}", f"{ours.p50_ms[0]:.2f} ms", f"{copied.p50_ms[0]:.2f} ms"),
            Row(
                "soak",
                f"latency p99, {what} (owed: +20 ms)",
                f"{p99:.2f} ms",
                f"{other:.2f} ms",
                f"{p99 - other:+.2f} ms",
            ),
            Row("soak", f"share of its core, {what}", f"{share:.0%}"),
        ]
    return rows


def run() -> list[Row]:
    """Measure both."""
    return uvloop.run(measure([]))


if __name__ == "__main__":
    for row in uvloop.run(measure(sys.argv[1:])):
        print(f"{row.what:60} {row.value:>30} {row.reference:>14} {row.ratio:>10}", flush=True)
