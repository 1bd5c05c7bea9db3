from collections.abc import Sequence
from dataclasses import replace

import pytest

from queuedjob.policy.facts import ContainerRole, Pod, StopReason
from queuedjob.policy.job.chain.cleanup import restore_labels
from queuedjob.policy.job.chain.stop import catch_up, look_for_missing_pods, stop_what_must_not_run
from queuedjob.policy.job.inputs import Late
from queuedjob.policy.job.steps import ForgetPod, LookForPod, MarkStop, ReadJob, RestoreLabels, Step, StopPod, Wait
from tests.builders import NOON, AJob, APod, a_job, answer, facts, seconds

JOB = a_job()
RUNNING = JOB.pod().running()
SETTLED = JOB.pod().exited(75)


def unseen(pod: APod) -> APod:
    return replace(pod, missing_from_watch=True)


# --- catching up


def test_a_pod_of_a_later_run_asks_for_a_live_read_of_the_job() -> None:
    assert isinstance(answer(catch_up, facts(JOB, JOB.pod(1, run=1))), ReadJob)


def test_pods_of_this_run_and_of_earlier_runs_ask_for_no_live_read() -> None:
    job = JOB.in_run(1)
    assert answer(catch_up, facts(job, job.pod(1), job.pod(1, run=0))) is None


# --- pods that the watch does not report


@pytest.mark.parametrize(
    ("job", "pod", "step"),
    [
        pytest.param(JOB, RUNNING, None, id="seen"),
        pytest.param(JOB, unseen(RUNNING), LookForPod, id="an attempt may only have lost its label"),
        pytest.param(JOB, unseen(JOB.pod().succeeded().unheld()), LookForPod, id="an attempt that nothing holds"),
        pytest.param(JOB.having_settled(SETTLED), unseen(SETTLED), LookForPod, id="settled, but we hold it"),
        pytest.param(JOB.having_settled(SETTLED), unseen(SETTLED.unheld()), ForgetPod, id="settled and released"),
        pytest.param(JOB.dead(), unseen(SETTLED.unheld()), ForgetPod, id="a stray that has ended"),
        pytest.param(JOB.dead(), unseen(RUNNING.unheld()), LookForPod, id="a stray that may live"),
        pytest.param(JOB.dead(), RUNNING.unheld().vanished(), ForgetPod, id="a stray that is gone"),
        pytest.param(JOB, RUNNING.vanished(), None, id="an attempt that is gone is to be settled"),
    ],
)
def test_only_a_get_confirms_that_a_pod_is_gone(job: AJob, pod: APod, step: type[Step] | None) -> None:
    found = answer(look_for_missing_pods, facts(job, pod))
    assert (type(found) if found else None) == step


def test_a_pod_that_only_the_status_knows_is_looked_for() -> None:
    job = JOB.showing(RUNNING)
    step = answer(look_for_missing_pods, facts(job))
    assert step == LookForPod(RUNNING.name, attempt=job.status.attempts[0])


def test_a_pod_that_only_the_status_names_is_looked_for_even_if_another_pod_has_its_name() -> None:
    step = answer(look_for_missing_pods, facts(JOB.showing(RUNNING), replace(RUNNING, uid="another")))
    assert isinstance(step, LookForPod)
    assert step.attempt is not None


def test_a_settled_attempt_is_not_looked_for() -> None:
    assert answer(look_for_missing_pods, facts(JOB.having_settled(SETTLED))) is None


# --- labels


@pytest.mark.parametrize(
    ("pod", "restored"),
    [
        pytest.param(RUNNING, False, id="they are there"),
        pytest.param(RUNNING.unlabelled(), True, id="a live pod"),
        pytest.param(RUNNING.unlabelled().unheld(), True, id="a live pod that has lost our finalizer, too"),
        pytest.param(SETTLED.unlabelled(), True, id="an ended pod that we hold"),
        pytest.param(SETTLED.unlabelled().unheld(), False, id="nobody waits for an ended pod that nothing holds"),
        pytest.param(RUNNING.unlabelled().vanished(), False, id="a pod that is gone"),
    ],
)
def test_labels_are_put_back(pod: APod, *, restored: bool) -> None:
    assert (answer(restore_labels, facts(JOB, pod)) == RestoreLabels(pod)) == restored


# --- pods that another controller has taken over


def test_a_pod_of_another_controller_is_neither_stopped_nor_relabelled() -> None:
    taken = replace(RUNNING, foreign=True)
    for job in (JOB.cancelled(), JOB.suspended(), JOB.dead()):
        assert answer(stop_what_must_not_run, facts(job, taken)) is None
        assert answer(stop_what_must_not_run, facts(job, replace(taken, stop_reason="suspended"))) is None
    assert answer(restore_labels, facts(JOB, taken.unlabelled())) is None


# --- stopping

TOTAL = JOB.asking(timeouts={"total": 60.0})


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        pytest.param(JOB.suspended(), StopReason.SUSPENDED, id="suspended"),
        pytest.param(JOB.cancelled(), StopReason.CANCELLED, id="cancelled"),
        pytest.param(JOB.suspended().cancelled(), StopReason.CANCELLED, id="both: cancelled is for good"),
        pytest.param(TOTAL, StopReason.TOTAL, id="past its total"),
        pytest.param(JOB.dead(), StopReason.STRAY, id="a stray"),
    ],
)
def test_a_pod_that_must_not_run_is_marked_first_then_deleted(job: AJob, reason: StopReason) -> None:
    assert answer(stop_what_must_not_run, facts(job, RUNNING, at=60)) == MarkStop(RUNNING, reason)
    marked = replace(RUNNING, stop_reason=str(reason))
    assert answer(stop_what_must_not_run, facts(job, marked, at=60)) == StopPod(marked)
    deleted = marked.deleted()
    assert answer(stop_what_must_not_run, facts(job, deleted, at=60)) is None


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        pytest.param(JOB.suspended(), StopReason.SUSPENDED, id="suspended"),
        pytest.param(JOB.cancelled(), StopReason.CANCELLED, id="cancelled"),
        pytest.param(TOTAL, StopReason.TOTAL, id="past its total"),
    ],
)
def test_a_job_that_is_being_deleted_is_stopped_as_it_asks_for_a_finalizer_may_hold_it(
    job: AJob, reason: StopReason
) -> None:
    found = answer(stop_what_must_not_run, facts(job.being_deleted(), RUNNING, at=60))
    assert found == MarkStop(RUNNING, reason)


def test_a_job_that_is_being_deleted_and_asks_for_no_stop_runs_on() -> None:
    assert isinstance(answer(stop_what_must_not_run, facts(JOB.being_deleted(), RUNNING, at=60)), Wait)


def test_a_stop_does_not_wait_for_late_posts_because_the_pod_name_stays_taken() -> None:
    marked = replace(RUNNING, stop_reason="cancelled")
    assert answer(stop_what_must_not_run, facts(JOB.cancelled(), RUNNING, late=Late(9))) is not None
    assert answer(stop_what_must_not_run, facts(JOB.cancelled(), marked, late=Late(9))) == StopPod(marked)


@pytest.mark.parametrize("job", [JOB, JOB.being_deleted(), JOB.cancelled()])
def test_a_pod_that_carries_a_reason_is_deleted_whatever_the_spec_says_by_now(job: AJob) -> None:
    marked = replace(RUNNING, stop_reason="suspended")
    assert answer(stop_what_must_not_run, facts(job, marked)) == StopPod(marked)


@pytest.mark.parametrize("job", [JOB.suspended(), JOB.cancelled(), TOTAL], ids=["suspend", "cancel", "total"])
def test_where_the_main_container_has_ended_its_end_decides_whatever_asked_for_the_stop(job: AJob) -> None:
    pod = JOB.pod().exited(0).beside(ContainerRole.REGULAR)
    assert answer(stop_what_must_not_run, facts(job, pod, at=60)) == MarkStop(pod, StopReason.MAIN_ENDED)


def test_a_pod_that_is_already_being_deleted_is_not_stopped() -> None:
    assert answer(stop_what_must_not_run, facts(JOB.cancelled(), RUNNING.deleted())) is None


def test_a_stray_of_a_job_that_is_being_deleted_is_stopped() -> None:
    step = answer(stop_what_must_not_run, facts(JOB.dead().being_deleted(), RUNNING))
    assert step == MarkStop(RUNNING, StopReason.STRAY)


def test_the_attempt_beside_a_stray_runs_on() -> None:
    job = JOB.in_run(1)
    stray, attempt = job.pod(1, run=0).running(), job.pod(1).running()
    assert answer(stop_what_must_not_run, facts(job, attempt, stray)) == MarkStop(stray, StopReason.STRAY)
    assert isinstance(answer(stop_what_must_not_run, facts(job, attempt, stray.exited(1))), Wait)


@pytest.mark.parametrize("pods", [(SETTLED,), (JOB.pod().deleted(),), ()], ids=["ended", "never bound", "none"])
def test_what_has_ended_needs_no_stop(pods: Sequence[Pod]) -> None:
    assert answer(stop_what_must_not_run, facts(JOB.cancelled(), *pods)) is None


def test_an_attempt_within_its_total_is_looked_at_again_when_that_has_passed() -> None:
    assert answer(stop_what_must_not_run, facts(TOTAL, RUNNING, at=20)) == Wait(40.0)
    assert answer(stop_what_must_not_run, facts(TOTAL, at=20)) is None


def test_a_total_whose_start_was_moved_counts_from_the_new_start() -> None:
    job = TOTAL.saying(total_start_time=NOON + seconds(30))
    assert answer(stop_what_must_not_run, facts(job, RUNNING, at=60)) == Wait(30.0)


def test_the_total_has_passed_only_at_the_early_bound_of_now() -> None:
    assert answer(stop_what_must_not_run, facts(TOTAL, RUNNING, at=59.5, unsure=2)) == Wait(0.5)


def test_a_suspension_that_is_not_accounted_for_yet_stops_no_total() -> None:
    job = TOTAL.saying(phase="Waiting", reason="Suspended", suspend_time=JOB.created)
    assert isinstance(answer(stop_what_must_not_run, facts(job, RUNNING, at=1000)), Wait)


def test_the_look_for_a_pod_carries_its_last_known_state() -> None:
    last = unseen(RUNNING)
    assert answer(look_for_missing_pods, facts(JOB, last)) == LookForPod(last.name, pod=last)
