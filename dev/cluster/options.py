"""The options of a cluster."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STAGES = Path(__file__).parent / "local/simulated_pods.yaml"
"""With these stages, simulated pods succeed as soon as they have a node."""


class Profile(enum.StrEnum):
    """What is behind the API server."""

    NODE = "node"
    """A real node: scheduler, kubelet, containerd, Services. Pods run."""

    API = "api"
    """The API server, its controllers, and a Node that is Ready without a kubelet.

    Nothing schedules or runs pods: a test binds them (an unbound pod is deleted at once), writes their status, and ends
    deletions with grace 0.
    """


class Where(enum.StrEnum):
    """The kind of cluster."""

    AUTO = "auto"
    """kind where Docker answers, else local."""

    KIND = "kind"
    LOCAL = "local"
    CURRENT = "current"
    """The cluster that $KUBECONFIG points at; only used when asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Two clusters with equal options are interchangeable. All but `profile` need a local cluster."""

    profile: Profile = Profile.NODE

    durable: bool = False
    """etcd waits for the disk before it acknowledges; else a crash of the machine loses acknowledged writes."""

    audit: bool = True
    """The API server logs each request: user, verb and object (level Metadata). Request budgets are counted from it."""

    kwok: int = 0
    """The number of simulated nodes kwok-0, kwok-1, ...

    Pods need nodeSelector type=kwok and must tolerate the nodes' taint.
    """

    stages: Path = STAGES
    """The behaviour of pods on simulated nodes: Stage objects of kwok."""

    kube_api_qps: int = 200
    """Requests a second to which controller-manager and scheduler limit themselves; bursts of twice as many."""

    silence: int = 0
    """Seconds without a heartbeat after which a node counts as dead. 0: the default of Kubernetes, 50."""

    extra_args: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Component → further arguments; of two equal flags the last one is used."""
