"""Calls that come and go leave nothing behind. The long run is `python -m bench.soak`."""

import uvloop

from bench import soak


def test_some_hundred_calls_that_came_and_went_hold_no_memory() -> None:
    held_bytes, held_objects, _ = uvloop.run(soak.cycles(600))
    assert held_objects < 10, "a call is some hundred objects"
    assert held_bytes < 4096, "pages come and go; the long run is held to 1 KiB"
