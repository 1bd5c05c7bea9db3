"""The handle of a cluster that tests, demo and benchmarks use."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.cluster import companions, places
from dev.cluster.commands import CLEAN_ENVIRONMENT
from dev.cluster.local import components, health, starting, surroundings
from dev.cluster.local.addresses import Addresses
from dev.cluster.local.layout import Layout
from dev.cluster.local.plan import Plan
from dev.cluster.options import Where


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that is up, of whatever kind."""

    name: str
    where: Where
    kubeconfig: Path
    """The kubeconfig of the administrator."""

    kubectl: Path

    @property
    def folder(self) -> Path:
        """The folder of the cluster. It is deleted when the cluster goes down."""
        return places.folder(self.name)

    def stop_first(self, what: str, pid: int) -> None:
        """Note a process that works with this cluster: `down` ends it, with SIGTERM, before the cluster goes down."""
        companions.note(self.name, what, pid)

    def companion(self, what: str) -> int | None:
        """Return the pid of the process that `stop_first` noted as `what`, or None when it has ended."""
        return companions.pid(self.name, what)

    def stop(self, what: str) -> bool:
        """End the process that `stop_first` noted as `what`, with SIGTERM. Return whether it was still running."""
        return companions.stop_one(self.name, what)


@dataclass(frozen=True, slots=True)
class LocalCluster(Cluster):
    """A cluster whose processes this machine can reach."""

    number: int
    plan: Plan

    @property
    def _layout(self) -> Layout:
        return Layout(self.name)

    @property
    def addresses(self) -> Addresses:
        """The addresses. `addresses.host` is this machine as the cluster sees it; the cluster may not call it."""
        return surroundings.addresses(self.number)

    @property
    def audit_log(self) -> Path:
        """The audit log: one JSON object a line with the user and the request, without bodies."""
        return self._layout.audit_log

    def log(self, component: str) -> Path:
        """Return the log file of the component. Raises ClusterError for a component that this cluster does not have."""
        return self._layout.log(self.plan.component(component).name)

    def pid(self, component: str) -> int:
        """Return the component's pid. Raises ClusterError when the cluster does not have it or it does not run."""
        return components.pid(self._layout, self.plan.component(component))

    def kill(self, component: str) -> None:
        """Send SIGKILL, as a crash does, and wait for the end. Raises ClusterError for an unknown component."""
        components.kill(self._layout, self.plan.component(component))

    def start(self, component: str) -> None:
        """Start the component with the same command again, after `kill`.

        All components but etcd, API server and containerd wait for an API server first.
        Raises ClusterError for an unknown component, or when the API server does not answer.
        """
        starting.start(self._layout, self.addresses, self.plan.component(component))

    def restart(self, component: str) -> None:
        """Run `kill`, then `start`."""
        self.kill(component)
        self.start(component)

    def wait_until_ready(self) -> None:
        """Wait, after a restart, until API server, ServiceAccount and nodes are as after `up`. Raises ClusterError."""
        health.wait_until_ready(self._layout, self.plan)

    def inside(self, argv: Sequence[str]) -> list[str]:
        """Return a command line that runs `argv` in the cluster's network, for webhooks at 127.0.0.1.

        The process ends with the cluster.
        """
        return components.inside(self._layout, list(argv))

    def run_in_namespace(
        self, argv: Sequence[str], *, env: Mapping[str, str] = CLEAN_ENVIRONMENT
    ) -> subprocess.CompletedProcess[str]:
        """Run `argv` in the cluster's network and wait for its end. Raises CalledProcessError when it fails."""
        return subprocess.run(self.inside(argv), check=True, capture_output=True, text=True, env=dict(env))

    def popen_in_namespace(
        self, argv: Sequence[str], *, env: Mapping[str, str] = CLEAN_ENVIRONMENT, log: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start `argv` in the cluster's network; its output goes to `log`, if given. The pid is the program's own."""
        with (log or Path("/dev/null")).open("ab") as output:
            return subprocess.Popen(
                self.inside(argv), stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(env)
            )
