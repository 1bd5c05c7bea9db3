"""What a tenant may try on the pods of jobs and on other pods, and what the admission policies say to it.

The real API server and the simulated one are both asked.
"""

from dataclasses import dataclass
from typing import Any, Final

from queuedjob.api import names

Metadata = dict[str, Any]

JOB: Final = "job"
JOB_UID: Final = "11111111-2222-4333-8444-555555555555"
OTHER_UID: Final = "99999999-2222-4333-8444-555555555555"


def owner(uid: str, name: str = JOB, **fields: Any) -> Metadata:  # noqa: ANN401 - any JSON
    """An owner reference as the operator writes it, with `fields` over it."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": "QueuedJob",
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
        **fields,
    }


def attempt(uid: str = JOB_UID) -> Metadata:
    """The metadata of an attempt's pod, without its name."""
    return {
        "labels": {names.JOB_LABEL: JOB, names.JOB_UID_LABEL: uid, "app": "billing"},
        "annotations": {names.SPEC_HASH_ANNOTATION: "hash", "a.example/b": "c"},
        "finalizers": [names.FINALIZER],
        "ownerReferences": [owner(uid)],
    }


@dataclass(frozen=True, slots=True)
class Attempt:
    """One write. `words` are in the refusal; none: the write passes."""

    patch: Metadata
    """A merge patch of metadata; for a creation the metadata itself."""
    words: tuple[str, ...] = ()


_THE_OPERATORS: Final = "on pods, only the operator of QueuedJobs writes this"
_LEAVE_IT: Final = "leave it as it is; to stop an attempt, set spec.suspend or spec.cancel of its QueuedJob"
_TAKE_IT_OUT: Final = "take it out of the pod, and of the template that the pod is made from"


def _kept(path: str) -> tuple[str, ...]:
    return (path, _THE_OPERATORS, _LEAVE_IT)


def _not_on_a_new_pod(path: str) -> tuple[str, ...]:
    return (path, _THE_OPERATORS, _TAKE_IT_OUT)


CHANGES: Final = {
    "relabelled to another job": Attempt(
        {"labels": {names.JOB_UID_LABEL: OTHER_UID}}, _kept(f"metadata.labels[{names.JOB_UID_LABEL}]")
    ),
    "stripped of a label": Attempt({"labels": {names.JOB_LABEL: None}}, _kept(f"metadata.labels[{names.JOB_LABEL}]")),
    "stripped of all labels": Attempt({"labels": None}, _kept(f"metadata.labels[{names.JOB_LABEL}]")),
    "given a label of ours": Attempt(
        {"labels": {names.ATTEMPT_LABEL: "9"}}, _kept(f"metadata.labels[{names.ATTEMPT_LABEL}]")
    ),
    "given a stop reason": Attempt(
        {"annotations": {names.STOP_REASON_ANNOTATION: "suspend"}},
        _kept(f"metadata.annotations[{names.STOP_REASON_ANNOTATION}]"),
    ),
    "given another spec hash": Attempt(
        {"annotations": {names.SPEC_HASH_ANNOTATION: "other"}},
        _kept(f"metadata.annotations[{names.SPEC_HASH_ANNOTATION}]"),
    ),
    "stripped of an annotation": Attempt(
        {"annotations": {names.SPEC_HASH_ANNOTATION: None}},
        _kept(f"metadata.annotations[{names.SPEC_HASH_ANNOTATION}]"),
    ),
    "stripped of its owner": Attempt(
        {"ownerReferences": None}, _kept(f"metadata.ownerReferences[QueuedJob {JOB} {JOB_UID}]")
    ),
    "given to another job": Attempt(
        {"ownerReferences": [owner(OTHER_UID)]}, _kept(f"metadata.ownerReferences[QueuedJob {JOB} {OTHER_UID}]")
    ),
    "given another name of its owner": Attempt(
        {"ownerReferences": [owner(JOB_UID, "victim")]},
        _kept(f"metadata.ownerReferences[QueuedJob victim {JOB_UID}]"),
    ),
    "left without a controller": Attempt(
        {"ownerReferences": [owner(JOB_UID, controller=False)]},
        _kept(f"metadata.ownerReferences[QueuedJob {JOB} {JOB_UID}, not the controller]"),
    ),
    "changed in a label of the tenant's and one of ours": Attempt(
        {"labels": {"app": "x", names.JOB_LABEL: "x"}}, _kept(f"metadata.labels[{names.JOB_LABEL}]")
    ),
    "released and relabelled": Attempt(
        {"finalizers": None, "labels": {names.JOB_LABEL: "x"}}, _kept(f"metadata.labels[{names.JOB_LABEL}]")
    ),
    "given a label of the tenant's": Attempt({"labels": {"app": "x", "sub.queuedjob.dev/x": "y"}}),
    "given an annotation of the tenant's": Attempt({"annotations": {"a.example/b": None, "queuedjob.dev": "x"}}),
    "held by a finalizer of the tenant's": Attempt({"finalizers": ["a.example/b", names.FINALIZER]}),
    "not blocking its owner's deletion": Attempt({"ownerReferences": [owner(JOB_UID, blockOwnerDeletion=False)]}),
    "released": Attempt({"finalizers": None}),
}
"""Changes of an attempt's pod, by a user who may edit pods and delete QueuedJobs."""

CREATIONS: Final = {
    "with a label of ours": Attempt(
        {"labels": {names.JOB_LABEL: JOB}}, _not_on_a_new_pod(f"metadata.labels[{names.JOB_LABEL}]")
    ),
    "with an annotation of ours": Attempt(
        {"annotations": {names.STOP_REASON_ANNOTATION: "x"}},
        _not_on_a_new_pod(f"metadata.annotations[{names.STOP_REASON_ANNOTATION}]"),
    ),
    "with our finalizer": Attempt(
        {"finalizers": [names.FINALIZER]}, _not_on_a_new_pod(f"metadata.finalizers[{names.FINALIZER}]")
    ),
    "with a job as its owner": Attempt(
        {"ownerReferences": [owner(JOB_UID)]},
        _not_on_a_new_pod(f"metadata.ownerReferences[QueuedJob {JOB} {JOB_UID}]"),
    ),
    "with a job of a later version as an owner": Attempt(
        {"ownerReferences": [owner(JOB_UID, apiVersion="queuedjob.dev/v9", controller=False)]},
        _not_on_a_new_pod(f"metadata.ownerReferences[QueuedJob {JOB} {JOB_UID}, not the controller]"),
    ),
    "as a whole attempt": Attempt(attempt(), _not_on_a_new_pod(f"metadata.labels[{names.JOB_LABEL}]")),
    "with nothing": Attempt({}),
    "with marks that only look like ours": Attempt(
        {
            "labels": {"sub.queuedjob.dev/job": "x", "queuedjob.dev": "x"},
            "annotations": {"notqueuedjob.dev/job": "x"},
            "finalizers": ["queuedjob.devil/x"],
        }
    ),
    "with an owner of a like kind of another group": Attempt(
        {"ownerReferences": [owner(JOB_UID, apiVersion="other.example/v1")]}
    ),
}
"""Pods that a tenant creates."""
