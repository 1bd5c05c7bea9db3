"""`python -m dev.chaos`: the command that `make chaos` calls."""

import argparse
import asyncio
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dev.chaos.api import Api, RefusedError
from dev.chaos.report import report
from dev.chaos.storm import Outcome, Storm
from dev.cluster import ClusterError, LocalCluster, Options, Where, chosen, down, up_local
from dev.harness.checkout import cluster_of_tests


def main() -> int:
    """Print progress to stderr and the report to stdout. The folder keeps the report and the operator's log, too."""
    parser = argparse.ArgumentParser(prog="python -m dev.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="of faults (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="default: any, and told")
    parser.add_argument("--cluster", type=Where, choices=list(Where), default=Where.AUTO)
    parser.add_argument("--name", default=cluster_of_tests("chaos"), help="of its cluster (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path(".run/chaos"), help="default: %(default)s/SEED")
    parser.add_argument("--keep", action="store_true", help="leave the cluster up")
    given = parser.parse_args()
    if chosen(given.cluster, Options()) is not Where.LOCAL:
        print("Left out: only CLUSTER=local (as root) has parts that can be killed one by one.")
        return 0
    folder = (given.folder / str(given.seed)).absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    say = _progress(time.monotonic(), folder / "progress.log")
    say(f"seed {given.seed}: once more with  make chaos MINUTES={given.minutes:g} SEED={given.seed}")
    try:
        try:
            down(given.name)  # a cluster that was left behind has jobs of its own
            cluster = up_local(given.name, Options(durable=True, audit=False))
            outcome = asyncio.run(_storm(cluster, folder, given.seed, given.minutes * 60, say))
        finally:
            if not given.keep:
                down(given.name)
    except (ClusterError, TimeoutError, RefusedError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    text = "\n".join(report(outcome))
    (folder / "report.txt").write_text(text + "\n")
    print(f"{text}\nKept for a look: {folder}")
    return 1 if outcome.findings or outcome.wrong else 0


async def _storm(cluster: LocalCluster, folder: Path, seed: int, seconds: float, say: Callable[[str], None]) -> Outcome:
    async with Api(cluster.kubeconfig) as api:
        return await Storm(cluster, api, folder, seed, seconds, say).run()


def _progress(began: float, file: Path) -> Callable[[str], None]:
    def say(line: str) -> None:
        stamped = f"  {time.monotonic() - began:6.1f} s  {line}"
        print(stamped, file=sys.stderr, flush=True)
        with file.open("a") as kept:
            kept.write(stamped + "\n")

    return say


if __name__ == "__main__":
    sys.exit(main())
