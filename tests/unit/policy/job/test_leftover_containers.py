from dataclasses import replace
from typing import Final

import pytest

from queuedjob.policy.facts import ContainerRole, StopReason
from queuedjob.policy.job.chain.show_status import show
from queuedjob.policy.job.chain.stop import stop_what_must_not_run
from queuedjob.policy.job.leftover_containers import stop_leftover_containers
from queuedjob.policy.job.steps import MarkStop, Wait, WriteStatus
from queuedjob.settings import Settings
from tests.builders import NOON, APod, a_job, answer, facts, seconds

JOB: Final = a_job()
POD: Final = JOB.pod()
DONE: Final = POD.exited(0).beside(ContainerRole.REGULAR)
FAILED: Final = POD.exited(65).beside(ContainerRole.REGULAR)
LOST: Final = replace(POD.lost().beside(ContainerRole.REGULAR), latest_condition_time=NOON + seconds(20))


@pytest.mark.parametrize(
    ("pod", "due"),
    [
        pytest.param(DONE, 40, id="it succeeded"),
        pytest.param(FAILED, 40, id="it failed"),
        pytest.param(DONE.beside(ContainerRole.SIDECAR, name="proxy"), 40, id="a native sidecar beside it"),
        pytest.param(LOST, 50, id="nobody knows when it ended: from the last change of the pod"),
    ],
)
def test_a_pod_whose_other_containers_run_on_after_the_main_container_is_stopped(pod: APod, due: float) -> None:
    assert stop_leftover_containers(facts(JOB, pod, at=due - 0.5), pod) == Wait(0.5)
    assert stop_leftover_containers(facts(JOB, pod, at=due), pod) == MarkStop(pod, StopReason.MAIN_ENDED)
    assert answer(stop_what_must_not_run, facts(JOB, pod, at=due)) == MarkStop(pod, StopReason.MAIN_ENDED)


def test_a_container_whose_image_is_missing_keeps_the_pod_from_ending_too() -> None:
    other = replace(DONE.containers[1], running_since=None, waiting_reason="ImagePullBackOff")
    pod = replace(DONE, phase="Pending", containers=(DONE.containers[0], other))
    assert answer(stop_what_must_not_run, facts(JOB, pod, at=40)) == MarkStop(pod, StopReason.MAIN_ENDED)


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(POD.running().beside(ContainerRole.REGULAR), id="main runs"),
        pytest.param(POD.running().beside(ContainerRole.REGULAR, 0), id="the other one has ended"),
        pytest.param(replace(POD.exited(0), phase="Running"), id="it was alone, and its kubelet says so in a moment"),
        pytest.param(POD.exited(0).beside(ContainerRole.SIDECAR), id="a native sidecar is ended by Kubernetes"),
    ],
)
def test_a_pod_without_leftover_containers_is_not_stopped(pod: APod) -> None:
    assert stop_leftover_containers(facts(JOB, pod, at=100_000), pod) is None


def test_how_long_other_containers_may_run_on_is_the_operators_setting() -> None:
    assert stop_leftover_containers(
        facts(JOB, DONE, at=12, limits=replace(Settings().limits, main_ended=3)), DONE
    ) == Wait(1.0)
    assert isinstance(
        stop_leftover_containers(facts(JOB, DONE, at=13, limits=replace(Settings().limits, main_ended=3)), DONE),
        MarkStop,
    )


def test_the_status_shows_leftover_containers_after_a_while() -> None:
    assert answer(show, facts(JOB, DONE, at=14)) == Wait(1.0)
    step = answer(show, facts(JOB, DONE, at=15))
    assert isinstance(step, WriteStatus)
    assert (step.status.phase, step.status.reason) == ("Running", "MainEnded")
    assert step.status.message == "the main container has ended; other may run on until 2026-03-01T12:00:40Z"
