"""What the policies on pods cost the API server: the same requests with and without them, in rounds that alternate.

All pods of the cluster go through these policies, not only those of jobs: so the requests of other clients count, too.
A policy without its binding costs nothing. So the bindings are deleted and applied again.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

from dev.bench.api import Api
from dev.bench.arena import Arena
from dev.bench.contenders import BARE, HOSTILE, OPERATOR, Object, queued_job
from dev.bench.figures import rotated, spread

_POLICIES: Final = Path(__file__).parents[2] / "policies/pods.yaml"
_BINDINGS: Final = ("pod-evidence", "pod-evidence-by-status", "operator-confined")
"""In the order of the file. The last one shows whether all of them act: the API server takes them up in order."""

_ROUNDS: Final = 5
"""Rounds with the policies, and as many without. The median counts: other programs may use the machine."""

_OURS: Final = "queuedjob.dev"


@dataclass(frozen=True, slots=True)
class Spent:
    """One request, in milliseconds."""

    latency_ms: float
    """Median from sending the request until its answer is read."""

    cpu_ms: float
    """CPU of the API server, as /proc counts it, in steps of 10 ms for all requests of a round together."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One kind of request: medians of the rounds without and with the policies."""

    what: str
    rounds: int
    requests: int
    without: Spent
    with_policies: Spent
    apart: float
    """How far apart the latencies of the rounds without them are, as a share of their mean: ratios closer to 1 mean
    little."""

    @property
    def latency_ratio(self) -> float:
        """The latency with the policies as a multiple of that without."""
        return self.with_policies.latency_ms / self.without.latency_ms

    @property
    def cpu_ratio(self) -> float:
        """The same for CPU; 0 if the rounds without were too short to be counted."""
        return self.with_policies.cpu_ms / self.without.cpu_ms if self.without.cpu_ms else 0.0


Round = Mapping[str, Spent]
"""Kind of request → what one took in the round."""


async def measure(arena: Arena, requests: int) -> list[Cost]:
    """Measure all kinds of requests. No operator may run: it would work on the pods. The policies act at the end."""
    with_policies: list[Round] = []
    without: list[Round] = []
    async with Api(arena.account) as operator:
        await arena.api.create(OPERATOR.collection(HOSTILE), _owner())
        owner = (await arena.api.get(f"{OPERATOR.collection(HOSTILE)}/owner"))["metadata"]["uid"]
        try:
            await _round(arena, operator, owner, requests)  # a first one warms up
            for number in range(_ROUNDS):
                for act in rotated((True, False), number):
                    await _switch(arena, operator, act=act)
                    (with_policies if act else without).append(await _round(arena, operator, owner, requests))
        finally:
            await _switch(arena, operator, act=True)
            await arena.clean(HOSTILE)
    return costs(without, with_policies, requests)


def costs(without: list[Round], with_policies: list[Round], requests: int) -> list[Cost]:
    """Return the medians of the rounds, for each kind of request. Raises ValueError for no rounds at all."""
    if not without or not with_policies:
        raise ValueError("no rounds, no costs")
    return [
        Cost(
            what,
            len(without),
            requests,
            _middle(each[what] for each in without),
            _middle(each[what] for each in with_policies),
            spread([each[what].latency_ms for each in without]),
        )
        for what in without[0]
    ]


def _middle(spent: Iterable[Spent]) -> Spent:
    all_of_them = list(spent)
    return Spent(median(each.latency_ms for each in all_of_them), median(each.cpu_ms for each in all_of_them))


async def _switch(arena: Arena, operator: Api, *, act: bool) -> None:
    """Have the policies act, or not; return when the API server has taken it up."""
    if act:
        arena.kubectl.run("apply", "--server-side", "--force-conflicts", f"--filename={_POLICIES}")
    else:
        names = [f"{each}.{_OURS}" for each in _BINDINGS]
        arena.kubectl.run("delete", "validatingadmissionpolicybinding", "--ignore-not-found", *names)

    async def acts() -> bool:
        """The operator may create no pod that is not of a job."""
        return await operator.admits(BARE.collection(HOSTILE), pod("probe")) is not act

    await arena.until(f"the policies on pods {'act' if act else 'are gone'}", acts)


async def _round(arena: Arena, operator: Api, owner: str, requests: int) -> Round:
    """Send all kinds of requests, one after the other, and remove the pods."""
    api, pods = arena.api, BARE.collection(HOSTILE)
    label = {"metadata": {"labels": {"stage": "late"}}}
    release = [{"op": "remove", "path": "/metadata/finalizers"}]

    async def spent(send: Callable[[str], Awaitable[None]], name: str) -> Spent:
        latencies, before = [], arena.cpu_seconds()["kube-apiserver"]
        for at in range(requests):
            began = perf_counter()
            await send(f"{name}-{at}")
            latencies.append(1000 * (perf_counter() - began))
        used = arena.cpu_seconds()["kube-apiserver"] - before
        return Spent(median(latencies), 1000 * used / requests)

    seen = {
        "create a foreign pod": await spent(lambda name: api.create(pods, pod(name)), "foreign"),
        "status of a foreign pod": await spent(lambda name: api.patch(f"{pods}/{name}/status", _RUNNING), "foreign"),
        "label of a foreign pod": await spent(lambda name: api.patch(f"{pods}/{name}", label), "foreign"),
        "create an attempt's pod": await spent(lambda name: operator.create(pods, attempt(name, owner)), "attempt"),
        "status of an attempt's pod": await spent(lambda name: api.patch(f"{pods}/{name}/status", _RUNNING), "attempt"),
        "release an attempt's pod": await spent(
            lambda name: operator.patch(f"{pods}/{name}", release, "json-patch"), "attempt"
        ),
    }
    while await api.any(pods):
        await api.delete_all(pods)
    return seen


def _owner() -> Object:
    job = queued_job("owner")
    job["spec"]["suspend"] = True
    return job


def pod(name: str) -> Object:
    """Return a pod as other clients create it, which no scheduler places: nothing else writes to it."""
    body = BARE.body(name)
    body["metadata"] |= {"labels": {"app": "shop", "team": "store"}, "annotations": {"example.org/revision": "7"}}
    body["spec"]["schedulerName"] = "none"
    body["spec"]["containers"][0]["env"] = [{"name": f"V{at}", "value": "x" * 20} for at in range(15)]
    return body


def attempt(name: str, owner: str) -> Object:
    """Return the same pod with what the operator writes on the pod of an attempt."""
    body = pod(name)
    marks = ("job", "job-uid", "queue", "type", "attempt", "redrives")
    metadata: dict[str, Any] = body["metadata"]
    metadata["labels"] |= {f"{_OURS}/{mark}": "1" for mark in marks}
    metadata["annotations"] |= {
        f"{_OURS}/{mark}": "1" for mark in ("generation", "spec-hash", "deadline", "main-container")
    }
    metadata["finalizers"] = [f"{_OURS}/outcome"]
    reference = {"apiVersion": f"{_OURS}/v1alpha1", "kind": "QueuedJob", "name": "owner", "uid": owner}
    metadata["ownerReferences"] = [{**reference, "controller": True, "blockOwnerDeletion": True}]
    return body


_RUNNING: Final = {
    "status": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [
            {
                "name": "main",
                "image": "busybox:1.36",
                "imageID": "",
                "ready": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
            }
        ],
    }
}
"""The status of a pod that runs, as a kubelet writes it."""
