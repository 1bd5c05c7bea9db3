"""Runs as a bench would measure them."""

from dev.bench.backlog import Backlog, Beside
from dev.bench.contenders import JOB, OPERATOR, Contender
from dev.bench.latency import Latency
from dev.bench.processes import Memory
from dev.bench.requests import PerJob
from dev.bench.results import Results
from dev.bench.throughput import Run

MB = 1_000_000


def a_run(of: Contender, rate: float, *, number: int = 0, server: float = 10.0, writes: float = 3.0) -> Run:
    ours = of is OPERATOR
    return Run(
        contender=of.name,
        round=number,
        jobs=100,
        seconds=100 / rate,
        created_in=1.0,
        cpu_ms={"kube-apiserver": server, **({"operator": 1.5} if ours else {})},
        requests=PerJob(reads=1.0, writes=6.0, by_kind={"POST pods": 1.0}),
        operator=PerJob(reads=1.0, writes=writes, by_kind={}) if ours else None,
    )


def a_backlog(*, steady: int = 200 * MB, peak: int = 300 * MB, whole: float = 11.0, dispatch: float = 30.0) -> Backlog:
    return Backlog(
        jobs=50_000,
        seconds_to_show=100.0,
        memory_empty=Memory(50 * MB, 60 * MB),
        memory_grown=Memory(210 * MB, 220 * MB),
        memory_started=Memory(steady, peak),
        seconds_to_ready=20.0,
        seconds_to_first_dispatch=dispatch,
        small=Beside(1000, 10.0, 2.0, 40.0),
        whole=Beside(50_000, whole, 3.0, 38.0),
    )


def a_good_result() -> Results:
    """Return results that meet every budget, with a round whose Job runs do 38 and 42 jobs a second."""
    return Results(
        settings={"machine": "2 cores"},
        latency=Latency(samples=100, p50=21.0, p99=60.0, longest=70.0),
        runs=[a_run(JOB, 38.0), a_run(OPERATOR, 44.0), a_run(JOB, 42.0)],
        backlog=a_backlog(),
    )
