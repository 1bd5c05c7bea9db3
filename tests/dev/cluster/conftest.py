from pathlib import Path

import pytest

from dev.cluster import places


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the records of clusters in this folder instead of the machine's own one."""
    folder = tmp_path / "state"
    monkeypatch.setattr(places, "state", lambda: folder)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("QUEUEDJOB_CACHE", str(folder))
    return folder
