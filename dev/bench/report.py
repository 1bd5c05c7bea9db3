"""The tables for users."""

from collections.abc import Sequence
from statistics import median

from rich.console import Group, RenderableType
from rich.table import Table

from dev.bench.admission import Cost
from dev.bench.arena import COMPONENTS
from dev.bench.budgets import MB, Budget
from dev.bench.neighbours import Neighbours
from dev.bench.results import Results, contenders
from dev.bench.throughput import Run


def report(results: Results, budgets: Sequence[Budget]) -> Group:
    """Return everything that was measured, also what misses its budget."""
    tables: list[RenderableType] = [settings(results)]
    if results.runs:
        tables.append(throughput(results))
    if results.neighbours is not None:
        tables.append(neighbours(results.neighbours))
    if results.admission:
        tables.append(admission(results.admission))
    if results.backlog is not None:
        tables.append(backlog(results))
    return Group(*tables, *([verdicts(budgets)] if budgets else []))


def settings(results: Results) -> Table:
    """Return the settings, without which no figure has a meaning."""
    table = Table(title="Settings", title_justify="left", show_header=False)
    for key, value in results.settings.items():
        table.add_row(key.replace("_", " "), str(value))
    return table


def throughput(results: Results) -> Table:
    """Return the medians of each contender's runs."""
    table = Table(
        title="Jobs drained (medians; CPU in ms a job; requests a job of everybody, without the bench's own)",
        title_justify="left",
    )
    table.add_column("")
    for name in ("jobs/s", "from - to", *COMPONENTS, "operator", "all", "reads", "writes"):
        table.add_column(name.removeprefix("kube-"), justify="right")
    for name in contenders(results):
        runs = results.of(name)
        rates = [run.rate for run in runs]
        cpu = [_cpu(runs, process) for process in (*COMPONENTS, "operator")]
        table.add_row(
            f"{name} ({len(runs)} x {runs[0].jobs:,})",
            f"{median(rates):.1f}",
            f"{min(rates):.1f} - {max(rates):.1f}",
            *(f"{ms:.1f}" if ms else "" for ms in cpu),
            f"{median(sum(run.cpu_ms.values()) for run in runs):.1f}",
            f"{median(run.requests.reads for run in runs):.2f}",
            f"{median(run.requests.writes for run in runs):.2f}",
        )
    return table


def neighbours(found: Neighbours) -> Table:
    """Return what hostile objects cost the others, also the runs without them."""
    table = Table(title="Beside a hostile tenant", title_justify="left", show_header=False)
    hung = found.hanging
    if hung is not None:
        for words, each in (("idle", hung.idle), (f"beside {hung.jobs} jobs that hang", hung.beside)):
            table.add_row(f"apply to pod created, {words}", f"p50 {each.p50:.0f} ms", f"longest {each.longest:.0f} ms")
        table.add_row("requests that hung meanwhile", f"{hung.held}", "")
    for answers in found.answers:
        words = f"answer of the operator, {answers.jobs} jobs with {answers.patterns}"
        created, ended = f"{answers.longest_created:.0f} ms", f"{answers.longest_ended:.0f} ms"
        longest = f"longest {created} until their pods exist, {ended} until they have ended"
        table.add_row(words, f"p50 {answers.p50:.0f} ms", longest)
    for start in found.starts:
        words = f"{start.jobs} jobs {start.beside}" if start.jobs else start.beside
        memory = f"{start.memory.now / MB:.0f} MB, peak {start.memory.peak / MB:.0f} MB"
        table.add_row(f"operator started beside {words}", f"ready after {start.seconds_to_ready:.1f} s", memory)
    return table


def admission(costs: Sequence[Cost]) -> Table:
    """Return what the policies on pods add to each kind of request."""
    title = f"Policies on pods (medians of {costs[0].rounds} rounds of {costs[0].requests} requests each; ms a request)"
    table = Table(title=title, title_justify="left")
    for name in (
        "request",
        "latency without",
        "rounds apart",
        "with",
        "ratio",
        "API server CPU without",
        "with",
        "ratio",
    ):
        table.add_column(name, justify="left" if name == "request" else "right")
    for cost in costs:
        off, on = cost.without, cost.with_policies
        latency = (f"{off.latency_ms:.2f}", f"{cost.apart:.0%}", f"{on.latency_ms:.2f}", f"{cost.latency_ratio:.2f}x")
        table.add_row(cost.what, *latency, f"{off.cpu_ms:.2f}", f"{on.cpu_ms:.2f}", f"{cost.cpu_ratio:.2f}x")
    return table


def backlog(results: Results) -> Table:
    """Return the figures of the backlog that are not among the budgets."""
    found = results.backlog
    assert found is not None
    table = Table(title=f"{found.jobs:,} waiting jobs", title_justify="left", show_header=False)
    for words, memory in (
        ("memory of an idle operator", found.memory_empty),
        ("memory, grown to all of them", found.memory_grown),
        ("memory, started with all of them", found.memory_started),
    ):
        table.add_row(words, f"{memory.now / MB:.0f} MB", f"peak {memory.peak / MB:.0f} MB")
    for beside in (found.small, found.whole):
        cost = f"{beside.cpu_ms:.1f} ms a job, {beside.operator_cpu_ms:.1f} of them the operator's"
        table.add_row(f"CPU beside {beside.waiting:,}", cost, f"{beside.rate:.1f} jobs/s")
    table.add_row("start to ready", f"{found.seconds_to_ready:.1f} s", "")
    table.add_row("created and shown as Waiting", f"{found.seconds_to_show:.0f} s", "")
    return table


def verdicts(budgets: Sequence[Budget]) -> Table:
    """Return each budget beside its figure."""
    table = Table(title="Budgets", title_justify="left")
    for name in ("budget", "bar", "aim", "measured", ""):
        table.add_column(name)
    for each in budgets:
        verdict = "[green]met[/]" if each.met else "[bold red]FALLS SHORT[/]"
        table.add_row(each.what, each.bar, each.aim, each.shown, verdict)
    return table


def _cpu(runs: Sequence[Run], process: str) -> float:
    return median(run.cpu_ms.get(process, 0.0) for run in runs)
