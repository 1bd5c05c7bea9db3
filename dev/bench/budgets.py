"""The budgets, and whether a run meets each of them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from dev.bench.contenders import OPERATOR
from dev.bench.neighbours import Neighbours
from dev.bench.results import Results, against_shipped, comparison

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget, and the measured value."""

    what: str
    bar: str
    """The limit with its unit, as shown to users."""

    value: float
    shown: str
    met: bool
    aim: str = ""
    """The value that we want to reach, if it is stricter than the bar."""


def judge(results: Results) -> list[Budget]:
    """Return every budget of what was measured."""
    return [*_requests(results), *_throughput(results), *_latency(results), *_neighbours(results), *_backlog(results)]


def _requests(results: Results) -> Iterator[Budget]:
    counted = [run.operator for run in results.of(OPERATOR.name) if run.operator is not None]
    if counted:
        for what, bar, value in (
            ("operator reads per job, draining", 1, median(each.reads for each in counted)),
            ("operator writes per job, draining", 3, median(each.writes for each in counted)),
        ):
            yield Budget(what, f"{bar}", value, f"{value:.2f}", round(value, 2) <= bar)


def _throughput(results: Results) -> Iterator[Budget]:
    found = comparison(results)
    if found is not None:
        value, bar = found.rate, 0.95
        shown = f"{value:.2f}x (Job's own runs up to {found.job_spread:.0%} apart)"
        yield Budget("throughput against batch/v1 Job, tuned", f">= {bar}x", value, shown, value >= bar, "1.2x")
    shipped = against_shipped(results)
    if shipped is not None:
        yield Budget("throughput against batch/v1 Job as shipped", ">= 25x", shipped, f"{shipped:.1f}x", shipped >= 25)
    if found is not None:
        for what, bar, aim, value in (
            ("API server CPU per job against tuned Job's", 1.0, 0.8, found.server_cpu),
            ("operator CPU against the API server's", 0.2, 0.1, found.operator_share),
        ):
            yield Budget(what, f"<= {bar}x", value, f"{value:.2f}x", value <= bar, f"{aim}x")


def _latency(results: Results) -> Iterator[Budget]:
    if results.latency is not None:
        for what, bar, value in (("p50", 50, results.latency.p50), ("p99", 250, results.latency.p99)):
            yield Budget(f"apply to pod created, idle, {what}", f"< {bar} ms", value, f"{value:.0f} ms", value < bar)


def _neighbours(results: Results) -> Iterator[Budget]:
    found = results.neighbours or Neighbours()
    if found.hanging is not None:
        beside, idle = found.hanging.beside, found.hanging.idle
        yield Budget(
            f"apply to pod created, beside {found.hanging.jobs} jobs that hang, longest",
            "< 2 s",
            beside.longest,
            f"{beside.longest:.0f} ms (idle: p50 {idle.p50:.0f} ms, longest {idle.longest:.0f} ms)",
            beside.longest < 2000,
        )
    for each in found.answers[1:]:
        ordinary = found.answers[0]
        yield Budget(
            f"answer of the operator, beside {each.jobs} jobs with {each.patterns}, longest",
            "< 0.5 s",
            each.longest,
            f"{each.longest:.0f} ms (with {ordinary.patterns}: {ordinary.longest:.0f} ms)",
            each.longest < 500,
        )
    for start in found.starts[1:]:
        alone = found.starts[0]
        jobs, peak, seconds = f"{start.jobs} jobs {start.beside}", start.memory.peak, start.seconds_to_ready
        shown = f"{peak / MB:.0f} MB at the peak ({alone.memory.peak / MB:.0f} MB with {alone.beside})"
        yield Budget(f"memory, started beside {jobs}", "< 350 MB", peak, shown, peak < 350 * MB)
        shown = f"{seconds:.1f} s ({alone.seconds_to_ready:.1f} s with {alone.beside})"
        yield Budget(f"start to ready, beside {jobs}", "< 60 s", seconds, shown, seconds < 60)


def _backlog(results: Results) -> Iterator[Budget]:
    found = results.backlog
    if found is None:
        return
    waiting, steady = f"{found.jobs:,} waiting jobs", found.memory_started.now
    yield Budget(
        f"memory, {waiting}, start included",
        "< 350 MB",
        found.peak,
        f"{found.peak / MB:.0f} MB at the peak, {steady / MB:.0f} MB steady",
        found.peak < 350 * MB,
    )
    each = found.bytes_per_job
    yield Budget(f"memory per job, {waiting}", "<= 5 KB", each, f"{each / 1000:.1f} KB", each <= 5000)
    ratio = found.whole.cpu_ms / found.small.cpu_ms
    what = f"cost per job beside {found.whole.waiting:,} against {found.small.waiting:,}"
    yield Budget(what, "<= 1.2x", ratio, f"{ratio:.2f}x", ratio <= 1.2)
    seconds = found.seconds_to_first_dispatch
    yield Budget(f"start to first dispatch, {waiting}", "< 60 s", seconds, f"{seconds:.1f} s", seconds < 60)
