"""Records pods, and for some of them their Events, as a real kubelet reports them: tests/unit/kube/objects/pods/.

    KUBECONFIG=... python -m dev.record_pods [CASE ...]

Each case leads one pod to one end. It keeps the pod's JSON as the API server shows it at the end, without fields that
do not concern that end (managed fields, addresses, ids, volumes). It needs kubectl, a cluster of one node called `node`
with the image busybox:1.36 on it, and no registry: the pulls that should fail do fail. It takes two minutes and leaves
nothing behind.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dev.cluster.waiting import tries
from queuedjob.api import names
from queuedjob.api.identity import pod_name
from queuedjob.kube.objects.heartbeat_probe import VOLUME, with_heartbeat_probe

Body = dict[str, Any]
Act = Callable[[str], None]

NAMESPACE: Final = "record-pods"
FOLDER: Final = Path(__file__).parents[1] / "tests/unit/kube/objects/pods"
EVENTS: Final = FOLDER.parent / "kubelet_events"
PATIENCE: Final = 180.0
"""Seconds until a pod must look as its case requires; the slowest waits for pod garbage collection, which takes 60."""

SLEEPS: Final = "sleep 1000"
"""As PID 1, sh ignores SIGTERM: SIGKILL follows after the grace period."""


def kubectl(*arguments: str, stdin: object = None) -> str:
    command = ["kubectl", *arguments]
    text = None if stdin is None else json.dumps(stdin)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def shell(script: str, name: str = "main", **more: object) -> Body:
    return {"name": name, "image": "busybox:1.36", "command": ["sh", "-c", script], **more}


def traps(code: int) -> Body:
    return shell(f"trap 'exit {code}' TERM; while :; do sleep 0.1; done")


def memory_hog(name: str = "main") -> Body:
    container = shell("exec tail /dev/zero", name)
    return container | {"resources": {"limits": {"memory": "32Mi"}}}


# --- what is done to a pod once it runs


def delete(pod: str) -> None:
    kubectl("delete", "pod", pod, "-n", NAMESPACE, "--wait=false")


def delete_by_force(pod: str) -> None:
    kubectl("delete", "pod", pod, "-n", NAMESPACE, "--wait=false", "--force", "--grace-period=0")


def delete_later(pod: str) -> None:
    time.sleep(8)  # longer than the five seconds within which a deletion counts as the cause
    delete(pod)


def evict(pod: str) -> None:
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}/eviction"
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": NAMESPACE}}
    kubectl("create", "--raw", path, "-f", "-", stdin=eviction)


def take_node_away(pod: str) -> None:
    """Bind the pod to a node that is only an object, and delete the node: pod garbage collection does the rest."""
    kubectl("create", "-f", "-", stdin={"apiVersion": "v1", "kind": "Node", "metadata": {"name": "doomed"}})
    path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}/binding"
    target = {"apiVersion": "v1", "kind": "Node", "name": "doomed"}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod}, "target": target}
    kubectl("create", "--raw", path, "-f", "-", stdin=binding)
    kubectl("delete", "node", "doomed")


# --- what a pod looks like when its case is complete


def ended(pod: Body) -> bool:
    return pod["status"]["phase"] in {"Succeeded", "Failed"}


def ended_and_deleted(pod: Body) -> bool:
    return ended(pod) and "deletionTimestamp" in pod["metadata"]


def deletion_asked(pod: Body) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def runs(pod: Body) -> bool:
    return any("running" in status["state"] for status in pod["status"].get("containerStatuses", ()))


def waits_for(reason: str) -> Callable[[Body], bool]:
    def waits(pod: Body) -> bool:
        statuses = pod["status"].get("containerStatuses", ())
        return any(status["state"].get("waiting", {}).get("reason") == reason for status in statuses)

    return waits


def main_ended(pod: Body) -> bool:
    statuses = pod["status"].get("containerStatuses", ())
    return any(status["name"] == "main" and "terminated" in status["state"] for status in statuses)


def ended_waiting(pod: Body) -> bool:
    """Match an end with a waiting container; a second later the kubelet invents an end for it (pkg/kubelet/status)."""
    return ended(pod) and "waiting" in pod["status"]["containerStatuses"][0]["state"]


def ended_all(pod: Body) -> bool:
    return ended(pod) and main_ended(pod)


def unschedulable(pod: Body) -> bool:
    return any(each.get("reason") == "Unschedulable" for each in pod["status"].get("conditions", ()))


@dataclass(frozen=True)
class Case:
    """A pod, what is done to it when, and what it looks like at the end."""

    name: str
    main: Body
    others: tuple[Body, ...] = ()
    inits: tuple[Body, ...] = ()
    spec: Mapping[str, object] = field(default_factory=dict)
    act: Act | None = None
    when: Callable[[Body], bool] = runs
    until: Callable[[Body], bool] = ended
    events: bool = False
    """Whether its Events are recorded, too."""

    def manifest(self) -> Body:
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": pod_name(self.name, "recorded", 0, 1),
                "namespace": NAMESPACE,
                "finalizers": [names.FINALIZER],
                "labels": {
                    names.JOB_LABEL: self.name,
                    names.JOB_UID_LABEL: "recorded",
                    names.REDRIVES_LABEL: "0",
                    names.ATTEMPT_LABEL: "1",
                    names.QUEUE_LABEL: "default",
                    names.TYPE_LABEL: "default",
                },
                "annotations": {names.GENERATION_ANNOTATION: "1", names.DEADLINE_ANNOTATION: "attempt"},
            },
            "spec": {
                "restartPolicy": "Never",
                "activeDeadlineSeconds": 600,
                "terminationGracePeriodSeconds": 2,
                "automountServiceAccountToken": False,
                "containers": [self.main, *self.others],
                **({"initContainers": list(self.inits)} if self.inits else {}),
                **self.spec,
            },
        }


NO_IMAGE: Final = shell("exit 0") | {"image": "127.0.0.1:9/none:1"}
BAD_IMAGE: Final = shell("exit 0") | {"image": "Not An Image"}
DISK_HOG: Final = shell(
    f"head -c 2000000 /dev/zero > /file; {SLEEPS}", resources={"limits": {"ephemeral-storage": "1Mi"}}
)
NO_CONFIG: Final = shell("exit 0", envFrom=[{"configMapRef": {"name": "missing"}}])
HUGE: Final = shell("exit 0", resources={"requests": {"cpu": "100000"}})
DEADLINE: Final = {"activeDeadlineSeconds": 3}
SHORT: Final = {"activeDeadlineSeconds": 3, "terminationGracePeriodSeconds": 1}
SLOW: Final = {"terminationGracePeriodSeconds": 12}
SILENT: Final = {"volumes": [VOLUME]}
UNHEALTHY: Final = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 2}
PATIENT: Final = UNHEALTHY | {"failureThreshold": 100}
TEMPFAIL: Final = shell("echo cannot reach the bank > /dev/termination-log; exit 75")

CASES: Final = (
    Case("succeeded", shell("echo done; exit 0")),
    Case("exit-75", TEMPFAIL),
    Case("segfault", shell("sh -c 'kill -SEGV $$$$'; exit $?")),
    Case("out-of-memory", memory_hog()),
    Case("start-error", shell("") | {"command": ["no-such-command"]}),
    Case("deadline", shell(f"echo record 800 > /dev/termination-log; {SLEEPS}"), spec=SHORT),
    Case("deadline-exit-0", traps(0), spec=SHORT),
    Case("deadline-pulling", NO_IMAGE, spec=DEADLINE, until=ended_waiting),
    Case("deadline-before-start", NO_IMAGE, spec=DEADLINE, until=ended_all),
    Case("deadline-in-init", shell("exit 0"), inits=(shell(SLEEPS, "init"),), spec=SHORT),
    Case("deadline-invalid-image-name", BAD_IMAGE, spec=DEADLINE, until=ended_waiting),
    Case("deadline-no-config", NO_CONFIG, spec=DEADLINE, until=ended_waiting),
    Case("main-done-then-deadline", shell("exit 0"), others=(shell(SLEEPS, "other"),), spec=SHORT),
    Case("main-failed-then-deadline", TEMPFAIL, others=(shell(SLEEPS, "other"),), spec=SHORT),
    Case(
        "main-done-then-deleted", shell("exit 0"), others=(shell(SLEEPS, "other"),), act=delete_later, when=main_ended
    ),
    Case("silent", with_heartbeat_probe(shell(SLEEPS), 3), spec=SILENT, events=True),
    Case("silent-exit-0", with_heartbeat_probe(traps(0), 3), spec=SILENT, events=True),
    Case(
        "silent-over-the-mark",
        with_heartbeat_probe(
            shell("trap 'echo saved > /dev/termination-log; exit 0' TERM; while :; do sleep 0.1; done"), 3
        ),
        spec=SILENT,
        events=True,
    ),
    Case("own-liveness-probe", shell(SLEEPS, livenessProbe=UNHEALTHY), events=True),
    Case("deleted-under-a-probe", shell(SLEEPS, livenessProbe=PATIENT), act=delete_later, events=True),
    Case("deleted", shell(SLEEPS), act=delete, until=ended_and_deleted),
    Case("deleted-exit-1", traps(1), act=delete, until=ended_and_deleted),
    Case("deleted-exit-0", traps(0), act=delete, until=ended_and_deleted),
    Case(
        "deleted-with-a-slow-other", traps(1), (shell(SLEEPS, "other"),), spec=SLOW, act=delete, until=ended_and_deleted
    ),
    Case("deleted-by-force", shell(SLEEPS), act=delete_by_force, until=ended_and_deleted),
    Case("deleted-after-failure", TEMPFAIL, act=delete_later, when=ended, until=ended_and_deleted),
    Case("deleted-pulling", NO_IMAGE, act=delete, when=waits_for("ImagePullBackOff"), until=ended_and_deleted),
    Case(
        "deleted-unscheduled",
        shell("exit 0"),
        spec={"nodeSelector": {"no": "where"}},
        act=delete,
        when=unschedulable,
        until=deletion_asked,
    ),
    Case("evicted", shell(SLEEPS), act=evict, until=ended_and_deleted),
    Case("disk-over-limit", DISK_HOG),
    Case("out-of-cpu", HUGE, spec={"nodeName": "node"}),
    Case(
        "node-gone",
        shell("exit 0"),
        spec={"schedulingGates": [], "schedulerName": "none"},
        act=take_node_away,
        when=lambda pod: pod["status"]["phase"] == "Pending",
    ),
    Case("init-failed", shell("exit 0"), inits=(shell("echo no input > /dev/termination-log; exit 66", "fetch"),)),
    Case("init-out-of-memory", shell("exit 0"), inits=(memory_hog("fetch"),)),
    Case("sidecar", TEMPFAIL, inits=(traps(0) | {"name": "proxy", "restartPolicy": "Always"},)),
    Case("pulling", NO_IMAGE, until=waits_for("ImagePullBackOff")),
    Case("invalid-image-name", BAD_IMAGE, until=waits_for("InvalidImageName")),
    Case("no-config", NO_CONFIG, until=waits_for("CreateContainerConfigError")),
    Case("unschedulable", HUGE, until=unschedulable),
    Case("running", shell(SLEEPS), until=runs),
)


def record(case: Case) -> str:
    manifest = case.manifest()
    pod = manifest["metadata"]["name"]
    kubectl("create", "-f", "-", stdin=manifest)
    if case.act is not None:
        wait(case, pod, case.when)
        case.act(pod)
    body = wait(case, pod, case.until)
    if deletion_asked(body) and body["spec"].get("nodeName") == "node":
        body = settled(case, pod)
    write(FOLDER / f"{case.name}.json", trimmed(body))
    if case.events:
        write(EVENTS / f"{case.name}.json", events_of(body))
    return case.name


def write(file: Path, body: object) -> None:
    file.write_text(json.dumps(body, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def events_of(pod: Body) -> list[Body]:
    """Return the kubelet's Events of the pod; the scheduler's would name the machine."""
    selector = f"involvedObject.uid={pod['metadata']['uid']}"
    listed = json.loads(kubectl("get", "events", "-n", NAMESPACE, "--field-selector", selector, "-o", "json"))
    told: list[Body] = [event for event in listed["items"] if event["source"].get("component") == "kubelet"]
    for event in told:
        event["metadata"].pop("managedFields", None)
    return told


def wait(case: Case, pod: str, until: Callable[[Body], bool]) -> Body:
    body: Body = {}
    for _ in tries(PATIENCE):
        body = json.loads(kubectl("get", "pod", pod, "-n", NAMESPACE, "-o", "json"))
        if until(body):
            return body
    raise TimeoutError(f"{case.name}: not as expected after {PATIENCE:.0f} s: {json.dumps(body['status'])}")


def settled(case: Case, pod: str) -> Body:
    """Return the pod after the kubelet's last DELETE, which sets deletionTimestamp again with a grace of 0."""
    return wait(case, pod, lambda body: body["metadata"].get("deletionGracePeriodSeconds") == 0)


def trimmed(body: Body) -> Body:
    """Return `body` without fields that do not concern the pod's end, or that name the machine of the recording."""
    for key in ("managedFields", "ownerReferences"):
        body["metadata"].pop(key, None)
    spec_says_nothing = ("tolerations", "securityContext", "dnsPolicy", "enableServiceLinks", "preemptionPolicy")
    for key in spec_says_nothing:
        body["spec"].pop(key, None)
    for key in ("hostIP", "hostIPs", "podIP", "podIPs", "resources"):
        body["status"].pop(key, None)
    for kind in ("containerStatuses", "initContainerStatuses"):
        for status in body["status"].get(kind, ()):
            for key in ("containerID", "imageID", "resources", "allocatedResources", "volumeMounts", "user"):
                status.pop(key, None)
            for state in (status["state"], status.get("lastState", {})):
                for how in state.values():
                    how.pop("containerID", None)
    return body


def main(chosen: list[str]) -> None:
    cases = [case for case in CASES if not chosen or case.name in chosen]
    for folder in (FOLDER, EVENTS):
        folder.mkdir(parents=True, exist_ok=True)
    kubectl("create", "namespace", NAMESPACE)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": NAMESPACE}}
    kubectl("apply", "-f", "-", stdin=account)
    try:
        with ThreadPoolExecutor(4) as pool:
            for name in pool.map(record, cases):
                print("recorded", name)
    finally:
        release = '{"metadata":{"finalizers":null}}'
        for pod in kubectl("get", "pods", "-n", NAMESPACE, "-o", "name").split():
            kubectl("patch", "-n", NAMESPACE, pod, "--type=merge", "-p", release)
        kubectl("delete", "namespace", NAMESPACE)


if __name__ == "__main__":
    main(sys.argv[1:])
