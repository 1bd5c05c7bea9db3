from collections.abc import Sequence
from dataclasses import replace

import pytest

from queuedjob.policy.facts import ContainerRole, Pod
from queuedjob.policy.job.chain.show_status import show, view_of
from queuedjob.policy.job.inputs import JobFacts, RefusalKind
from queuedjob.policy.job.pods import sort_pods
from queuedjob.policy.job.steps import Step, Wait, WriteStatus
from tests.builders import NOON, AJob, APod, a_job, answer, facts, refused, seconds

JOB = a_job()
POD = JOB.pod()
SEEN = JOB.saying(phase="Waiting", reason="Retrying")


def written(step: Step | None) -> WriteStatus:
    assert isinstance(step, WriteStatus), step
    return step


def shown(it: JobFacts) -> tuple[str, str]:
    status = written(answer(show, it)).status
    return status.phase, status.reason


# --- pods

RUNNING = POD.running(since=NOON + seconds(30))
SCHEDULED_LATE = replace(POD.scheduled(), latest_condition_time=NOON + seconds(600))
PULLING = POD.waiting("ImagePullBackOff", 'Back-off pulling image "nope"')


@pytest.mark.parametrize(
    ("pod", "due", "phase", "reason"),
    [
        pytest.param(RUNNING, 31, "Running", "AttemptRunning", id="running for a second"),
        pytest.param(POD, 5, "Waiting", "Scheduling", id="no word from the scheduler for five"),
        pytest.param(POD.not_schedulable(), 5, "Waiting", "Unschedulable", id="unschedulable"),
        pytest.param(POD.scheduled(), 5, "Running", "ContainerCreating", id="scheduled, and not started"),
        pytest.param(POD.waiting("ContainerCreating"), 5, "Running", "ContainerCreating", id="creating"),
        pytest.param(SCHEDULED_LATE, 605, "Running", "ContainerCreating", id="scheduled after ten minutes"),
        pytest.param(PULLING, 5, "Running", "ImagePullBackOff", id="its image cannot be pulled"),
        pytest.param(POD.waiting("ErrImagePull"), 5, "Running", "ImagePullBackOff", id="the same, between two tries"),
        pytest.param(
            POD.scheduled().deleted(at=NOON + seconds(20), grace=10), 60, "Running", "PodTerminating", id="terminating"
        ),
        pytest.param(
            POD.exited(0).beside(ContainerRole.REGULAR), 15, "Running", "MainEnded", id="others run on after main"
        ),
        pytest.param(
            POD.start_error().beside(ContainerRole.SIDECAR), 5, "Running", "AttemptRunning", id="no start that is known"
        ),
        pytest.param(
            POD.running(since=NOON + seconds(3600)), 5, "Running", "AttemptRunning", id="a node whose clock is ahead"
        ),
    ],
)
def test_the_state_of_a_pod_is_shown_after_it_has_lasted(pod: APod, due: float, phase: str, reason: str) -> None:
    before = answer(show, facts(JOB, pod, at=due - 0.5))
    assert before == Wait(0.5)
    assert shown(facts(JOB, pod, at=due)) == (phase, reason)
    (entry,) = written(answer(show, facts(JOB, pod, at=due))).status.attempts
    assert (entry.pod_uid, entry.finish_time) == (pod.uid, None)


def test_a_state_that_is_shown_is_not_written_again() -> None:
    job = JOB.after(written(answer(show, facts(JOB, RUNNING, at=31))))
    assert answer(show, facts(job, RUNNING, at=500)) is None


def test_the_live_attempt_is_an_entry_that_settles_nothing() -> None:
    status = written(answer(show, facts(JOB, RUNNING, at=31))).status
    (entry,) = status.attempts
    assert (entry.pod_uid, entry.finish_time) == (POD.uid, None)
    assert status.attempts_summary == "1/10"
    assert status.start_time == NOON + seconds(30)
    assert status.counters == JOB.status.counters


def test_the_status_quotes_the_cluster_on_why_a_pod_does_not_start() -> None:
    message = written(answer(show, facts(JOB, PULLING, at=5))).status.message
    assert message == 'container main: Back-off pulling image "nope"'
    words = written(answer(show, facts(JOB, POD.not_schedulable("no room"), at=5))).status.message
    assert words == "no room"
    assert written(answer(show, facts(JOB, POD, at=5))).status.message == "waiting for the scheduler"
    assert written(answer(show, facts(JOB, POD.scheduled(), at=5))).status.message == "starting"


def test_the_start_time_of_the_first_attempt_is_kept() -> None:
    job = JOB.saying(start_time=NOON - seconds(99))
    assert written(answer(show, facts(job, RUNNING, at=31))).status.start_time == NOON - seconds(99)


def test_a_pod_without_a_spec_hash_gets_no_remark_about_an_edit() -> None:
    message = written(answer(show, facts(JOB, replace(RUNNING, spec_hash=""), at=31))).status.message
    assert message == "attempt 1 runs on node node"


def test_the_status_of_a_pod_on_a_dead_node_names_the_remedy() -> None:
    pod = POD.scheduled("worker-3").deleted(at=NOON, grace=0)
    write = written(answer(show, facts(JOB, pod, at=31)))
    assert write.rule == "show"
    assert write.status.message == (
        f"pod {pod.name} on node worker-3 was deleted and has not ended: if the node is dead, delete its Node object "
        "or taint it node.kubernetes.io/out-of-service"
    )


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        pytest.param("suspended", "we stopped it (suspended)", id="our own stop"),
        pytest.param("", "another client deleted it", id="somebody's deletion"),
    ],
)
def test_a_pod_within_its_grace_period_is_not_taken_for_one_on_a_dead_node(reason: str, why: str) -> None:
    pod = replace(POD.running().deleted(at=NOON, grace=60), stop_reason=reason)
    view = view_of(facts(JOB, pod, at=85), sort_pods(JOB, (pod,)))
    assert view is not None
    assert (view.reason, view.due_in) == ("PodStopping", 5)
    assert view.message == f"pod {pod.name} is ending: {why}; its grace period ends at 2026-03-01T12:01:00Z"
    assert answer(show, facts(JOB, pod, at=85)) == Wait(5)
    assert written(answer(show, facts(JOB, pod, at=90))).status.reason == "PodTerminating"


def test_the_generation_that_ran_is_named_where_an_edit_slipped_in() -> None:
    message = written(answer(show, facts(JOB.edited(frozen=True), RUNNING, at=31))).status.message
    assert "attempt 1 ran generation 1, the spec is at generation 2 now" in message


def test_an_attempt_that_has_ended_and_is_not_settled_shows_nothing() -> None:
    assert answer(show, facts(SEEN, POD.exited(75), at=500)) is None
    waiting = SEEN.saying(next_attempt_time=NOON + seconds(9999))
    assert answer(show, facts(waiting, POD.exited(75), at=500)) is None


def test_an_attempt_that_is_missing_from_the_watch_shows_nothing() -> None:
    assert answer(show, facts(SEEN, replace(RUNNING, missing_from_watch=True), at=500)) is None


# --- waits without a pod

OLDER = POD.running().owned_by("older")
LATER = JOB.in_run(1)
STRAY = LATER.pod(run=0).running()


@pytest.mark.parametrize(
    ("it", "reason"),
    [
        pytest.param(facts(JOB, previous=[OLDER]), "PreviousPodTerminating", id="an earlier job's pod"),
        pytest.param(facts(JOB, previous_late=9), "PreviousPodTerminating", id="that may still appear"),
        pytest.param(facts(LATER, STRAY), "PodTerminating", id="a stray"),
        pytest.param(facts(JOB.asking(not_before_time=NOON + seconds(99))), "NotBeforeTime", id="not before"),
        pytest.param(facts(JOB.saying(next_attempt_time=NOON + seconds(99))), "Backoff", id="backoff"),
        pytest.param(facts(JOB, refusal=refused(RefusalKind.WAIT)), "QuotaExceeded", id="quota"),
        pytest.param(facts(JOB, refusal=refused(RefusalKind.RETRY, "ApiServerUnavailable")), "ApiServerUnavailable"),
        pytest.param(facts(JOB, refusal=refused(RefusalKind.NAMESPACE_GOING, "NamespaceTerminating")), "Namespace"),
    ],
)
def test_a_wait_is_shown_with_its_reason(it: JobFacts, reason: str) -> None:
    status = written(answer(show, it)).status
    assert status.phase == "Waiting"
    assert status.reason.startswith(reason)
    assert status.message


@pytest.mark.parametrize(
    ("it", "wait"),
    [
        pytest.param(facts(JOB, previous=[OLDER], at=0.25), 0.75, id="an earlier job's pod"),
        pytest.param(facts(JOB, previous_late=9, at=0.25), 0.75, id="that may still appear"),
        pytest.param(facts(LATER, STRAY, at=0.25), 0.75, id="a stray"),
        pytest.param(facts(JOB, refusal=refused(RefusalKind.WAIT, since=19.75)), 0.75, id="quota"),
        pytest.param(facts(JOB, refusal=refused(RefusalKind.RETRY, since=19)), 4.0, id="the API server's own trouble"),
    ],
)
def test_a_wait_is_shown_only_after_it_has_lasted(it: JobFacts, wait: float) -> None:
    assert answer(show, it) == Wait(wait)


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(facts(JOB), id="nothing to wait for"),
        pytest.param(facts(JOB.asking(not_before_time=NOON + seconds(20.5))), id="half a second is no wait"),
        pytest.param(facts(JOB, previous_late=0.5), id="nor is it here"),
        pytest.param(facts(JOB, refusal=refused(RefusalKind.SPEC_FAULT)), id="an end follows"),
        pytest.param(facts(JOB.edited(frozen=True), refusal=refused(RefusalKind.WAIT)), id="an edit asks anew"),
        pytest.param(facts(JOB.being_deleted(), previous=[OLDER]), id="it is on its way out"),
        pytest.param(facts(JOB.dead(), previous=[OLDER]), id="it has ended"),
    ],
)
def test_no_state_is_shown_of(it: JobFacts) -> None:
    assert answer(show, it) is None


def test_a_suspended_job_shows_its_suspension_and_nothing_else() -> None:
    job = JOB.suspended().saying(phase="Waiting", reason="Suspended", suspend_time=NOON)
    assert answer(show, facts(job, previous=[OLDER])) is None


@pytest.mark.parametrize("reason", ["Backoff", "Suspended", "QuotaExceeded"])
def test_a_job_that_a_finalizer_holds_says_so_at_once_and_waits_for_nothing_else(reason: str) -> None:
    job = JOB.being_deleted("a/b", "c/d").saying(phase="Waiting", reason=reason, next_attempt_time=NOON + seconds(99))
    status = written(answer(show, facts(job, refusal=refused(RefusalKind.WAIT)))).status
    assert (status.phase, status.reason, status.next_attempt_time) == ("Waiting", "Deleting", None)
    assert status.message == (
        "it is being deleted, and no further attempt starts; it stays until its finalizers a/b, c/d are removed"
    )


def test_the_pod_of_a_job_that_a_finalizer_holds_is_shown_as_ever() -> None:
    assert shown(facts(JOB.being_deleted("a/b"), RUNNING, at=31)) == ("Running", "AttemptRunning")


def test_the_time_of_an_attempt_that_runs_is_not_kept() -> None:
    job = JOB.saying(phase="Waiting", reason="Backoff", next_attempt_time=NOON + seconds(20))
    assert written(answer(show, facts(job, RUNNING, at=31))).status.next_attempt_time is None


def test_the_status_shows_that_an_end_waits_for_a_stray() -> None:
    ended = LATER.pod().exited(64)
    assert shown(facts(LATER.showing(ended), ended, STRAY)) == ("Waiting", "PodTerminating")


# --- what else goes out of date


@pytest.mark.parametrize(
    ("job", "writes"),
    [
        pytest.param(SEEN, False, id="up to date"),
        pytest.param(SEEN.edited(retry={"max_attempts": 9}), True, id="another generation"),
        pytest.param(JOB.succeeded().edited(pod_history_limit=0), True, id="after the end, too"),
        pytest.param(JOB, False, id="a fresh job is told nothing new"),
    ],
)
def test_the_observed_generation_is_kept_up_to_date(job: AJob, *, writes: bool) -> None:
    step = answer(show, facts(job))
    assert (step is not None) == writes
    if step is not None:
        status = written(step).status
        assert status.observed_generation == job.generation
        assert {c.observed_generation for c in status.conditions} == {job.generation}
        assert (status.phase, status.reason) == (job.status.phase, job.status.reason)


def conditions(it: JobFacts) -> Sequence[str]:
    return [c.type for c in written(answer(show, it)).status.conditions]


def test_a_dead_letter_that_cannot_be_filed_becomes_a_condition_after_a_while() -> None:
    dead = JOB.dead(filed=False)
    no = refused(RefusalKind.WAIT, "LetterRefused", since=10)
    assert answer(show, facts(dead, letter_refusal=no, at=14.9)) is None
    write = written(answer(show, facts(dead, letter_refusal=no, at=15)))
    (pending,) = (c for c in write.status.conditions if c.type == "DeadLetterPending")
    assert pending.reason == "LetterRefused"
    assert pending.message == f"DeadLetter {dead.letter().name}: LetterRefused: the API server's words"
    assert answer(show, facts(dead.after(write), letter_refusal=no, at=99)) is None


def test_dead_letter_pending_stays_after_a_restart() -> None:
    dead = JOB.dead(filed=False)
    no = refused(RefusalKind.WAIT, "LetterRefused", since=10)
    job = dead.after(written(answer(show, facts(dead, letter_refusal=no, at=15))))
    again = replace(no, since=NOON + seconds(100))
    assert answer(show, facts(job, letter_refusal=again, at=100)) is None


def test_dead_letter_pending_is_removed_when_the_dead_letter_is_filed() -> None:
    dead = JOB.dead(filed=False)
    no = refused(RefusalKind.WAIT, "LetterRefused")
    job = dead.after(written(answer(show, facts(dead, letter_refusal=no))))
    filed = job.saying(dead_letter_ref=JOB.dead().status.dead_letter_ref)
    assert conditions(facts(filed, letter_refusal=no)) == ["Failed", "Stalled"]


def test_a_pod_of_a_terminal_job_shows_nothing() -> None:
    pod: Pod = RUNNING
    assert answer(show, facts(JOB.dead(), pod, at=500)) is None


def test_a_gated_pod_is_shown_at_once_with_its_gates_and_spends_no_attempt() -> None:
    gated = POD.gated("kueue.x-k8s.io/admission (queue user-queue)", "example.com/quota")
    status = written(answer(show, facts(JOB, gated, at=0))).status
    assert (status.phase, status.reason, status.attempts_summary) == ("Waiting", "SchedulingGated", "0/10")
    assert status.message == (
        "the pod is held back by its scheduling gates: kueue.x-k8s.io/admission (queue user-queue), example.com/quota"
    )
