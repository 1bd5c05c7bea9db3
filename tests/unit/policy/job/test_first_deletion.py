from dataclasses import replace
from datetime import datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.facts import Pod
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.evidence import evidence_of
from queuedjob.policy.job.chain.note_deletion import note_deletion
from queuedjob.policy.job.first_deletion import with_first_deletion
from queuedjob.policy.job.steps import NoteDeletion
from tests.builders import NOON, APod, a_job, answer, facts, seconds

JOB: Final = a_job()
DEADLINE: Final = 120
POD: Final = replace(JOB.pod().running(), deadline_seconds=DEADLINE)


def deleted(at: float, grace: int = 30) -> APod:
    return POD.deleted(at=NOON + seconds(at), grace=grace)


@pytest.mark.parametrize(
    ("pod", "noted"),
    [
        pytest.param(deleted(100), True, id="the deadline strikes within the grace period"),
        pytest.param(deleted(3), True, id="a late kubelet may let it strike"),
        pytest.param(replace(deleted(3), deadline_seconds=3600), False, id="the deadline is far off"),
        pytest.param(deleted(120), False, id="in the second of the deadline"),
        pytest.param(deleted(130), False, id="after the deadline"),
        pytest.param(deleted(100, grace=0), False, id="by force: the kubelet asked for it, or nothing waits"),
        pytest.param(deleted(100).stopped_by_us("suspended"), False, id="our own stop has its mark"),
        pytest.param(replace(deleted(100), deletion_noted=NOON), False, id="it is noted already"),
        pytest.param(deleted(100).disrupted(at=NOON), False, id="the disruption has its own time"),
        pytest.param(deleted(100).exited(0), False, id="main has ended"),
        pytest.param(replace(deleted(100), start_time=None), False, id="no kubelet has seen it"),
        pytest.param(replace(deleted(100), missing_from_watch=True), False, id="it may be gone"),
        pytest.param(POD, False, id="not deleted"),
    ],
)
def test_a_deletion_is_noted_if_the_deadline_may_overtake_it(pod: Pod, *, noted: bool) -> None:
    step = answer(note_deletion, facts(JOB, pod))
    assert isinstance(step, NoteDeletion) == noted
    if isinstance(step, NoteDeletion) and pod.deletion_time is not None:
        assert step.asked == pod.deletion_time - seconds(30)


def test_nothing_is_noted_for_a_job_that_is_being_deleted() -> None:
    assert answer(note_deletion, facts(JOB.being_deleted(), deleted(100))) is None


def overtaken(noted: float) -> Pod:
    """The pod after the kubelet has rewritten the deletion's time, killed at its deadline."""
    pod = replace(POD, deletion_noted=NOON + seconds(noted)).deadline_exceeded().exited(137)
    return replace(pod, deletion_time=NOON + seconds(DEADLINE + 31), deletion_grace=0)


@pytest.mark.parametrize(
    ("noted", "rule"),
    [
        pytest.param(100, "deleted", id="the deletion came first"),
        pytest.param(DEADLINE, "deadline", id="both at once: the deadline's"),
        pytest.param(DEADLINE + 5, "deadline", id="the deadline came first"),
    ],
)
def test_what_was_asked_for_first_counts(noted: float, rule: str) -> None:
    assert classify(evidence_of(overtaken(noted))).rule == rule


def test_without_the_note_the_deadline_hides_the_deletion() -> None:
    assert classify(evidence_of(replace(overtaken(100), deletion_noted=None))).rule == "deadline"


def test_an_end_long_before_the_noted_deletion_is_its_own() -> None:
    pod = replace(POD, deletion_noted=NOON + seconds(100)).exited(1)
    kept = replace(pod, deletion_time=NOON + seconds(101), deletion_grace=0)
    assert not evidence_of(kept).deleted


@given(st.integers(0, 400), st.integers(1, 60), st.integers(1, 400))
def test_a_noted_deletion_is_the_time_of_the_request_and_before_the_deadline(
    at: int, grace: int, deadline: int
) -> None:
    pod = replace(deleted(at, grace), deadline_seconds=deadline)
    step = answer(note_deletion, facts(JOB, pod, at=at))
    if isinstance(step, NoteDeletion):
        assert step.asked == NOON + seconds(at)
        assert at < deadline
    elif at < deadline:
        assert deadline > at + grace


LATE: Final = replace(POD.exited(143), deletion_time=NOON + seconds(400), deletion_grace=0)
"""The pod once a kubelet that was away has sent its last DELETE."""


@pytest.mark.parametrize(
    ("known", "pod", "noted"),
    [
        pytest.param(deleted(40), LATE, NOON + seconds(40), id="the version before shows the request"),
        pytest.param(replace(LATE, deletion_noted=NOON), LATE, NOON, id="the store knew it before"),
        pytest.param(deleted(40), replace(LATE, deletion_noted=NOON), NOON, id="the pod says it"),
        pytest.param(deleted(40), deleted(60), None, id="the pod shows the request itself"),
        pytest.param(POD, LATE, None, id="only the last DELETE was seen"),
        pytest.param(deleted(40, grace=0), LATE, None, id="forced: that time is no request"),
        pytest.param(None, LATE, None, id="nothing was known"),
        pytest.param(POD, POD, None, id="not deleted"),
    ],
)
def test_the_first_request_is_kept_over_the_last_delete(known: Pod | None, pod: Pod, noted: datetime | None) -> None:
    assert with_first_deletion(known, pod).deletion_noted == noted


@pytest.mark.parametrize(
    ("noted", "end", "rule"),
    [
        pytest.param(5, 137, "stop-not-asked", id="it ended by our stop"),
        pytest.param(5, 1, "stop-not-asked", id="it answered SIGTERM with a failure"),
        pytest.param(60, 137, "killed", id="it had ended long before"),
        pytest.param(None, 137, "killed", id="marked by an operator that wrote no time"),
    ],
)
def test_a_stop_that_was_taken_back_ended_its_pod_though_only_the_late_last_delete_of_its_kubelet_shows(
    noted: float | None, end: int, rule: str
) -> None:
    time = NOON + seconds(noted) if noted is not None else None
    pod = replace(POD.exited(end), deletion_time=NOON + seconds(400), deletion_grace=0, stop_reason="suspended")
    assert classify(evidence_of(replace(pod, deletion_noted=time), stop_asked=False)).rule == rule


def test_a_deadline_that_strikes_while_our_stop_is_taken_back_does_not_count() -> None:
    assert classify(evidence_of(replace(overtaken(100), stop_reason="suspended"), stop_asked=False)).rule == (
        "stop-not-asked"
    )


def test_a_deadline_counts_for_a_pod_whose_deletion_is_refused() -> None:
    pod = replace(POD, deletion_noted=NOON + seconds(100), stop_reason="suspended").deadline_exceeded().exited(137)
    assert classify(evidence_of(pod, stop_asked=False)).rule == "deadline"


def test_a_pod_that_ends_by_a_deletion_long_before_the_last_delete_of_its_kubelet_was_deleted() -> None:
    assert not evidence_of(LATE).deleted, "the pod itself does not show it"
    assert evidence_of(with_first_deletion(deleted(5), LATE)).deleted
