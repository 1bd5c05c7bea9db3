"""Protects what the operator believes of a pod: only who may write the status of a QueuedJob may write it.

Who may is asked of the authorizer, so no user is named here: the operator may by its role, and the garbage collector
and administrators may do everything. All other writes to pods in the cluster pass: those that change none of the
metadata, as a kubelet's and a scheduler's, after a comparison of four fields.

A finalizer may also be taken off by a user who may delete the QueuedJobs of the namespace, and by anyone who may write
pods once the namespace is being deleted: the way out where the operator is gone.
"""

from typing import Final

from queuedjob.api.kinds.queuedjob import QUEUEDJOB
from queuedjob.api.manifests.admission.marks import KEYS, OURS, changes, has_marks, may, metadata
from queuedjob.api.manifests.admission.policy import CREATE_OR_CHANGE, Check, Policy, Scope
from queuedjob.api.names import FINALIZER, GROUP, JOB_LABEL

_FIELDS: Final = ("labels", "annotations", "finalizers", "ownerReferences")

_TOUCHES: Final = {
    "metadata-is-new": f"request.operation == 'CREATE' ? ({has_marks('object')}) : ({changes(*_FIELDS)})",
}


def _differing(field: str) -> str:
    """CEL for the paths of our labels or annotations that are added, changed or removed."""
    new, old = f"variables.{field}", f"variables.{field}Before"
    return (
        f"{new} == {old} ? [] : variables.keys.filter(x, (x in {new}) != (x in {old}) || (x in {new} && "
        f"{new}[x] != {old}[x])).map(x, 'metadata.{field}[' + x + ']')"
    )


def _owners(of: str) -> str:
    """CEL for what the operator believes of our owner references, as texts."""
    return (
        f"({metadata(of, 'ownerReferences', '[]')}).filter(x, x.apiVersion.startsWith('{OURS}'))"
        ".map(x, x.kind + ' ' + x.name + ' ' + x.uid + (x.?controller.orValue(false) ? '' : ', not the controller'))"
    )


_VARIABLES: Final = {
    "keys": f"{list(KEYS)}",
    **{field: metadata("object", field, "{}") for field in ("labels", "annotations")},
    **{f"{field}Before": metadata("oldObject", field, "{}") for field in ("labels", "annotations")},
    "held": f"'{FINALIZER}' in ({metadata('object', 'finalizers', '[]')})",
    "heldBefore": f"'{FINALIZER}' in ({metadata('oldObject', 'finalizers', '[]')})",
    "sameOwners": "oldObject != null && object.metadata.?ownerReferences == oldObject.metadata.?ownerReferences",
    "owners": f"variables.sameOwners ? [] : {_owners('object')}",
    "ownersBefore": f"variables.sameOwners ? [] : {_owners('oldObject')}",
    "touched": f"({_differing('labels')}) + ({_differing('annotations')})"
    f" + (variables.held && !variables.heldBefore ? ['metadata.finalizers[{FINALIZER}]'] : [])"
    " + (variables.owners.filter(x, !(x in variables.ownersBefore))"
    " + variables.ownersBefore.filter(x, !(x in variables.owners))).map(x, 'metadata.ownerReferences[' + x + ']')",
    "remedy": "request.operation == 'CREATE' ? 'take it out of the pod, and of the template that the pod is made from'"
    " : 'leave it as it is; to stop an attempt, set spec.suspend or spec.cancel of its QueuedJob, or delete the pod'",
    "trusted": may("update", QUEUEDJOB.plural, "status"),
    "leaving": f"has(namespaceObject.metadata.deletionTimestamp) || {may('delete', QUEUEDJOB.plural)}",
}

_CHECKS: Final = (
    Check(
        "size(variables.touched) == 0 || variables.trusted",
        "{variables.touched.join(', ')}: on pods, only the operator of QueuedJobs writes this, and knows attempts by "
        "it; {variables.remedy}",
    ),
    Check(
        "!variables.heldBefore || variables.held || variables.trusted || variables.leaving",
        f"metadata.finalizers[{FINALIZER}] keeps the pod until its end is counted in its QueuedJob; leave it to the "
        f"operator, or, where that is gone, ask a user who may delete {QUEUEDJOB.plural}.{GROUP} in this namespace to "
        "run `queuedjob release`",
    ),
)

_PODS: Final = Scope(
    "",
    "v1",
    # A binding hands its annotations and labels on to the pod.
    ("pods", "pods/ephemeralcontainers", "pods/resize", "pods/binding", "bindings"),
)
_STATUSES: Final = Scope("", "v1", ("pods/status",), label=JOB_LABEL)
"""Kubelets write the status of every pod, again and again: only those of jobs are looked at. A write of the status
cannot change owners, so it cannot make another pod an attempt."""

EVIDENCE: Final = Policy("pod-evidence", CREATE_OR_CHANGE, _TOUCHES, _CHECKS, _VARIABLES, _PODS)
EVIDENCE_BY_STATUS: Final = Policy("pod-evidence-by-status", ("UPDATE",), _TOUCHES, _CHECKS, _VARIABLES, _STATUSES)
