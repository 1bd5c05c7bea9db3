import re
from pathlib import Path

import pytest

from dev.cluster import ClusterError
from dev.cluster.local import binaries

FAKE_GO = """#!/bin/sh
case $1 in
version) echo go version {version} linux/amd64 ;;
build)
  {on_build}
  while [ "$1" != -o ]; do shift; done
  for name in kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl server kwok; do
    echo built > "$2/$name"; chmod +x "$2/$name"
  done ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the only programs on PATH besides those of /usr/bin and /bin."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(binaries, "FURTHER_PLACES", ())
    return programs


def a_go(folder: Path, version: str = "go1.26.8", on_build: str = ":") -> None:
    (folder / "go").write_text(FAKE_GO.format(version=version, on_build=on_build))
    (folder / "go").chmod(0o755)


def test_the_programs_are_those_that_are_pinned_and_of_one_version() -> None:
    module = (binaries.MODULE / "go.mod").read_text()

    for package in binaries.PACKAGES.values():
        assert re.search(rf"^\t{re.escape(package)}$", module, re.MULTILINE)
    assert f"require k8s.io/kubernetes {binaries.KUBERNETES} " in module


@pytest.mark.usefixtures("folder")
def test_without_go_a_user_reads_what_to_do(cache: Path) -> None:
    with pytest.raises(ClusterError, match=r"no `go` on PATH.*Go 1\.26\.0 or newer.*https://go\.dev/dl/"):
        binaries.built()
    assert not list(cache.rglob("*.part*"))


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("version", ["go1.19", "go1.25.9", "devel"])
def test_a_go_that_is_too_old_is_named(folder: Path, version: str) -> None:
    a_go(folder, version)

    with pytest.raises(ClusterError, match=rf"too old \(go version {version} .*Go 1\.26\.0 or newer"):
        binaries.built()


@pytest.mark.parametrize("version", ["go1.26.0", "go1.26", "go1.27rc1", "go1.30.2"])
def test_a_go_of_the_pinned_version_or_newer_builds_the_programs_once(folder: Path, cache: Path, version: str) -> None:
    a_go(folder, version, on_build=f"echo >> {folder}/builds")

    first, second = binaries.built(), binaries.built()

    assert first == second
    assert first.is_relative_to(cache)
    assert (first / "etcd").exists()
    assert (folder / "builds").read_text() == "\n"


def test_a_build_that_fails_shows_why_and_leaves_nothing_that_looks_built(folder: Path, cache: Path) -> None:
    a_go(folder, on_build="echo 'no space left on device' >&2; exit 1")
    with pytest.raises(ClusterError, match="no space left on device"):
        binaries.built()

    a_go(folder)

    assert (binaries.built() / "kubectl").exists()
    assert not list(cache.rglob("*.part*"))


@pytest.mark.usefixtures("cache")
def test_programs_that_went_missing_are_built_again(folder: Path) -> None:
    a_go(folder)
    (binaries.built() / "kubelet").unlink()

    assert (binaries.built() / "kubelet").exists()


def test_what_a_killed_build_left_is_cleared_away(folder: Path, cache: Path) -> None:
    a_go(folder)
    half = cache / "bin" / binaries.key()
    half.mkdir(parents=True)
    (half / "kubectl").write_text("built")
    leftover = cache / "bin" / f"{binaries.key()}.partabc"
    leftover.mkdir()

    target = binaries.built()

    assert sorted(path.name for path in target.iterdir()) == sorted(binaries.PACKAGES)
    assert not leftover.exists()
