"""Users: they apply jobs, change specs, delete or edit objects that they should not touch, and create jobs again."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from queuedjob.api import names
from queuedjob.api.identity import pod_name
from queuedjob.kube.client import paths
from tests.simulation import troubles
from tests.simulation.apiserver.registry import CROWDED
from tests.simulation.apiserver.resources import NAMESPACES
from tests.simulation.apiserver.schemas import NEWER_STATE
from tests.simulation.apiserver.storage import Body, Snapshot
from tests.simulation.coverage import owned_by
from tests.simulation.env import Env
from tests.simulation.job_scenario import JobScenario
from tests.simulation.rng import Stream
from tests.simulation.timing import Timing

USER: Final = "person"

HOLD: Final = "example.com/hold"
"""A finalizer that another client sets on a job, and removes when it likes."""

_OFTEN: Final = (0.2, 10.0)
"""Seconds between two rounds of possible actions."""
_REACTS: Final = 0.25
"""Share of the changes to which users may react."""
_PICKS: Final = 0.3
"""Share of the possible reactions that happen."""

_HEEDS: Final = 60.0
"""Seconds between two looks of a person at the statuses, in the calm."""


class Users:
    """All users who work with kubectl."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._rng = env.rng(Stream.USERS)
        self._minds = self._rng.named("minds")
        self._acts: dict[str, Callable[[JobScenario], object]] = {
            troubles.SUSPEND: partial(self._edit, troubles.SUSPEND, _suspend),
            troubles.RESUME: partial(self._edit, troubles.RESUME, _resume),
            troubles.TAKEN_BACK: self._suspend_and_resume,
            troubles.CANCEL: partial(self._edit, troubles.CANCEL, _cancel),
            troubles.RETUNE: partial(self._edit, troubles.RETUNE, self._retuned),
            troubles.FIX: partial(self._edit, troubles.FIX, self._fixed),
            troubles.MOVE_MAIN: partial(self._edit, troubles.MOVE_MAIN, _main_moved),
            troubles.RETRY_NOW: self._ask_for_retry,
            troubles.DELETE_JOB: self._delete_job,
            troubles.HELD_DELETION: self._hold_and_delete,
            troubles.RECREATE: self._recreate,
            troubles.DELETE_POD: partial(self._with_pod, troubles.DELETE_POD, self._delete_pod),
            troubles.FORCE_DELETE: partial(self._with_pod, troubles.FORCE_DELETE, self._force_delete),
            troubles.STRIP_LABELS: partial(self._with_pod, troubles.STRIP_LABELS, self._strip_labels),
            troubles.STRIP_FINALIZER: partial(self._with_pod, troubles.STRIP_FINALIZER, self._strip_finalizer),
            troubles.STRIP_OWNER: partial(self._with_pod, troubles.STRIP_OWNER, self._strip_owner),
            troubles.FOREIGN_POD: self._take_pod_name,
            troubles.DELETE_LETTER: partial(self._with_letter, troubles.DELETE_LETTER, self._delete_letter),
            troubles.RESOLVE_LETTER: partial(self._with_letter, troubles.RESOLVE_LETTER, self._resolve_letter),
            troubles.DELETE_NAMESPACE: self._delete_namespace,
            troubles.QUOTA: self._set_quota,
            troubles.CROWD: self._crowd,
        }
        self._timing = Timing(env, self._rng, self._acts, self._do, often=_OFTEN, reacts=_REACTS, picks=_PICKS)
        env.cluster.server.storage.listeners.append(self._timing.heard)

    def begin(self) -> None:
        for job in self._env.scenario.jobs:
            self._env.after(job.at, partial(self.apply, job))
        if self._env.scenario.rate(troubles.FLOOD):
            jobs = self._env.scenario.jobs
            self._env.happened(troubles.FLOOD, f"{len(jobs)} jobs", *self._env.states.all())
        self._timing.begin()

    def apply(self, scenario: JobScenario) -> bool:
        """Apply a job as kubectl does. Create its namespace first if that is missing."""
        cluster = self._env.cluster
        if cluster.server.storage.get(NAMESPACES, "", scenario.namespace) is None:
            cluster.create(USER, "/api/v1/namespaces", {"metadata": {"name": scenario.namespace}})
        spec = dict(scenario.spec)
        if scenario.not_before is not None:
            spec["notBeforeTime"] = cluster.stamp_in(scenario.not_before)
        head = {"apiVersion": names.API_VERSION, "kind": "QueuedJob"}
        body = {**head, "metadata": {"name": scenario.name, "namespace": scenario.namespace}, "spec": spec}
        return cluster.create(USER, paths.jobs(scenario.namespace), body)

    def _do(self, act: str) -> None:
        if not self._env.calm and self._env.scenario.jobs:
            self._acts[act](self._rng.one_of(self._env.scenario.jobs))

    def _happened(self, trouble: str, scenario: JobScenario, words: str, state: str) -> None:
        self._env.happened(trouble, f"{scenario.namespace}/{scenario.name} {words}", state)

    # --- jobs

    def _edit(self, act: str, change: Callable[[Body], Body | None], scenario: JobScenario) -> None:
        """PUT a changed spec. The admission policies may refuse it."""
        job = self._env.cluster.job(scenario.namespace, scenario.name)
        if job is None:
            return
        state = self._env.states.of(scenario.namespace, scenario.name)
        body = job.copy()
        spec = change(body["spec"])
        if spec is None:
            return
        if self._env.cluster.replace(USER, paths.job(scenario.namespace, scenario.name), {**body, "spec": spec}):
            self._happened(act, scenario, "", state)

    def _suspend_and_resume(self, scenario: JobScenario) -> None:
        """Suspend a job whose pod runs, and resume it a moment later, often before the pod has ended."""
        if not any(pod.body["status"].get("phase") == "Running" and not pod.deleting for pod in self._pods(scenario)):
            return
        self._edit(troubles.TAKEN_BACK, _suspend, scenario)
        resume = partial(self._edit, troubles.RESUME, _resume, scenario)
        self._env.after(self._minds.about(0.5, 15.0), resume)

    def _retuned(self, spec: Body) -> Body:
        retry = {**spec.get("retry", {}), "maxAttempts": self._rng.whole(1, 5)}
        timeouts = dict(spec.get("timeouts", {}))
        total = self._rng.one_of(("", "off", "3s", "60s"))
        if total:
            timeouts["total"] = total
        return {**spec, "retry": retry, "timeouts": timeouts, "podHistoryLimit": self._rng.whole(0, 3)}

    def _fixed(self, spec: Body) -> Body:
        """Set another image, so that the spec differs from the one that failed."""
        containers = [{**c, "image": f"fixed-{self._rng.whole(1, 9)}"} for c in spec["template"]["spec"]["containers"]]
        return {**spec, "template": {"spec": {**spec["template"]["spec"], "containers": containers}}}

    def _crowd(self, scenario: JobScenario) -> None:
        job = self._env.cluster.job(scenario.namespace, scenario.name)
        if job is None:
            return
        state = self._env.states.of(scenario.namespace, scenario.name)
        body = job.copy()
        body["metadata"]["annotations"] = {CROWDED: "x"}
        if self._env.cluster.replace(USER, paths.job(scenario.namespace, scenario.name), body):
            self._happened(troubles.CROWD, scenario, "", state)

    def _ask_for_retry(self, scenario: JobScenario) -> None:
        """Ask for the next attempt now: mostly with the present time, else as often before, or with what is no time."""
        job = self._env.cluster.job(scenario.namespace, scenario.name)
        if job is None:
            return
        state = self._env.states.of(scenario.namespace, scenario.name)
        now = self._env.cluster.stamp_in(0)
        value = self._minds.one_of((now, now, now, "2027-01-15T08:00:00Z", "2027-01-15T09:00:00+01:00", "now", ""))
        body = job.copy()
        body["metadata"].setdefault("annotations", {})[names.RETRY_NOW_ANNOTATION] = value
        if self._env.cluster.replace(USER, paths.job(scenario.namespace, scenario.name), body):
            self._happened(troubles.RETRY_NOW, scenario, value, state)

    def _delete_job(self, scenario: JobScenario) -> None:
        state = self._env.states.of(scenario.namespace, scenario.name)
        how = self._rng.one_of(("Background", "Background", "Foreground", "Orphan"))
        if self._env.cluster.delete(USER, paths.job(scenario.namespace, scenario.name), propagation=how):
            self._happened(troubles.DELETE_JOB, scenario, how, state)

    def _hold_and_delete(self, scenario: JobScenario) -> None:
        """Delete a job that a finalizer holds. Then perhaps cancel or suspend it, and perhaps let it go."""
        job = self._env.cluster.job(scenario.namespace, scenario.name)
        if job is None or job.deleting or self._goes(scenario.namespace):
            return
        state = self._env.states.of(scenario.namespace, scenario.name)
        body, path = job.copy(), paths.job(scenario.namespace, scenario.name)
        body["metadata"]["finalizers"] = [HOLD]
        if not self._env.cluster.replace(USER, path, body):
            return
        self._env.cluster.delete(USER, path, propagation="Background")
        self._happened(troubles.HELD_DELETION, scenario, "", state)
        act, change = self._minds.one_of(((troubles.CANCEL, _cancel), (troubles.SUSPEND, _suspend), ("", None)))
        if change is not None:
            self._env.after(self._minds.about(0.5, 30.0), partial(self._edit, act, change, scenario))
        if self._minds.chance(0.5):
            self._env.after(self._minds.about(1.0, 200.0), partial(self._let_go, scenario.namespace))

    def _goes(self, namespace: str) -> bool:
        found = self._env.cluster.server.storage.get(NAMESPACES, "", namespace)
        return found is None or found.deleting

    def _let_go(self, namespace: str) -> None:
        """Take the finalizer off all jobs of a namespace that it holds."""
        for job in self._env.cluster.jobs:
            if job.namespace == namespace and HOLD in (job.body["metadata"].get("finalizers") or ()):
                body = job.copy()
                body["metadata"]["finalizers"] = [f for f in body["metadata"]["finalizers"] if f != HOLD]
                self._env.cluster.replace(USER, paths.job(job.namespace, job.name), body)

    def _recreate(self, scenario: JobScenario) -> None:
        """Delete the job and apply it again at once. If its name is not free yet, try once more later."""
        state = self._env.states.of(scenario.namespace, scenario.name)
        if self._env.cluster.job(scenario.namespace, scenario.name) is not None:
            self._env.cluster.delete(USER, paths.job(scenario.namespace, scenario.name), propagation="Background")
        if self.apply(scenario):
            self._happened(troubles.RECREATE, scenario, "", state)
        else:
            self._env.after(self._rng.about(0.1, 10.0), partial(self._apply_if_missing, scenario))

    def _apply_if_missing(self, scenario: JobScenario) -> None:
        if self._env.cluster.job(scenario.namespace, scenario.name) is None:
            self.apply(scenario)

    def _delete_namespace(self, scenario: JobScenario) -> None:
        if self._goes(scenario.namespace):
            return
        self._let_go(scenario.namespace)
        state = self._env.states.of(scenario.namespace, scenario.name)
        self._happened(troubles.DELETE_NAMESPACE, scenario, "", state)
        self._env.cluster.delete(USER, f"/api/v1/namespaces/{scenario.namespace}")
        if self._rng.chance(0.5):
            self._env.after(self._rng.about(1.0, 100.0), partial(self._apply_if_missing, scenario))

    def _set_quota(self, scenario: JobScenario) -> None:
        """Limit the number of pods by a ResourceQuota (0 or 1) for a while."""
        quotas = f"/api/v1/namespaces/{scenario.namespace}/resourcequotas"
        hard = {"pods": str(self._rng.below(2))}
        state = self._env.states.of(scenario.namespace, scenario.name)
        if self._env.cluster.create(USER, quotas, {"metadata": {"name": "tight"}, "spec": {"hard": hard}}):
            self._happened(troubles.QUOTA, scenario, f"{hard}", state)
            lift = partial(self._env.cluster.delete, USER, f"{quotas}/tight")
            self._env.after(self._rng.about(0.5, 60.0), lift)

    # --- pods

    def _pods(self, scenario: JobScenario) -> list[Snapshot]:
        cluster = self._env.cluster
        job = cluster.job(scenario.namespace, scenario.name)
        mine = [p for p in cluster.pods if p.namespace == scenario.namespace and p.name.startswith(f"{scenario.name}-")]
        return list(owned_by(cluster.pods, job.uid)) or mine if job is not None else mine

    def _with_pod(self, act: str, do: Callable[[Snapshot], bool], scenario: JobScenario) -> None:
        pods = self._pods(scenario)
        if not pods:
            return
        pod = self._rng.one_of(pods)
        state = self._env.states.of(scenario.namespace, scenario.name)
        if do(pod):
            self._env.happened(act, pod.name, state)

    def _delete_pod(self, pod: Snapshot) -> bool:
        return not pod.deleting and self._env.cluster.delete(USER, paths.pod(pod.namespace, pod.name))

    def _force_delete(self, pod: Snapshot) -> bool:
        return self._env.cluster.delete(USER, paths.pod(pod.namespace, pod.name), grace=0)

    def _strip_labels(self, pod: Snapshot) -> bool:
        """Remove one of the operator's labels, or all of them."""
        ours = [key for key in pod.labels if key.startswith(f"{names.GROUP}/")]
        if not ours:
            return False
        taken = ours if self._rng.chance(0.5) else [self._rng.one_of(ours)]
        return self._put(pod, labels={k: v for k, v in pod.labels.items() if k not in taken})

    def _strip_finalizer(self, pod: Snapshot) -> bool:
        held = pod.body["metadata"].get("finalizers") or []
        return names.FINALIZER in held and self._put(pod, finalizers=[f for f in held if f != names.FINALIZER])

    def _strip_owner(self, pod: Snapshot) -> bool:
        return bool(pod.body["metadata"].get("ownerReferences")) and self._put(pod, ownerReferences=[])

    def _put(self, pod: Snapshot, **metadata: Any) -> bool:  # noqa: ANN401 - any part of metadata
        body = pod.copy()
        body["metadata"].update(metadata)
        return self._env.cluster.replace(USER, paths.pod(pod.namespace, pod.name), body)

    def _take_pod_name(self, scenario: JobScenario) -> None:
        """Create a foreign pod, without an owner, that has the pod name of one of the next two attempts."""
        job = self._env.cluster.job(scenario.namespace, scenario.name)
        if job is None:
            return
        counters = (job.body.get("status") or {}).get("counters") or {}
        number = counters.get("pods", 0) + self._rng.whole(1, 2)
        name = pod_name(job.name, job.uid, counters.get("redrives", 0), number)
        body = {"metadata": {"name": name}, "spec": {"containers": [{"name": "main", "image": "foreign"}]}}
        state = self._env.states.of(scenario.namespace, scenario.name)
        if self._env.cluster.create(USER, paths.pods(scenario.namespace), body):
            self._happened(troubles.FOREIGN_POD, scenario, name, state)
            away = partial(self._env.cluster.delete, USER, paths.pod(scenario.namespace, name), grace=0)
            self._env.after(self._rng.about(0.5, 60.0), away)

    # --- dead letters

    def _with_letter(self, act: str, do: Callable[[Snapshot], bool], scenario: JobScenario) -> None:
        letters = [x for x in self._env.cluster.letters if x.namespace == scenario.namespace]
        if not letters:
            return
        letter = self._rng.one_of(letters)
        state = self._env.states.of(scenario.namespace, scenario.name)
        if do(letter):
            self._env.happened(act, letter.name, state)

    def _delete_letter(self, letter: Snapshot) -> bool:
        return self._env.cluster.delete(USER, paths.letter(letter.namespace, letter.name))

    def _resolve_letter(self, letter: Snapshot) -> bool:
        return self._resolve(letter, self._rng.one_of(("Resolved", NEWER_STATE)))

    def _resolve(self, letter: Snapshot, state: str) -> bool:
        body = letter.copy()
        body["spec"]["resolution"] = {"state": state, "by": USER}
        return self._env.cluster.replace(USER, paths.letter(letter.namespace, letter.name), body)

    # --- the end of all

    def delete_everything(self) -> None:
        """Delete all jobs, dead letters, and pods."""
        cluster = self._env.cluster
        self._env.witness.remark("emptied", "")
        for job in cluster.jobs:
            cluster.delete(USER, paths.job(job.namespace, job.name), propagation="Background")
            self._let_go(job.namespace)
        for letter in cluster.letters:
            cluster.delete(USER, paths.letter(letter.namespace, letter.name))
        for pod in cluster.pods:
            cluster.delete(USER, paths.pod(pod.namespace, pod.name))

    # --- the end of the troubles

    def end(self) -> None:
        """Resume half of the suspended jobs. Delete quotas and foreign pods. Mark letters as a newer version may.

        From then on, do what the statuses ask of a person.
        """
        cluster = self._env.cluster
        for scenario in self._env.scenario.jobs:
            if self._goes(scenario.namespace):
                self._let_go(scenario.namespace)
            if self._rng.chance(0.5):
                self._edit(troubles.RESUME, _resume, scenario)
            cluster.delete(USER, f"/api/v1/namespaces/{scenario.namespace}/resourcequotas/tight")
        for pod in cluster.pods:
            if pod.body["spec"]["containers"][0].get("image") == "foreign":
                cluster.delete(USER, paths.pod(pod.namespace, pod.name), grace=0)
        for letter in cluster.letters:
            if not letter.body["spec"].get("resolution") and self._minds.chance(0.5):
                self._resolve(letter, NEWER_STATE)
        self._heed_statuses()

    def _heed_statuses(self) -> None:
        """Delete the pods that have the names of the next attempts, now and every minute."""
        for job in self._env.cluster.jobs:
            status = job.body.get("status") or {}
            if status.get("reason") == "PodNameTaken":
                counters = status.get("counters") or {}
                name = pod_name(job.name, job.uid, counters.get("redrives", 0), counters.get("pods", 0) + 1)
                self._env.cluster.delete(USER, paths.pod(job.namespace, name), grace=0)
        self._env.after(_HEEDS, self._heed_statuses)


def _suspend(spec: Body) -> Body | None:
    return None if spec.get("suspend") else {**spec, "suspend": True}


def _resume(spec: Body) -> Body | None:
    return {**spec, "suspend": False} if spec.get("suspend") else None


def _main_moved(spec: Body) -> Body:
    """Name another main container. The policy allows that until an attempt is in the status."""
    return {**spec, "mainContainer": "main" if spec.get("mainContainer") == "beside" else "beside"}


def _cancel(spec: Body) -> Body | None:
    return None if spec.get("cancel") else {**spec, "cancel": True}
