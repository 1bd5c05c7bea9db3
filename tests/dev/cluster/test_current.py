from pathlib import Path

import pytest

from dev.cluster import ClusterError, Options, Profile, Where, down, find, up

pytestmark = pytest.mark.usefixtures("state")


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubectl that writes its arguments to a file."""
    program = tmp_path / "bin/kubectl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$KUBECONFIG $*" >> {tmp_path}/asked\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def test_without_a_kubeconfig_nothing_is_taken_by_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)

    with pytest.raises(ClusterError, match="needs KUBECONFIG to name one file"):
        up("demo", where=Where.CURRENT)


def test_the_current_cluster_is_used_and_left_as_it_is(
    kubectl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubeconfig = tmp_path / "own.yaml"
    kubeconfig.write_text("mine")
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))

    cluster = up("demo", where=Where.CURRENT)

    assert cluster == find("demo")
    assert (cluster.kubeconfig, cluster.kubectl) == (kubeconfig, kubectl)
    down("demo")
    assert (tmp_path / "asked").read_text() == f"{kubeconfig} get --raw /readyz\n"
    assert kubeconfig.read_text() == "mine"
    with pytest.raises(ClusterError, match="no cluster demo is up"):
        find("demo")


def test_the_current_cluster_takes_no_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/x")

    with pytest.raises(ClusterError, match="taken as it is"):
        up("demo", Options(profile=Profile.API), where=Where.CURRENT)
