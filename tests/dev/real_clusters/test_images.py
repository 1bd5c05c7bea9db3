from pathlib import Path

import pytest

from dev.cluster.local import images, packages

pytestmark = pytest.mark.local


def test_images_are_built_once_and_a_killed_build_is_cleared_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busybox = packages.tools().busybox
    monkeypatch.setenv("QUEUEDJOB_CACHE", str(tmp_path))
    leftover = tmp_path / "images/half.partabc"
    leftover.mkdir(parents=True)

    first = images.built(busybox)
    made = [path.stat().st_mtime_ns for path in first]
    second = images.built(busybox)

    assert [path.name for path in first] == ["busybox.tar", "pause.tar"]
    assert second == first
    assert [path.stat().st_mtime_ns for path in second] == made
    assert not leftover.exists()
