"""Tenants whose objects are odd: nested thousands deep, large, with numbers and strings that programs read differently.

They write jobs, pods, dead letters and Events, in a namespace of their own and in those of the jobs, before an operator
starts and while it runs. What they write stays: at rest, it must have hidden nothing.
"""

from collections.abc import Callable
from typing import Any, Final

from queuedjob.api import names
from queuedjob.api.types import limits
from queuedjob.api.types.json_value import DEEPEST
from queuedjob.kube.client import paths
from tests.simulation import troubles
from tests.simulation.apiserver import raw_json
from tests.simulation.apiserver.resources import JOBS, LETTERS, PODS, Resource
from tests.simulation.apiserver.resources import NAMESPACES as SPACES
from tests.simulation.apiserver.storage import Body, Snapshot
from tests.simulation.env import Env
from tests.simulation.rng import Stream
from tests.simulation.scenario import NAMESPACES
from tests.simulation.tenants import TENANT
from tests.simulation.timing import Timing

OWN: Final = "odd"
"""The tenants' own namespace."""

UNREADABLE: Final = "unreadable"
"""The name of a job that the operator can only hold, and call Unreadable."""
_UNREADABLE: Final = 0.3
"""Share of the histories with odd jobs that have it."""
_SHALLOWEST_UNREADABLE: Final = DEEPEST + 10

_OFTEN: Final = (0.5, 20.0)
"""Seconds between two rounds of possible actions."""
_REACTS: Final = 0.1
"""Share of the changes to which tenants may react."""

_MOST: Final = 8
"""Odd objects in one history: a deep one takes some milliseconds each time that it is decoded."""

_LARGE: Final = 100_000
_LARGEST: Final = 1_000_000
"""Bytes of a large managedFields, and of each of a bulk."""
_BULK: Final = 18
"""How many of the largest objects fit into no page that the operator reads at once."""
_BULKY: Final = 0.05
"""Share of the histories with such a bulk."""

_TEXTS: Final = (
    "\x00\x07\x1b[2J\x7f",
    "\u202egnp.exe\u2066\u2028\ufeff",
    "\ufffd a lone surrogate, as the API server answers it \ufffd",
    "\\ud800 \\u0000 in so many characters",
    '"}]}{"kind":"Status","status":"Failure"}',
    "x" * (limits.METADATA - 1024),
)
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_LONG: Final = "y" * 65_536

_NUMBERS: Final = (
    *map(raw_json.number, ("20000000000000000000", "-20000000000000000000", "9223372036854776000", "1e+21", "1e+308")),
    0.1 + 0.2,
    0,  # the API server's answer for -0.0
    9_223_372_036_854_775_807,
    1e-7,
)
"""As the API server answers them: a whole number beyond int64 is one of float64 to it."""

_DEPTHS: Final = dict(zip(raw_json.DEPTHS, (1, 3, 4), strict=True))
"""With their weights: the deepest take the longest to decode."""

_NO_UTF8: Final = (PODS,)
"""Kinds whose managedFields the API server keeps as bytes. It writes those of our kinds anew."""


class OddObjects:
    """All tenants who write odd objects."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._rng = env.rng(Stream.ODD_OBJECTS)
        self._made = 0
        self._acts: dict[str, Callable[[], bool]] = {
            troubles.ODD_JOB: self._job,
            troubles.ODD_POD: self._pod,
            troubles.ODD_LETTER: self._letter,
            troubles.ODD_EVENT: self._event,
        }
        self._timing = Timing(env, self._rng, self._acts, self._do, often=_OFTEN, reacts=_REACTS)

    def begin(self) -> None:
        """Write an odd object of each kind. Operators send no request before."""
        acts = [act for act in self._acts if self._env.scenario.rate(act) > 0]
        if not acts or not self._env.scenario.jobs:
            return
        server = self._env.cluster.server
        server.has_raw_values = True
        server.storage.listeners.append(self._timing.heard)
        self._env.cluster.create(TENANT, "/api/v1/namespaces", {"metadata": {"name": OWN}})
        if self._rng.chance(_BULKY):
            self._write_bulk(self._rng.one_of(acts))
        for act in acts:
            self._do(act)
        if troubles.ODD_JOB in acts and self._rng.chance(_UNREADABLE):
            self._apply_unreadable()
        self._timing.begin()

    def _do(self, act: str) -> None:
        if self._env.calm or self._made >= _MOST:
            return
        states = self._env.states.all()
        if self._acts[act]():
            self._made += 1
            self._env.happened(act, f"number {self._made}", *states)

    # --- objects: a new one, or what exists becomes odd

    def _job(self) -> bool:
        return (self._rng.chance(0.4) and self._change(self._env.cluster.jobs)) or self._new_job(self._odd(JOBS))

    def _new_job(self, odd: Body) -> bool:
        name = self._name()
        spec = {**self._rng.one_of(self._env.scenario.jobs).spec, "payload": self._payload()}
        if self._rng.chance(0.3):
            spec["suspend"] = True
        head = {"apiVersion": names.API_VERSION, "kind": "QueuedJob"}
        return self._create(paths.jobs, {**head, "metadata": {"name": name, **odd}, "spec": spec})

    def _apply_unreadable(self) -> None:
        """Create a job whose payload is nested deeper than admission accepts: it is older than the policy.

        No policy sees into a stand-in.
        """
        depth = self._rng.one_of((_SHALLOWEST_UNREADABLE, *raw_json.DEPTHS))
        spec = {**self._rng.one_of(self._env.scenario.jobs).spec, "payload": {"a": raw_json.lists(depth)}}
        head = {"apiVersion": names.API_VERSION, "kind": "QueuedJob"}
        if self._create(paths.jobs, {**head, "metadata": {"name": UNREADABLE}, "spec": spec}):
            self._env.happened(troubles.ODD_JOB, f"a payload {depth} deep", *self._env.states.all())

    def _pod(self) -> bool:
        return (self._rng.chance(0.5) and self._change(self._env.cluster.pods)) or self._new_pod(self._odd(PODS))

    def _new_pod(self, odd: Body) -> bool:
        """Create a pod of no controller: without labels, or with those by which the watch of pods selects."""
        metadata: Body = {"name": self._name(), **odd}
        if self._rng.chance(0.5):
            metadata["labels"] = {names.JOB_LABEL: "job0", names.JOB_UID_LABEL: "no-job", names.ATTEMPT_LABEL: "1"}
        spec = {"containers": [{"name": "main", "image": "odd"}], "activeDeadlineSeconds": 20}
        return self._create(paths.pods, {"metadata": metadata, "spec": spec})

    def _letter(self) -> bool:
        changed = self._rng.chance(0.4) and self._change(self._env.cluster.letters)
        return changed or self._new_letter(self._odd(LETTERS))

    def _new_letter(self, odd: Body) -> bool:
        """Create a letter about a job that does not exist. No policy looks at the payload in it."""
        payload = raw_json.lists(self._rng.weighed(_DEPTHS)) if self._rng.chance(0.5) else self._payload()
        job = {"spec": {**self._rng.one_of(self._env.scenario.jobs).spec, "payload": {"a": payload}}}
        spec = {
            "jobRef": {"name": "job0", "uid": "no-job", "generation": 1, "redrives": 0},
            "job": job,
            "reason": "MaxAttempts",
            "idempotencyKey": "odd",
        }
        head = {"apiVersion": names.API_VERSION, "kind": "DeadLetter"}
        return self._create(paths.letters, {**head, "metadata": {"name": self._name(), **odd}, "spec": spec})

    def _event(self) -> bool:
        return self._new_event(self._odd(PODS))

    def _new_event(self, odd: Body) -> bool:
        """Create an Event that seems to be the kubelet's, about a pod of a job if there is one."""
        pods = [
            pod for pod in self._env.cluster.pods if names.FINALIZER in (pod.body["metadata"].get("finalizers") or ())
        ]
        pod = self._rng.one_of(pods) if pods else None
        about = {"kind": "Pod", "name": pod.name if pod else "x", "uid": pod.uid if pod else "no-pod"}
        now = self._env.cluster.stamp
        told = {
            "involvedObject": about,
            "reason": "Pulled",
            "message": self._rng.one_of(_TEXTS)[:1024],
            "firstTimestamp": now,
            "lastTimestamp": now,
            "reportingComponent": "kubelet",
        }
        namespace = pod.namespace if pod else OWN
        return self._create(paths.core_events, {"metadata": {"name": self._name(), **odd}, **told}, namespace)

    def _change(self, those: list[Snapshot]) -> bool:
        """Make the metadata of an existing object odd."""
        if not those:
            return False
        it = self._rng.one_of(those)
        body, odd = it.copy(), self._odd(it.resource)
        if annotations := odd.pop("annotations", None):
            body["metadata"]["annotations"] = {**(body["metadata"].get("annotations") or {}), **annotations}
        body["metadata"].update(odd)
        path = {JOBS: paths.job, PODS: paths.pod, LETTERS: paths.letter}[it.resource]
        return self._env.cluster.replace(TENANT, path(it.namespace, it.name), body)

    def _write_bulk(self, act: str) -> None:
        """Write so many large objects of one kind that no page holds them all."""
        make = {
            troubles.ODD_JOB: self._new_job,
            troubles.ODD_POD: self._new_pod,
            troubles.ODD_LETTER: self._new_letter,
            troubles.ODD_EVENT: self._new_event,
        }[act]
        resource = {troubles.ODD_JOB: JOBS, troubles.ODD_LETTER: LETTERS}.get(act, PODS)
        for _ in range(_BULK):
            make({"managedFields": [_entry(resource, raw_json.wide(_LARGEST))]})
        self._env.happened(act, f"{_BULK} large ones", *self._env.states.all())

    # --- what is odd

    def _odd(self, resource: Resource) -> Body:
        """Odd annotations, odd managedFields, or both. No policy looks at the latter."""
        odd: Body = {}
        if self._rng.chance(0.4):
            odd["annotations"] = {"example.com/odd": self._rng.one_of(_TEXTS), _LAST_APPLIED: _LONG}
        if not odd or self._rng.chance(0.5):
            odd["managedFields"] = [_entry(resource, self._fields(resource))]
        return odd

    def _fields(self, resource: Resource) -> Any:  # noqa: ANN401 - any JSON
        deep = raw_json.objects(self._rng.weighed(_DEPTHS))
        if resource in _NO_UTF8 and self._rng.chance(0.2):
            return raw_json.NO_UTF8
        if self._rng.chance(0.2):
            return raw_json.wide(_LARGE)
        return {f"f:{text[:100]}": {} for text in _TEXTS} if self._rng.chance(0.2) else deep

    def _payload(self) -> Any:  # noqa: ANN401 - any JSON
        """A payload that admission accepts."""
        deepest: Any = self._rng.one_of(_TEXTS)
        for _ in range(limits.PAYLOAD_DEPTH):
            deepest = {"a": deepest}
        return self._rng.one_of(
            (
                {"numbers": list(_NUMBERS)},
                {"wei": self._rng.one_of(_NUMBERS)},
                {text[:100]: text for text in _TEXTS},
                deepest,
                {"long": _LONG},
            )
        )

    # --- requests

    def _name(self) -> str:
        return f"odd{self._made}x{self._rng.below(1_000_000)}"

    def _create(self, path: Callable[[str], str], body: Body, namespace: str = "") -> bool:
        namespace = namespace or self._rng.one_of((OWN, *NAMESPACES))
        there = self._env.cluster.server.storage.get(SPACES, "", namespace) is not None
        return there and self._env.cluster.create(TENANT, path(namespace), body)


def _entry(resource: Resource, fields: Any) -> Body:  # noqa: ANN401 - any JSON
    """One entry of managedFields."""
    head = {"manager": "m", "operation": "Update", "apiVersion": resource.api_version}
    return {**head, "fieldsType": "FieldsV1", "fieldsV1": fields}
