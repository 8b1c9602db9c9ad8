"""What `_fast_path.pyx` offers once it is compiled."""

import asyncio
from collections.abc import Callable
from typing import Any

SOURCE: str

class Tally:
    seq: int
    fresh: list[tuple[bytes, str, float, float]]
    item_id: str | None
    write: Callable[[bytes, bytes], bool]
    binary: bool
    def __init__(self, write: Callable[[bytes, bytes], bool]) -> None: ...

class FrameWriter:
    def __init__(self, connection: Any, transport: Any, kind: int, before: bytes, between: bytes) -> None: ...
    def __call__(self, first: bytes, second: bytes) -> bool: ...

class MaskedWriter:
    def __init__(self, way: Any, transport: Any, before: bytes, after: bytes) -> None: ...
    def __call__(self, text: bytes) -> bool: ...

class Door(asyncio.Protocol):
    take: Callable[[bytes], bool] | None
    def __init__(self, protocol: asyncio.Protocol) -> None: ...

class Upward:
    frames: int
    def __init__(self, line: Any, grant: Callable[[float], bool]) -> None: ...
    def take(self, data: bytes) -> bool: ...

class Downward:
    def __init__(self, tally: Tally, clock: Callable[[], float], decode: Callable[[bytes], bytes]) -> None: ...
    def forget(self) -> None: ...
    def learn(
        self,
        before: bytes,
        event_id_size: int,
        between: bytes,
        sound_size: int,
        after: bytes,
        item_id: str,
        ms: float,
        speech: Any,
    ) -> None: ...
    def take(self, data: bytes) -> bool: ...
