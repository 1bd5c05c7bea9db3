"""The simulated cluster as its clients see it: nodes, controllers and users, each under its own user name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from queuedjob.kube.client import paths
from queuedjob.ports import Body, Request, Response
from tests.simulation.apiserver.resources import JOBS, LETTERS, PODS
from tests.simulation.apiserver.storage import Snapshot
from tests.simulation.apiserver.timestamps import stamp
from tests.simulation.witness import WitnessedServer

_JSON: Final = {"content-type": "application/json"}
_JSON_PATCH: Final = {"content-type": "application/json-patch+json"}
_OK: Final = range(200, 300)


class Cluster:
    """Carries out requests at once and never loses an answer. All clients but the operator use it.

    A refusal is a normal answer: the API server refuses requests of users, and kubelets can be too late.
    """

    def __init__(self, server: WitnessedServer, now: Callable[[], float]) -> None:
        self.server = server
        self._now = now

    @property
    def stamp(self) -> str:
        """The current time, as it is written in an object."""
        return stamp(int(self._now()))

    def stamp_in(self, seconds: float) -> str:
        return stamp(int(self._now() + seconds))

    # --- existing objects

    @property
    def jobs(self) -> list[Snapshot]:
        return list(self.server.storage.all(JOBS))

    @property
    def pods(self) -> list[Snapshot]:
        return list(self.server.storage.all(PODS))

    @property
    def letters(self) -> list[Snapshot]:
        return list(self.server.storage.all(LETTERS))

    def pod(self, uid: str) -> Snapshot | None:
        found = self.server.storage.by_uid.get(uid)
        return found if found is not None and found.resource is PODS else None

    def job(self, namespace: str, name: str) -> Snapshot | None:
        return self.server.storage.get(JOBS, namespace, name)

    # --- requests

    def ask(
        self,
        user: str,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] = _JSON,
        query: Mapping[str, str] | None = None,
    ) -> Body | None:
        """Send a request. Return the object in the answer; None if the API server refused the request."""
        request = Request(
            method, path, query=query or {}, headers=headers, body=None if body is None else orjson.dumps(body)
        )
        answer: Response = self.server.handle(request, user)
        if answer.status not in _OK:
            return None
        found: Body = orjson.loads(answer.body)
        return found

    def create(self, user: str, path: str, body: Body) -> bool:
        return self.ask(user, "POST", path, body) is not None

    def patch(self, user: str, path: str, operations: list[dict[str, Any]]) -> bool:
        return self.ask(user, "PATCH", path, operations, headers=_JSON_PATCH) is not None

    def replace(self, user: str, path: str, body: Body) -> bool:
        return self.ask(user, "PUT", path, body) is not None

    def delete(self, user: str, path: str, *, grace: int | None = None, propagation: str | None = None) -> bool:
        options: Body = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        if propagation is not None:
            options["propagationPolicy"] = propagation
        return self.ask(user, "DELETE", path, options) is not None

    def report(self, pod: Snapshot, status: Body, user: str = "kubelet") -> bool:
        """Replace the status of a pod."""
        path = f"{paths.pod(pod.namespace, pod.name)}/status"
        require = {"op": "test", "path": "/metadata/uid", "value": pod.uid}
        return self.patch(user, path, [require, {"op": "add", "path": "/status", "value": status}])
