from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.facts import Container, ContainerRole, Pod, StopReason, Termination
from queuedjob.policy.failure.evidence import LAST_WORDS, Evidence, evidence_of, evidence_of_refusal, last_words
from queuedjob.policy.failure.pod_end import finish_time
from queuedjob.policy.failure.termination_message import NO_MESSAGE
from queuedjob.policy.time_math import END_OF_TIME
from tests.builders import GRACE, NOON, APod, a_pod, seconds

# --- which container decides


@pytest.mark.parametrize(
    ("pod", "container", "code"),
    [
        pytest.param(a_pod().exited(3), "main", 3, id="main's"),
        pytest.param(a_pod().exited(3).beside(ContainerRole.REGULAR, 4), "main", 3, id="whatever another's"),
        pytest.param(a_pod().exited(3).beside(ContainerRole.SIDECAR, 4), "main", 3, id="or a sidecar's"),
        pytest.param(a_pod().init_failed(5, name="fetch"), "fetch", 5, id="the init container's, where main never ran"),
        pytest.param(a_pod().start_error(), "main", 128, id="main's that could not start"),
        pytest.param(a_pod().lost(), "main", None, id="nobody's: the kubelet made it up"),
        pytest.param(a_pod().exited(255, reason="Unknown"), "main", None, id="nor what containerd made up"),
        pytest.param(a_pod().rejected(), "", None, id="there was none"),
        pytest.param(a_pod().running().vanished(), "", None, id="nobody saw it"),
    ],
)
def test_the_end_that_decides(pod: Pod, container: str, code: int | None) -> None:
    evidence = evidence_of(pod)
    assert (evidence.container, evidence.exit_code) == (container, code)


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        pytest.param("ErrImagePull: container main: no", ("ErrImagePull", "container main: no"), id="as we wrote it"),
        pytest.param("", ("ImagePullBackOff", "Back-off"), id="none"),
        pytest.param("R" * 200_000 + ": x", ("ImagePullBackOff", "Back-off"), id="a long word"),
        pytest.param("it did not start: x", ("ImagePullBackOff", "Back-off"), id="several words"),
        pytest.param(f"{'R' * 128}: x", ("R" * 128, "x"), id="the longest word"),
    ],
)
def test_what_kept_a_pod_from_starting_has_a_reason_of_one_word(detail: str, told: tuple[str, str]) -> None:
    pod = replace(a_pod().waiting("ImagePullBackOff", "Back-off"), stop_reason="start", stop_detail=detail)
    evidence = evidence_of(pod)
    assert (evidence.waiting_reason, evidence.waiting_message) == told


def test_of_several_init_containers_the_one_that_failed_decides() -> None:
    pod = a_pod().init_failed(5, name="second")
    first = Container("first", ContainerRole.INIT, terminated=Termination(0, "Completed", finished=NOON))
    assert evidence_of(replace(pod, containers=(first, *pod.containers))).container == "second"


def test_a_failed_init_container_does_not_decide_if_main_ran() -> None:
    pod = a_pod().lost()
    init = Container("init", ContainerRole.INIT, terminated=Termination(5, "Error", finished=NOON))
    ran = Container("main", ContainerRole.MAIN, running_since=NOON)
    assert evidence_of(replace(pod, containers=(init, ran), confirmed_gone=True)).container == ""


@pytest.mark.parametrize(
    ("code", "reported", "signal"),
    [(0, 0, 0), (1, 0, 0), (128, 0, 0), (129, 0, 1), (143, 0, 15), (192, 0, 64), (193, 0, 0), (1, 11, 11)],
)
def test_a_signal_is_what_is_reported_else_what_the_exit_code_says(code: int, reported: int, signal: int) -> None:
    assert evidence_of(a_pod().exited(code, signal=reported)).signal == signal


def test_an_end_that_was_not_observed_has_no_signal() -> None:
    assert evidence_of(a_pod().lost()).signal == 0


# --- start and finish times


@pytest.mark.parametrize(
    ("pod", "started"),
    [
        pytest.param(a_pod().exited(0), NOON, id="ended"),
        pytest.param(a_pod().running(NOON + seconds(7)).vanished(), NOON + seconds(7), id="last seen running"),
        pytest.param(a_pod().start_error(), None, id="the runtime could not start it"),
        pytest.param(a_pod().waiting("ImagePullBackOff").deadline_exceeded(), None, id="it was pulling"),
        pytest.param(a_pod().init_failed(1), None, id="it never came to run"),
        pytest.param(a_pod().rejected(), None, id="there was no container"),
    ],
)
def test_an_attempt_starts_with_its_main_container(pod: Pod, started: datetime | None) -> None:
    assert evidence_of(pod).started == started


CONDITION = NOON + seconds(40)


def with_condition(pod: APod) -> APod:
    return replace(pod, latest_condition_time=CONDITION)


@pytest.mark.parametrize(
    ("pod", "finished"),
    [
        pytest.param(with_condition(a_pod().exited(1)), NOON + seconds(10), id="main's end"),
        pytest.param(a_pod().init_failed(1), NOON + seconds(5), id="the failed init container's"),
        pytest.param(
            a_pod().exited(1, after=2).beside(ContainerRole.REGULAR, 0),
            NOON + seconds(8),
            id="the last one's",
        ),
        pytest.param(with_condition(a_pod().lost()), CONDITION, id="the latest condition, where no end has a time"),
        pytest.param(with_condition(a_pod().rejected()), CONDITION, id="or there is no container"),
        pytest.param(
            with_condition(a_pod().running().deleted()).vanished(), CONDITION, id="even of a pod that was deleted"
        ),
        pytest.param(
            with_condition(a_pod().waiting("ContainerCreating").deleted(at=NOON + seconds(90))).lost(),
            NOON + seconds(90),
            id="our stop, for what never started",
        ),
        pytest.param(
            with_condition(replace(a_pod().scheduled(), deletion_time=NOON + seconds(91), deletion_grace=0)).lost(),
            NOON + seconds(91),
            id="the kubelet's last DELETE, for what never started",
        ),
        pytest.param(
            with_condition(a_pod().waiting("ErrImagePull").deadline_exceeded()),
            NOON + seconds(1800),
            id="the deadline, for what never started",
        ),
        pytest.param(
            with_condition(a_pod().deleted(at=NOON + seconds(90))),
            NOON + seconds(90),
            id="the deletion, for what never had a node: its conditions tell of its waiting",
        ),
        pytest.param(a_pod().running().deleted().vanished(), NOON + seconds(60 + GRACE), id="no condition: deletion"),
        pytest.param(a_pod().rejected(), NOON, id="nothing at all: creation"),
    ],
)
def test_an_attempt_finishes_with(pod: Pod, finished: datetime) -> None:
    assert finish_time(pod) == evidence_of(pod).finished == finished


def test_an_init_containers_end_says_nothing_about_a_lost_main() -> None:
    pod = with_condition(a_pod().lost())
    init = Container("init", ContainerRole.INIT, terminated=Termination(0, "Completed", finished=NOON))
    assert finish_time(replace(pod, containers=(init, *pod.containers))) == CONDITION


# --- which came first


STRUCK = 1800
"""Seconds from the start at which the deadline strikes."""


@pytest.mark.parametrize(
    ("after", "by_deadline"),
    [
        pytest.param(STRUCK - 1, False, id="the second before: it ended by itself"),
        pytest.param(STRUCK, True, id="the same second: who knows; the deadline's"),
        pytest.param(STRUCK + 30, True, id="after the grace period"),
    ],
)
@pytest.mark.parametrize("code", [0, 75])
def test_a_deadline_strikes_only_what_still_runs(after: float, code: int, *, by_deadline: bool) -> None:
    evidence = evidence_of(a_pod().exited(code, after=after).deadline_exceeded())
    assert evidence.deadline_struck == by_deadline
    assert evidence.exit_code == code


def test_a_deadline_counts_from_the_pods_start_not_from_its_main_containers() -> None:
    pulled = a_pod().running(NOON + seconds(STRUCK - 5))
    assert evidence_of(pulled.exited(1, after=10).deadline_exceeded()).deadline_struck


@pytest.mark.parametrize(
    ("after", "by_deadline"),
    [
        pytest.param(STRUCK, True, id="what ended when the first kubelet's deadline struck"),
        pytest.param(STRUCK - 1, False, id="what had ended before"),
    ],
)
def test_a_start_that_a_second_kubelet_process_reported_is_not_used(after: float, *, by_deadline: bool) -> None:
    """The first kubelet process was killed before it reported the pod (seen with 1.36)."""
    pod = replace(a_pod().exited(143, after=after).deadline_exceeded(), start_time=NOON + seconds(STRUCK + 20))
    assert evidence_of(pod).deadline_struck == by_deadline
    assert evidence_of(replace(pod, scheduled_time=NOON - seconds(5))).deadline_struck


def test_a_deadline_without_a_start_time_counts() -> None:
    assert evidence_of(replace(a_pod().exited(1).deadline_exceeded(), start_time=None)).deadline_struck


def test_a_pod_disrupted_before_its_deadline_counts_as_disrupted() -> None:
    evidence = evidence_of(a_pod().running().disrupted(at=NOON + seconds(60)).deadline_exceeded().exited(137))
    assert (evidence.disruption, evidence.deadline_struck) == ("EvictionByEvictionAPI", False)


@pytest.mark.parametrize("later", [0, 1])
def test_a_deadline_before_the_disruption_counts(later: float) -> None:
    evidence = evidence_of(a_pod().deadline_exceeded().exited(137).disrupted(at=NOON + seconds(STRUCK + later)))
    assert evidence.deadline_struck


def test_a_deadline_beside_a_disruption_of_unknown_time_counts() -> None:
    pod = a_pod().deadline_exceeded().exited(137).disrupted()
    evidence = evidence_of(replace(pod, disruption_time=None))
    assert (evidence.deadline_struck, evidence.disruption) == (True, "EvictionByEvictionAPI")


def test_only_a_failed_pod_without_containers_was_rejected() -> None:
    assert evidence_of(a_pod().rejected()).rejected
    assert not evidence_of(a_pod().exited(1)).rejected
    assert not evidence_of(a_pod().deleted()).rejected


def test_a_reboot_is_no_deadline_though_the_node_came_back_after_it() -> None:
    evidence = evidence_of(a_pod().exited(255, reason="Unknown", after=2 * STRUCK).deadline_exceeded())
    assert (evidence.lost, evidence.deadline_struck) == (True, False)


@pytest.mark.parametrize(
    ("at", "disrupted"),
    [
        pytest.param(5, True, id="while it ran"),
        pytest.param(10, True, id="in the second of its end"),
        pytest.param(15, True, id="five seconds later, by another clock"),
        pytest.param(16, False, id="later: it had ended by itself"),
    ],
)
def test_a_disruption_disrupts_only_what_still_runs(at: float, *, disrupted: bool) -> None:
    evidence = evidence_of(a_pod().exited(1).disrupted(at=NOON + seconds(at)))
    assert bool(evidence.disruption) == disrupted


def test_an_eviction_by_the_kubelet_after_the_end_is_left_out() -> None:
    evidence = evidence_of(a_pod().exited(1).evicted())
    assert (evidence.pod_reason, evidence.disruption) == ("", "")


ENDED = NOON + seconds(10)


def deleted(pod: APod, at: float, grace: int) -> APod:
    """Return the pod with a deletionTimestamp `at` seconds after the end of main."""
    return replace(pod, deletion_time=ENDED + seconds(at), deletion_grace=grace)


@pytest.mark.parametrize(
    ("at", "grace", "cause"),
    [
        pytest.param(29, 30, True, id="it ended a second after the deletion was asked for"),
        pytest.param(30, 30, True, id="in the same second"),
        pytest.param(35, 30, True, id="five seconds before, by another clock"),
        pytest.param(36, 30, False, id="before: it ended by itself"),
        pytest.param(0, 0, True, id="the kubelet's last DELETE, at once"),
        pytest.param(5, 0, True, id="or five seconds later"),
        pytest.param(6, 0, False, id="somebody deleted what had ended"),
        pytest.param(-20, 0, True, id="by force, and it took its time"),
    ],
)
def test_a_deletion_is_the_cause_when(at: float, grace: int, *, cause: bool) -> None:
    assert evidence_of(deleted(a_pod().exited(1), at, grace)).deleted == cause


@pytest.mark.parametrize(
    ("other", "cause"),
    [
        pytest.param(12, True, id="the other took its grace, main did not"),
        pytest.param(35, True, id="and the kubelet was late with its SIGKILL"),
        pytest.param(36, False, id="main had ended before anybody could have asked"),
    ],
)
def test_a_deletion_is_the_cause_though_another_container_takes_its_grace(other: float, *, cause: bool) -> None:
    """The kubelet's last DELETE comes after the last container's end: main may have ended long before this DELETE."""
    last = ENDED + seconds(other)
    slow = Container("slow", ContainerRole.REGULAR, terminated=Termination(137, "Error", started=NOON, finished=last))
    pod = a_pod().exited(1)
    assert evidence_of(deleted(replace(pod, containers=(*pod.containers, slow)), other + 1, 0)).deleted == cause


def test_a_main_that_ended_before_we_stopped_the_rest_ended_by_itself() -> None:
    pod = deleted(a_pod().exited(1).deadline_exceeded(), 0, 0).disrupted(at=NOON)
    evidence = evidence_of(pod.stopped_by_us(StopReason.MAIN_ENDED))
    said = (evidence.deleted, evidence.disruption, evidence.pod_reason, evidence.stop_reason)
    assert said == (False, "", "", "")


# --- success


@pytest.mark.parametrize(
    ("pod", "succeeded"),
    [
        pytest.param(a_pod().exited(0), True, id="phase Succeeded"),
        pytest.param(replace(a_pod().exited(0).deadline_exceeded(), phase="Succeeded"), True, id="whatever its reason"),
        pytest.param(a_pod().running().deleted().exited(0), True, id="or its deletion"),
        pytest.param(deleted(a_pod().exited(0).beside(ContainerRole.REGULAR, 1), 36, 30), True, id="main before it"),
        pytest.param(deleted(a_pod().exited(0).beside(ContainerRole.REGULAR, 1), 29, 30), False, id="main after it"),
        pytest.param(a_pod().exited(0, after=STRUCK).deadline_exceeded(), False, id="main after its deadline"),
        pytest.param(a_pod().init_failed(1), False, id="an init container that failed"),
        pytest.param(a_pod().exited(1).beside(ContainerRole.REGULAR, 0), False, id="main with 1, another with 0"),
        pytest.param(a_pod().lost(), False, id="lost"),
    ],
)
def test_success_is_phase_succeeded_or_main_ending_with_0_by_itself(pod: Pod, *, succeeded: bool) -> None:
    assert evidence_of(pod).succeeded == succeeded


# --- last words


def test_last_words_are_the_end_of_the_output() -> None:
    assert last_words("  first\nlast\n") == "first\nlast"
    assert last_words("x" * LAST_WORDS + "end") == "x" * (LAST_WORDS - 3) + "end"
    assert evidence_of_refusal("Invalid", "x" * 9999).last_words == "x" * LAST_WORDS


def test_the_kubelets_message_about_a_lost_container_is_not_its_last_words() -> None:
    assert evidence_of(a_pod().lost()).last_words == ""


@given(st.text(), st.integers(0, 50))
def test_last_words_never_split_a_character_and_fit(message: str, room: int) -> None:
    words = last_words(message, room)
    assert len(words.encode("utf-8", "replace")) <= room
    assert message.strip().encode("utf-8", "replace").decode().endswith(words)


# --- properties of any pod

times = st.none() | st.datetimes(NOON.replace(tzinfo=None), END_OF_TIME.replace(tzinfo=None)).map(
    lambda moment: moment.replace(tzinfo=NOON.tzinfo)
)
small_times = st.none() | st.integers(0, 100).map(lambda count: NOON + seconds(count))
terminations = st.builds(
    Termination,
    exit_code=st.sampled_from([0, 1, 75, 137, 143, 255]),
    reason=st.sampled_from(["Error", "Completed", "OOMKilled", "Unknown", "ContainerStatusUnknown", "StartError"]),
    started=small_times,
    finished=small_times | times,
)
containers = st.builds(
    Container,
    name=st.sampled_from("abc"),
    role=st.sampled_from(ContainerRole),
    running_since=small_times,
    terminated=st.none() | terminations,
)
pods = st.builds(
    Pod,
    uid=st.just("u"),
    name=st.just("n"),
    namespace=st.just("ns"),
    resource_version=st.just(1),
    created=st.just(NOON),
    node=st.sampled_from(["", "node"]),
    phase=st.sampled_from(["Pending", "Running", "Succeeded", "Failed", "Unknown"]),
    reason=st.sampled_from(["", "DeadlineExceeded", "Evicted", "OutOfcpu"]),
    start_time=small_times | times,
    deletion_time=small_times | times,
    deletion_grace=st.none() | st.integers(0, 2**63),
    termination_grace=st.integers(0, 2**63),
    disruption=st.none() | st.just(("DeletionByPodGC", "")),
    disruption_time=small_times,
    latest_condition_time=small_times,
    containers=st.lists(containers, max_size=3).map(tuple),
    stop_reason=st.sampled_from(["", *StopReason]),
    deadline_seconds=st.none() | st.integers(1, 2**63),
    confirmed_gone=st.booleans(),
)


@given(pods)
def test_every_pod_has_evidence_of_its_end(pod: Pod) -> None:
    evidence = evidence_of(pod)
    assert isinstance(evidence, Evidence)
    assert evidence.finished is not None
    assert evidence.succeeded or evidence.deadline_struck or pod.phase != "Succeeded"


@given(pods)
def test_exit_0_alone_is_no_success_for_a_stopped_pod(pod: Pod) -> None:
    evidence = evidence_of(pod)
    if evidence.deleted or evidence.disruption or evidence.deadline_struck:
        assert evidence.succeeded == (pod.phase == "Succeeded" and not evidence.deadline_struck)


def test_a_pod_that_ended_by_itself_has_no_reason_from_kubernetes() -> None:
    it = evidence_of(a_pod().succeeded())
    assert (it.pod_reason, it.pod_message, it.disruption, it.disruption_message) == ("", "", "", "")
    assert (it.waiting_reason, it.waiting_message, it.stop_reason, it.refusal) == ("", "", "", "")


def test_a_pod_without_an_observed_end_reports_nothing() -> None:
    assert evidence_of(a_pod().running().vanished()).reported == NO_MESSAGE
