"""The paths in the folder of one local cluster."""

from dataclasses import dataclass
from pathlib import Path

from dev.cluster import places


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of the cluster `name`. All are in `folder`, which is deleted when the cluster goes down."""

    name: str

    @property
    def folder(self) -> Path:
        """The cluster's folder. Raises ClusterError when `name` cannot be a cluster's name."""
        return places.folder(self.name)

    @property
    def run(self) -> Path:
        """A private bind mount: the namespace files in it must not spread to other mount namespaces."""
        return self.folder / "run"

    @property
    def network_namespace(self) -> Path:
        return self.run / "netns"

    @property
    def mount_namespace(self) -> Path:
        return self.run / "mntns"

    @property
    def plan(self) -> Path:
        """The plan that the cluster was made from; written when the cluster is up."""
        return self.folder / "plan.json"

    @property
    def containerd_socket(self) -> Path:
        return self.run / "containerd.sock"

    @property
    def configuration(self) -> Path:
        return self.folder / "etc"

    @property
    def keys(self) -> Path:
        return self.folder / "pki"

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of the administrator."""
        return self.folder / "kubeconfig"

    def kubeconfig_of(self, component: str) -> Path:
        return self.configuration / f"{component}.kubeconfig"

    def log(self, component: str) -> Path:
        return self.folder / "log" / f"{component}.log"

    def pid(self, component: str) -> Path:
        return self.run / f"{component}.pid"

    @property
    def audit_log(self) -> Path:
        return self.folder / "log" / "audit.log"

    @property
    def private(self) -> Path:
        """The folders that containerd and kubelet see in place of the machine's own ones."""
        return self.folder / "private"

    @property
    def link(self) -> str:
        """The host's end of the veth pair."""
        return f"qj-{self.name}"
