"""What tests, demo and benchmarks hold in their hands."""

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
    """A cluster that is up, whosever it is."""

    name: str
    where: Where
    kubeconfig: Path
    """The administrator's."""

    kubectl: Path

    @property
    def folder(self) -> Path:
        """Goes when the cluster goes down."""
        return places.folder(self.name)

    def stop_first(self, what: str, pid: int) -> None:
        """Names a process that works with this cluster: `down` ends it, with SIGTERM, before the cluster goes."""
        companions.note(self.name, what, pid)

    def companion(self, what: str) -> int | None:
        """The pid of the process that `stop_first` named so, while it runs."""
        return companions.pid(self.name, what)

    def stop(self, what: str) -> bool:
        """Ends the process that `stop_first` named so, with SIGTERM. Returns whether it still ran."""
        return companions.stop_one(self.name, what)


@dataclass(frozen=True, slots=True)
class LocalCluster(Cluster):
    """One whose processes are within reach."""

    number: int
    plan: Plan

    @property
    def _layout(self) -> Layout:
        return Layout(self.name)

    @property
    def addresses(self) -> Addresses:
        """`addresses.host` is this machine as seen from the cluster; nothing in there may call it."""
        return surroundings.addresses(self.number)

    @property
    def audit_log(self) -> Path:
        """One JSON object a line: who asked for what, without bodies."""
        return self._layout.audit_log

    def log(self, component: str) -> Path:
        """What the component prints. Raises ClusterError for one that this cluster does not have."""
        return self._layout.log(self.plan.component(component).name)

    def pid(self, component: str) -> int:
        """Its process. Raises ClusterError for a component that this cluster does not have, or that does not run."""
        return components.pid(self._layout, self.plan.component(component))

    def kill(self, component: str) -> None:
        """SIGKILL, as a crash. Returns when the process has ended. Raises ClusterError for an unknown one."""
        components.kill(self._layout, self.plan.component(component))

    def start(self, component: str) -> None:
        """The same command again, after `kill`. All but etcd, API server and containerd wait for an API server first.

        Raises ClusterError for an unknown one, or when the API server does not answer.
        """
        starting.start(self._layout, self.addresses, self.plan.component(component))

    def restart(self, component: str) -> None:
        """`kill` and `start`."""
        self.kill(component)
        self.start(component)

    def wait_until_ready(self) -> None:
        """After a restart: API server, ServiceAccount and nodes are as after `up`. Raises ClusterError."""
        health.wait_until_ready(self._layout, self.plan)

    def inside(self, argv: Sequence[str]) -> list[str]:
        """A command line that runs `argv` in the cluster's network, dying with it: for webhooks at 127.0.0.1."""
        return components.inside(self._layout, list(argv))

    def run_in_namespace(
        self, argv: Sequence[str], *, env: Mapping[str, str] = CLEAN_ENVIRONMENT
    ) -> subprocess.CompletedProcess[str]:
        """Runs `argv` in the cluster's network to its end. Raises CalledProcessError when it fails."""
        return subprocess.run(self.inside(argv), check=True, capture_output=True, text=True, env=dict(env))

    def popen_in_namespace(
        self, argv: Sequence[str], *, env: Mapping[str, str] = CLEAN_ENVIRONMENT, log: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Starts `argv` in the cluster's network; its output goes to `log`, if given. Its pid is the program's."""
        with (log or Path("/dev/null")).open("ab") as output:
            return subprocess.Popen(
                self.inside(argv), stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(env)
            )
