"""What can be chosen about a cluster."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STAGES = Path(__file__).parent / "local/simulated_pods.yaml"
"""Simulated pods of these stages succeed as soon as they have a node."""


class Profile(enum.StrEnum):
    """What stands behind the API server."""

    NODE = "node"
    """A real node: scheduler, kubelet, containerd, Services. Pods run."""

    API = "api"
    """The API server, its controllers, and a Node that is Ready without a kubelet.

    Nothing schedules or runs pods: a test binds them (an unbound pod is deleted at once), writes their status, and ends
    deletions with grace 0.
    """


class Where(enum.StrEnum):
    """Whose cluster it is."""

    AUTO = "auto"
    """kind where Docker answers, else local."""

    KIND = "kind"
    LOCAL = "local"
    CURRENT = "current"
    """The one that $KUBECONFIG points at; only when asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Two clusters with equal options are interchangeable. All but `profile` need a local cluster."""

    profile: Profile = Profile.NODE

    durable: bool = False
    """etcd waits for the disk before it acknowledges; else a crash of the machine loses what it said it had."""

    audit: bool = True
    """The API server logs who did what to which object (level Metadata): what request budgets are counted from."""

    kwok: int = 0
    """So many simulated nodes kwok-0, kwok-1, ...; pods need nodeSelector type=kwok and must tolerate their taint."""

    stages: Path = STAGES
    """What becomes of pods on simulated nodes: Stage objects of kwok."""

    kube_api_qps: int = 200
    """Requests a second that controller-manager and scheduler allow themselves; bursts of twice as many."""

    silence: int = 0
    """Seconds without a heartbeat after which a node counts as dead. 0: as Kubernetes has it, 50."""

    extra_args: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Component → further arguments; the last of two equal flags wins."""
