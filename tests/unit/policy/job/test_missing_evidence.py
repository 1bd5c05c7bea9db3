from dataclasses import replace
from typing import Final

import pytest

from queuedjob.policy.facts import ContainerRole, ExtraEvidence, KubeletEvent, Pod, StopReason
from queuedjob.policy.failure.evidence import evidence_of
from queuedjob.policy.failure.heartbeat_mark import mark
from queuedjob.policy.job.chain.end import settle_ended_attempt
from queuedjob.policy.job.missing_evidence import missing_evidence
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.steps import ReadEvidence, WriteStatus
from tests.builders import NOON, APod, a_job, a_pod, answer, facts, seconds

JOB: Final = a_job()
UNREAD: Final = ExtraEvidence()
MARK: Final = mark(5)
KILLED: Final = (
    KubeletEvent("Unhealthy", "Liveness probe failed: x", "main"),
    KubeletEvent("Killing", "Stopping container main", "main"),
)

# Which reads are requested: of the log, of the Events.
NOTHING: Final = (False, False)
LOG: Final = (True, False)
EVENTS: Final = (False, True)
BOTH: Final = (True, True)


def asked(pod: Pod, traces: ExtraEvidence = UNREAD) -> tuple[bool, bool]:
    step = missing_evidence(pod, traces)
    return (step.log, step.events) if step is not None else NOTHING


@pytest.mark.parametrize(
    ("pod", "what"),
    [
        pytest.param(a_pod().succeeded(), NOTHING, id="a success"),
        pytest.param(a_pod().message_only().succeeded(), NOTHING, id="a success of few words"),
        pytest.param(a_pod().exited(75, message="no route"), NOTHING, id="a failure that says why"),
        pytest.param(a_pod().exited(75), NOTHING, id="nothing, and the kubelet has looked into the log"),
        pytest.param(a_pod().message_only().exited(75), LOG, id="nothing, and the kubelet did not look"),
        pytest.param(a_pod().message_only().exited(75, message=" \n"), LOG, id="blanks"),
        pytest.param(
            a_pod().exited(75, message='{"checkpoint": 8}'), LOG, id="where it came to, but not why it failed"
        ),
        pytest.param(a_pod().exited(75, message='{"reason": "NoRoute"}'), NOTHING, id="why, in a word"),
        pytest.param(a_pod().exited(75, message='{"class": "Transient"}'), NOTHING, id="what it takes itself for"),
        pytest.param(a_pod().message_only().exited(75).vanished(), NOTHING, id="gone, and its log with it"),
        pytest.param(
            a_pod().message_only().running().stopped_by_us(StopReason.SUSPENDED).exited(143), NOTHING, id="our own stop"
        ),
        pytest.param(a_pod().running().deadline_exceeded().exited(0), NOTHING, id="0 after the deadline"),
        pytest.param(a_pod().lost(), NOTHING, id="nobody saw its end"),
        pytest.param(a_pod().rejected(), NOTHING, id="it never had a container"),
        pytest.param(a_pod().watched().exited(137, message=MARK), LOG, id="a mark, so the kubelet did not look"),
        pytest.param(a_pod().watched().exited(0, message=MARK), LOG, id="the same, answered with 0"),
        pytest.param(a_pod().watched().exited(137, message=f"x\n{MARK}"), NOTHING, id="a mark, and words"),
    ],
)
def test_the_log_is_read_if_a_failure_gives_no_reason_and_the_kubelet_did_not_read_it(
    pod: Pod, what: tuple[bool, bool]
) -> None:
    assert asked(pod) == what


@pytest.mark.parametrize(
    ("pod", "what"),
    [
        pytest.param(a_pod().exited(137), NOTHING, id="no check that kills"),
        pytest.param(a_pod().probed().exited(137), EVENTS, id="killed under one"),
        pytest.param(a_pod().probed().exited(1, message="interrupted"), EVENTS, id="whatever it answered"),
        pytest.param(a_pod().probed().succeeded(), EVENTS, id="0 included"),
        pytest.param(a_pod().probed().message_only().exited(137), BOTH, id="without a word"),
        pytest.param(a_pod().probed(soonest=12).exited(137, after=10), NOTHING, id="before the probe could kill"),
        pytest.param(a_pod().probed(soonest=11).exited(137, after=10), EVENTS, id="as late as seconds can tell"),
        pytest.param(a_pod().watched().exited(137, message="bye"), EVENTS, id="our mark written over"),
        pytest.param(a_pod().watched().exited(0, message="bye"), EVENTS, id="the same, answered with 0"),
        pytest.param(a_pod().watched().succeeded(), NOTHING, id="a success that left our mark's place empty"),
        pytest.param(a_pod().probed().oom_killed(), NOTHING, id="out of memory"),
        pytest.param(a_pod().probed().running().deadline_exceeded().exited(137), NOTHING, id="the deadline"),
        pytest.param(a_pod().probed().running().deleted().exited(137), NOTHING, id="deleted"),
        pytest.param(a_pod().probed().running().disrupted().exited(137), NOTHING, id="disrupted"),
        pytest.param(a_pod().probed().start_error(), NOTHING, id="it never started"),
        pytest.param(a_pod().probed().init_failed(1), NOTHING, id="an init container, which has no such probe"),
        pytest.param(a_pod().exited(1).beside(ContainerRole.REGULAR, 137), NOTHING, id="another container's end"),
    ],
)
def test_events_are_read_where_a_kill_for_a_check_is_possible_and_nothing_else_is_known(
    pod: Pod, what: tuple[bool, bool]
) -> None:
    assert asked(pod) == what


@pytest.mark.parametrize(
    ("pod", "what"),
    [
        pytest.param(a_pod().probed().exited(0).deleted(at=NOON + seconds(12)), EVENTS, id="it may answer a kill"),
        pytest.param(a_pod().probed().exited(143).deleted(at=NOON + seconds(12)), NOTHING, id="the deletion's signal"),
        pytest.param(a_pod().exited(0).deleted(at=NOON + seconds(12)), NOTHING, id="nothing could have it killed"),
    ],
)
def test_events_are_read_of_a_pod_that_was_deleted_as_it_ended_with_0(pod: Pod, what: tuple[bool, bool]) -> None:
    assert asked(pod) == what


def test_evidence_is_read_once_even_if_nothing_was_found() -> None:
    pod = a_pod().probed().message_only().exited(137)
    assert asked(pod, ExtraEvidence(log="", events=())) == NOTHING
    assert asked(pod, ExtraEvidence(log="")) == EVENTS
    assert asked(pod, ExtraEvidence(events=())) == LOG


def test_the_log_of_an_exit_0_is_read_after_events_show_a_kill() -> None:
    pod = a_pod().probed().succeeded()
    assert asked(pod) == EVENTS
    assert asked(pod, ExtraEvidence(events=KILLED)) == LOG


def test_an_attempt_is_settled_after_its_evidence_is_read() -> None:
    pod = JOB.pod().message_only().exited(65)
    step = answer(settle_ended_attempt, facts(JOB, pod))
    assert step == ReadEvidence(pod, log=True, events=False, container="main")
    read = facts(JOB, pod, extra_evidence={pod.uid: ExtraEvidence(log="order 42 has no lines\n")})
    settled = answer(settle_ended_attempt, read)
    assert isinstance(settled, WriteStatus)
    assert settled.status.attempts[0].message.endswith(": order 42 has no lines")


def test_the_log_of_an_init_container_is_read_by_its_name() -> None:
    failed = JOB.pod().init_failed(1, name="fetch", message=" ")
    assert plan(facts(JOB, failed)) == ReadEvidence(failed, log=True, events=False, container="fetch")


UNSTARTED: Final = replace(a_pod().waiting("ContainerCreating"), stop_reason="start").deleted()


@pytest.mark.parametrize(
    ("pod", "what"),
    [
        pytest.param(UNSTARTED.lost(), EVENTS, id="stopped by us"),
        pytest.param(UNSTARTED.vanished(), EVENTS, id="stopped by us, and gone"),
        pytest.param(a_pod().waiting("ContainerCreating").deadline_exceeded().lost(), EVENTS, id="by its deadline"),
        pytest.param(replace(UNSTARTED, stop_detail="ErrImagePull: x").lost(), NOTHING, id="we noted the obstacle"),
        pytest.param(
            replace(a_pod().waiting("ErrImagePull", "x"), stop_reason="start").vanished(), NOTHING, id="its status says"
        ),
        pytest.param(
            a_pod().init_failed(0).deadline_exceeded(), NOTHING, id="its volumes had come: an init container ran"
        ),
        pytest.param(a_pod().waiting("ContainerCreating").deleted().lost(), NOTHING, id="deleted by somebody"),
        pytest.param(a_pod().running().deadline_exceeded().exited(137), NOTHING, id="it had started"),
        pytest.param(a_pod().deleted(), NOTHING, id="it had no node"),
    ],
)
def test_events_are_read_where_a_pod_did_not_start_in_time_and_its_status_does_not_say_why(
    pod: Pod, what: tuple[bool, bool]
) -> None:
    assert asked(pod) == what
    assert asked(pod, ExtraEvidence(events=())) == NOTHING


def cut(pod: APod) -> Pod:
    """The pod, of whose main container's message the kubelet kept the beginning only."""
    main = pod.main
    assert main is not None
    assert main.terminated is not None
    return replace(pod, containers=(replace(main, terminated=replace(main.terminated, kept=7)),))


def test_the_log_is_read_if_the_kubelet_cut_off_the_end_of_what_was_said() -> None:
    failed = cut(a_pod().exited(1, message="reading"))
    assert asked(failed) == LOG
    assert asked(cut(a_pod().exited(0, message="reading"))) == NOTHING
    evidence = evidence_of(failed, ExtraEvidence(log="reading\nno route to host"))
    assert evidence.last_words == "reading\nno route to host"
    assert evidence_of(failed, ExtraEvidence(log="")).last_words == "reading"
    (remark,) = evidence.reported.ignored
    assert remark == "what is beyond 7 bytes, the share of one container in a pod with more than three"
