"""A pod that its kubelet does not stop at its deadline: when we stop it, and what its end then means."""

from dataclasses import replace
from typing import Final

import pytest

from queuedjob.policy.facts import ContainerRole, Pod, StopReason
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.evidence import evidence_of
from queuedjob.policy.job.chain.stop import stop_what_must_not_run
from queuedjob.policy.job.overdue import stop_overdue
from queuedjob.policy.job.steps import MarkStop, Wait
from tests.builders import NOON, APod, a_job, answer, facts, seconds

JOB: Final = a_job().asking(timeouts={"attempt": 100.0})
POD: Final = replace(JOB.pod(), deadline_seconds=100, termination_grace=20)
RUNNING: Final = POD.running()


@pytest.mark.parametrize(
    ("pod", "reason"),
    [
        pytest.param(RUNNING, StopReason.DEADLINE, id="it runs"),
        pytest.param(RUNNING.exited(0).beside(ContainerRole.REGULAR), StopReason.MAIN_ENDED, id="only others run"),
        pytest.param(
            replace(POD.scheduled(), start_time=None, scheduled_time=NOON),
            StopReason.DEADLINE,
            id="its kubelet has never spoken of it",
        ),
    ],
)
def test_a_pod_is_stopped_a_minute_after_deadline_and_grace(pod: Pod, reason: StopReason) -> None:
    assert stop_overdue(facts(JOB, pod, at=179), pod) == Wait(1)
    assert stop_overdue(facts(JOB, pod, at=180), pod) == MarkStop(pod, reason)
    assert stop_overdue(facts(JOB, pod, at=179, unsure=5), pod) == Wait(1), "of the server's time, the early bound"


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(POD, id="it has no node"),
        pytest.param(replace(RUNNING, deadline_seconds=None), id="it has no deadline that anybody could read"),
    ],
)
def test_a_pod_without_a_deadline_that_runs_is_left_alone(pod: Pod) -> None:
    assert stop_overdue(facts(JOB, pod, at=9_999), pod) is None


def test_the_plan_stops_a_pod_past_its_deadline() -> None:
    assert answer(stop_what_must_not_run, facts(JOB, RUNNING, at=170)) == Wait(10)
    assert answer(stop_what_must_not_run, facts(JOB, RUNNING, at=180)) == MarkStop(RUNNING, StopReason.DEADLINE)
    deleted = RUNNING.deleted(at=NOON + seconds(90))
    assert answer(stop_what_must_not_run, facts(JOB, deleted, at=999)) is None, "somebody has deleted it"


LATE: Final = replace(RUNNING, stop_reason="deadline").deleted(at=NOON + seconds(180), grace=20)


@pytest.mark.parametrize(
    ("pod", "rule", "failure"),
    [
        pytest.param(LATE.exited(137), "deadline", "Timeout", id="its kubelet came back and killed it"),
        pytest.param(LATE.exited(0), "deadline", "Timeout", id="exit 0 on SIGTERM is no success"),
        pytest.param(LATE.vanished(), "deadline", "Timeout", id="it is gone: nobody saw its end"),
        pytest.param(
            replace(POD.scheduled(), stop_reason="deadline", deletion_time=NOON, deletion_grace=20).lost(),
            "deadline-before-start",
            "StartFailure",
            id="it never started",
        ),
        pytest.param(
            replace(LATE, deadline_by_total=True).exited(137), "deadline-total", "Stopped", id="timeouts.total set it"
        ),
        pytest.param(
            LATE.disrupted("DeletionByPodGC", at=NOON + seconds(300)),
            "disruption-target",
            "Disruption",
            id="its node was dead, and somebody deleted the Node",
        ),
        pytest.param(
            replace(RUNNING.exited(0, after=50), stop_reason="deadline").deleted(at=NOON + seconds(180)),
            "succeeded",
            "",
            id="it had succeeded in time, and its kubelet could not say so",
        ),
        pytest.param(
            replace(RUNNING.exited(75, after=50), stop_reason="deadline").deleted(at=NOON + seconds(180)),
            "exit-temporary",
            "Transient",
            id="it had failed in time",
        ),
    ],
)
def test_the_end_of_a_pod_that_we_stopped_past_its_deadline(pod: APod, rule: str, failure: str) -> None:
    verdict = classify(evidence_of(pod))
    assert (verdict.rule, verdict.failure.name if verdict.failure else "") == (rule, failure)


def test_a_timeout_by_our_stop_says_whose_it_was() -> None:
    message = classify(evidence_of(LATE.exited(137))).message
    assert message == "Its deadline had passed and its kubelet did not stop it, so the operator did"
