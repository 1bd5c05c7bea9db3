"""Many waiting jobs: the memory that they use, what they add to the cost of other jobs, and how long a start takes."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from dev.bench import processes
from dev.bench.arena import Arena
from dev.bench.contenders import BACKLOG, BARE, OPERATOR, waiting_job
from dev.bench.processes import Memory
from dev.bench.sizes import Sizes
from dev.bench.throughput import Run, drain

_REPEATS = 3
"""The number of drains beside each backlog; the cheapest counts, as noise only adds."""

_START_WITHIN = 900.0
_UNSEEN = "status.phase=Pending"
"""A field selector for jobs that the operator has not shown as Waiting yet."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The cost of a job, all processes together, beside so many waiting jobs."""

    waiting: int
    cpu_ms: float
    operator_cpu_ms: float
    rate: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """The figures of the backlog, in bytes and seconds."""

    jobs: int
    seconds_to_show: float
    """From the first POST until the whole backlog is shown as Waiting: one status write for each job."""

    memory_empty: Memory
    memory_grown: Memory
    """The memory of the operator that was running while the backlog grew."""

    memory_started: Memory
    """The memory of an operator that was started after the backlog existed; its peak includes the start."""

    seconds_to_ready: float
    seconds_to_first_dispatch: float
    """From the start of the process until the pod of the one job that is due was created."""

    small: Beside
    whole: Beside

    @property
    def bytes_per_job(self) -> float:
        """The steady memory for each waiting job."""
        return (self.memory_started.now - self.memory_empty.now) / self.jobs

    @property
    def peak(self) -> int:
        """The highest memory use of both operators."""
        return max(self.memory_grown.peak, self.memory_started.peak)


async def measure(arena: Arena, sizes: Sizes) -> Backlog:
    """Measure the backlog. The operator must not run; it is started here, twice. The waiting jobs are left in place."""
    await arena.start_operator()
    await arena.past_late_bound()
    empty = processes.memory(arena.operator.process.pid)
    began = time.monotonic()
    await _grow(arena, range(sizes.small_backlog))
    spent = time.monotonic() - began
    small = await _beside(arena, sizes.small_backlog, sizes.beside)
    began = time.monotonic()
    await _grow(arena, range(sizes.small_backlog, sizes.backlog))
    spent += time.monotonic() - began
    whole = await _beside(arena, sizes.backlog, sizes.beside)
    grown = processes.memory(arena.operator.process.pid)
    arena.stop_operator()
    ready, dispatched = await _start(arena)
    await arena.past_late_bound()
    await arena.at_rest()
    return Backlog(
        jobs=sizes.backlog,
        seconds_to_show=spent,
        memory_empty=empty,
        memory_grown=grown,
        memory_started=processes.memory(arena.operator.process.pid),
        seconds_to_ready=ready,
        seconds_to_first_dispatch=dispatched,
        small=small,
        whole=whole,
    )


async def _grow(arena: Arena, indexes: Iterable[int]) -> None:
    path = OPERATOR.collection(BACKLOG)

    async def shown() -> bool:
        return not await arena.api.any(path, _UNSEEN)

    await arena.api.create_all(path, (waiting_job(f"waits-{index:05}") for index in indexes))
    await arena.until("all waiting jobs are shown as such", shown, every=1.0, within=3600)


async def _beside(arena: Arena, waiting: int, jobs: int) -> Beside:
    runs = [await drain(arena, OPERATOR, jobs) for _ in range(_REPEATS)]
    cheapest = min(runs, key=_total)
    return Beside(waiting, _total(cheapest), cheapest.cpu_ms["operator"], cheapest.rate)


def _total(run: Run) -> float:
    return sum(run.cpu_ms.values())


async def _start(arena: Arena) -> tuple[float, float]:
    """Return the seconds until the operator is ready, and until the pod of a job that is due exists."""
    async with arena.api.watch(BARE.collection()) as events:
        await arena.api.create(OPERATOR.collection(), OPERATOR.body("due"))
        began = time.monotonic()

        async def start() -> float:
            await arena.start_operator()
            return time.monotonic() - began

        async with asyncio.TaskGroup() as tasks, asyncio.timeout(_START_WITHIN):
            ready = tasks.create_task(start())
            await anext(events)
            dispatched = time.monotonic() - began
    return ready.result(), dispatched
