import pytest

from dev.bench.figures import percentile, rotated, spread


@pytest.mark.parametrize(
    ("share", "value"),
    [
        pytest.param(0.5, 50, id="half of a hundred do not exceed the fiftieth"),
        pytest.param(0.99, 99, id="p99 of a hundred is the last but one"),
        pytest.param(1.0, 100, id="all do not exceed the longest"),
        pytest.param(0.0, 1, id="no share is the shortest"),
    ],
)
def test_a_percentile_is_a_value_that_was_seen(share: float, value: float) -> None:
    assert percentile([*range(100, 0, -1)], share) == value


def test_the_p99_of_few_values_is_the_longest() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0


def test_equal_runs_have_no_spread_and_others_a_share_of_their_mean() -> None:
    assert spread([40.0, 40.0]) == 0.0
    assert spread([38.0, 42.0]) == pytest.approx(0.1)


def test_no_values_have_no_statistics() -> None:
    with pytest.raises(ValueError, match="no percentile"):
        percentile([], 0.5)
    with pytest.raises(ValueError, match="no spread"):
        spread([])


def test_each_round_begins_with_another_contender_and_has_them_all() -> None:
    assert ["".join(rotated("abcd", by)) for by in (0, 1, 5)] == ["abcd", "bcda", "bcda"]
