from pathlib import Path

import pytest

from e2e.cluster import ClusterError, places


@pytest.mark.parametrize("name", ["", "-a", "a-", "Demo", "a.b", "a/b", "..", "thirteen-long", "a b"])
def test_a_name_that_cannot_be_a_link_and_a_folder_is_refused(name: str) -> None:
    with pytest.raises(ClusterError, match="cannot be the name of a cluster"):
        places.folder(name)


@pytest.mark.parametrize("name", ["a", "7", "demo", "a-b", "twelve-chars"])
def test_a_name_is_a_folder(name: str, state: Path) -> None:
    assert places.folder(name) == state / "clusters" / name
    assert not places.lock(name).is_relative_to(places.folder(name))


def test_the_cache_is_where_the_person_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert places.cache() == Path("/x/queuedjob")

    monkeypatch.setenv("QUEUEDJOB_CACHE", "/own")
    assert places.cache() == Path("/own")
