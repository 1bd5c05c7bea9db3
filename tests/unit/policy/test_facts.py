from dataclasses import MISSING, fields
from typing import Any

import pytest

from queuedjob.policy.facts import Checks, Container, ContainerRole, ExtraEvidence, Pod, StopReason, Termination
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
    """The defaults that are set: not None, not empty, not False."""
    return {it.name: it.default for it in fields(kind) if it.default is not MISSING and it.default}


@pytest.mark.parametrize("kind", [Termination, Container, Checks, ExtraEvidence, ContainerEnd])
def test_a_missing_fact_is_never_guessed(kind: object) -> None:
    assert told_unasked(kind) == {}


def test_a_pod_is_ours_complete_and_pending_by_default() -> None:
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
    assert told == {"scheduled": True, "stop_asked": True}


@pytest.mark.parametrize("kind", [CreatePod, DeleteJob, LookForPod, MarkStop, ReadEvidence, Wait, WriteStatus])
def test_a_step_does_nothing_more_by_default(kind: object) -> None:
    assert told_unasked(kind) == {}


def test_an_event_is_a_warning_by_default() -> None:
    assert told_unasked(JobEvent) == {"warning": True}


def test_stop_reasons_on_pods_keep_their_values() -> None:
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
