"""`python -m dev.bench`: the command that `make bench` calls."""

import argparse
import asyncio
import sys
from dataclasses import asdict, fields
from pathlib import Path

from rich.console import Console

from dev.bench import admission, backlog, latency, neighbours, throughput
from dev.bench.api import Api
from dev.bench.arena import Arena, cluster
from dev.bench.budgets import judge
from dev.bench.report import report
from dev.bench.results import Results, write
from dev.bench.settings import settings
from dev.bench.sizes import Part, Sizes
from dev.cluster import ClusterError, LocalCluster, down
from dev.harness.checkout import cluster_of_tests

_WITH_OPERATOR = {Part.LATENCY, Part.THROUGHPUT, Part.NEIGHBOURS}
"""The parts that begin with a running operator, past its late bound."""


def main() -> int:
    """Print the table to stdout and progress to stderr; write figures to the JSON file. A missed budget is no error."""
    parser = argparse.ArgumentParser(prog="python -m dev.bench", description=__doc__)
    for size in fields(Sizes):
        words = f"{size.metadata['help']} (default: %(default)s)"
        parser.add_argument(f"--{size.name}", type=int, default=size.default, metavar="N", help=words)
    parser.add_argument("--only", type=Part, choices=list(Part), help="measure this part alone (default: all)")
    parser.add_argument(
        "--json", type=Path, default=Path(".run/bench.json"), help="where the figures go (default: %(default)s)"
    )
    parser.add_argument("--name", default=cluster_of_tests("bench"), help="name of its cluster (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="leave the cluster up")
    chosen = parser.parse_args()
    sizes = Sizes(**{size.name: getattr(chosen, size.name) for size in fields(Sizes)})
    parts = [chosen.only] if chosen.only else list(Part)
    try:
        try:
            results = asyncio.run(_bench(cluster(chosen.name), sizes, parts, chosen.json))
        finally:
            if not chosen.keep:
                down(chosen.name)
    except (ClusterError, TimeoutError, RuntimeError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    Console(width=None if sys.stdout.isatty() else 160).print(report(results, judge(results)))
    print(f"\nFigures of every run: {chosen.json}")
    return 0


async def _bench(where: LocalCluster, sizes: Sizes, parts: list[Part], path: Path) -> Results:
    async with Api(where.kubeconfig) as api:
        results = Results(await settings(api, sizes))
        arena = Arena(where, api)
        arena.prepare()
        try:
            if _WITH_OPERATOR.intersection(parts):
                _say("the operator starts")
                await arena.start_operator()
                await arena.past_late_bound()
            if Part.LATENCY in parts:
                _say(f"{sizes.samples} jobs, one by one")
                results.latency = await latency.measure(arena, sizes.samples)
                _save(results, path)
            if Part.THROUGHPUT in parts:
                async for run in throughput.compare(arena, sizes):
                    _say(f"{run.contender}, {run.jobs} jobs: {run.rate:.1f} a second")
                    results.runs.append(run)
                    _save(results, path)
            if Part.NEIGHBOURS in parts:
                async for found in neighbours.measure(arena, sizes, _say):
                    results.neighbours = found
                    _save(results, path)
            if Part.ADMISSION in parts:
                arena.stop_operator()
                _say(f"{sizes.requests} requests of each kind, with and without the policies on pods")
                results.admission = await admission.measure(arena, sizes.requests)
                _save(results, path)
            if Part.BACKLOG in parts:
                arena.stop_operator()
                _say(f"{sizes.backlog:,} waiting jobs")
                results.backlog = await backlog.measure(arena, sizes)
                _save(results, path)
        finally:
            arena.stop_operator()
    return results


def _save(results: Results, path: Path) -> None:
    write(results, [asdict(budget) for budget in judge(results)], path)


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
