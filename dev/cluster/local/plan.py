"""The parts of a local cluster: the arguments of its components and its configuration files. Pure.

Two equal plans make the same cluster, so a running cluster is used again when its plan equals the requested one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from dev.cluster.errors import ClusterError
from dev.cluster.local import configuration
from dev.cluster.local.addresses import ETCD_PORT, PORT, Addresses
from dev.cluster.local.layout import Layout
from dev.cluster.local.nodes import KWOK_LABEL
from dev.cluster.options import Options, Profile

NODE = "node"
"""Name of the one real node."""


_SIMULATED_NODE = Path(__file__).with_name("simulated_node.yaml")


@dataclass(frozen=True, slots=True)
class Component:
    """One process of the cluster."""

    name: str
    argv: tuple[str, ...]
    private_mounts: bool = False
    """Whether the component runs in the cluster's mount namespace, too."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The components in the order of their start, and files by their path within the cluster's folder."""

    components: tuple[Component, ...]
    files: Mapping[str, str]
    images: tuple[str, ...]
    """Paths of the image archives; the name of their folder is a hash of their content."""

    nodes: tuple[str, ...]
    """Names of the nodes that must be Ready."""

    def text(self) -> str:
        """Return the plan as it is kept in the cluster's folder. Equal plans have equal texts."""
        return json.dumps(asdict(self), indent=1) + "\n"

    def component(self, name: str) -> Component:
        """Return the component. Raises ClusterError for a component that this cluster does not have."""
        for component in self.components:
            if component.name == name:
                return component
        known = ", ".join(component.name for component in self.components)
        raise ClusterError(f"this cluster has no component {name!r}; it has {known}")


@dataclass(frozen=True, slots=True)
class Given:
    """The input of a plan, besides the options."""

    layout: Layout
    addresses: Addresses
    binaries: Path
    cni_plugins: str
    images: tuple[str, ...]


def parsed(text: str) -> Plan:
    """Return the plan of a text from `Plan.text`. Raises ValueError, KeyError or TypeError for another text."""
    kept = json.loads(text)
    components = tuple(Component(**{**each, "argv": tuple(each["argv"])}) for each in kept["components"])
    return Plan(components, dict(kept["files"]), tuple(kept["images"]), tuple(kept["nodes"]))


def plan(given: Given, options: Options) -> Plan:
    """Return the plan of the whole cluster. Raises ClusterError for arguments to a component that it does not have."""
    layout = given.layout
    bare = list(_components(given, options))
    names = {component.name for component in bare}
    if unknown := set(options.extra_args) - names:
        raise ClusterError(f"extra arguments for {', '.join(sorted(unknown))}, but there are only {sorted(names)}")
    components = tuple(
        Component(each.name, (*each.argv, *options.extra_args.get(each.name, ())), each.private_mounts) for each in bare
    )
    files = {}
    if options.audit:
        files["etc/audit.yaml"] = configuration.AUDIT_POLICY
    if options.profile is Profile.NODE:
        files["etc/containerd.toml"] = configuration.containerd(layout, given.cni_plugins)
        files["etc/cni/10-ptp.conflist"] = configuration.pod_network(layout, given.addresses)
        files["etc/kubelet.json"] = configuration.kubelet(layout, given.addresses, _lease(options))
    if options.kwok:
        files["etc/simulated_node.yaml"] = _SIMULATED_NODE.read_text()
        files["etc/simulated_pods.yaml"] = options.stages.read_text()
    images = given.images if options.profile is Profile.NODE else ()
    return Plan(components, files, images, (NODE, *simulated_nodes(options)))


def simulated_nodes(options: Options) -> tuple[str, ...]:
    """Return the names of the nodes that kwok simulates."""
    return tuple(f"kwok-{index}" for index in range(options.kwok))


def _components(given: Given, options: Options) -> Iterator[Component]:
    layout, addresses = given.layout, given.addresses
    yield Component("etcd", tuple(_etcd(given, options)))
    yield Component("kube-apiserver", tuple(_api_server(given, options)))
    if options.profile is Profile.NODE:
        containerd = ("containerd", "-c", f"{layout.configuration}/containerd.toml")
        yield Component("containerd", containerd, private_mounts=True)
    yield Component("kube-controller-manager", tuple(_controller_manager(given, options)))
    if options.profile is Profile.NODE:
        yield Component(
            "kube-scheduler",
            (
                f"{given.binaries}/kube-scheduler",
                f"--kubeconfig={layout.kubeconfig_of('kube-scheduler')}",
                "--leader-elect=false",
                "--bind-address=127.0.0.1",
                *_pace(options),
            ),
        )
        yield Component(
            "kube-proxy",
            (
                f"{given.binaries}/kube-proxy",
                f"--kubeconfig={layout.kubeconfig_of('kube-proxy')}",
                "--proxy-mode=nftables",
                "--conntrack-max-per-core=0",  # the limit would be for the whole machine
                f"--hostname-override={NODE}",
                f"--cluster-cidr={addresses.pods}",
                "--bind-address=127.0.0.1",
            ),
        )
        yield Component(
            "kubelet",
            (
                f"{given.binaries}/kubelet",
                f"--kubeconfig={layout.kubeconfig_of('kubelet')}",
                f"--config={layout.configuration}/kubelet.json",
                f"--root-dir={layout.folder}/kubelet",
                f"--cert-dir={layout.folder}/kubelet/pki",
                f"--hostname-override={NODE}",
                f"--node-ip={addresses.node}",
            ),
            private_mounts=True,
        )
    if options.kwok:
        yield Component(
            "kwok",
            (
                f"{given.binaries}/kwok",
                f"--kubeconfig={layout.kubeconfig}",
                f"--config={layout.configuration}/simulated_node.yaml",
                f"--config={layout.configuration}/simulated_pods.yaml",
                f"--manage-nodes-with-label-selector={KWOK_LABEL}",
                f"--node-lease-duration-seconds={_lease(options)}",
            ),
        )


def _etcd(given: Given, options: Options) -> Iterator[str]:
    client, peer = _etcd_urls(given)
    yield f"{given.binaries}/etcd"
    yield "--name=e"
    yield f"--data-dir={given.layout.folder}/etcd"
    yield f"--listen-client-urls={client}"
    yield f"--advertise-client-urls={client}"
    yield f"--listen-peer-urls={peer}"
    yield f"--initial-advertise-peer-urls={peer}"
    yield f"--initial-cluster=e={peer}"
    if not options.durable:
        yield "--unsafe-no-fsync"


def _etcd_urls(given: Given) -> tuple[str, str]:
    """Return the URL for clients and the URL for peers."""
    return f"http://{given.addresses.inside}:{ETCD_PORT}", f"http://{given.addresses.inside}:2380"


def _api_server(given: Given, options: Options) -> Iterator[str]:
    layout, addresses = given.layout, given.addresses
    keys = layout.keys
    yield f"{given.binaries}/kube-apiserver"
    yield f"--etcd-servers={_etcd_urls(given)[0]}"
    yield f"--secure-port={PORT}"
    yield f"--advertise-address={addresses.node}"
    if addresses.isolated:
        yield "--bind-address=0.0.0.0"
    else:
        yield f"--bind-address={addresses.node}"
        yield "--endpoint-reconciler-type=none"  # the Service default/kubernetes may not have a loopback endpoint
    yield f"--client-ca-file={keys}/ca.crt"
    yield f"--tls-cert-file={keys}/server.crt"
    yield f"--tls-private-key-file={keys}/server.key"
    yield f"--token-auth-file={keys}/tokens.csv"
    yield "--authorization-mode=Node,RBAC"
    yield f"--service-account-key-file={keys}/service-accounts.key"
    yield f"--service-account-signing-key-file={keys}/service-accounts.key"
    yield "--service-account-issuer=https://kubernetes.default.svc"
    yield f"--service-cluster-ip-range={addresses.services}"
    yield "--allow-privileged"
    yield "--kubelet-preferred-address-types=InternalIP"
    yield f"--kubelet-client-certificate={keys}/client.crt"
    yield f"--kubelet-client-key={keys}/client.key"
    if options.audit:
        yield f"--audit-policy-file={layout.configuration}/audit.yaml"
        yield f"--audit-log-path={layout.audit_log}"
        yield "--audit-log-maxsize=4096"  # MB; 0 would mean 100, and a count across two files is easily wrong


def _controller_manager(given: Given, options: Options) -> Iterator[str]:
    layout = given.layout
    yield f"{given.binaries}/kube-controller-manager"
    yield f"--kubeconfig={layout.kubeconfig_of('kube-controller-manager')}"
    yield "--leader-elect=false"
    yield "--use-service-account-credentials"
    yield f"--root-ca-file={layout.keys}/ca.crt"
    yield f"--service-account-private-key-file={layout.keys}/service-accounts.key"
    yield f"--bind-address={given.addresses.inside}"
    yield f"--flex-volume-plugin-dir={layout.folder}/kubelet/volumeplugins"  # else it looks into /usr
    yield from _pace(options)
    if options.profile is Profile.API:
        # The Node has no kubelet that would send heartbeats: no controller shall wait for them.
        yield "--node-monitor-grace-period=87600h"
    elif options.silence:
        yield f"--node-monitor-grace-period={options.silence}s"
        yield "--node-monitor-period=1s"


def _lease(options: Options) -> int:
    """Return the duration of a node's lease in seconds: Kubernetes' default, or short enough for `silence`.

    Four heartbeats are sent in that time.
    """
    return options.silence or 40


def _pace(options: Options) -> Iterator[str]:
    """Return client limits. With the default of 20 a second the first ServiceAccount exists 4 s after a Ready node."""
    yield f"--kube-api-qps={options.kube_api_qps}"
    yield f"--kube-api-burst={2 * options.kube_api_qps}"
