import os
import socket

import pytest

from e2e.cluster import ClusterError, Options, Profile, surroundings

API = Options(profile=Profile.API)


@pytest.fixture
def _not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.mark.usefixtures("_not_root")
@pytest.mark.parametrize("options", [Options(), Options(profile=Profile.API, kwok=1)])
def test_what_needs_root_is_refused_to_others_with_what_does_not(options: Options) -> None:
    with pytest.raises(ClusterError, match=r"run the same as root, or use CLUSTER=kind.*PROFILE=api does without"):
        surroundings.refuse_what_needs_root(options)


@pytest.mark.usefixtures("_not_root")
def test_an_api_server_needs_no_root() -> None:
    surroundings.refuse_what_needs_root(API)


def test_root_has_a_network_for_each_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    surroundings.refuse_what_needs_root(Options())

    assert surroundings.addresses(3).server == "https://198.18.48.2:6443"


@pytest.mark.usefixtures("_not_root")
@pytest.mark.parametrize("port", [6443, 2379], ids=["API server", "etcd"])
def test_a_number_whose_loopback_address_serves_somebody_is_taken(port: int) -> None:
    number = 15
    with socket.create_server((str(surroundings.addresses(number).node), port)):
        assert surroundings.are_taken(number)
    assert not surroundings.are_taken(number)
