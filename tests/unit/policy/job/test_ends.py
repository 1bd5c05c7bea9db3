from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from queuedjob.api.kinds.queuedjob import Retry
from queuedjob.policy.job.ends import ENDS, EndInputs, end_of

# In order of strength: the inputs with which each end holds alone.
ALONE: dict[str, dict[str, Any]] = {
    "Succeeded": {"succeeded": True},
    "Cancelled": {"cancelled": True},
    "Permanent": {"permanent": True},
    "PoisonPill": {"poisoned": True},
    "TotalTimeout": {"total_passed": True},
    "MaxDisruptions": {"disruptions": 21, "max_disruptions": 20},
    "MaxAttempts": {"attempts": 5, "max_attempts": 5},
}
PHASES = {"Succeeded": "Succeeded", "Cancelled": "Cancelled", "PoisonPill": "Quarantined"}


def test_the_ends_are_in_the_order_of_their_strength() -> None:
    assert [each.reason for each in ENDS] == list(ALONE)


@pytest.mark.parametrize("reason", ALONE)
def test_each_end_alone_ends_the_job_in_its_phase(reason: str) -> None:
    end = end_of(replace(EndInputs(), **ALONE[reason]))
    assert end is not None
    assert (end.reason, end.phase) == (reason, PHASES.get(reason, "DeadLettered"))
    assert end.bad == (reason not in {"Succeeded", "Cancelled"})


def test_a_class_whose_attempts_are_spent_ends_the_job_with_max_attempts() -> None:
    end = end_of(EndInputs(attempts=2, max_attempts=5, spent_class="Unknown"))
    assert end is not None
    assert end.reason == "MaxAttempts"


@pytest.mark.parametrize(("stronger", "weaker"), list(combinations(ALONE, 2)))
def test_of_two_ends_the_stronger_decides(stronger: str, weaker: str) -> None:
    end = end_of(replace(EndInputs(), **{**ALONE[stronger], **ALONE[weaker]}))
    assert end is not None
    assert end.reason == stronger


@pytest.mark.parametrize(
    "standing",
    [
        pytest.param(EndInputs(), id="nothing happened yet"),
        pytest.param(EndInputs(attempts=4, max_attempts=5), id="an attempt is left"),
        pytest.param(EndInputs(disruptions=20, max_disruptions=20), id="as many disruptions as are allowed"),
    ],
)
def test_a_job_continues_if_no_end_holds(standing: EndInputs) -> None:
    assert end_of(standing) is None


def test_the_default_limits_are_those_of_spec_retry_and_end_no_job() -> None:
    assert EndInputs() == EndInputs(max_attempts=Retry().max_attempts, max_disruptions=Retry().max_disruptions)
    assert end_of(EndInputs()) is None
