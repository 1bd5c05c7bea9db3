from dataclasses import replace
from pathlib import Path

import pytest

from dev.cluster import ClusterError, Options, Profile
from dev.cluster.local.addresses import Addresses
from dev.cluster.local.layout import Layout
from dev.cluster.local.plan import Given, Plan, parsed, plan

GIVEN = Given(
    Layout("demo"),
    Addresses(2),
    binaries=Path("/cache/bin"),
    cni_plugins="/usr/lib/cni",
    images=("/cache/images/busybox.tar", "/cache/images/pause.tar"),
)
API = Options(profile=Profile.API)


def argv(options: Options, component: str) -> tuple[str, ...]:
    return plan(GIVEN, options).component(component).argv


def names(made: Plan) -> list[str]:
    return [component.name for component in made.components]


def test_a_node_has_everything_a_node_has() -> None:
    assert names(plan(GIVEN, Options())) == [
        "etcd",
        "kube-apiserver",
        "containerd",
        "kube-controller-manager",
        "kube-scheduler",
        "kube-proxy",
        "kubelet",
    ]


def test_only_components_that_mount_run_in_the_mount_namespace() -> None:
    made = plan(GIVEN, Options(kwok=1))

    assert [each.name for each in made.components if each.private_mounts] == ["containerd", "kubelet"]


def test_profile_api_schedules_and_runs_nothing_and_waits_for_no_heartbeat() -> None:
    made = plan(GIVEN, API)

    assert names(made) == ["etcd", "kube-apiserver", "kube-controller-manager"]
    assert "--node-monitor-grace-period=87600h" in made.component("kube-controller-manager").argv
    assert made.images == ()


def test_without_a_network_of_its_own_everything_listens_on_the_clusters_address() -> None:
    given = replace(GIVEN, addresses=Addresses(2, isolated=False))
    listens = [
        each
        for component in plan(given, API).components
        for each in component.argv
        if "://" in each or "bind-address" in each or "advertise-address" in each
    ]

    assert len(listens) == 10
    assert all("127.18.2.2" in each or "kubernetes.default.svc" in each for each in listens)


def test_a_real_node_that_falls_silent_is_noticed() -> None:
    assert not any("grace-period" in each for each in argv(Options(), "kube-controller-manager"))
    assert '"nodeLeaseDurationSeconds": 40' in plan(GIVEN, Options()).files["etc/kubelet.json"]


def test_a_node_can_be_noticed_sooner_and_sends_its_heartbeats_sooner_then() -> None:
    soon = Options(kwok=1, silence=8)

    assert "--node-monitor-grace-period=8s" in argv(soon, "kube-controller-manager")
    assert '"nodeLeaseDurationSeconds": 8' in plan(GIVEN, soon).files["etc/kubelet.json"]
    assert "--node-lease-duration-seconds=8" in argv(soon, "kwok")


@pytest.mark.parametrize("profile", list(Profile))
def test_simulated_nodes_come_in_either_profile_and_must_be_ready(profile: Profile, tmp_path: Path) -> None:
    stages = tmp_path / "stages.yaml"
    stages.write_text("kind: Stage\n")

    made = plan(GIVEN, Options(profile=profile, kwok=2, stages=stages))

    assert made.nodes == ("node", "kwok-0", "kwok-1")
    assert made.files["etc/simulated_pods.yaml"] == "kind: Stage\n"
    assert any(each.endswith("/etc/simulated_pods.yaml") for each in made.component("kwok").argv)


def test_etcd_waits_for_the_disk_only_where_that_is_asked_for() -> None:
    assert "--unsafe-no-fsync" in argv(Options(), "etcd")
    assert "--unsafe-no-fsync" not in argv(Options(durable=True), "etcd")


def test_the_audit_log_can_be_left_out() -> None:
    assert any(each.startswith("--audit-log-path=") for each in argv(Options(), "kube-apiserver"))
    assert "level: Metadata" in plan(GIVEN, Options()).files["etc/audit.yaml"]

    assert not any(each.startswith("--audit") for each in argv(Options(audit=False), "kube-apiserver"))
    assert "etc/audit.yaml" not in plan(GIVEN, Options(audit=False)).files


@pytest.mark.parametrize("component", ["kube-controller-manager", "kube-scheduler"])
def test_a_benchmark_can_let_the_controllers_run_faster(component: str) -> None:
    paced = argv(Options(kube_api_qps=5000), component)

    assert "--kube-api-qps=5000" in paced
    assert "--kube-api-burst=10000" in paced


def test_extra_arguments_come_last_so_they_win() -> None:
    options = Options(extra_args={"kube-apiserver": ("--v=4",)})

    assert argv(options, "kube-apiserver")[-1] == "--v=4"


def test_extra_arguments_for_a_component_that_is_not_there_are_refused() -> None:
    with pytest.raises(ClusterError, match=r"extra arguments for kubelet"):
        plan(GIVEN, Options(profile=Profile.API, extra_args={"kubelet": ("--v=4",)}))


@pytest.mark.parametrize("options", [Options(), API, Options(kwok=3, extra_args={"etcd": ("--x",)})])
def test_a_plan_is_read_back_as_it_was(options: Options) -> None:
    made = plan(GIVEN, options)

    assert parsed(made.text()) == made


@pytest.mark.parametrize(
    "other",
    [
        Options(durable=True),
        Options(audit=False),
        Options(kwok=1),
        Options(kube_api_qps=1),
        Options(silence=8),
        API,
        Options(extra_args={"etcd": ("--x",)}),
    ],
)
def test_other_options_make_another_plan(other: Options) -> None:
    assert plan(GIVEN, other).text() != plan(GIVEN, Options()).text()


def test_two_clusters_share_no_path_and_no_address_but_the_programs() -> None:
    other = Given(Layout("other"), Addresses(3), GIVEN.binaries, GIVEN.cni_plugins, GIVEN.images)

    text = plan(other, Options(kwok=1)).text()

    assert "clusters/demo" not in text
    assert "queuedjob-demo" not in text
    assert str(GIVEN.addresses.node) not in text
