"""Many one-pod jobs at once, through each contender: their rate, and what each process spends on one job."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from dev.bench import requests
from dev.bench.arena import Arena
from dev.bench.contenders import BARE, JOB, OPERATOR, ROUND, SHIPPED, Contender
from dev.bench.figures import rotated
from dev.bench.requests import PerJob
from dev.bench.sizes import Sizes

_WARM_UP = 20


@dataclass(frozen=True, slots=True)
class Run:
    """One contender's jobs, from the first POST until the last one is done."""

    contender: str
    round: int
    jobs: int
    seconds: float
    created_in: float
    """Seconds until the last POST was answered; jobs already end meanwhile."""

    cpu_ms: dict[str, float]
    """Process → milliseconds of CPU for one job."""

    requests: PerJob
    """The requests of all clients but the bench."""

    operator: PerJob | None
    """The requests of the operator alone, by its own count."""

    @property
    def rate(self) -> float:
        """Jobs a second."""
        return self.jobs / self.seconds


async def compare(arena: Arena, sizes: Sizes) -> AsyncIterator[Run]:
    """Yield all rounds, and batch/v1 Job as shipped at the end. The operator must run, past its late bound."""
    for contender in (OPERATOR, JOB, BARE):
        await drain(arena, contender, _WARM_UP)
    for number in range(sizes.rounds):
        for contender in rotated(ROUND, number):
            yield await drain(arena, contender, sizes.jobs, number)
    with arena.job_as_shipped():
        await drain(arena, SHIPPED, _WARM_UP)
        yield await drain(arena, SHIPPED, sizes.shipped)


async def drain(arena: Arena, contender: Contender, jobs: int, number: int = 0) -> Run:
    """Create `jobs` jobs as fast as the API server takes them, wait until they are done, and clean up."""
    api, path = arena.api, contender.collection()

    async def done() -> bool:
        return not await api.any(path, contender.unfinished)

    async def released() -> bool:
        return await api.finalizers(BARE.collection()) == 0

    ours = contender is OPERATOR
    server, operator = await api.exposition(), arena.operator_exposition() if ours else ""
    own, cpu, began = Counter(api.asked), arena.cpu_seconds(), time.monotonic()
    await api.create_all(path, (contender.body(f"job-{index:05}") for index in range(jobs)))
    created_in = time.monotonic() - began
    await arena.until(f"{jobs} of {contender.name} are done", done)
    await arena.until("their pods are released", released)
    seconds, used = time.monotonic() - began, arena.cpu_seconds()
    asked = Counter(api.asked)
    asked.subtract(own)
    run = Run(
        contender=contender.name,
        round=number,
        jobs=jobs,
        seconds=seconds,
        created_in=created_in,
        cpu_ms={name: 1000 * (used[name] - cpu[name]) / jobs for name in cpu if ours or name != "operator"},
        requests=requests.per_job(requests.of_server(server), requests.of_server(await api.exposition()), jobs, asked),
        operator=requests.per_job(
            requests.of_operator(operator), requests.of_operator(arena.operator_exposition()), jobs
        )
        if ours
        else None,
    )
    await arena.clean()
    return run
