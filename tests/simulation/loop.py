"""An event loop in simulated time, in which dice decide at every step which of all that could move moves next.

asyncio promises that callbacks run in the order in which they were scheduled. Nothing in the operator may need that: a
real loop breaks it too, as soon as sockets and timers come in between. So here any callback that is due may be the
next one. Time stands still while something can move, but for a moment each step takes, and jumps when nothing can.
"""

import asyncio
import contextvars
import heapq
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar, TypeVarTuple

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

OWNER: Final[contextvars.ContextVar[str]] = contextvars.ContextVar("owner", default="")
"""Which process a callback is part of; tasks and timers inherit it from who made them."""

STEP: Final = 20e-6
"""Seconds that a step takes: of a busy process no more than a few thousand a second."""

_PATIENCE: Final = 100
"""Cancellations after which a dead process must have ended."""


class NothingCanHappen(Exception):  # noqa: N818 - a finding about the simulation
    """Nobody can move, and no timer will ever fire."""


class _Owned(asyncio.Handle):
    """A callback, and whose it is."""

    __slots__ = ("owner",)

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context,
    ) -> None:
        super().__init__(callback, args, loop, context)
        self.owner: str = context.get(OWNER, "")


class _OwnedTimer(asyncio.TimerHandle):
    """A callback at a time, and whose it is."""

    __slots__ = ("owner",)

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self.owner: str = context.get(OWNER, "")


class _OwnedTask(asyncio.Task[T]):
    """A task, and whose it is."""

    owner = ""


class SimulatedLoop(asyncio.BaseEventLoop):
    """A loop without sockets, threads or signals (see the module).

    `choose` is asked for a number below the number of callbacks that are due; `before` is told the owner of each one
    just before it runs. What a callback raises ends the run.
    """

    def __init__(self, choose: Callable[[int], int], before: Callable[[str], None] = lambda _owner: None) -> None:
        self._running = False
        super().__init__()
        self._choose = choose
        self._before = before
        self._now = 1000.0
        self._due: list[_Owned | _OwnedTimer] = []
        self._timers: list[tuple[float, int, _OwnedTimer | _Owned]] = []
        """By time: timers, and callbacks that are held until then."""
        self._made = 0
        self._held: dict[str, float] = {}
        self._dead: list[str] = []
        self._buried: set[str] = set()
        self._error: BaseException | None = None
        self.steps = 0

    # --- what asyncio asks of a loop

    def time(self) -> float:
        """Simulated seconds."""
        return self._now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return self._running

    def is_closed(self) -> bool:
        """It holds nothing that could be closed; who asks wants to hear of files left open."""
        return True

    def _check_closed(self) -> None:
        """And it can always be used."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]  # typeshed allows generators, too
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: object = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        task = _OwnedTask(coro, loop=self, name=None if name is None else str(name), context=context)
        task.owner = _or_current(context).get(OWNER, "")
        return task

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        handle = _Owned(callback, args, self, _or_current(context))
        self._due.append(handle)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        timer = _OwnedTimer(when, callback, args, self, _or_current(context))
        self._made += 1
        heapq.heappush(self._timers, (when, self._made, timer))
        return timer

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """A callback raised, or a task failed and nobody asked why: never overlooked, but of the dead."""
        whose = context.get("task") or context.get("future") or context.get("handle")
        if getattr(whose, "owner", "") in self._buried:
            return
        error = context.get("exception")
        self._error = self._error or error or RuntimeError(context.get("message"))

    def _timer_handle_cancelled(self, _handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    # --- running

    def run_while(self, goes_on: Callable[[], bool]) -> None:
        """Step after step, as long as `goes_on`. Raises what a callback raised, and NothingCanHappen."""
        asyncio._set_running_loop(self)
        self._running = True
        try:
            while goes_on():
                self._step()
                if self._error is not None:
                    raise self._error
        finally:
            self._running = False
            asyncio._set_running_loop(None)

    def hold(self, owner: str, seconds: float) -> None:
        """Nothing of this owner moves for so long: its process is starved, or its machine too busy."""
        self._held[owner] = self._now + seconds

    def bury(self, owner: str) -> None:
        """End every task of a dead process before the next step, and without dice: it can do nothing any more.

        Its ports must be dead already.
        """
        self._dead.append(owner)
        self._buried.add(owner)

    def end(self) -> None:
        """End all tasks: nothing will be run any more."""
        asyncio._set_running_loop(self)
        try:
            for owner in dict.fromkeys(task.owner for task in self._tasks()):
                self._buried.add(owner)
                self._bury(owner)
        finally:
            asyncio._set_running_loop(None)

    def _tasks(self) -> list["_OwnedTask[Any]"]:
        return [task for task in asyncio.all_tasks(self) if isinstance(task, _OwnedTask)]

    def _bury(self, owner: str) -> None:
        self._held.pop(owner, None)
        mine = [handle for _, _, handle in self._timers if handle.owner == owner]
        self._timers = [entry for entry in self._timers if entry[2].owner != owner]
        heapq.heapify(self._timers)
        self._due += [handle for handle in mine if isinstance(handle, _Owned)]  # they were held
        for _ in range(_PATIENCE):
            tasks = [task for task in self._tasks() if task.owner == owner]
            if not tasks and not any(h.owner == owner for h in self._due):
                break
            for task in tasks:
                task.cancel()
            self._run_out(owner)
        else:
            raise AssertionError(f"{owner} does not end: {tasks}")

    def _run_out(self, owner: str) -> None:
        while mine := [h for h in self._due if h.owner == owner]:
            self._due = [h for h in self._due if h.owner != owner]
            for handle in mine:
                if not handle.cancelled():
                    handle._run()

    def _step(self) -> None:
        while self._dead:
            self._bury(self._dead.pop())
        self._now += STEP
        self.steps += 1
        if not self._due:
            self._jump()
        while self._timers and self._timers[0][0] <= self._now:
            self._due.append(heapq.heappop(self._timers)[2])
        due = self._due
        chosen = self._choose(len(due))
        handle = due[chosen]
        due[chosen] = due[-1]
        due.pop()
        if handle.cancelled():
            return
        if self._is_held(handle):
            return
        self._before(handle.owner)
        handle._run()

    def _is_held(self, handle: _Owned | _OwnedTimer) -> bool:
        if not self._held:
            return False
        until = self._held.get(handle.owner)
        if until is None:
            return False
        if until <= self._now:
            del self._held[handle.owner]
            return False
        self._made += 1
        heapq.heappush(self._timers, (until, self._made, handle))
        return True

    def _jump(self) -> None:
        """Nothing can move now: it becomes the time of the next timer that was not cancelled."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        if not timers:
            raise NothingCanHappen
        self._now = max(self._now, timers[0][0])


def _or_current(context: contextvars.Context | None) -> contextvars.Context:
    """An empty context is one, too, and false."""
    return context if context is not None else contextvars.copy_context()
