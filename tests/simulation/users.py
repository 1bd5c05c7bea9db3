"""People: they apply jobs, change their minds, clean up where they should not, and put things back."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from queuedjob.api import names
from queuedjob.api.identity import pod_name
from queuedjob.kube.client import paths
from tests.simulation import troubles
from tests.simulation.apiserver.resources import JOBS, LETTERS, NAMESPACES, PODS
from tests.simulation.apiserver.storage import Body, Change, Snapshot
from tests.simulation.coverage import owned_by
from tests.simulation.env import Stage
from tests.simulation.scenario import JobStory

PERSON: Final = "person"

_OFTEN: Final = (0.2, 10.0)
"""Seconds between two ideas."""
_QUICK: Final = (0.0001, 0.3)
"""Seconds from what a person sees to what it does about it."""
_REACTS: Final = 0.25
"""Share of the changes that give somebody an idea."""


class People:
    """Everybody with a kubectl."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._dice = stage.dice("people")
        stage.cluster.server.storage.listeners.append(self._heard)
        self._acts: dict[str, Callable[[JobStory], object]] = {
            troubles.SUSPEND: partial(self._edit, troubles.SUSPEND, _suspend),
            troubles.RESUME: partial(self._edit, troubles.RESUME, _resume),
            troubles.CANCEL: partial(self._edit, troubles.CANCEL, _cancel),
            troubles.RETUNE: partial(self._edit, troubles.RETUNE, self._retuned),
            troubles.FIX: partial(self._edit, troubles.FIX, self._fixed),
            troubles.DELETE_JOB: self._delete_job,
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
        }

    def begin(self) -> None:
        for job in self._stage.story.jobs:
            self._stage.after(job.at, partial(self.apply, job))
        self._stage.after(self._dice.about(*_OFTEN), self._have_an_idea)

    def apply(self, story: JobStory) -> bool:
        """Kubectl apply; where the namespace is missing, that first."""
        cluster = self._stage.cluster
        if cluster.server.storage.get(NAMESPACES, "", story.namespace) is None:
            cluster.create(PERSON, "/api/v1/namespaces", {"metadata": {"name": story.namespace}})
        spec = dict(story.spec)
        if story.not_before is not None:
            spec["notBeforeTime"] = cluster.stamp_in(story.not_before)
        head = {"apiVersion": names.API_VERSION, "kind": "QueuedJob"}
        body = {**head, "metadata": {"name": story.name, "namespace": story.namespace}, "spec": spec}
        return cluster.create(PERSON, paths.jobs(story.namespace), body)

    # --- ideas

    def _have_an_idea(self) -> None:
        for act in self._acts:
            if self._stage.strikes(act, self._dice):
                self._do(act)
        if not self._stage.calm:
            self._stage.after(self._dice.about(*_OFTEN), self._have_an_idea)

    def _heard(self, change: Change) -> None:
        """Some ideas come at the very moment when something happened."""
        if self._stage.calm or change.resource not in (JOBS, PODS, LETTERS) or not self._dice.chance(_REACTS):
            return
        for act in self._acts:
            if self._stage.strikes(act, self._dice) and self._dice.chance(0.3):
                self._stage.after(self._dice.about(*_QUICK), partial(self._do, act))

    def _do(self, act: str) -> None:
        if not self._stage.calm and self._stage.story.jobs:
            self._acts[act](self._dice.one_of(self._stage.story.jobs))

    def _happened(self, trouble: str, story: JobStory, words: str, state: str) -> None:
        self._stage.happened(trouble, f"{story.namespace}/{story.name} {words}", state)

    # --- jobs

    def _edit(self, act: str, change: Callable[[Body], Body | None], story: JobStory) -> None:
        """A PUT of a changed spec. The admission policies may refuse it."""
        job = self._stage.cluster.job(story.namespace, story.name)
        if job is None:
            return
        state = self._stage.states.of(story.namespace, story.name)
        body = job.copy()
        spec = change(body["spec"])
        if spec is None:
            return
        if self._stage.cluster.replace(PERSON, paths.job(story.namespace, story.name), {**body, "spec": spec}):
            self._happened(act, story, "", state)

    def _retuned(self, spec: Body) -> Body:
        retry = {**spec.get("retry", {}), "maxAttempts": self._dice.whole(1, 5)}
        timeouts = dict(spec.get("timeouts", {}))
        total = self._dice.one_of(("", "off", "3s", "60s"))
        if total:
            timeouts["total"] = total
        return {**spec, "retry": retry, "timeouts": timeouts, "podHistoryLimit": self._dice.whole(0, 3)}

    def _fixed(self, spec: Body) -> Body:
        """Another image: the spec that died is no more."""
        containers = [{**c, "image": f"fixed-{self._dice.whole(1, 9)}"} for c in spec["template"]["spec"]["containers"]]
        return {**spec, "template": {"spec": {**spec["template"]["spec"], "containers": containers}}}

    def _delete_job(self, story: JobStory) -> None:
        state = self._stage.states.of(story.namespace, story.name)
        how = self._dice.one_of(("Background", "Background", "Foreground", "Orphan"))
        if self._stage.cluster.delete(PERSON, paths.job(story.namespace, story.name), propagation=how):
            self._happened(troubles.DELETE_JOB, story, how, state)

    def _recreate(self, story: JobStory) -> None:
        """Delete, and apply again at once, or as soon as the name is free."""
        state = self._stage.states.of(story.namespace, story.name)
        if self._stage.cluster.job(story.namespace, story.name) is not None:
            self._stage.cluster.delete(PERSON, paths.job(story.namespace, story.name), propagation="Background")
        if self.apply(story):
            self._happened(troubles.RECREATE, story, "", state)
        else:
            self._stage.after(self._dice.about(0.1, 10.0), partial(self._apply_if_missing, story))

    def _apply_if_missing(self, story: JobStory) -> None:
        if self._stage.cluster.job(story.namespace, story.name) is None:
            self.apply(story)

    def _delete_namespace(self, story: JobStory) -> None:
        namespace = self._stage.cluster.server.storage.get(NAMESPACES, "", story.namespace)
        if namespace is None or namespace.deleting:
            return
        state = self._stage.states.of(story.namespace, story.name)
        self._happened(troubles.DELETE_NAMESPACE, story, "", state)
        self._stage.cluster.delete(PERSON, f"/api/v1/namespaces/{story.namespace}")
        if self._dice.chance(0.5):
            self._stage.after(self._dice.about(1.0, 100.0), partial(self._apply_if_missing, story))

    def _set_quota(self, story: JobStory) -> None:
        """No pod more, for a while."""
        quotas = f"/api/v1/namespaces/{story.namespace}/resourcequotas"
        hard = {"pods": str(self._dice.below(2))}
        state = self._stage.states.of(story.namespace, story.name)
        if self._stage.cluster.create(PERSON, quotas, {"metadata": {"name": "tight"}, "spec": {"hard": hard}}):
            self._happened(troubles.QUOTA, story, f"{hard}", state)
            lift = partial(self._stage.cluster.delete, PERSON, f"{quotas}/tight")
            self._stage.after(self._dice.about(0.5, 60.0), lift)

    # --- pods

    def _pods(self, story: JobStory) -> list[Snapshot]:
        cluster = self._stage.cluster
        job = cluster.job(story.namespace, story.name)
        mine = [p for p in cluster.pods if p.namespace == story.namespace and p.name.startswith(f"{story.name}-")]
        return list(owned_by(cluster.pods, job.uid)) or mine if job is not None else mine

    def _with_pod(self, act: str, do: Callable[[Snapshot], bool], story: JobStory) -> None:
        pods = self._pods(story)
        if not pods:
            return
        pod = self._dice.one_of(pods)
        state = self._stage.states.of(story.namespace, story.name)
        if do(pod):
            self._stage.happened(act, pod.name, state)

    def _delete_pod(self, pod: Snapshot) -> bool:
        return not pod.deleting and self._stage.cluster.delete(PERSON, paths.pod(pod.namespace, pod.name))

    def _force_delete(self, pod: Snapshot) -> bool:
        return self._stage.cluster.delete(PERSON, paths.pod(pod.namespace, pod.name), grace=0)

    def _strip_labels(self, pod: Snapshot) -> bool:
        """One of ours, or all of them."""
        ours = [key for key in pod.labels if key.startswith(f"{names.GROUP}/")]
        if not ours:
            return False
        taken = ours if self._dice.chance(0.5) else [self._dice.one_of(ours)]
        return self._put(pod, labels={k: v for k, v in pod.labels.items() if k not in taken})

    def _strip_finalizer(self, pod: Snapshot) -> bool:
        held = pod.body["metadata"].get("finalizers") or []
        return names.FINALIZER in held and self._put(pod, finalizers=[f for f in held if f != names.FINALIZER])

    def _strip_owner(self, pod: Snapshot) -> bool:
        return bool(pod.body["metadata"].get("ownerReferences")) and self._put(pod, ownerReferences=[])

    def _put(self, pod: Snapshot, **metadata: Any) -> bool:  # noqa: ANN401 - any part of metadata
        body = pod.copy()
        body["metadata"].update(metadata)
        return self._stage.cluster.replace(PERSON, paths.pod(pod.namespace, pod.name), body)

    def _take_pod_name(self, story: JobStory) -> None:
        """A pod that is nobody's stands where the next attempt would."""
        job = self._stage.cluster.job(story.namespace, story.name)
        if job is None:
            return
        counters = (job.body.get("status") or {}).get("counters") or {}
        number = counters.get("pods", 0) + self._dice.whole(1, 2)
        name = pod_name(job.name, job.uid, counters.get("redrives", 0), number)
        body = {"metadata": {"name": name}, "spec": {"containers": [{"name": "main", "image": "foreign"}]}}
        state = self._stage.states.of(story.namespace, story.name)
        if self._stage.cluster.create(PERSON, paths.pods(story.namespace), body):
            self._happened(troubles.FOREIGN_POD, story, name, state)
            away = partial(self._stage.cluster.delete, PERSON, paths.pod(story.namespace, name), grace=0)
            self._stage.after(self._dice.about(0.5, 60.0), away)

    # --- letters

    def _with_letter(self, act: str, do: Callable[[Snapshot], bool], story: JobStory) -> None:
        letters = [x for x in self._stage.cluster.letters if x.namespace == story.namespace]
        if not letters:
            return
        letter = self._dice.one_of(letters)
        state = self._stage.states.of(story.namespace, story.name)
        if do(letter):
            self._stage.happened(act, letter.name, state)

    def _delete_letter(self, letter: Snapshot) -> bool:
        return self._stage.cluster.delete(PERSON, paths.letter(letter.namespace, letter.name))

    def _resolve_letter(self, letter: Snapshot) -> bool:
        body = letter.copy()
        body["spec"]["resolution"] = {"state": "Resolved", "by": PERSON}
        return self._stage.cluster.replace(PERSON, paths.letter(letter.namespace, letter.name), body)

    # --- the end of it

    def end(self) -> None:
        """What stood in the way goes; half of what was suspended goes on."""
        cluster = self._stage.cluster
        for story in self._stage.story.jobs:
            if self._dice.chance(0.5):
                self._edit(troubles.RESUME, _resume, story)
            cluster.delete(PERSON, f"/api/v1/namespaces/{story.namespace}/resourcequotas/tight")
        for pod in cluster.pods:
            if pod.body["spec"]["containers"][0].get("image") == "foreign":
                cluster.delete(PERSON, paths.pod(pod.namespace, pod.name), grace=0)


def _suspend(spec: Body) -> Body | None:
    return None if spec.get("suspend") else {**spec, "suspend": True}


def _resume(spec: Body) -> Body | None:
    return {**spec, "suspend": False} if spec.get("suspend") else None


def _cancel(spec: Body) -> Body | None:
    return None if spec.get("cancel") else {**spec, "cancel": True}
