import os
from pathlib import Path

import pytest

from dev.cluster import ClusterError, down, find, places


@pytest.mark.parametrize("name", ["", "-a", "a-", "Demo", "a.b", "a/b", "..", "thirteen-long", "a b"])
def test_a_name_that_cannot_be_a_link_and_a_folder_is_refused(name: str) -> None:
    with pytest.raises(ClusterError, match="cannot be the name of a cluster"):
        places.folder(name)


@pytest.mark.parametrize("name", ["a", "7", "demo", "a-b", "twelve-chars"])
def test_a_name_is_a_folder(name: str, state: Path) -> None:
    assert places.folder(name) == state / "clusters" / name
    assert not places.lock(name).is_relative_to(places.folder(name))


def test_the_user_chooses_the_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUEUEDJOB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert places.cache() == Path("/x/queuedjob")

    monkeypatch.setenv("QUEUEDJOB_CACHE", "/own")
    assert places.cache() == Path("/own")


@pytest.mark.usefixtures("state")
def test_a_cluster_of_root_is_refused_to_other_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(places, "STATE_OF_ROOT", tmp_path / "root")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tmp_path / "root/clusters/demo").mkdir(parents=True)

    for ask in (find, down):
        with pytest.raises(ClusterError, match="The cluster demo is root's: run the same command as root"):
            ask("demo")
    down("other")

    assert capsys.readouterr().out == ""
