"""Scheduler and kubelets: they carry out each pod's PodScript, as far as deletions, deadlines and nodes allow.

A kubelet sees the current state of a pod. Its actions take effect a moment later, and only if the pod still exists.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from queuedjob.kube.client import paths
from queuedjob.ports import Body
from tests.simulation import pod_status, troubles
from tests.simulation.apiserver.refusals import Refusal
from tests.simulation.apiserver.resources import PODS
from tests.simulation.apiserver.storage import Change, Snapshot
from tests.simulation.env import Env
from tests.simulation.rng import Stream
from tests.simulation.scripted_pods import FOR_EVER, PodScript
from tests.simulation.termination_messages import OVERWRITTEN

NODES: Final = ("node-a", "node-b")
SCHEDULER: Final = "scheduler"
KUBELET: Final = "kubelet"

_DEADLINE_WORDS: Final = "Pod was active on the node longer than the specified deadline"
_LOOK: Final = 1.0
"""Seconds between checks of a node that is down. The scheduler waits four times as long before it tries again."""

_GRACE: Final = 30.0
"""Seconds from SIGTERM to SIGKILL for a container that is killed because of its liveness probe."""

ScriptOf: TypeAlias = Callable[[Snapshot], PodScript]
Move: TypeAlias = Callable[[str], None]


@dataclass
class Run:
    """The state of one pod's containers on the node: what really runs."""

    script: PodScript
    acknowledged: float | None = None
    started: float | None = None
    started_at: str = ""
    main_over: bool = False
    has_written: bool = False
    """The main container ended by itself, and has written its log and its termination message."""
    mark: str = ""
    """What the liveness probe wrote into the termination message before the container was killed."""

    @property
    def message(self) -> str:
        """The termination message."""
        if self.mark:
            return OVERWRITTEN if self.script.overwrites else self.mark
        return self.script.says.message if self.has_written else ""

    over: bool = False
    stopping: bool = False


def _patience_of(probe: Body) -> float:
    """Seconds of silence after which the operator's own liveness probe kills the container: the tolerated silence plus
    failureThreshold periods."""
    tolerated, period = int(probe["exec"]["command"][-3]), probe["periodSeconds"]
    return float(tolerated + probe["failureThreshold"] * period)


class Kubelets:
    """The kubelets of both nodes, and the scheduler. `script_of` draws the PodScript of a new pod."""

    def __init__(self, env: Env, script_of: ScriptOf) -> None:
        self._env = env
        self._script_of = script_of
        self._rng = env.rng(Stream.KUBELETS)
        self._late_rng = env.rng(Stream.KUBELETS).named("late")
        self._last_rng = env.rng(Stream.KUBELETS).named("last")
        self.runs: Final[dict[str, Run]] = {}
        self.down: Final[set[str]] = set()
        """Nodes that are down now."""
        self.on_late: Callable[[float], None] = lambda _seconds: None
        """Called with the seconds until a kubelet tells how a deleted pod ended, if that will be late."""
        env.cluster.server.storage.listeners.append(self._heard)
        env.cluster.server.logs = self._log_of

    # --- changes of pods

    def _heard(self, change: Change) -> None:
        if change.resource is not PODS or change.after is None:
            return
        pod = change.after
        if change.before is None:
            self.runs[pod.uid] = run = Run(self._script_of(pod))
            self._env.after(run.script.bound_after, partial(self._bind, pod.uid))
        elif pod.deleting and not change.before.deleting:
            self._env.after(self._rng.about(0.005, 1.0), partial(self._tend_deleted, pod.uid))

    # --- the scheduler

    def _bind(self, uid: str) -> None:
        pod = self._env.cluster.pod(uid)
        if pod is None or pod.deleting or pod_status.has_ended(pod.body) or pod.body["spec"].get("nodeName"):
            return
        run = self.runs[uid]
        nodes = [node for node in NODES if node not in self.down or self._rng.chance(0.3)]
        if not nodes or (run.script.unschedulable and not self._env.calm):
            self._say_unschedulable(pod)
            self._env.after(_LOOK * 4, partial(self._bind, uid))
            return
        target = {"apiVersion": "v1", "kind": "Node", "name": self._rng.one_of(nodes)}
        binding = {"metadata": {"name": pod.name, "uid": uid}, "target": target}
        if self._env.cluster.create(SCHEDULER, paths.pod(pod.namespace, pod.name) + "/binding", binding):
            self._env.after(run.script.seen_after, partial(self._acknowledge, uid))

    def _say_unschedulable(self, pod: Snapshot) -> None:
        if any(c["type"] == "PodScheduled" for c in pod.body["status"].get("conditions") or ()):
            return
        words, now = "0/2 nodes are available", self._env.cluster.stamp
        status = pod_status.with_condition(pod.body["status"], "PodScheduled", "False", "Unschedulable", words, now)
        self._env.cluster.report(pod, status, SCHEDULER)
        self._happened(troubles.UNSCHEDULABLE, pod)

    # --- from start to end of a pod

    def _acknowledge(self, uid: str) -> None:
        if (pod := self._here(uid, self._acknowledge)) is None:
            return
        run, cluster = self.runs[uid], self._env.cluster
        if run.script.rejected:
            run.over = True
            self._happened(troubles.REJECTED, pod)
            cluster.report(pod, pod_status.rejected(pod.body, cluster.stamp))
            return
        run.acknowledged = self._env.loop.time()
        cluster.report(pod, pod_status.acknowledged(pod.body, cluster.stamp))
        deadline = pod.body["spec"].get("activeDeadlineSeconds")
        if deadline is not None:
            self._env.after(deadline + 0.5, partial(self._strike, uid))
        if run.script.image_missing:
            self._happened(troubles.NO_IMAGE, pod)
            self._env.after(1.0, partial(self._report_no_image, uid))
        else:
            self._env.after(run.script.started_after, partial(self._start, uid))

    def _report_no_image(self, uid: str) -> None:
        if (pod := self._here(uid, self._report_no_image)) is not None:
            self._env.cluster.report(pod, pod_status.waiting_for_image(pod.body))

    def _start(self, uid: str) -> None:
        if (pod := self._here(uid, self._start)) is None:
            return
        run = self.runs[uid]
        run.started, run.started_at = self._env.loop.time(), self._env.cluster.stamp
        self._env.cluster.report(pod, pod_status.running(pod.body, run.started_at))
        if pod_status.main_of(pod.body).get("lifecycle") and run.script.hook_fails_after < run.script.runs:
            self._env.after(run.script.hook_fails_after, partial(self._hook_fails, uid))
            return
        if run.script.runs != FOR_EVER:
            self._env.after(run.script.runs, partial(self._main_ends, uid))
        elif probe := pod_status.main_of(pod.body).get("livenessProbe"):
            self._env.after(_patience_of(probe), partial(self._probe_fails, uid, probe["exec"]["command"][-2]))

    def _probe_fails(self, uid: str, mark: str) -> None:
        """The container was silent too long: its probe writes a mark, the kubelet creates events and kills it."""
        if (pod := self._here(uid, partial(self._probe_fails, mark=mark))) is None:
            return
        run = self.runs[uid]
        run.mark, run.stopping = f"\n{mark}\n", True
        self._happened(troubles.HUNG, pod)
        for reason, words in (("Unhealthy", "Liveness probe failed: last heartbeat 9 s ago"), ("Killing", "Stopping")):
            self._tell(pod, reason, words)
        code = run.script.stopped_code
        self._env.after(min(run.script.stopped_after, _GRACE), partial(self._stopped, uid, code))

    def _hook_fails(self, uid: str) -> None:
        """The postStart hook failed: the kubelet creates Events and kills the container, which may answer with 0."""
        if (pod := self._here(uid, self._hook_fails)) is None:
            return
        run = self.runs[uid]
        run.stopping = True
        self._happened(troubles.HOOK_FAILED, pod)
        for reason, words in (("FailedPostStartHook", "PostStartHook failed"), ("Killing", "FailedPostStartHook")):
            self._tell(pod, reason, words)
        self._env.after(min(run.script.stopped_after, _GRACE), partial(self._stopped, uid, run.script.stopped_code))

    def _tell(self, pod: Snapshot, reason: str, words: str) -> None:
        main = pod_status.main_of(pod.body)["name"]
        about = {"kind": "Pod", "name": pod.name, "uid": pod.uid, "fieldPath": f"spec.containers{{{main}}}"}
        metadata = {"name": f"{pod.name}.{reason.lower()}", "namespace": pod.namespace}
        now = self._env.cluster.stamp
        told = {"reason": reason, "message": words, "firstTimestamp": now, "lastTimestamp": now}
        told["reportingComponent"] = "kubelet"
        self._env.cluster.create(
            KUBELET, paths.core_events(pod.namespace), {"metadata": metadata, "involvedObject": about, **told}
        )

    def _main_ends(self, uid: str) -> None:
        if (pod := self._here(uid, self._main_ends)) is None:
            return
        run, cluster, now = self.runs[uid], self._env.cluster, self._env.cluster.stamp
        reason = "OOMKilled" if run.script.out_of_memory else "Error" if run.script.exit_code else "Completed"
        run.main_over = run.has_written = True
        if len(pod.body["spec"]["containers"]) > 1 and run.script.linger:
            status = pod_status.main_ended(pod.body, run.script.exit_code, reason, run.started_at, now, run.message)
            cluster.report(pod, status)
            self._env.after(run.script.linger, partial(self._all_ended, uid, run.script.exit_code, reason))
            return
        self._env.after(run.script.told_after, partial(self._report_end, uid, run.script.exit_code, reason, now))

    def _all_ended(self, uid: str, code: int, reason: str) -> None:
        self._report_end(uid, code, reason, self._env.cluster.stamp)

    def _report_end(self, uid: str, code: int, reason: str, at: str) -> None:
        """The containers have ended: the kubelet reports it once, whatever was requested meanwhile."""
        pod = self._on_a_live_node(uid, partial(self._report_end, uid, code, reason, at))
        if pod is None:
            return
        run = self.runs[uid]
        if not run.over:
            run.over = True
            others = 143 if run.stopping else 0
            why = self._overtaken(pod)
            status = pod_status.ended(
                pod.body, code, reason, run.started_at, at, message=run.message, others=others, **why
            )
            self._env.cluster.report(pod, status)
        if pod.deleting:
            self._let_go(uid)

    def _strike(self, uid: str) -> None:
        """activeDeadlineSeconds have passed: the pod fails, whatever the exit code of its containers is."""
        if (pod := self._here(uid, self._strike)) is None:
            return
        run, now = self.runs[uid], self._env.cluster.stamp
        run.over = True
        why = {"pod_reason": "DeadlineExceeded", "words": _DEADLINE_WORDS}
        if run.started is None:
            status = pod_status.never_started(pod.body, now, **why)
        else:
            code = run.script.stopped_code
            reason = "Error" if code else "Completed"
            status = pod_status.ended(pod.body, code, reason, run.started_at, now, others=143, **why)
            if self._env.strikes(troubles.INCOMPLETE, self._late_rng):
                self._happened(troubles.INCOMPLETE, pod)
                self._env.cluster.report(pod, pod_status.incomplete(pod.body, **why))
                self._env.after(self._late_rng.between(1.0, 7.0), partial(self._complete, uid, status))
                return
        self._env.cluster.report(pod, status)

    def _complete(self, uid: str, status: pod_status.Status) -> None:
        """The kubelet has seen the containers end."""
        if (pod := self._on_a_live_node(uid, partial(self._complete, uid, status))) is not None:
            self._env.cluster.report(pod, {**status, "conditions": pod.body["status"].get("conditions") or []})

    def _overtaken(self, pod: Snapshot) -> dict[str, str]:
        """The deadline as the pod's reason, if it has struck while the pod was being deleted; else nothing."""
        deadline, began = pod.body["spec"].get("activeDeadlineSeconds"), self.runs[pod.uid].acknowledged
        if not pod.deleting or deadline is None or began is None or self._env.loop.time() < began + deadline:
            return {}
        self._happened(troubles.OVERTAKEN, pod)
        return {"pod_reason": "DeadlineExceeded", "words": _DEADLINE_WORDS}

    # --- deletion

    def _tend_deleted(self, uid: str) -> None:
        pod = self._on_a_live_node(uid, partial(self._tend_deleted, uid))
        if pod is None:
            return
        run = self.runs[uid]
        if run.over or pod_status.has_ended(pod.body):
            self._let_go(uid)
        elif run.started is None:
            run.over = True
            self._env.cluster.report(pod, pod_status.never_started(pod.body, self._env.cluster.stamp))
            self._let_go(uid)
        elif not run.stopping:
            run.stopping = True
            grace = pod.body["metadata"].get("deletionGracePeriodSeconds", 30)
            within = run.script.stopped_after <= grace
            code = run.script.stopped_code if within else 137
            self._env.after(min(run.script.stopped_after, grace), partial(self._stopped, uid, code))

    def _stopped(self, uid: str, code: int) -> None:
        code = 0 if self.runs[uid].main_over else code
        report = partial(self._report_end, uid, code, "Error" if code else "Completed", self._env.cluster.stamp)
        if self._env.strikes(troubles.LATE_LAST_DELETE, self._last_rng):
            if (pod := self._env.cluster.pod(uid)) is not None:
                self._happened(troubles.LATE_LAST_DELETE, pod)
            late = self._last_rng.about(6.0, 60.0)
            self._env.after(late, report)
            self.on_late(late)
        else:
            report()

    def _let_go(self, uid: str) -> None:
        """The kubelet's last DELETE: grace 0."""
        self._env.after(self._rng.about(0.005, 1.0), partial(self._delete_last, uid))

    def _delete_last(self, uid: str) -> None:
        pod = self._on_a_live_node(uid, partial(self._delete_last, uid))
        if pod is not None and pod.deleting and pod.body["metadata"].get("deletionGracePeriodSeconds") != 0:
            self._env.cluster.delete(KUBELET, paths.pod(pod.namespace, pod.name), grace=0)

    # --- which pods a kubelet may act on

    def _here(self, uid: str, again: Move) -> Snapshot | None:
        """Return the pod if it runs on undisturbed: it exists, has not ended, is not being deleted, and its node is
        up."""
        pod = self._on_a_live_node(uid, partial(again, uid))
        if pod is None or pod.deleting or self.runs[uid].over or pod_status.has_ended(pod.body):
            return None
        return pod

    def _on_a_live_node(self, uid: str, again: Callable[[], None]) -> Snapshot | None:
        """Return the pod if its node is up. If the node is down, call `again` later."""
        pod = self._env.cluster.pod(uid)
        if pod is None:
            self.runs[uid].over = True
            return None
        node = pod.body["spec"].get("nodeName")
        if not node:
            return None
        if node in self.down:
            self._env.after(_LOOK, again)
            return None
        return pod

    def reboots(self, node: str) -> None:
        """Containers that ran on the node are found dead after its reboot (J: the end that containerd makes up)."""
        for pod in self._env.cluster.pods:
            run = self.runs[pod.uid]
            if pod.body["spec"].get("nodeName") == node and run.started is not None and not run.over:
                self._report_end(pod.uid, 255, "Unknown", self._env.cluster.stamp)

    def evicts(self, pod: Snapshot) -> None:
        """The kubelet itself ends a pod, because its node is low on memory or disk."""
        run, now = self.runs[pod.uid], self._env.cluster.stamp
        if run.started is None or run.over or pod.deleting:
            return
        run.over = True
        words = "The node was low on resource: memory"
        status = pod_status.ended(
            pod.body, 137, "Error", run.started_at, now, others=137, pod_reason="Evicted", words=words
        )
        status = pod_status.with_condition(status, "DisruptionTarget", "True", "TerminationByKubelet", words, now)
        self._happened(troubles.EVICTED, pod)
        self._env.cluster.report(pod, status)

    def _log_of(self, pod: Snapshot, _container: str) -> bytes:
        """The log that the node answers. Raises Refusal (500) if the node is down."""
        run = self.runs[pod.uid]
        if pod.body["spec"]["nodeName"] in self.down:
            raise Refusal(500, "", "Get https://node:10250/containerLogs: dial tcp: connect: no route to host")
        return run.script.says.log.encode() if run.has_written else b""

    def _happened(self, trouble: str, pod: Snapshot) -> None:
        self._env.happened(trouble, pod.name, *self._env.states.about(pod))
