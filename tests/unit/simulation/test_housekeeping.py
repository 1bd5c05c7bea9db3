"""The chores of the simulated cluster's controllers, one by one: a real cluster cannot be stopped between them."""

from typing import Final

import orjson

from queuedjob.kube.client import paths
from queuedjob.ports import Body, Request, Response
from tests.api.manifests import a_job
from tests.api.semantics.api import a_pod, named
from tests.api.semantics.garbage import owned
from tests.simulation.apiserver.server import ApiServer
from tests.simulation.apiserver.storage import Change

PODS: Final = paths.pods("default")
JOBS: Final = paths.jobs("default")
QUOTAS: Final = "/api/v1/namespaces/default/resourcequotas"


class Cluster:
    def __init__(self) -> None:
        self.server = ApiServer(lambda: 1_700_000_000.0)

    def ask(self, method: str, path: str, body: Body | None = None, **query: str) -> Response:
        encoded = orjson.dumps(body) if body is not None else None
        return self.server.handle(Request(method, path, query=query, body=encoded))

    def create(self, path: str, body: Body) -> Body:
        answer = self.ask("POST", path, body)
        assert answer.status == 201, answer.body
        made: Body = orjson.loads(answer.body)
        return made

    @property
    def due(self) -> list[str]:
        return [chore.what for chore in self.server.housekeeping.due()]


def test_every_chore_is_one_write() -> None:
    cluster = Cluster()
    job = cluster.create(JOBS, named(a_job(), "j"))
    for name in ("p", "q"):
        cluster.create(PODS, owned(job, name=name, finalizers=["queuedjob.dev/outcome"]))
    cluster.ask("DELETE", JOBS + "/j", {"propagationPolicy": "Orphan"})
    changes: list[Change] = []
    cluster.server.storage.listeners.append(changes.append)
    done = []
    while due := cluster.server.housekeeping.due():
        changes.clear()
        due[0].do()
        done.append(due[0].what)
        assert len(changes) == 1, due[0].what
    assert done == ["orphan pods p", "orphan pods q", "let queuedjobs.queuedjob.dev j go"]


def test_chores_may_be_done_in_any_order() -> None:
    cluster = Cluster()
    job = cluster.create(JOBS, named(a_job(), "j"))
    for name in ("p", "q"):
        cluster.create(PODS, owned(job, name=name))
    cluster.ask("DELETE", JOBS + "/j")
    assert cluster.due == ["delete pods p", "delete pods q"]
    cluster.server.housekeeping.due()[1].do()
    assert cluster.due == ["delete pods p"]


def test_a_quota_that_has_not_been_counted_lets_nobody_in() -> None:
    cluster = Cluster()
    cluster.create(QUOTAS, {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "1"}}})
    refused = cluster.ask("POST", PODS, a_pod())
    assert (refused.status, b"status unknown for quota: q, resources: pods" in refused.body) == (403, True)
    cluster.server.housekeeping.tidy()
    cluster.create(PODS, a_pod())


def test_what_ended_is_on_its_quota_until_that_is_counted() -> None:
    cluster = Cluster()
    cluster.create(QUOTAS, {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "1"}}})
    cluster.server.housekeeping.tidy()
    cluster.create(PODS, a_pod())
    cluster.ask("DELETE", PODS + "/p")
    assert cluster.ask("POST", PODS, a_pod()).status == 403
    cluster.server.housekeeping.tidy()
    cluster.create(PODS, a_pod())


def test_later_pages_are_lost_with_the_history() -> None:
    cluster = Cluster()
    for name in ("p", "q"):
        cluster.create(PODS, a_pod(name))
    token = orjson.loads(cluster.ask("GET", PODS, limit="1").body)["metadata"]["continue"]
    assert cluster.ask("GET", PODS, limit="1", **{"continue": token}).status == 200
    cluster.create(PODS, a_pod("r"))
    cluster.server.storage.forget()
    assert cluster.ask("GET", PODS, limit="1", **{"continue": token}).status == 410
