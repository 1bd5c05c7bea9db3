from dataclasses import MISSING, fields
from typing import Any

import pytest

from queuedjob.policy.facts import Container, ContainerRole, ExtraEvidence, Liveness, Pod, StopReason, Termination
from queuedjob.policy.failure.evidence import ContainerEnd, Evidence
from queuedjob.policy.job.steps import (
    CreatePod,
    DeleteJob,
    JobEvent,
    LookForPod,
    MarkStop,
    ReadEvidence,
    Wait,
    WriteStatus,
)


def told_unasked(kind: Any) -> dict[str, object]:  # noqa: ANN401 - any dataclass
    """The defaults that say something: not None, not empty, not no."""
    return {it.name: it.default for it in fields(kind) if it.default is not MISSING and it.default}


@pytest.mark.parametrize("kind", [Termination, Container, Liveness, ExtraEvidence, ContainerEnd])
def test_what_nobody_told_is_never_guessed(kind: object) -> None:
    assert told_unasked(kind) == {}


def test_a_pod_is_ours_whole_and_pending_until_told_otherwise() -> None:
    assert told_unasked(Pod) == {
        "labelled": True,
        "has_labels": True,
        "has_annotations": True,
        "has_finalizer": True,
        "phase": "Pending",
        "termination_grace": 30,
    }
    assert next(it.default for it in fields(Pod) if it.name == "finalizer_index") == 0


def test_evidence_of_nothing_says_nothing() -> None:
    told = told_unasked(Evidence)
    assert told.pop("reported") == next(it.default for it in fields(Evidence) if it.name == "reported")
    assert told == {"scheduled": True}


@pytest.mark.parametrize("kind", [CreatePod, DeleteJob, LookForPod, MarkStop, ReadEvidence, Wait, WriteStatus])
def test_a_step_does_no_more_than_it_is_told(kind: object) -> None:
    assert told_unasked(kind) == {}


def test_an_event_is_a_warning_unless_it_says_otherwise() -> None:
    assert told_unasked(JobEvent) == {"warning": True}


def test_what_is_written_on_pods_stays_as_it_is() -> None:
    assert {it.name: it.value for it in StopReason}.items() >= {
        "SUSPENDED": "suspended",
        "CANCELLED": "cancelled",
        "TOTAL": "total",
        "STRAY": "stray",
        "MAIN_ENDED": "main-ended",
        "START": "start",
    }.items()


def test_a_container_has_one_of_four_roles() -> None:
    assert len(set(ContainerRole)) == 4
