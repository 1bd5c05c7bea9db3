"""An event loop in simulated time. At every step, it chooses at random which callback that is due runs next.

asyncio promises that callbacks run in the order in which they were scheduled. Nothing in the operator may need that: a
real loop breaks it too, as soon as sockets and timers come in between. So here any callback that is due may be the
next one. Each step takes a moment (STEP). Otherwise, time stands still while a callback is due, and jumps to the next
timer when none is due.
"""

import asyncio
import contextvars
import heapq
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar, TypeVarTuple

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

OWNER: Final[contextvars.ContextVar[str]] = contextvars.ContextVar("owner", default="")
"""Which process a callback belongs to; tasks and timers inherit it from the code that creates them."""

STEP: Final = 20e-6
"""Seconds that a step takes; a busy process makes no more than a few thousand steps a second."""

_PATIENCE: Final = 100
"""Rounds of cancellation after which a dead process must have ended."""


class NothingCanHappen(Exception):  # noqa: N818 - a finding about the simulation
    """No callback is due, and no timer is set."""


class _Owned(asyncio.Handle):
    """A callback and its owner."""

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
    """A callback at a given time, and its owner."""

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
    """A task and its owner."""

    owner = ""


class SimulatedLoop(asyncio.BaseEventLoop):
    """A loop without sockets, threads or signals (see the module).

    `choose` gets the number of callbacks that are due, and returns a number below it. `before` is called with the owner
    of each callback just before that callback runs. An exception in a callback ends the run.
    """

    def __init__(self, choose: Callable[[int], int], before: Callable[[str], None] = lambda _owner: None) -> None:
        self._running = False
        super().__init__()
        self._choose = choose
        self._before = before
        self._now = 1000.0
        self._due: list[_Owned | _OwnedTimer] = []
        self._timers: list[tuple[float, int, _OwnedTimer | _Owned]] = []
        """A heap, ordered by time: timers, and callbacks that are held until that time."""
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
        """Always True: the loop holds nothing to close, and asyncio asks only in order to warn of an unclosed loop."""
        return True

    def _check_closed(self) -> None:
        """Never raise: the loop can always be used, although is_closed() is True."""

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
        """A callback raised, or a task failed and its exception was never retrieved: the run ends with this error,
        unless the owner is a dead process."""
        whose = context.get("task") or context.get("future") or context.get("handle")
        if getattr(whose, "owner", "") in self._buried:
            return
        error = context.get("exception")
        self._error = self._error or error or RuntimeError(context.get("message"))

    def _timer_handle_cancelled(self, _handle: asyncio.TimerHandle) -> None:
        """Do nothing: the loop skips a cancelled timer when its time comes."""

    # --- running

    def run_while(self, goes_on: Callable[[], bool]) -> None:
        """Run step after step while `goes_on()` is true. Raises what a callback raised, and NothingCanHappen."""
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
        """Hold all callbacks of this owner for `seconds`: its process is starved, or its machine is too busy."""
        self._held[owner] = self._now + seconds

    def bury(self, owner: str) -> None:
        """End every task of a dead process before the next step, without random choices: the process can do nothing any
        more.

        Its ports must be dead already.
        """
        self._dead.append(owner)
        self._buried.add(owner)

    def end(self) -> None:
        """End all tasks: the loop will not run any more."""
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
        """No callback is due: set the time to that of the next timer that is not cancelled. Raises NothingCanHappen."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        if not timers:
            raise NothingCanHappen
        self._now = max(self._now, timers[0][0])


def _or_current(context: contextvars.Context | None) -> contextvars.Context:
    """Compare with None, because an empty context is a context, too, and is false."""
    return context if context is not None else contextvars.copy_context()
