"""The namespace and operator of one test, and checks of the jobs in it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from dev.cluster import Cluster
from dev.cluster.waiting import tries
from dev.harness import Kubectl, KubectlError, OperatorProcess, start_operator

_PATIENCE: Final = 60.0
"""Seconds: the machine may be busy with other tests."""

Object = dict[str, Any]


@dataclass
class Env:
    """The environment of a test. `kubectl` works in its namespace, as an administrator."""

    cluster: Cluster
    kubectl: Kubectl
    namespace: str
    operator_kubeconfig: Path
    folder: Path
    operator: OperatorProcess | None = None
    options: list[str] = field(default_factory=list)

    def start_operator(self, *options: str) -> None:
        """Start the operator, with `options` in addition to those of the test."""
        self.operator = start_operator(
            self.operator_kubeconfig,
            self.folder / "operator.log",
            ["--namespace", self.namespace, "--spec-fault-after=2", *self.options, *options],
        )

    def kill_operator(self) -> None:
        """Send SIGKILL, as a crash does."""
        assert self.operator is not None
        self.operator.kill()

    def let_go(self) -> None:
        """Delete all jobs and wait until the operator has released their pods: the operator is not needed any more."""
        self.kubectl.run("delete", "queuedjobs", "--all", "--wait=false")
        self.until(
            lambda: not any("finalizers" in pod["metadata"] for pod in self.kubectl.list("pods")),
            "all pods are let go",
            lambda: "some are held",
        )

    def apply(self, *manifests: Object) -> None:
        """Run `kubectl apply`."""
        self.kubectl.apply(*manifests)

    def post(self, path: str, body: Object) -> None:
        """Send a request that no verb of kubectl makes."""
        self.kubectl.run("create", "--raw", path, "-f", "-", stdin=json.dumps(body))

    def job(self, name: str) -> Object:
        """Return the job as it is now."""
        return self.kubectl.get("queuedjob", name)

    def pods(self, job: str) -> list[Object]:
        """Return the pods of a job, by number."""
        found = self.kubectl.list("pods", "--selector", f"queuedjob.dev/job={job}")
        return sorted(found, key=lambda pod: int(pod["metadata"]["labels"]["queuedjob.dev/attempt"]))

    def now(self) -> str:
        """Return the current resourceVersion of the list of jobs."""
        return str(json.loads(self.kubectl.run("get", "--raw", f"{self._jobs}?limit=1"))["metadata"]["resourceVersion"])

    def versions(self, job: str, since: str) -> list[Object]:
        """Return every version of a job since that resourceVersion, as a watch delivers them: none is missed."""
        query = f"watch=1&resourceVersion={since}&fieldSelector=metadata.name={job}&timeoutSeconds=1"
        told = self.kubectl.run("get", "--raw", f"{self._jobs}?{query}")
        events = [json.loads(line) for line in told.splitlines()]
        assert all(event["type"] in {"ADDED", "MODIFIED"} for event in events), events
        return [event["object"] for event in events]

    def letters(self) -> list[Object]:
        """Return the dead letters of the namespace."""
        return self.kubectl.list("deadletters")

    def reaches(self, name: str, phase: str, *, reason: str = "", where: Mapping[str, object] | None = None) -> Object:
        """Wait until the job is in `phase` and its status has the values of `where` (dotted keys); return the job."""
        seen: list[str] = []

        def there() -> Object | None:
            job = self.job(name)
            status = job["status"]
            now = f"{status.get('phase')}/{status.get('reason', '')}"
            if not seen or seen[-1] != now:
                seen.append(now)
            wanted = {"phase": phase, **({"reason": reason} if reason else {}), **(where or {})}
            return job if all(_at(status, key) == value for key, value in wanted.items()) else None

        what = f"{name} reaches {phase} {reason} {dict(where or {})}"
        found: Object = self.until(there, what, lambda: f"seen: {seen}", name)
        return found

    def gone(self, kind: str, name: str, *, within: float = _PATIENCE) -> None:
        """Wait until the object is gone."""

        def absent() -> bool | None:
            try:
                self.kubectl.get(kind, name)
            except KubectlError as error:
                return True if "NotFound" in str(error) else None
            return None

        self.until(absent, f"{kind} {name} is gone", lambda: "it is still there", name, within=within, kind=kind)

    def until(
        self,
        there: Callable[[], Any],
        what: str,
        seen: Callable[[], str],
        name: str = "",
        *,
        within: float = _PATIENCE,
        kind: str = "queuedjob",
    ) -> Any:  # noqa: ANN401 - whatever `there` finds
        """Wait until `there` returns a value; else fail with what was seen, the object's YAML and the log's end."""
        for _ in tries(within):
            found = there()
            if found:
                return found
        raise AssertionError(f"not within {within:.0f} s: {what}; {seen()}\n{self._evidence(kind, name)}")

    @property
    def _jobs(self) -> str:
        return f"/apis/queuedjob.dev/v1alpha1/namespaces/{self.namespace}/queuedjobs"

    def _evidence(self, kind: str, name: str) -> str:
        try:
            shown = yaml.safe_dump(self.kubectl.get(kind, name)) if name else ""
        except KubectlError as error:
            shown = str(error)
        log = self.operator.tail() if self.operator else "no operator was started"
        return f"{shown}\n--- operator, last lines ({self.folder / 'operator.log'})\n{log}"


def running_pod(env: Env, name: str) -> str:
    """Return the name of the job's pod, once a container of it runs."""

    def runs() -> str | None:
        for pod in env.pods(name):
            if any("running" in c["state"] for c in pod["status"].get("containerStatuses", [])):
                return str(pod["metadata"]["name"])
        return None

    return str(env.until(runs, f"a pod of {name} runs", lambda: "none does", name))


def _at(status: Object, dotted: str) -> object:
    """Return the value at a path, or 0 where there is none: a status has no empty fields."""
    value: object = status
    for key in dotted.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return 0 if value is None else value


def a_job(name: str, script: str, /, **spec: Any) -> Object:  # noqa: ANN401 - fields of the spec
    """Return a QueuedJob that runs `script` in a shell and ends within a second of SIGTERM."""
    pod = {
        "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "main", "image": "busybox:1.36", "command": ["sh", "-c", script]}],
    }
    return {
        "apiVersion": "queuedjob.dev/v1alpha1",
        "kind": "QueuedJob",
        "metadata": {"name": name},
        "spec": {"template": {"spec": pod}, **spec},
    }


def with_pod(job: Object, **fields: Any) -> Object:  # noqa: ANN401 - fields of a pod's spec
    """Return the same job, with other fields in its pod's spec."""
    job["spec"]["template"]["spec"].update(fields)
    return job


def with_container(job: Object, **fields: Any) -> Object:  # noqa: ANN401 - fields of a container
    """Return the same job, with other fields in its first container."""
    job["spec"]["template"]["spec"]["containers"][0].update(fields)
    return job
