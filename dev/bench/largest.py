"""A tenant with the largest jobs that are accepted, and what an operator that starts beside them takes."""

import time
from dataclasses import dataclass

from dev.bench import processes
from dev.bench.arena import Arena
from dev.bench.contenders import HOSTILE, OPERATOR
from dev.bench.hostile_jobs import LARGE_IN_LISTS, LARGE_IN_MEMORY, Largest
from dev.bench.processes import Memory

_KINDS = (LARGE_IN_LISTS, LARGE_IN_MEMORY)


@dataclass(frozen=True, slots=True)
class Start:
    """The start of an operator, in bytes and seconds."""

    beside: str
    """The kind of the jobs that were there."""

    jobs: int
    seconds_to_ready: float
    memory: Memory
    """At rest, past the late bound; its peak includes the start."""


async def measure(arena: Arena, jobs: int) -> list[Start]:
    """Measure a start without jobs, then one beside each kind of the largest jobs. The operator is stopped at the end.

    No operator runs while the jobs are created: it meets all of them in its first LIST.
    """
    arena.stop_operator()
    await arena.clean(HOSTILE)
    starts = [await _start(arena, "no jobs", 0)]
    for kind in _KINDS:
        arena.stop_operator()
        await _create(arena, kind, jobs)
        starts.append(await _start(arena, kind.name, jobs))
        await arena.clean(HOSTILE)
    arena.stop_operator()
    return starts


async def _create(arena: Arena, kind: Largest, jobs: int) -> None:
    await arena.api.create_all(OPERATOR.collection(HOSTILE), (kind.body(f"large-{at:05}") for at in range(jobs)))


async def _start(arena: Arena, beside: str, jobs: int) -> Start:
    began = time.monotonic()
    await arena.start_operator()
    ready = time.monotonic() - began
    await arena.past_late_bound()
    await arena.at_rest()
    return Start(beside, jobs, ready, processes.memory(arena.operator.process.pid))
