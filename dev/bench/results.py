"""All results of a bench: written as JSON, and read by the report and the budgets."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

from dev.bench.admission import Cost
from dev.bench.backlog import Backlog
from dev.bench.contenders import BARE, JOB, OPERATOR, SHIPPED
from dev.bench.figures import spread
from dev.bench.latency import Latency
from dev.bench.neighbours import Neighbours
from dev.bench.throughput import Run


@dataclass(slots=True)
class Results:
    """The results, filled during the bench; what was not measured is None or empty."""

    settings: dict[str, Any]
    latency: Latency | None = None
    runs: list[Run] = field(default_factory=list)
    neighbours: Neighbours | None = None
    admission: list[Cost] = field(default_factory=list)
    backlog: Backlog | None = None

    def of(self, contender: str) -> list[Run]:
        """Return the runs of a contender."""
        return [run for run in self.runs if run.contender == contender]

    def as_json(self, budgets: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return plain data; each run has its rate."""
        return {
            "settings": self.settings,
            "latency": asdict(self.latency) if self.latency else None,
            "throughput": [{**asdict(run), "rate": run.rate} for run in self.runs],
            "neighbours": asdict(self.neighbours) if self.neighbours else None,
            "admission": [_cost(cost) for cost in self.admission],
            "backlog": {**asdict(self.backlog), "bytes_per_job": self.backlog.bytes_per_job} if self.backlog else None,
            "budgets": list(budgets),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """The operator compared with batch/v1 Job in the same round: the machine's speed changes from minute to minute."""

    rate: float
    """Median over the rounds of jobs/s, as a multiple of the mean of the round's Job runs."""

    job_spread: float
    """The largest distance between a round's Job runs, as a share of their mean; smaller differences mean little."""

    server_cpu: float
    """The same ratio for the API server's CPU for each job."""

    operator_share: float
    """Operator CPU as a multiple of the API server's in the same run, median."""


def comparison(results: Results) -> Comparison | None:
    """Return the comparison, or None before there is a complete round."""
    ours = {run.round: run for run in results.of(OPERATOR.name)}
    jobs = {number: [run for run in results.of(JOB.name) if run.round == number] for number in ours}
    rounds = [(run, jobs[number]) for number, run in ours.items() if jobs[number]]
    if not rounds:
        return None
    return Comparison(
        rate=median(run.rate / mean(job.rate for job in beside) for run, beside in rounds),
        job_spread=max(spread([job.rate for job in beside]) for _, beside in rounds),
        server_cpu=median(_server(run) / mean(_server(job) for job in beside) for run, beside in rounds),
        operator_share=median(run.cpu_ms["operator"] / _server(run) for run, _ in rounds),
    )


def against_shipped(results: Results) -> float | None:
    """Return the operator's median rate as a multiple of batch/v1 Job's with the controller-manager's defaults."""
    ours, shipped = results.of(OPERATOR.name), results.of(SHIPPED.name)
    return median(run.rate for run in ours) / shipped[0].rate if ours and shipped else None


def contenders(results: Results) -> list[str]:
    """Return the contenders that ran, in the order of the table."""
    return [each.name for each in (OPERATOR, JOB, BARE, SHIPPED) if results.of(each.name)]


def write(results: Results, budgets: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the file, complete or not at all: a bench that is interrupted keeps its figures so far."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(results.as_json(budgets), indent=1) + "\n")
    part.replace(path)


def _cost(cost: Cost) -> dict[str, Any]:
    return {**asdict(cost), "latency_ratio": cost.latency_ratio, "cpu_ratio": cost.cpu_ratio}


def _server(run: Run) -> float:
    return run.cpu_ms["kube-apiserver"]
