import pytest

from queuedjob.policy.failure.classes import (
    CLASSES,
    CRASH,
    DISRUPTION,
    PERMANENT,
    STOPPED,
    TIMEOUT,
    TRANSIENT,
    FailureClass,
)
from queuedjob.policy.failure.descriptions import ADVICE, counts_as, then
from queuedjob.policy.failure.rules import Action

ROW = "run again after a wait that grows from 1s to 1m with disruptions in a row; an attempt of 10m ends the row"


@pytest.mark.parametrize(
    ("failure", "costs", "consequence"),
    [
        pytest.param(TRANSIENT, "an attempt (retry.maxAttempts)", "retried after the backoff", id="transient"),
        pytest.param(
            TIMEOUT,
            "an attempt (retry.maxAttempts)",
            "retried after the backoff, with a longer deadline (timeouts.growth)",
            id="a timeout",
        ),
        pytest.param(
            CRASH,
            "an attempt (retry.maxAttempts), a crash (poisonPill.crashes)",
            "retried after the backoff",
            id="a crash",
        ),
        pytest.param(
            PERMANENT, "an attempt (retry.maxAttempts)", "not retried: the job is dead-lettered", id="permanent"
        ),
        pytest.param(DISRUPTION, "no attempt, one of retry.maxDisruptions", ROW, id="a disruption"),
        pytest.param(
            STOPPED, "no attempt", "run again after 1s, unless what stopped it ends or holds the job", id="our own stop"
        ),
    ],
)
def test_a_class_is_described_by_cost_and_consequence(failure: FailureClass, costs: str, consequence: str) -> None:
    assert (counts_as(failure), then(failure)) == (costs, consequence)


@pytest.mark.parametrize("failure", CLASSES, ids=lambda each: each.name)
def test_a_class_that_spends_no_attempt_is_described_so(failure: FailureClass) -> None:
    assert counts_as(failure).startswith("no attempt") is not failure.counted


def test_every_action_has_its_advice() -> None:
    assert set(ADVICE) == set(Action)
