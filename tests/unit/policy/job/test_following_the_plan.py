"""Follow the plan until it waits, from jobs, pods and dead letters in every combination that the builders make."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from queuedjob.policy.facts import Pod, StopReason
from queuedjob.policy.job.inputs import JobFacts, Late, RefusalKind
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.pods import sort_pods
from queuedjob.policy.job.steps import (
    CreatePod,
    DeleteJob,
    DeletePod,
    FileLetter,
    ForgetPod,
    LookForPod,
    MarkRedriven,
    MarkStop,
    ReadJob,
    ReleasePod,
    RestoreLabels,
    Step,
    StopPod,
    Wait,
    WarnOfDeadline,
    WriteStatus,
)
from tests.builders import NOON, AJob, APod, a_job, facts, refused, seconds

_ENOUGH = 15
"""The limit of steps: a job that needs more never comes to rest."""

TERMS: tuple[dict[str, object], ...] = (
    {},
    {"retry": {"max_attempts": 1}},
    {"poison_pill": {"crashes": 1}},
    {"timeouts": {"total": 60.0}},
    {"suspend": True},
    {"cancel": True},
    {"ttl_after_finished": 5.0, "pod_history_limit": 0},
)


def jobs() -> Iterator[AJob]:
    for terms in TERMS:
        job = a_job().asking(**terms)
        yield from (job, job.in_run(1), job.showing(job.pod()), job.having_settled(job.pod()))
        yield from (job.succeeded(), job.dead(filed=False), job.dead(), job.dead().edited(frozen=True))
        yield job.saying(phase="Waiting", reason="Suspended", suspend_time=NOON)
        yield job.being_deleted()


def pods(job: AJob) -> Iterator[tuple[APod, ...]]:
    pod = job.pod()
    ends = (pod, pod.running(), pod.deleted(), pod.succeeded(), pod.exited(75), pod.exited(64), pod.oom_killed())
    yield ()
    for end in (*ends, pod.running().stopped_by_us(StopReason.CANCELLED).exited(143)):
        yield (end,)
        yield (end.unlabelled(),)
        yield (replace(end, missing_from_watch=True),)
        yield (end.unheld(),)
        yield (end, job.pod(2).running())
    if job.status.counters.redrives:
        yield (pod.exited(64), job.pod(run=0).running())


def situations() -> Iterator[JobFacts]:
    for job in jobs():
        for several in pods(job):
            yield facts(job, *several, at=5_000)
            yield facts(job, *several, at=5_000, late=Late(7), refusal=refused(RefusalKind.WAIT, retry_in=3))
            yield facts(job, *several, at=5_000, refusal=refused(RefusalKind.SPEC_FAULT))


def carried_out(it: JobFacts, step: Step) -> JobFacts:  # noqa: PLR0911 - one line a step
    """Return the facts after the step."""
    job = it.job
    assert isinstance(job, AJob)
    match step:
        case WriteStatus():
            return replace(it, job=job.after(step))
        case FileLetter(name=name):
            return replace(it, letters=(*it.letters, replace(job.letter(), name=name)))
        case MarkRedriven(letter=marked):
            others = tuple(letter for letter in it.letters if letter.uid != marked.uid)
            return replace(it, letters=(*others, replace(marked, phase="Redriven")))
        case ReleasePod(pod=pod):
            return changed(it, pod, has_finalizer=False, finalizer_index=None)
        case MarkStop(pod=pod, reason=reason, detail=detail):
            return changed(it, pod, stop_reason=str(reason), stop_detail=detail, deletion_noted=it.now.late)
        case WarnOfDeadline(pod=pod):
            return replace(it, warned=pod.uid)
        case StopPod(pod=pod):
            return changed(it, pod, deletion_time=NOON + seconds(5_000), deletion_grace=30)
        case RestoreLabels(pod=pod):
            return changed(it, pod, labelled=True, has_labels=True)
        case LookForPod(pod=pod) if pod is not None:
            return changed(it, pod, missing_from_watch=False, confirmed_gone=True)
        case LookForPod(attempt=attempt) if attempt is not None:
            gone = replace(a_job().pod(attempt.number), uid=attempt.pod_uid, name=attempt.pod_name, confirmed_gone=True)
            return replace(it, pods=(*it.pods, gone))
        case ForgetPod(pod=pod) | DeletePod(pod=pod):
            return replace(it, pods=tuple(p for p in it.pods if p.uid != pod.uid))
    raise AssertionError(step)


def changed(it: JobFacts, pod: Pod, **how: object) -> JobFacts:
    return replace(it, pods=tuple(replace(p, **how) if p.uid == pod.uid else p for p in it.pods))  # type: ignore[arg-type] # by name


def test_equal_facts_give_equal_plans() -> None:
    for it in situations():
        assert plan(it) == plan(it)


def test_a_plan_that_was_carried_out_asks_for_something_else_until_there_is_nothing_to_do() -> None:
    for it in situations():
        now, steps = it, list[Step]()
        while not isinstance(step := plan(now), Wait | CreatePod | DeleteJob | ReadJob):
            assert step not in steps, f"{step} again, after {steps}"
            steps.append(step)
            assert len(steps) < _ENOUGH, steps
            now = carried_out(now, step)


def test_no_sequence_of_steps_creates_a_pod_beside_a_live_pod_or_with_a_used_number() -> None:
    for it in situations():
        now = it
        while not isinstance(step := plan(now), Wait | CreatePod | DeleteJob | ReadJob):
            now = carried_out(now, step)
        if isinstance(step, CreatePod):
            pods = sort_pods(now.job, now.pods)  # a settled pod that seems live has ended: the store is behind
            assert not any(pod.live for pod in (*pods.attempts, *pods.strays))
            assert step.name not in {pod.name for pod in (*it.pods, *now.pods)}
            assert step.number > now.job.status.counters.pods


@pytest.mark.parametrize("job", [a_job(), a_job().in_run(1)])
def test_no_pod_is_released_before_it_is_counted(job: AJob) -> None:
    first = plan(facts(job, job.pod().exited(75)))
    assert isinstance(first, WriteStatus)
    assert isinstance(plan(facts(job.after(first), job.pod().exited(75))), ReleasePod)
