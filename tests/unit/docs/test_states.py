"""The diagram in docs/states.md shows the changes of phase that the plan writes: all of them, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from queuedjob.policy.facts import Pod, StopReason
from queuedjob.policy.job.inputs import JobFacts, Refusal, RefusalKind
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.steps import WriteStatus
from queuedjob.policy.time_math import ServerNow
from queuedjob.settings import Settings
from tests.builders import NOON, AJob, a_job, seconds

DIAGRAM: Final = Path(__file__).parents[3] / "docs/states.md"
LATER: Final = ServerNow(NOON + seconds(1_000), NOON + seconds(1_001))

TERMS: Final[tuple[dict[str, object], ...]] = (
    {},
    {"retry": {"max_attempts": 1}},
    {"retry": {"max_disruptions": 0}},
    {"poison_pill": {"crashes": 1}},
    {"timeouts": {"total": 60.0}},
    {"not_before_time": NOON + seconds(9_000)},
    {"suspend": True},
    {"cancel": True},
)


def jobs() -> Iterator[AJob]:
    """Jobs in every phase, with terms that lead to every end. Ended jobs come with an old and with a changed spec."""
    for terms in TERMS:
        job = a_job().asking(**terms)
        yield from (job, job.saying(phase="Waiting", reason="Retrying"), job.showing(job.pod()))
        ended = (job.dead("MaxAttempts"), job.dead("PoisonPill"), job.succeeded(), job.saying(phase="Cancelled"))
        yield from (each for dead in ended for each in (dead, dead.edited(frozen=True)))


def pods(job: AJob) -> Iterator[tuple[Pod, ...]]:
    """No pod, or one pod in each state that can lead to another phase."""
    pod = job.pod()
    yield ()
    yield from ((each,) for each in (pod, pod.not_schedulable(), pod.scheduled(), pod.running(), pod.deleted()))
    yield from ((each,) for each in (pod.succeeded(), pod.exited(75), pod.exited(64), pod.oom_killed(), pod.evicted()))
    yield from ((pod.running().stopped_by_us(why).exited(143),) for why in StopReason)


def refusals() -> Iterator[Refusal | None]:
    """No refusal, or a refusal of the pod of each kind."""
    yield None
    for kind in RefusalKind:
        yield Refusal(kind, "Refused", "no", since=NOON, retry_in=5.0, generation=1)


def facts_of(job: AJob, pods: tuple[Pod, ...], refusal: Refusal | None) -> JobFacts:
    settings = Settings()
    return JobFacts(job, LATER, pods, refusal=refusal, show_after=settings.show_after, limits=settings.limits)


def test_the_diagram_is_what_the_plan_writes() -> None:
    facts = (facts_of(j, p, r) for j in jobs() for p in pods(j) for r in refusals())
    writes = ((each.job.status, step.status) for each in facts if isinstance(step := plan(each), WriteStatus))
    changes = {(before.phase, after.phase) for before, after in writes if before.phase != after.phase}
    assert changes == set(re.findall(r"^    (\w+) --> (\w+)", DIAGRAM.read_text(), re.MULTILINE))
