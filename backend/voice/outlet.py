"""One writer towards one side of a call: writes at once while the far side takes it, queues when it does not.

A frame that finds the way free is written by the task that brought it (no queue, no task switch: this is most of what a
relay costs). When the write has to wait for the far side, the rest of it is finished by `run`, and what follows queues
behind it. So there is one write at a time, in order, and the bringer never waits. While the way is `free`, a side that
has a shorter way of its own may write past the outlet.
"""

import asyncio
import math
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Outlet(Generic[T]):
    """The only writer to one side.

    write: sends one item; may wait for the far side.
    weigh: size of an item in any unit; `weight` is the sum over what is queued.
    overtakes: tells which items go before the others that wait, in their own order.
    free: whether nothing is being written and nothing waits.
    """

    def __init__(
        self,
        write: Callable[[T], Coroutine[Any, Any, None]],
        weigh: Callable[[T], int],
        overtakes: Callable[[T], bool] = lambda item: False,
    ) -> None:
        self._write = write
        self._weigh = weigh
        self._overtakes = overtakes
        self._queue: deque[T] = deque()
        self._ahead: deque[T] = deque()
        self._started: tuple[Coroutine[Any, Any, None], Any] | None = None
        self._failure: BaseException | None = None
        self._work = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._busy_since = 0.0
        self.weight = 0
        self.free = True

    def put(self, item: T) -> None:
        """Write `item` now, or queue it behind what is being written. Never waits; a failed write ends `run`."""
        if not self.free:
            (self._ahead if self._overtakes(item) else self._queue).append(item)
            self.weight += self._weigh(item)
            return
        writing = self._write(item)
        try:
            awaited = writing.send(None)
        except StopIteration:
            return
        except Exception as failure:
            self._failure = failure
        else:
            self._started = (writing, awaited)
        self.free = False
        self._busy_since = asyncio.get_running_loop().time()
        self._emptied.clear()
        self._work.set()

    async def run(self) -> None:
        """Finish the writes that had to wait; raise what a write raised. Runs for as long as the side is open."""
        loop = asyncio.get_running_loop()
        while True:
            await self._work.wait()
            self._work.clear()
            if self._failure is not None:
                raise self._failure
            if self._started is not None:
                started, self._started = self._started, None
                await _finish(*started)
            while waiting := self._ahead or self._queue:
                item = waiting.popleft()
                self.weight -= self._weigh(item)
                self._busy_since = loop.time()
                await self._write(item)
            self.free = True
            self._emptied.set()

    def hold(self) -> None:
        """The far side is gone: let go of the write under way; what is put from now on waits for `go_on`."""
        if self._started is not None:
            self._started[0].close()
            self._started = None
        self._failure = None
        self.free = False
        self._busy_since = math.inf
        self._emptied.clear()
        self._work.clear()

    def go_on(self) -> None:
        """There is a far side again: `run` writes what has waited."""
        if self._ahead or self._queue:
            self._work.set()
        else:
            self.free = True
            self._emptied.set()

    def stuck_for(self) -> float:
        """Return for how many seconds the write under way has been waiting; 0 or less when none is."""
        return asyncio.get_running_loop().time() - self._busy_since if not self.free else 0.0

    async def emptied(self) -> None:
        """Wait until everything put so far is written."""
        await self._emptied.wait()

    def __len__(self) -> int:
        return len(self._ahead) + len(self._queue)

    def drop(self, unwanted: Callable[[T], bool]) -> int:
        """Remove the queued items that are `unwanted`; return how many."""
        before = len(self)
        self._queue = deque(item for item in self._queue if not unwanted(item))
        self._ahead = deque(item for item in self._ahead if not unwanted(item))
        if len(self) < before:
            self.weight = sum(map(self._weigh, (*self._ahead, *self._queue)))
        return before - len(self)

    def drop_oldest(self, droppable: Callable[[T], bool]) -> bool:
        """Remove the oldest queued item that is `droppable`; tell whether there was one."""
        for place, item in enumerate(self._queue):
            if droppable(item):
                del self._queue[place]
                self.weight -= self._weigh(item)
                return True
        return False

    def abandon(self) -> None:
        """Let go of a write that will never be finished (the side is closed)."""
        if self._started is not None:
            self._started[0].close()
            self._started = None
        self._queue.clear()
        self._ahead.clear()
        self.weight = 0


@types.coroutine
def _finish(writing: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that was started by hand and stopped at `awaited`."""
    while True:
        try:
            try:
                result = yield awaited
            except BaseException as error:
                awaited = writing.throw(error)
            else:
                awaited = writing.send(result)
        except StopIteration:
            return
