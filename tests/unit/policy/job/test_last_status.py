from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.facts import Container, ContainerRole, Pod
from queuedjob.policy.job.chain.end import settle_ended_attempt
from queuedjob.policy.job.last_status import LONGEST, is_incomplete, wait_for_last_status
from queuedjob.policy.job.steps import Wait, WriteStatus
from tests.builders import NOON, a_job, answer, facts, seconds

JOB: Final = a_job()
STRUCK: Final = JOB.pod().running().deadline_exceeded()


@pytest.mark.parametrize(
    ("pod", "incomplete"),
    [
        pytest.param(STRUCK, True, id="the deadline struck, and main still seems to run"),
        pytest.param(STRUCK.exited(137), False, id="main's end is there"),
        pytest.param(STRUCK.exited(137).beside(ContainerRole.REGULAR), False, id="the pod runs on"),
        pytest.param(
            replace(STRUCK.exited(137).beside(ContainerRole.REGULAR), phase="Failed"), True, id="another's end is not"
        ),
        pytest.param(JOB.pod().running(), False, id="it runs"),
        pytest.param(STRUCK.vanished(), False, id="it is gone: nothing more will come"),
        pytest.param(JOB.pod().waiting("ErrImagePull").deadline_exceeded(), False, id="nothing ever ran"),
        pytest.param(JOB.pod().deleted(), False, id="it had no node"),
    ],
)
def test_an_ended_pod_is_incomplete_while_a_container_still_seems_to_run(pod: Pod, *, incomplete: bool) -> None:
    assert is_incomplete(pod) == incomplete


@pytest.mark.parametrize(
    ("at", "left"),
    [
        pytest.param(20, LONGEST, id="seen just now"),
        pytest.param(25, LONGEST - 5, id="seen five seconds ago"),
        pytest.param(30, None, id="long enough"),
    ],
)
def test_the_complete_status_is_waited_for_and_then_no_longer(at: float, left: float | None) -> None:
    seen = replace(facts(JOB, STRUCK, at=at), incomplete_since={STRUCK.uid: NOON + seconds(20)})
    assert wait_for_last_status(seen, STRUCK) == (Wait(left) if left is not None else None)
    step = answer(settle_ended_attempt, seen)
    assert isinstance(step, WriteStatus) == (left is None)


def test_a_pod_that_nobody_has_noted_yet_is_waited_for() -> None:
    assert wait_for_last_status(facts(JOB, STRUCK), STRUCK) == Wait(LONGEST)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_wait_is_longer_than_the_longest_or_for_a_complete_pod(since: int, at: int) -> None:
    seen = replace(facts(JOB, STRUCK, at=max(at, since)), incomplete_since={STRUCK.uid: NOON + seconds(since)})
    wait = wait_for_last_status(seen, STRUCK)
    assert wait is None or (wait.seconds is not None and 0 < wait.seconds <= LONGEST)
    complete = replace(STRUCK, containers=(Container("main", ContainerRole.MAIN),))
    assert wait_for_last_status(seen, complete) is None
