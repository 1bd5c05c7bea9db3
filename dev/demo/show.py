"""The whole demo. Status 0: all jobs ended as they should, and the job that was fixed succeeded."""

import argparse
import sys
import time
from collections.abc import Sequence

from dev.cluster import ClusterError, Where
from dev.demo import tour
from dev.demo.env import Env, EnvError, set_up
from dev.demo.lessons import CURE, EXAMPLES, LESSONS, Lesson
from dev.demo.screen import Row, screen
from dev.demo.watching import Surprise, surprises, watch
from dev.harness import KubectlError, OperatorError


def main() -> int:
    """Run the demo and return the exit status. The caller handles ^C."""
    parser = argparse.ArgumentParser(prog="python -m dev.demo", description=__doc__)
    parser.add_argument("--name", default="demo", help="of the cluster (default: %(default)s)")
    parser.add_argument("--cluster", type=Where, choices=list(Where), default=Where.AUTO)
    chosen = parser.parse_args()
    try:
        return play(chosen.name, chosen.cluster)
    except (ClusterError, KubectlError, OperatorError, EnvError, TimeoutError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def play(name: str, where: Where) -> int:
    """Run the whole demo and return the exit status."""
    began = time.monotonic()
    tour.announce()
    env = set_up(name, where)
    tour.heading("Applied together, they end within half a minute (ok: where it should be)")
    tour.run(env.kubectl, "apply", "-f", f"{EXAMPLES}/")
    rows, wrong = _watch(env, LESSONS)
    if not wrong:
        wrong = _mend(env, rows)
    for each in wrong:
        _explain(env, each)
    tour.heading(_verdict(wrong, time.monotonic() - began))
    print(tour.closing(env), flush=True)
    return 1 if wrong else 0


def _watch(env: Env, lessons: Sequence[Lesson]) -> tuple[list[Row], list[Surprise]]:
    expected = {lesson.job: lesson.expected for lesson in lessons}
    rows = watch(lambda: env.kubectl.list("queuedjobs"), expected, screen())
    return rows, surprises(rows, expected)


def _mend(env: Env, rows: Sequence[Row]) -> list[Surprise]:
    """Act as the person on call: list the objects, read one dead letter, apply the fixed manifest."""
    letter = next(row.job.letter for row in rows if row.job.job == CURE.job)
    tour.heading("What is there now? Jobs that ended badly have left a dead letter each")
    tour.run(env.kubectl, "get", "qj,dl")
    tour.heading("Why did one die, and what is to be done? Its letter tells, even when the job is gone")
    tour.run(env.kubectl, "describe", "dl", letter)
    tour.heading("Its payload is wrong. Mended and applied again, the job runs again")
    tour.run(env.kubectl, "apply", "-f", str(CURE.file))
    _, wrong = _watch(env, [CURE])
    if not wrong:
        tour.run(env.kubectl, "get", "dl")
    return wrong


def _explain(env: Env, surprise: Surprise) -> None:
    """Print all that is needed to find the cause."""
    tour.heading(f"NOT AS IT SHOULD BE: {surprise}")
    tour.run(env.kubectl, "get", "qj", surprise.job, "-o", "yaml")
    tour.heading(f"The operator's last lines ({env.operator.log})")
    print(env.operator.tail(), flush=True)


def _verdict(wrong: Sequence[Surprise], seconds: float) -> str:
    if wrong:
        return f"{len(wrong)} of {len(LESSONS)} jobs not as expected, after {seconds:.0f} s"
    return f"All of them ended where they should, in {seconds:.0f} s"
