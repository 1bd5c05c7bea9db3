from pathlib import Path

import pytest

from dev.cluster import places


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Clusters are written down here instead of in the machine's own place."""
    folder = tmp_path / "state"
    monkeypatch.setattr(places, "state", lambda: folder)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("QUEUEDJOB_CACHE", str(folder))
    return folder
