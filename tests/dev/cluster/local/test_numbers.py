from pathlib import Path

import pytest

from dev.cluster import ClusterError, Where, record
from dev.cluster.local import numbers
from dev.cluster.local.addresses import CLUSTERS

pytestmark = pytest.mark.usefixtures("state")


def nothing_is_taken(_: int) -> bool:
    return False


def given(name: str) -> int:
    unnumbered = record.Record(name, Where.LOCAL, "/kubeconfig", "/kubectl")
    return numbers.give(unnumbered, nothing_is_taken).number


def test_clusters_get_numbers_from_zero() -> None:
    assert [given("a"), given("b"), given("c")] == [0, 1, 2]


def test_a_number_is_written_down_with_its_cluster() -> None:
    given("a")
    number = given("b")

    kept = record.read("b")

    assert kept is not None
    assert kept.number == number


def test_the_number_of_a_cluster_that_is_gone_is_given_again(state: Path) -> None:
    given("a")
    given("b")
    (state / "clusters/a/cluster.json").unlink()

    assert given("c") == 0


def test_a_number_whose_addresses_are_in_use_is_not_given() -> None:
    unnumbered = record.Record("a", Where.LOCAL, "/kubeconfig", "/kubectl")

    assert numbers.give(unnumbered, lambda number: number < 3).number == 3


def test_a_kind_cluster_takes_no_number() -> None:
    record.write(record.Record("k", Where.KIND, "/kubeconfig", "/kubectl", ready=True))

    assert given("a") == 0


def test_when_all_numbers_are_given_the_clusters_are_named() -> None:
    for number in range(CLUSTERS):
        given(f"n{number}")

    with pytest.raises(ClusterError, match=r"no room for another.*n0, n1"):
        given("late")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"name": "a", "where": "moon"}'])
def test_half_a_record_counts_as_none(text: str, state: Path) -> None:
    (state / "clusters/a").mkdir(parents=True)
    (state / "clusters/a/cluster.json").write_text(text)

    assert record.read("a") is None
