"""Runs as a bench would measure them."""

from dev.bench.admission import Cost, Spent
from dev.bench.backlog import Backlog, Beside
from dev.bench.contenders import JOB, OPERATOR, Contender
from dev.bench.hanging import Hanging
from dev.bench.largest import Start
from dev.bench.latency import Latency
from dev.bench.neighbours import Neighbours
from dev.bench.patterns import Answers
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


def a_neighbourhood(
    *, hung: float = 90.0, compiled: float = 200.0, searched: float = 300.0, peak: int = 300 * MB, ready: float = 20.0
) -> Neighbours:
    """Return figures in milliseconds, bytes and seconds; `peak` and `ready` are of the jobs that are large in lists."""

    def answers(patterns: str, created: float, ended: float) -> Answers:
        return Answers(patterns, 50, 400, p50=2.0, longest_created=created, longest_ended=ended)

    idle, beside = (Latency(samples=20, p50=18.0, p99=longest, longest=longest) for longest in (30.0, hung))
    return Neighbours(
        Hanging(jobs=100, held=32, idle=idle, beside=beside),
        [
            answers("no patterns", 40.0, 30.0),
            answers("patterns slow to compile", compiled, 30.0),
            answers("patterns slow to search", 30.0, searched),
        ],
        [
            Start("no jobs", 0, 2.0, Memory(60 * MB, 80 * MB)),
            Start("large in lists", 500, ready, Memory(100 * MB, peak)),
            Start("large in memory", 500, 5.0, Memory(100 * MB, 120 * MB)),
        ],
    )


def a_cost(*, without: float = 2.0, beside: float = 2.5) -> Cost:
    return Cost("create a foreign pod", 5, 100, Spent(without, 1.0), Spent(beside, 1.5), apart=0.1)


def a_good_result() -> Results:
    """Return results that meet every budget, with a round whose Job runs do 38 and 42 jobs a second."""
    return Results(
        settings={"machine": "2 cores"},
        latency=Latency(samples=100, p50=21.0, p99=60.0, longest=70.0),
        runs=[a_run(JOB, 38.0), a_run(OPERATOR, 44.0), a_run(JOB, 42.0)],
        neighbours=a_neighbourhood(),
        admission=[a_cost()],
        backlog=a_backlog(),
    )
