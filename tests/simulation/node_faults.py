"""Faults of nodes and of the operator's process. They are tried at random intervals, each by its rate."""

from functools import partial
from typing import Final

from queuedjob.kube.client import paths
from tests.simulation import pod_status, troubles
from tests.simulation.apiserver.storage import Snapshot
from tests.simulation.env import Env
from tests.simulation.kubelet import NODES, Kubelets
from tests.simulation.network import Network
from tests.simulation.operators import Operators
from tests.simulation.rng import Stream
from tests.simulation.users import USER

_NODE_CONTROLLER: Final = "node-controller"
_POD_GC: Final = "pod-gc"
_EVICTOR: Final = "evictor"

_OFTEN: Final = (0.2, 8.0)
"""Seconds between two tries."""


class NodeFaults:
    """All faults that no user causes."""

    def __init__(self, env: Env, kubelets: Kubelets, operators: Operators, network: Network) -> None:
        self._env = env
        self._kubelets = kubelets
        self._operators = operators
        self._network = network
        self._rng = env.rng(Stream.NODE_FAULTS)

    def begin(self) -> None:
        if self._env.strikes(troubles.CLOCK_SKEW, self._rng):
            self._operators.skew_clock()
        self._try_again()

    def _try_again(self) -> None:
        if not self._env.calm:
            self._env.after(self._rng.about(*_OFTEN), self._strike)

    def _strike(self) -> None:
        for trouble, strike in (
            (troubles.EVICTED, self._evict),
            (troubles.DRAINED, self._drain),
            (troubles.NODE_LOST, partial(self._lose_node, troubles.NODE_LOST)),
            (troubles.NODE_GONE, partial(self._lose_node, troubles.NODE_GONE)),
            (troubles.NODE_REBOOT, partial(self._lose_node, troubles.NODE_REBOOT)),
            (troubles.NODE_SILENT, partial(self._lose_node, troubles.NODE_SILENT)),
            (troubles.DELETE_DENIED, partial(self._refuse, troubles.DELETE_DENIED)),
            (troubles.UPDATE_DENIED, partial(self._refuse, troubles.UPDATE_DENIED)),
            (troubles.POD_GC, self._collect_pods),
            (troubles.OUTAGE, lambda: self._network.goes_down(self._rng.about(0.1, 60.0))),
            (troubles.WATCH_CUT, self._operators.cut_watches),
            (troubles.WATCH_GONE, self._forget_history),
            (troubles.KILL, self._operators.kill),
            (troubles.TERMINATE, self._operators.terminate),
            (troubles.STALL, self._operators.starve),
            (troubles.ISOLATED, self._operators.isolate),
            (troubles.CLOCK_JUMP, self._operators.set_clock),
        ):
            if self._env.strikes(trouble, self._rng):
                strike()
        self._try_again()

    # --- the API server

    def _forget_history(self) -> None:
        """Etcd is compacted while watches are broken: a watch that comes back has missed deletions, and its client must
        list again.

        A broken watch comes back at once, before the history is forgotten, unless an outage stops it.
        """
        self._env.happened(troubles.WATCH_GONE, "history is forgotten", *self._env.states.all())
        gap = self._rng.about(0.01, 1.0)
        self._operators.cut_watches()
        if self._rng.chance(0.5):
            self._network.goes_down(2 * gap)
            self._env.after(gap / 2, self._make_one_vanish)
        self._env.after(gap, self._env.cluster.server.storage.forget)

    def _make_one_vanish(self) -> None:
        """Delete a pod while no client watches: remove its finalizers, then delete it with grace 0. Only in scenarios
        with FORCE_DELETE."""
        cluster = self._env.cluster
        pods = [pod for pod in cluster.pods if not pod_status.has_ended(pod.body)]
        if pods and not self._env.calm and self._env.scenario.rate(troubles.FORCE_DELETE):
            pod = self._rng.one_of(pods)
            self._env.happened(troubles.FORCE_DELETE, pod.name, *self._env.states.about(pod))
            body = pod.copy()
            body["metadata"]["finalizers"] = []
            cluster.replace(USER, paths.pod(pod.namespace, pod.name), body)
            cluster.delete(USER, paths.pod(pod.namespace, pod.name), grace=0)

    def _refuse(self, trouble: str) -> None:
        """A policy or a dead webhook refuses writes to pods for a while."""
        self._network.refuses(trouble, self._rng.about(2.0, 200.0))

    # --- nodes

    def _evict(self) -> None:
        if pods := self._bound():
            self._kubelets.evicts(self._rng.one_of(pods))

    def _drain(self) -> None:
        """kubectl drain: an eviction through the API marks the pod, then deletes it."""
        if pods := self._bound():
            self._disrupt(self._rng.one_of(pods), "EvictionByEvictionAPI", _EVICTOR, troubles.DRAINED)

    def _lose_node(self, how: str) -> None:
        """A node stops reporting: until it is deleted, for a while, or until it has rebooted."""
        node = self._rng.one_of(NODES)
        if node in self._kubelets.down:
            return
        self._kubelets.down.add(node)
        self._env.happened(how, node, *self._env.states.all())
        if how == troubles.NODE_SILENT:  # its pods tolerate it: nobody deletes them
            self._env.after(self._rng.about(60.0, 900.0), partial(self._come_back, node, how))
            return
        if self._rng.chance(0.6):
            self._env.after(self._rng.about(5.0, 60.0), partial(self._taint, node))
        back = self._rng.about(1.0, 120.0)
        self._env.after(back, partial(self._come_back, node, how))

    def _taint(self, node: str) -> None:
        """The node has not reported for a while: its pods are deleted, and stay Terminating."""
        if node in self._kubelets.down:
            for pod in self._on(node):
                self._disrupt(pod, "DeletionByTaintManager", _NODE_CONTROLLER)

    def _come_back(self, node: str, how: str) -> None:
        if how == troubles.NODE_GONE:  # its Node object is deleted; another machine gets its name
            for pod in self._on(node):
                self._collect(pod)
        self._kubelets.down.discard(node)
        if how == troubles.NODE_REBOOT:
            self._kubelets.reboots(node)

    def _collect(self, pod: Snapshot) -> None:
        """Pod garbage collection of a node that is gone (pkg/controller/podgc)."""
        cluster = self._env.cluster
        if pod.uid in self._kubelets.runs:
            self._kubelets.runs[pod.uid].over = True
        if not pod_status.has_ended(pod.body):
            words = "PodGC: node no longer exists"
            status = pod_status.with_condition(
                pod_status.failed(pod.body), "DisruptionTarget", "True", "DeletionByPodGC", words, cluster.stamp
            )
            cluster.report(pod, status, _POD_GC)
        cluster.delete(_POD_GC, paths.pod(pod.namespace, pod.name), grace=0)

    def _collect_pods(self) -> None:
        """Too many finished pods in the cluster: delete some of them (J11)."""
        for pod in self._env.cluster.pods:
            if pod_status.has_ended(pod.body) and not pod.deleting and self._rng.chance(0.5):
                self._env.happened(troubles.POD_GC, pod.name, *self._env.states.about(pod))
                self._env.cluster.delete(_POD_GC, paths.pod(pod.namespace, pod.name), grace=0)

    def _disrupt(self, pod: Snapshot, reason: str, user: str, trouble: str = "") -> None:
        if pod.deleting or pod_status.has_ended(pod.body):
            return
        if trouble:
            self._env.happened(trouble, pod.name, *self._env.states.about(pod))
        cluster = self._env.cluster
        status = pod_status.with_condition(pod.body["status"], "DisruptionTarget", "True", reason, "", cluster.stamp)
        cluster.report(pod, status, user)
        cluster.delete(user, paths.pod(pod.namespace, pod.name))

    def _bound(self) -> list[Snapshot]:
        return [p for p in self._env.cluster.pods if p.body["spec"].get("nodeName") and not p.deleting]

    def _on(self, node: str) -> list[Snapshot]:
        return [p for p in self._env.cluster.pods if p.body["spec"].get("nodeName") == node]

    # --- the end of the faults

    def end(self) -> None:
        """Bring all nodes back."""
        self._kubelets.down.clear()
