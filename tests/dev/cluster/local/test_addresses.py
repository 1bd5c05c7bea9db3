from ipaddress import IPv4Network

import pytest

from dev.cluster.local.addresses import CLUSTERS, WHOLE_RANGE, Addresses


def test_a_cluster_has_its_sixteenth_of_the_benchmark_range() -> None:
    addresses = Addresses(3)

    assert str(addresses.everything) == "198.18.48.0/20"
    assert str(addresses.link) == "198.18.48.0/30"
    assert (str(addresses.host), str(addresses.node)) == ("198.18.48.1", "198.18.48.2")
    assert str(addresses.services) == "198.18.49.0/24"
    assert str(addresses.first_service) == "198.18.49.1"
    assert str(addresses.pods) == "198.18.56.0/21"
    assert addresses.server == "https://198.18.48.2:6443"


@pytest.mark.parametrize("number", range(CLUSTERS))
def test_link_services_and_pods_lie_within_and_apart(number: int) -> None:
    addresses = Addresses(number)
    parts = [addresses.link, addresses.services, addresses.pods]

    assert addresses.everything.subnet_of(WHOLE_RANGE)
    assert all(part.subnet_of(addresses.everything) for part in parts)
    assert not any(one.overlaps(other) for one in parts for other in parts if one is not other)


def test_no_two_clusters_share_an_address() -> None:
    networks: list[IPv4Network] = [Addresses(number).everything for number in range(CLUSTERS)]

    assert not any(one.overlaps(other) for one in networks for other in networks if one is not other)


@pytest.mark.parametrize("number", [-1, CLUSTERS])
def test_a_number_beyond_the_last_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="not within"):
        Addresses(number)


def test_without_a_network_of_its_own_each_cluster_has_a_loopback_address() -> None:
    nodes = [Addresses(number, isolated=False).node for number in range(CLUSTERS)]

    assert all(node.is_loopback for node in nodes)
    assert len(set(nodes)) == CLUSTERS
    assert Addresses(3, isolated=False).server == "https://127.18.3.2:6443"
