"""Configuration files of the components. Pure."""

import json

from dev.cluster.local.addresses import Addresses
from dev.cluster.local.cgroups import cgroup
from dev.cluster.local.layout import Layout

PAUSE = "localhost/pause:1"
BUSYBOX = "docker.io/library/busybox:1.36"

AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
"""


def containerd(layout: Layout, cni_plugins: str) -> str:
    """Return containerd's configuration. containerd 1.6 reads this version, and 2.x converts it."""
    return f"""\
version = 2
root = "{layout.folder}/containerd"
state = "{layout.run}/containerd"
[grpc]
  address = "{layout.containerd_socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{layout.folder}/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_plugins}"
    conf_dir = "{layout.configuration}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "{layout.run}/runc"
"""


def pod_network(layout: Layout, addresses: Addresses) -> str:
    """Return a point-to-point link for each pod. The plugin adds the pod's own route, and fails with a second one."""
    plugin = {
        "type": "ptp",
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "dataDir": f"{layout.folder}/cni",
            "ranges": [[{"subnet": str(addresses.pods)}]],
            "routes": [{"dst": str(addresses.services)}, {"dst": str(addresses.link)}],
        },
    }
    return json.dumps({"cniVersion": "1.0.0", "name": cgroup(layout.name), "plugins": [plugin]}, indent=1) + "\n"


def kubelet(layout: Layout, addresses: Addresses, lease: int) -> str:
    """Return the configuration of a node that keeps its images and its pods.

    There is no registry to pull an image again, and only a full disk or exhausted memory evicts a pod.
    `lease`: seconds; the kubelet sends four heartbeats in that time.
    """
    config = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": str(addresses.node),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": f"{layout.keys}/ca.crt"},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroup(layout.name)}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": [],
        "podLogsDir": f"{layout.folder}/pods",
        "volumePluginDir": f"{layout.folder}/kubelet/volumeplugins",
        "serializeImagePulls": False,
        "registryPullQPS": 0,
        "maxPods": 250,
        "nodeLeaseDurationSeconds": lease,
        # localStorageCapacityIsolation stays on: without it the eviction manager never gets ready
        "evictionHard": {
            "memory.available": "10Mi",
            "nodefs.available": "1%",
            "imagefs.available": "1%",
            "nodefs.inodesFree": "1%",
        },
        "imageGCHighThresholdPercent": 100,  # a full disk must not delete images that cannot be pulled again
        "resolvConf": "",  # no DNS: lookups are refused at once
        "clusterDNS": ["127.0.0.1"],
        "clusterDomain": "cluster.local",
    }
    return json.dumps(config, indent=1) + "\n"
