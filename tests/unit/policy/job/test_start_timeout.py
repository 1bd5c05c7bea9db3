from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.facts import Container, ContainerRole, Pod, StopReason, Termination
from queuedjob.policy.job.chain.stop import stop_what_must_not_run
from queuedjob.policy.job.start_timeout import obstacle_of, stop_unstarted
from queuedjob.policy.job.steps import MarkStop, Wait
from tests.builders import NOON, AJob, APod, a_job, answer, facts, seconds

JOB: Final = a_job().asking(timeouts={"start": 60.0})
NEVER: Final = a_job().asking(timeouts={"start": None})
POD: Final = replace(JOB.pod().scheduled(), scheduled_time=NOON + seconds(5))
PULLING: Final = POD.waiting("ImagePullBackOff", "Back-off pulling image nope")
NAMELESS: Final = POD.waiting("InvalidImageName", "couldn't parse image name")


def init(*, ended: float | None = None, waiting: str = "") -> Container:
    """Return an init container that runs, waits, or ended with exit code 0 `ended` seconds after NOON."""
    if waiting:
        return Container("init", ContainerRole.INIT, waiting, "words")
    if ended is None:
        return Container("init", ContainerRole.INIT, running_since=NOON)
    end = Termination(0, "Completed", started=NOON, finished=NOON + seconds(ended))
    return Container("init", ContainerRole.INIT, terminated=end)


def behind(pod: APod, *first: Container) -> APod:
    """Return the same pod with these containers before its main container."""
    return replace(pod, containers=(*first, *pod.containers))


SIDECAR: Final = Container("proxy", ContainerRole.SIDECAR, running_since=NOON)


@pytest.mark.parametrize(
    ("pod", "due"),
    [
        pytest.param(PULLING, 65, id="from when it got its node"),
        pytest.param(POD, 65, id="the kubelet has not said a word: it may be dead"),
        pytest.param(POD.waiting("ContainerCreating"), 65, id="a volume that is missing has no reason of its own"),
        pytest.param(replace(PULLING, scheduled_time=None), 60, id="nothing tells when it got its node"),
        pytest.param(behind(POD.waiting("PodInitializing"), init(ended=40)), 100, id="anew when an init has ended"),
        pytest.param(behind(POD, init(waiting="ErrImagePull")), 65, id="an init container's image"),
        pytest.param(behind(POD.waiting("PodInitializing"), SIDECAR), 65, id="a sidecar is no work"),
        pytest.param(NAMELESS, 10, id="a name that no image can have is given its patience only"),
    ],
)
def test_a_pod_that_has_not_started_in_time_is_stopped(pod: APod, due: float) -> None:
    before, then = (stop_unstarted(facts(JOB, pod, at=at), pod) for at in (due - 0.5, due))
    assert before == Wait(0.5)
    assert isinstance(then, MarkStop)
    assert (then.pod, then.reason) == (pod, StopReason.START)


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(JOB.pod().not_schedulable(), id="unschedulable is a visible wait"),
        pytest.param(POD.running(), id="it runs"),
        pytest.param(POD.running().beside(ContainerRole.REGULAR), id="so does another"),
        pytest.param(replace(POD.running(), phase="Pending"), id="main runs, another one's image is missing"),
        pytest.param(POD.start_error(), id="it could not be started, which is an end"),
        pytest.param(behind(POD.waiting("PodInitializing"), init()), id="an init container works"),
    ],
)
def test_a_pod_without_a_node_or_with_a_running_container_does_not_fail_to_start(pod: APod) -> None:
    assert stop_unstarted(facts(JOB, pod, at=100_000), pod) is None


def test_without_timeouts_start_only_an_impossible_image_name_stops_the_pod() -> None:
    assert stop_unstarted(facts(NEVER, PULLING, at=100_000), PULLING) is None
    assert isinstance(stop_unstarted(facts(NEVER, NAMELESS, at=10), NAMELESS), MarkStop)


@pytest.mark.parametrize(
    ("pod", "detail"),
    [
        pytest.param(
            PULLING, "ImagePullBackOff: container main: Back-off pulling image nope", id="the kubelet's words"
        ),
        pytest.param(POD.waiting("ErrImagePull"), "ImagePullBackOff: container main: ErrImagePull", id="between tries"),
        pytest.param(POD.waiting("ContainerCreating"), "", id="the kubelet does not say"),
        pytest.param(
            behind(POD.waiting("PodInitializing"), init(waiting="CreateContainerConfigError")),
            "CreateContainerConfigError: container init: words",
            id="of an init container",
        ),
        pytest.param(
            replace(
                PULLING, containers=(Container("a", ContainerRole.REGULAR, "InvalidImageName"), *PULLING.containers)
            ),
            "ImagePullBackOff: container main: Back-off pulling image nope",
            id="main's, where another container has one, too",
        ),
    ],
)
def test_the_mark_keeps_what_the_kubelet_would_forget(pod: APod, detail: str) -> None:
    step = stop_unstarted(facts(JOB, pod, at=1_000), pod)
    assert isinstance(step, MarkStop)
    assert step.detail == detail


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        pytest.param(JOB, StopReason.START, id="nothing else"),
        pytest.param(JOB.cancelled(), StopReason.CANCELLED, id="cancelled"),
        pytest.param(JOB.suspended(), StopReason.SUSPENDED, id="suspended: not the job's failure"),
        pytest.param(JOB.asking(timeouts={"start": 60.0, "total": 60.0}), StopReason.TOTAL, id="past its total"),
    ],
)
def test_other_reasons_for_a_stop_come_before_the_start_timeout(job: AJob, reason: StopReason) -> None:
    step = answer(stop_what_must_not_run, facts(job, PULLING, at=100))
    assert isinstance(step, MarkStop)
    assert step.reason == reason


def test_the_wait_ends_at_the_earliest_deadline_of_the_attempt() -> None:
    job = JOB.asking(timeouts={"start": 60.0, "total": 50.0})
    assert answer(stop_what_must_not_run, facts(job, PULLING, at=20)) == Wait(30.0)
    assert answer(stop_what_must_not_run, facts(JOB, PULLING, at=20)) == Wait(45.0)


def test_only_the_unsettled_attempt_is_stopped_by_the_start_timeout() -> None:
    step = answer(stop_what_must_not_run, facts(JOB.dead(), PULLING, at=100))
    assert isinstance(step, MarkStop)
    assert step.reason == StopReason.STRAY


def test_the_start_timeout_holds_while_a_finalizer_holds_the_job() -> None:
    step = answer(stop_what_must_not_run, facts(JOB.being_deleted("a/b"), PULLING, at=100))
    assert isinstance(step, MarkStop)
    assert step.reason == StopReason.START


def test_a_pod_that_was_deleted_for_its_start_timeout_is_not_stopped_again() -> None:
    marked = replace(POD, stop_reason="start")
    deleted = marked.deleted()
    assert answer(stop_what_must_not_run, facts(JOB, marked, at=100)) is not None
    assert answer(stop_what_must_not_run, facts(JOB, deleted, at=100_000)) is None


def test_a_pod_that_starts_normally_has_no_obstacle() -> None:
    assert obstacle_of(POD.waiting("ContainerCreating")) is None
    assert obstacle_of(POD.running()) is None


WAITING: Final = st.sampled_from(["", "ContainerCreating", "ErrImagePull", "ImagePullBackOff", "InvalidImageName"])


@given(
    role=st.sampled_from(ContainerRole),
    waiting=WAITING,
    start=st.none() | st.floats(1, 10_000),
    at=st.floats(0, 20_000),
)
def test_the_start_timeout_returns_a_stop_or_a_positive_wait(
    role: ContainerRole, waiting: str, start: float | None, at: float
) -> None:
    job = a_job().asking(timeouts={"start": start})
    pod: Pod = replace(POD, containers=(Container("c", role, waiting),))
    step = stop_unstarted(facts(job, pod, at=at), pod)
    assert step is None or isinstance(step, MarkStop) or (step.seconds is not None and step.seconds > 0)
    if start is not None and at >= start + 5:
        assert isinstance(step, MarkStop)


def test_a_regular_container_is_an_obstacle_only_if_no_container_before_it_is_one() -> None:
    beside = Container("other", ContainerRole.REGULAR, waiting_reason="ErrImagePull", waiting_message="no")
    alone = replace(POD, containers=(*POD.running().containers, beside))
    found = obstacle_of(alone)
    assert found is not None
    assert (found.reason, found.words) == ("ImagePullBackOff", "container other: no")
    both = obstacle_of(replace(alone, containers=(beside, *PULLING.containers)))
    assert both is not None
    assert both.words.startswith("container main:")
