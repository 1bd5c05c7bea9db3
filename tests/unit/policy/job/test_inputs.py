import pytest

from queuedjob.policy.job.inputs import Late, Limits, ShowAfter
from queuedjob.policy.time_math import ServerNow
from queuedjob.settings import Settings
from tests.builders import NOON, seconds


@pytest.mark.parametrize(
    ("late", "certain"),
    [
        pytest.param(Late(), True, id="nothing is late"),
        pytest.param(Late(occupied_for=0.1), False, id="a POST may still arrive"),
        pytest.param(Late(listed=False), False, id="no LIST since the start has shown all pods"),
        pytest.param(Late(lost=frozenset({"j-1"})), False, id="its own POST was lost"),
        pytest.param(Late(lost=frozenset({"j-2"})), True, id="another's was"),
    ],
)
def test_a_pod_is_surely_absent_only_if_no_late_post_can_create_it(late: Late, *, certain: bool) -> None:
    assert late.surely_absent("j-1") == certain


def test_waits_are_compared_with_the_early_bound_and_written_from_the_late_one() -> None:
    now = ServerNow(NOON, NOON + seconds(3))
    assert now.seconds_until(NOON + seconds(10)) == 10
    assert now.seconds_until(NOON - seconds(10)) == -10
    assert now.after(10) == NOON + seconds(13)


def test_short_states_are_not_worth_a_write() -> None:
    assert Settings().show_after == ShowAfter(running=1, starting=5, waiting=1, failing=5, terminating=30)


def test_the_operator_holds_attempts_to_limits_of_its_own() -> None:
    assert Settings().limits == Limits(main_ended=30, deadline_near_percent=80, deadline_slack=60, spec_fault_after=60)
