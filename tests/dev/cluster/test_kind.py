import subprocess
from pathlib import Path

import pytest

from dev.cluster import ClusterError, Options, Profile, Where, kind, lifecycle

KUBECONFIG = Path("/state/clusters/demo/kubeconfig")


def test_a_cluster_is_created_beside_a_users_own() -> None:
    assert kind.create_arguments("demo", KUBECONFIG) == [
        "kind",
        "create",
        "cluster",
        "--name=queuedjob-demo",
        "--image=kindest/node:v1.36.3",
        "--kubeconfig=/state/clusters/demo/kubeconfig",
        "--wait=300s",
    ]


def test_the_cluster_that_was_created_is_the_one_that_is_deleted() -> None:
    assert kind.delete_arguments("demo", KUBECONFIG) == [
        "kind",
        "delete",
        "cluster",
        "--name=queuedjob-demo",
        "--kubeconfig=/state/clusters/demo/kubeconfig",
    ]


def test_an_image_is_loaded_into_that_cluster() -> None:
    assert kind.load_arguments("demo", "queuedjob:dev") == [
        "kind",
        "load",
        "docker-image",
        "--name=queuedjob-demo",
        "queuedjob:dev",
    ]


@pytest.mark.parametrize("options", [Options(profile=Profile.API), Options(kwok=1), Options(durable=True)])
def test_what_kind_cannot_give_is_refused_with_what_can(options: Options) -> None:
    with pytest.raises(ClusterError, match="CLUSTER=local"):
        kind.up("demo", options)


@pytest.mark.parametrize("missing", ["kind", "kubectl"])
def test_a_missing_tool_is_named_with_its_source(missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for tool in {"kind", "kubectl"} - {missing}:
        (tmp_path / tool).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ClusterError, match=f"needs {missing} on PATH: https://"):
        kind.up("demo", Options())


@pytest.mark.parametrize(
    ("docker", "options", "chosen"),
    [
        pytest.param(True, Options(), Where.KIND, id="kind where Docker answers"),
        pytest.param(False, Options(), Where.LOCAL, id="local where it does not"),
        pytest.param(True, Options(profile=Profile.API), Where.LOCAL, id="local for what kind cannot give"),
    ],
)
def test_auto_chooses(monkeypatch: pytest.MonkeyPatch, *, docker: bool, options: Options, chosen: Where) -> None:
    monkeypatch.setattr(kind, "docker_answers", lambda: docker)

    assert lifecycle.chosen(Where.AUTO, options) is chosen


@pytest.mark.parametrize("where", [Where.KIND, Where.LOCAL, Where.CURRENT])
def test_what_is_asked_for_is_not_second_guessed(monkeypatch: pytest.MonkeyPatch, where: Where) -> None:
    monkeypatch.setattr(kind, "docker_answers", lambda: True)

    assert lifecycle.chosen(where, Options()) is where


def test_a_docker_without_a_daemon_does_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert subprocess.run(["docker"], check=False).returncode == 1

    assert not kind.docker_answers()
