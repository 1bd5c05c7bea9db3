"""Whether an operator seems to run."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.cli.release.operator_signs import QUIET, Sign, age, recent_sign
from queuedjob.policy.time_math import ServerNow
from tests.builders import NOON

NOW = ServerNow(NOON, NOON + timedelta(seconds=1))


def signs(*ages: float) -> list[Sign]:
    return [Sign(f"wrote {seconds:g} s ago", NOON - timedelta(seconds=seconds)) for seconds in ages]


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        pytest.param([], None, id="nothing was written"),
        pytest.param([QUIET - 1], QUIET - 1, id="a recent write"),
        pytest.param([QUIET], None, id="one that is old enough"),
        pytest.param([4000, 7, 90], 7, id="the latest counts"),
        pytest.param([-30], -30, id="one in the future, by another clock"),
        pytest.param([-1e9, 7], 7, id="a time that a user wrote hides no other"),
        pytest.param([-1e9], None, id="and is none"),
    ],
)
def test_an_operator_seems_to_run_while_its_last_write_is_recent(ages: list[float], said: float | None) -> None:
    found = recent_sign(signs(*ages), NOW)
    assert (found and found.what) == (None if said is None else f"wrote {said:g} s ago")


@given(st.lists(st.floats(-1e6, 1e6), max_size=5))
def test_a_sign_is_recent_and_none_is_later(ages: list[float]) -> None:
    given_signs = signs(*ages)
    found = recent_sign(given_signs, NOW)
    possible = [sign for sign in given_signs if sign.time <= NOW.late + timedelta(seconds=60)]
    if found is None:
        assert all(age(sign, NOW) >= QUIET for sign in possible)
    else:
        assert 0 <= age(found, NOW) < QUIET
        assert all(sign.time <= found.time for sign in possible)
