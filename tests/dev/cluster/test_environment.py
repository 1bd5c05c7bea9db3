import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from dev.cluster import Cluster, LocalCluster, Where
from dev.cluster.environment import OURS, line, variables
from dev.cluster.local.plan import Plan

KIND = Cluster("demo", Where.KIND, Path("/state/a b/kubeconfig"), Path("/usr/local/bin/kubectl"))
LOCAL = LocalCluster(
    "demo", Where.LOCAL, Path("/state/kubeconfig"), Path("/state/bin/kubectl"), 1, Plan((), {}, (), ())
)


def evaluated(text: str, name: str) -> str:
    environment = {"PATH": "/usr/bin:/bin", "NO_PROXY": "own.example"}
    script = ["bash", "-ec", 'eval "$1"; echo "${!2}"', "bash", text, name]
    return subprocess.run(script, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def test_a_shell_that_evaluates_the_line_talks_to_the_cluster_with_its_kubectl_and_our_command() -> None:
    text = line(KIND, {})

    assert "\n" not in text
    assert evaluated(text, "KUBECONFIG") == "/state/a b/kubeconfig"
    assert evaluated(text, "PATH") == f"/usr/local/bin:{OURS}:/usr/bin:/bin"


def test_the_command_that_goes_onto_the_path_is_this_checkouts() -> None:
    done = subprocess.run([OURS / "queuedjob", "--help"], cwd="/", check=True, capture_output=True, text=True)
    assert "explain" in done.stdout


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, "own.example", id="no proxy, nothing to exempt"),
        pytest.param({"https_proxy": "http://p"}, f"{LOCAL.addresses.node},own.example", id="lower case"),
        pytest.param({"HTTPS_PROXY": "http://p"}, f"{LOCAL.addresses.node},own.example", id="upper case"),
    ],
)
def test_a_proxy_does_not_get_between(environment: Mapping[str, str], expected: str) -> None:
    assert evaluated(line(LOCAL, environment), "NO_PROXY") == expected


@pytest.mark.parametrize(
    ("cluster", "proxy"),
    [
        pytest.param(LOCAL, None, id="a local cluster is reached without a proxy"),
        pytest.param(KIND, "http://p", id="how another is reached is the person's affair"),
    ],
)
def test_programs_of_ours_talk_to_the_cluster(cluster: Cluster, proxy: str | None) -> None:
    given = variables(cluster, {"HTTPS_PROXY": "http://p", "PATH": "/bin", "KUBECONFIG": "another"})
    assert given.get("HTTPS_PROXY") == proxy
    assert (given["PATH"], given["KUBECONFIG"]) == ("/bin", str(cluster.kubeconfig))
