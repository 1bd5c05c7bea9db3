"""`explain` counts the attempts that are left by the limits that the plan decides by, and as the pod was told."""

import re
from typing import Any, Final

import pytest

from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.steps import CreatePod
from tests.builders import AJob, a_job, facts
from tests.unit.cli.explain.states import State, down, having_lived
from tests.unit.cli.explain.test_golden import told

ONE_TRANSIENT: Final[dict[str, Any]] = {"per_class": [{"class": "Transient", "max_attempts": 2}]}


def told_of_the_running_attempt(job: AJob) -> tuple[int, str]:
    """The attempts left as the pod was told, and the sentence of `explain` while the pod runs."""
    step = plan(facts(job, at=60))
    assert isinstance(step, CreatePod)
    pod = job.pod(step.number).running()
    shown = told(State(facts(job, pod, at=61)))
    return step.attempts_left, next(line for line in shown.splitlines() if "If it fails, the next attempt" in line)


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(a_job(), id="the built-in limit of Unknown"),
        pytest.param(having_lived(a_job(), down, down, down, down, down, down), id="retry.maxAttempts is nearer"),
        pytest.param(a_job().asking(retry={"max_attempts": 7}), id="maxAttempts of the spec"),
    ],
)
def test_the_attempts_left_are_those_that_the_pod_was_told(job: AJob) -> None:
    left, sentence = told_of_the_running_attempt(job)
    assert re.findall(r"(\d+) attempts? would be left", sentence) == [str(left)]


def test_an_attempt_that_may_be_the_last_of_a_class_promises_none() -> None:
    left, sentence = told_of_the_running_attempt(having_lived(a_job().asking(retry=ONE_TRANSIENT), down))
    assert left == 0
    assert "would be left" not in sentence
    assert sentence.endswith(", unless its class has none left.")


def test_nothing_is_said_of_the_waits_of_a_class_that_has_none_left() -> None:
    job = having_lived(a_job(), *[down] * 9)
    shown = told(State(facts(job, at=10_000)))
    assert "9 of 10 spent" in shown
    assert "as Unknown" not in shown
