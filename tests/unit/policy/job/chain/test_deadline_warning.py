from dataclasses import replace
from typing import Final

import pytest

from queuedjob.policy.facts import ContainerRole
from queuedjob.policy.job.chain.deadline_warning import warn_of_deadline
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.steps import Wait, WarnOfDeadline
from queuedjob.settings import Settings
from tests.builders import AJob, APod, a_job, answer, facts

JOB: Final = a_job()
RUNNING: Final = JOB.pod().running()


def with_deadline(seconds: int | None) -> APod:
    return replace(RUNNING, deadline_seconds=seconds)


@pytest.mark.parametrize(
    ("pod", "percent", "due"),
    [
        pytest.param(RUNNING, 80, 1440, id="of the built-in half hour"),
        pytest.param(RUNNING, 50, 900, id="the share is the operator's setting"),
        pytest.param(with_deadline(60), 80, 48, id="of a minute"),
        pytest.param(JOB.pod().waiting("ImagePullBackOff"), 80, 1440, id="it has not even started"),
    ],
)
def test_a_warning_comes_once_its_share_of_the_deadline_has_passed(pod: APod, percent: int, due: float) -> None:
    limits = replace(Settings().limits, deadline_near_percent=percent)
    assert answer(warn_of_deadline, facts(JOB, pod, at=due - 1, limits=limits)) == Wait(1.0)
    step = answer(warn_of_deadline, facts(JOB, pod, at=due, limits=limits))
    assert isinstance(step, WarnOfDeadline)
    assert (step.pod, step.event.reason, step.event.warning) == (pod, "DeadlineNear", True)


def test_the_warning_names_the_deadline_and_its_time() -> None:
    by_total = replace(RUNNING, deadline_by_total=True)
    for pod, which in ((RUNNING, "timeouts.attempt"), (by_total, "what is left of timeouts.total")):
        step = answer(warn_of_deadline, facts(JOB, pod, at=1500))
        assert isinstance(step, WarnOfDeadline)
        assert step.event.message == (
            f"attempt 1 has used 80 % of its deadline of 30m ({which}) and is stopped at 2026-03-01T12:30:00Z"
        )


@pytest.mark.parametrize(
    ("job", "pod"),
    [
        pytest.param(JOB, with_deadline(59), id="a deadline that nobody could do anything about"),
        pytest.param(JOB, with_deadline(None), id="no deadline"),
        pytest.param(JOB, JOB.pod(), id="its clock has not started"),
        pytest.param(JOB, RUNNING.exited(0), id="it has ended"),
        pytest.param(JOB, RUNNING.exited(0).beside(ContainerRole.REGULAR), id="its main container has ended"),
        pytest.param(JOB, RUNNING.deleted(), id="somebody stopped it"),
        pytest.param(JOB, replace(RUNNING, missing_from_watch=True), id="it may be gone"),
        pytest.param(JOB.dead(), RUNNING, id="a stray"),
    ],
)
def test_there_is_no_deadline_warning_for(job: AJob, pod: APod) -> None:
    assert answer(warn_of_deadline, facts(job, pod, at=1_700)) is None


def test_the_deadline_warning_is_posted_once_for_each_pod() -> None:
    assert answer(warn_of_deadline, facts(JOB, RUNNING, at=1_500, warned=RUNNING.uid)) is None
    second = JOB.pod(2).running()
    assert isinstance(answer(warn_of_deadline, facts(JOB, second, at=1_500, warned=RUNNING.uid)), WarnOfDeadline)


def test_the_deadline_warning_can_be_switched_off() -> None:
    assert (
        answer(
            warn_of_deadline,
            facts(JOB, RUNNING, at=1_799, limits=replace(Settings().limits, deadline_near_percent=100)),
        )
        is None
    )


def test_the_deadline_warning_comes_after_all_other_steps() -> None:
    assert not isinstance(plan(facts(JOB.cancelled(), RUNNING, at=1_500)), WarnOfDeadline)
    assert isinstance(plan(facts(JOB.showing(RUNNING), RUNNING, at=1_500)), WarnOfDeadline)
    assert isinstance(plan(facts(JOB.showing(RUNNING), RUNNING, at=1_500, warned=RUNNING.uid)), Wait | None)
