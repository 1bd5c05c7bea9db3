"""The budgets, and whether a run meets each of them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from dev.bench.contenders import OPERATOR
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
    return [*_requests(results), *_throughput(results), *_latency(results), *_backlog(results)]


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
