"""Sets up the environment of the demo: a cluster, the operator of this checkout, and a fresh namespace."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dev.cluster import Cluster, Where, up
from dev.cluster.progress import say
from dev.cluster.waiting import tries
from dev.harness import Kubectl, KubectlError, OperatorProcess, install, kubeconfig_of_operator, start_operator
from dev.harness.one_at_a_time import USER, end_the_one_before, the_one, this_is_the_one

NAMESPACE: Final = "demo"
_MARK: Final = {"app.kubernetes.io/part-of": "queuedjob-demo"}
"""Label of a namespace that the demo created, and so may delete."""

_GOES_WITHIN: Final = 90.0
"""Seconds. An operator that has just started releases no pod of a job for 20."""

_SOON: Final = 20.0


class EnvError(Exception):
    """An object of the user is in the way; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Env:
    """The environment. `kubectl` works in the fresh namespace, as an administrator."""

    cluster: Cluster
    kubectl: Kubectl
    operator: OperatorProcess


def set_up(name: str, where: Where) -> Env:
    """Reuse the cluster `name` and what is installed; operator and namespace are always new.

    Raises EnvError, and the errors of dev.cluster and dev.harness.
    """
    cluster = up(name, where=where)
    kubectl = Kubectl.of(cluster)
    if _delete_earlier(kubectl):
        say(f"deleting the namespace {NAMESPACE} of the demo before")
    say("installing CRDs, policies and roles")
    install(kubectl)
    if the_one(cluster) is not None:
        _lingers(kubectl, _SOON)  # the operator that knows these jobs releases their pods soonest
    operator = _operator(cluster, kubectl)
    if lingers := _lingers(kubectl, _GOES_WITHIN):
        raise EnvError(f"The namespace {NAMESPACE} does not go within {_GOES_WITHIN:.0f} s: {lingers}")
    kubectl.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": _MARK}},
    )
    within = kubectl.within(NAMESPACE)
    within.run("wait", "--for=create", "serviceaccount/default", "--timeout=30s")  # without it pods are refused
    return Env(cluster, within, operator)


def _operator(cluster: Cluster, kubectl: Kubectl) -> OperatorProcess:
    end_the_one_before(cluster)
    say("starting the operator of this checkout")
    account = kubeconfig_of_operator(kubectl, cluster.kubeconfig, USER, [], cluster.folder)
    operator = start_operator(account, log_of(cluster), on_start=lambda pid: this_is_the_one(cluster, pid))
    say(f"the operator is ready, as its own user {USER}: pid {operator.process.pid}")
    return operator


def log_of(cluster: Cluster) -> Path:
    """Return the path of the operator's log."""
    return cluster.folder / "operator.log"


def _delete_earlier(kubectl: Kubectl) -> bool:
    """Delete the namespace of an earlier demo, without waiting; return whether there was one."""
    try:
        labels = kubectl.get("namespace", NAMESPACE)["metadata"].get("labels", {})
    except KubectlError as error:
        if "NotFound" in str(error):
            return False
        raise
    if not _MARK.items() <= labels.items():
        raise EnvError(
            f"This cluster has a namespace {NAMESPACE} that no earlier demo made, so it stays: use another cluster "
            f"(make demo NAME=other), or delete it yourself (kubectl delete namespace {NAMESPACE})."
        )
    kubectl.run("delete", "namespace", NAMESPACE, "--wait=false", "--ignore-not-found")
    return True


def _lingers(kubectl: Kubectl, patience: float) -> str:
    """Wait until the namespace is gone and return ""; after `patience` seconds return what its conditions report."""
    found = ""
    for _ in tries(patience):
        found = kubectl.run("get", "namespace", NAMESPACE, "--ignore-not-found", "--output=json")
        if not found:
            return ""
    conditions = json.loads(found)["status"].get("conditions", [])
    return "; ".join(each["message"] for each in conditions if each["status"] == "True") or "it is Terminating"
