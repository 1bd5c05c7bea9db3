"""Finds the states of the jobs that an object or a request is about, for coverage."""

from collections.abc import Sequence

from queuedjob.ports import Request
from tests.simulation.apiserver.resources import JOBS, LETTERS, PODS, target_of
from tests.simulation.apiserver.storage import Snapshot
from tests.simulation.cluster import Cluster
from tests.simulation.coverage import owned_by, state_of


class States:
    """The states of the jobs in `homes`, which are given by namespace and name."""

    def __init__(self, cluster: Cluster, homes: Sequence[tuple[str, str]]) -> None:
        self._cluster = cluster
        self._homes = homes

    def all(self) -> list[str]:
        return [self.of(*home) for home in self._homes]

    def of(self, namespace: str, name: str) -> str:
        """The state of the job that has this name now."""
        job = self._cluster.job(namespace, name)
        return state_of(job, owned_by(self._cluster.pods, job.uid) if job is not None else ())

    def about(self, it: Snapshot) -> list[str]:
        """The state of the job that an object belongs to, found by name: the names of pods and dead letters begin with
        the names of their jobs."""
        return self._named(it.namespace, it.name)

    def of_request(self, request: Request) -> list[str]:
        """The state of the job that a request is about; the states of all jobs if no single job can be found."""
        target = target_of(request.path)
        if target is None or not target.namespace:
            return self.all()
        if target.resource in (JOBS, PODS, LETTERS) and target.name:
            return self._named(target.namespace, target.name)
        body = (request.body or b"").decode(errors="replace")
        found = [self.of(*home) for home in self._homes if f'"{home[1]}' in body]
        return found or self.all()

    def _named(self, namespace: str, name: str) -> list[str]:
        return [self.of(*home) for home in self._homes if home[0] == namespace and name.startswith(home[1])]
