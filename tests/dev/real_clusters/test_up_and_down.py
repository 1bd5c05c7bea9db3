import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dev.cluster import ClusterError, Options, Profile, down, find, processes, up_local
from dev.cluster.local import cgroups, namespaces
from dev.cluster.local.layout import Layout
from dev.cluster.waiting import until
from tests.dev.real_clusters.kubernetes import a_pod, create, in_phase, kubectl, pod, wait_for_pod

pytestmark = pytest.mark.local

API = Options(profile=Profile.API)
Named = Callable[[str], str]


def traces(name: str) -> dict[str, object]:
    """Return all that a cluster could leave on this machine."""
    namespace_mounts = [
        f"{process}: {line}"
        for process in Path("/proc").glob("[0-9]*/mountinfo")
        for line in _lines(process)
        if f"/clusters/{name}/" in line
    ]
    return {
        "cgroup": cgroups.exists(name),
        "link": namespaces.link_exists(Layout(name)),
        "folder": Layout(name).folder.exists(),
        "mounts": namespace_mounts,
        "processes": [
            str(file) for file in Path("/proc").glob("[0-9]*/cmdline") if f"/clusters/{name}/" in _text(file)
        ],
    }


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _lines(file: Path) -> list[str]:
    return _text(file).splitlines()


NOTHING = {"cgroup": False, "link": False, "folder": False, "mounts": [], "processes": []}


def anybody_in(network_namespace: str) -> bool:
    for link in Path("/proc").glob("[0-9]*/ns/net"):
        try:
            if str(link.readlink()) == network_namespace:
                return True
        except OSError:  # the process ended meanwhile
            continue
    return False


def test_two_clusters_run_side_by_side_and_one_goes_without_effect_on_the_other(named: Named) -> None:
    with ThreadPoolExecutor() as both_at_once:
        one, other = both_at_once.map(up_local, [named("one"), named("other")])
    for cluster in (one, other):
        create(cluster, a_pod("ticks", "while sleep 1; do :; done"))
    before = wait_for_pod(one, "ticks", in_phase("Running"))["status"]["containerStatuses"][0]
    wait_for_pod(other, "ticks", in_phase("Running"))

    down(other.name)

    assert traces(other.name) == NOTHING
    assert one.number != other.number
    one.wait_until_ready()
    create(one, a_pod("after", "true"))
    wait_for_pod(one, "after", in_phase("Succeeded"))
    assert pod(one, "ticks")["status"]["containerStatuses"][0] == before


def test_down_leaves_nothing(named: Named) -> None:
    cluster = up_local(named("gone"))
    network = f"net:[{Layout(cluster.name).network_namespace.stat().st_ino}]"
    create(cluster, a_pod("busy", "while sleep 1; do :; done"))
    wait_for_pod(cluster, "busy", in_phase("Running"))
    assert traces(cluster.name) != NOTHING
    assert anybody_in(network)

    down(cluster.name)

    assert traces(cluster.name) == NOTHING
    assert not anybody_in(network)
    with pytest.raises(ClusterError, match="no cluster"):
        find(cluster.name)


def test_down_of_nothing_is_no_error(named: Named) -> None:
    name = named("never")

    down(name)

    assert traces(name) == NOTHING


def test_a_healthy_cluster_is_used_again(named: Named) -> None:
    first = up_local(named("again"), API)
    kubectl(first, "create", "namespace", "kept")

    second = up_local(first.name, API)

    assert second == first
    assert "namespace/kept" in kubectl(second, "get", "namespaces", "-o", "name")


def test_other_options_make_another_cluster(named: Named) -> None:
    first = up_local(named("other"), API)
    kubectl(first, "create", "namespace", "kept")

    second = up_local(first.name, Options(profile=Profile.API, durable=True))

    assert "namespace/kept" not in kubectl(second, "get", "namespaces", "-o", "name")


@pytest.mark.parametrize("component", ["etcd", "kube-apiserver", "kube-controller-manager"])
def test_a_crashed_component_is_fixed_by_the_next_up(named: Named, component: str) -> None:
    cluster = up_local(named("crash"), API)
    cluster.kill(component)

    up_local(cluster.name, API).wait_until_ready()


def test_a_half_removed_folder_is_fixed_by_the_next_up(named: Named) -> None:
    cluster = up_local(named("half"), API)
    for part in ("run", "etc", "cluster.json", "plan.json", "pki", "kubeconfig"):
        path = cluster.folder / part
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()

    up_local(cluster.name, API).wait_until_ready()


def test_a_lost_record_costs_no_cluster_its_address(named: Named) -> None:
    stays, other = up_local(named("stays"), API), named("new")
    (stays.folder / "cluster.json").unlink()

    fresh = up_local(other, API)

    assert fresh.number != stays.number
    stays.wait_until_ready()


def test_after_a_reboot_the_next_up_begins_anew(named: Named) -> None:
    cluster = up_local(named("boot"))
    # A reboot leaves the folder, and nothing that existed in the kernel only.
    cgroups.kill_all(cluster.name)
    namespaces.remove(Layout(cluster.name))
    cgroups.remove(cluster.name)

    up_local(cluster.name).wait_until_ready()


@pytest.mark.parametrize("after", ["starting etcd", "starting the rest", "nothing"])
def test_the_cluster_of_a_killed_up_is_fixed_by_the_next_up(named: Named, after: str) -> None:
    name = named("kill")
    argv = [sys.executable, "-m", "dev.cluster", "up", "--cluster=local", f"--name={name}"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        if after == "nothing":
            until("its folder", lambda: None if Layout(name).folder.exists() else "no folder yet")
        else:
            assert any(after in line for line in process.stderr)
        process.kill()

    up_local(name).wait_until_ready()


def test_two_ups_of_one_name_at_once_give_one_cluster(named: Named) -> None:
    name = named("twice")
    with ThreadPoolExecutor() as both_at_once:
        first, second = both_at_once.map(lambda _: up_local(name, API), range(2))

    assert first == second
    first.wait_until_ready()


def test_a_companion_gets_sigterm_before_its_cluster_goes(named: Named, tmp_path: Path) -> None:
    cluster = up_local(named("first"), API)
    said = tmp_path / "said"
    # On SIGTERM it still sends a request to the API server, as an operator does that ends in order.
    script = """
    trap '"$1" --kubeconfig="$2" get --raw /readyz > "$3"; exit' TERM
    touch "$3"
    while :; do sleep 0.1; done
    """
    argv = ["sh", "-c", script, "operator", str(cluster.kubectl), str(cluster.kubeconfig), str(said)]
    with subprocess.Popen(argv) as process:
        until("the operator", lambda: None if said.exists() else "not listening yet")
        cluster.stop_first("operator", process.pid)

        down(cluster.name)

        assert process.wait() == 0
    assert said.read_text() == "ok"


def test_a_stranger_with_the_pid_of_what_was_noted_is_left_alone(named: Named) -> None:
    cluster = up_local(named("pid"), API)
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        cluster.stop_first("operator", stranger.pid)
        note = cluster.folder / "pids/operator"
        pid, start = note.read_text().split()
        note.write_text(f"{pid} {int(start) - 1}\n")

        down(cluster.name)

        assert processes.started(stranger.pid) is not None
        stranger.send_signal(signal.SIGKILL)


def test_a_machine_that_uses_these_addresses_for_something_else_is_left_alone() -> None:
    script = """
    ip link add vpn type veth peer name other; ip link set vpn up; ip route add 198.19.0.0/16 dev vpn
    exec "$@"
    """
    check = "from dev.cluster.local import namespaces; namespaces.refuse_foreign_routes()"
    argv = ["unshare", "--net", "sh", "-ec", script, "elsewhere", sys.executable, "-c", check]

    done = subprocess.run(argv, check=False, capture_output=True, text=True)

    assert "already routes addresses of 198.18.0.0/15 elsewhere (198.19.0.0/16 dev vpn)" in done.stderr


def test_a_cluster_comes_up_and_goes_in_a_mount_namespace_that_is_not_the_first(named: Named) -> None:
    name = named("inner")  # as in a privileged container
    command = [sys.executable, "-m", "dev.cluster"]
    script = f"""
    "$@" up --cluster=local --name={name}
    kubeconfig=$("$@" kubeconfig --name={name})
    test -e "$kubeconfig"
    "$@" down --name={name}
    """

    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", script, "inner", *command], check=False, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert traces(name) == NOTHING
