import pytest

from queuedjob.policy.retry.growth import grown


@pytest.mark.parametrize(
    ("times", "result"),
    [
        pytest.param(-1, 10, id="a count below nothing is none"),
        pytest.param(0, 10, id="not at all"),
        pytest.param(1, 15, id="once"),
        pytest.param(2, 22.5, id="again"),
        pytest.param(5, 60, id="up to the cap"),
        pytest.param(10**9, 60, id="and never beyond, however often"),
    ],
)
def test_what_grows_is_multiplied_each_time_up_to_a_cap(times: int, result: float) -> None:
    assert grown(10, 1.5, times, 60) == result


@pytest.mark.parametrize("times", [0, 1, 10**9])
def test_nothing_stays_nothing_even_where_the_factor_is_beyond_all_numbers(times: int) -> None:
    assert grown(0, 1000, times, 60) == 0


def test_a_fraction_of_a_second_grows_too() -> None:
    assert grown(0.5, 2, 1, 60) == 1


def test_what_is_above_the_cap_from_the_start_is_cut() -> None:
    assert grown(90, 2, 0, 60) == 60
