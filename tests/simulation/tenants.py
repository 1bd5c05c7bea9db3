"""Tenants who mean harm: with ordinary rights in their own namespaces, they forge what the operator goes by.

UIDs are no secret, and the names of pods follow from them. There is no admission policy on pods here: what such a
policy forbids is tried all the same.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from queuedjob.api import names
from queuedjob.api.identity import letter_name, pod_name
from queuedjob.kube.client import paths
from tests.simulation import troubles
from tests.simulation.apiserver.resources import NAMESPACES as SPACES
from tests.simulation.apiserver.storage import Body, Snapshot
from tests.simulation.env import Env
from tests.simulation.pods import is_live
from tests.simulation.rng import Stream
from tests.simulation.scenario import NAMESPACES
from tests.simulation.timing import Timing

TENANT: Final = "tenant"

_OFTEN: Final = (0.2, 10.0)
"""Seconds between two rounds of possible actions."""
_REACTS: Final = 0.25
"""Share of the changes to which tenants may react."""
_PICKS: Final = 0.3
"""Share of the possible reactions that happen."""
_RUNS: Final = 20
"""activeDeadlineSeconds of every pod of a tenant: in the end all must be at rest."""

_IMAGE: Final = "forged"

_SET: Final[Body] = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "web-uid", "controller": True}
_SAID: Final = ("suspended", "cancelled", "total", "stray", "of-tomorrow")


class Tenants:
    """All tenants who mean harm."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._rng = env.rng(Stream.TENANTS)
        self._made = 0
        self._taken_over: set[str] = set()
        self._acts: dict[str, Callable[[Snapshot], str]] = {
            troubles.FORGED_POD: self._forge_pod,
            troubles.LOOK_ALIKE: self._make_look_alike,
            troubles.TAKEN_OVER: partial(self._with_pod, self._take_over),
            troubles.POINTED_ELSEWHERE: partial(self._with_pod, self._point_elsewhere),
            troubles.FORGED_LETTER: self._forge_letter,
            troubles.FORGED_STOP: partial(self._with_pod, self._forge_stop),
        }
        self._timing = Timing(env, self._rng, self._acts, self._do, often=_OFTEN, reacts=_REACTS, picks=_PICKS)
        env.cluster.server.storage.listeners.append(self._timing.heard)

    def begin(self) -> None:
        self._timing.begin()

    def _do(self, act: str) -> None:
        jobs = self._env.cluster.jobs
        if self._env.calm or not jobs:
            return
        job = self._rng.one_of(jobs)
        state = self._env.states.of(job.namespace, job.name)
        if words := self._acts[act](job):
            self._env.happened(act, f"{job.namespace}/{job.name} {words}", state)

    def end(self) -> None:
        """Delete what was made without a job, or taken from one: nothing else does, and names of pods stay taken."""
        for pod in self._env.cluster.pods:
            owners = pod.body["metadata"].get("ownerReferences") or ()
            taken = any(each["kind"] == _SET["kind"] for each in owners) or pod.uid in self._taken_over
            if taken or any(each.get("image") == _IMAGE for each in pod.body["spec"]["containers"]):
                self._env.cluster.delete(TENANT, paths.pod(pod.namespace, pod.name), grace=0)
        for letter in self._env.cluster.letters:
            if letter.labels.get("made-by") == TENANT:
                self._env.cluster.delete(TENANT, paths.letter(letter.namespace, letter.name))

    # --- objects that claim to be a job's

    def _forge_pod(self, job: Snapshot) -> str:
        """Create the job's present or next pod, as the operator would, in another namespace. It may succeed there."""
        number, run = _next(job)
        name = pod_name(job.name, job.uid, run, max(1, number - self._rng.below(2)))
        body = self._a_pod(
            name, job, owner=self._rng.one_of(({}, {"name": f"../../{job.namespace}/queuedjobs/{job.name}"}))
        )
        return f"{name} elsewhere" if self._create(self._elsewhere(job), body) else ""

    def _make_look_alike(self, job: Snapshot) -> str:
        """Create a pod of a ReplicaSet, or of nobody, with the job's labels: with our finalizer, or with our name.

        Not with both: in the job's own namespace, that is a job's pod whose controller reference users have removed.
        """
        self._made += 1
        number, run = _next(job)
        ours = pod_name(job.name, job.uid, run, number + 1 + self._rng.below(3))
        name = self._rng.one_of((f"web-{self._made}", ours))
        body = self._a_pod(name, job)
        body["metadata"]["ownerReferences"] = [_SET] if self._rng.chance(0.7) else []
        if name == ours or self._rng.chance(0.7):
            body["metadata"]["finalizers"] = []
        return f"{name}" if self._create(job.namespace, body) else ""

    def _forge_letter(self, job: Snapshot) -> str:
        """File the job's dead letter in another namespace, under the name that it would have."""
        status = job.body.get("status") or {}
        run = (status.get("counters") or {}).get("redrives", 0)
        name, namespace = letter_name(job.name, job.uid, run), self._elsewhere(job)
        spec = {
            "jobRef": {"name": job.name, "uid": job.uid, "generation": 1, "redrives": run},
            "job": {"spec": job.body["spec"]},
            "reason": "MaxAttempts",
            "idempotencyKey": "forged",
        }
        if self._rng.chance(0.3):
            spec["resolution"] = {"state": "Resolved", "by": TENANT}
        head = {"apiVersion": names.API_VERSION, "kind": "DeadLetter"}
        metadata = {"name": name, "namespace": namespace, "labels": {"made-by": TENANT}}
        made = self._there(namespace) and self._env.cluster.create(
            TENANT, paths.letters(namespace), {**head, "metadata": metadata, "spec": spec}
        )
        return f"{name} elsewhere" if made else ""

    # --- a job's own pods, in the tenant's own namespace

    def _with_pod(self, do: Callable[[Snapshot, Snapshot], bool], job: Snapshot) -> str:
        pods = [p for p in self._env.cluster.pods if p.namespace == job.namespace and p.name.startswith(f"{job.name}-")]
        if not pods:
            return ""
        pod = self._rng.one_of(pods)
        return pod.name if do(job, pod) else ""

    def _take_over(self, _job: Snapshot, pod: Snapshot) -> bool:
        self._taken_over.add(pod.uid)
        return self._put(pod, ownerReferences=[_SET])

    def _point_elsewhere(self, job: Snapshot, pod: Snapshot) -> bool:
        """Write another job's UID, or a name that leads elsewhere, into the controller reference."""
        references = pod.body["metadata"].get("ownerReferences") or []
        others = [each.uid for each in self._env.cluster.jobs if each.uid != job.uid] or ["no-job"]
        changed = self._rng.one_of(
            ({"uid": self._rng.one_of(others)}, {"name": f"../../{NAMESPACES[0]}/queuedjobs/job0"})
        )
        return bool(references) and self._put(pod, ownerReferences=[{**each, **changed} for each in references])

    def _forge_stop(self, _job: Snapshot, pod: Snapshot) -> bool:
        if not is_live(pod.body):
            return False
        said = {names.STOP_REASON_ANNOTATION: self._rng.one_of(_SAID)}
        return self._put(pod, annotations={**(pod.body["metadata"].get("annotations") or {}), **said})

    # --- requests

    def _a_pod(self, name: str, job: Snapshot, owner: Body | None = None) -> Body:
        number, run = _next(job)
        labels = {
            names.JOB_LABEL: job.name,
            names.JOB_UID_LABEL: job.uid,
            names.REDRIVES_LABEL: str(run),
            names.ATTEMPT_LABEL: str(number),
            names.QUEUE_LABEL: "default",
            names.TYPE_LABEL: "default",
        }
        ours = {
            "apiVersion": names.API_VERSION,
            "kind": "QueuedJob",
            "name": job.name,
            "uid": job.uid,
            "controller": True,
        }
        metadata = {
            "name": name,
            "labels": labels,
            "finalizers": [names.FINALIZER],
            "ownerReferences": [{**ours, **(owner or {})}],
        }
        return {
            "metadata": metadata,
            "spec": {"containers": [{"name": "main", "image": _IMAGE}], "activeDeadlineSeconds": _RUNS},
        }

    def _create(self, namespace: str, body: Body) -> bool:
        return self._there(namespace) and self._env.cluster.create(TENANT, paths.pods(namespace), body)

    def _there(self, namespace: str) -> bool:
        return self._env.cluster.server.storage.get(SPACES, "", namespace) is not None

    def _elsewhere(self, job: Snapshot) -> str:
        return next(each for each in NAMESPACES if each != job.namespace)

    def _put(self, pod: Snapshot, **metadata: Any) -> bool:  # noqa: ANN401 - any part of metadata
        body = pod.copy()
        body["metadata"].update(metadata)
        return self._env.cluster.replace(TENANT, paths.pod(pod.namespace, pod.name), body)


def _next(job: Snapshot) -> tuple[int, int]:
    """The number of the job's next pod, and its run."""
    counters = (job.body.get("status") or {}).get("counters") or {}
    return counters.get("pods", 0) + 1, counters.get("redrives", 0)
