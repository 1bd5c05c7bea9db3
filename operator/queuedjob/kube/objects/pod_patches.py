"""JSON patches of pods. Each names the UID that it was planned on, so that a late one hits no other pod."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from queuedjob.api import names
from queuedjob.api.types.times import format_time
from queuedjob.kube.client.client import Operation
from queuedjob.kube.objects.patches import add, pointer, remove, require, same_object, same_version
from queuedjob.policy.facts import Pod, StopReason

_DETAIL: Final = 1024
"""Characters that are kept of what kept a pod from starting; its beginning names the cause."""


def with_labels(pod: Pod, labels: Mapping[str, str]) -> Sequence[Operation]:
    """Add `labels`. Labels that a client has added in the meantime stay."""
    operations = same_object(pod) if pod.has_labels else [*same_version(pod), add("/metadata/labels", {})]
    return [*operations, *(add(pointer("metadata", "labels", key), value) for key, value in labels.items())]


def with_stop_reason(pod: Pod, reason: StopReason, detail: str, asked: datetime) -> Sequence[Operation]:
    """Write why and when we stop the pod, on the version that the decision was made on."""
    operations = same_version(pod)
    if not pod.has_annotations:
        operations.append(add("/metadata/annotations", {}))
    operations.append(add(pointer("metadata", "annotations", names.STOP_REASON_ANNOTATION), str(reason)))
    operations.append(_noted(asked))
    if detail:
        kept = detail[:_DETAIL]
        operations.append(add(pointer("metadata", "annotations", names.STOP_DETAIL_ANNOTATION), kept))
    return operations


def with_deletion_noted(pod: Pod, asked: datetime) -> Sequence[Operation]:
    """Write when another client requested the deletion of the pod."""
    operations = same_object(pod) if pod.has_annotations else [*same_version(pod), add("/metadata/annotations", {})]
    return [*operations, _noted(asked)]


def _noted(asked: datetime) -> Operation:
    return add(pointer("metadata", "annotations", names.DELETION_ANNOTATION), format_time(asked))


def without_finalizer(pod: Pod) -> Sequence[Operation]:
    """Remove our finalizer, if it is where it was."""
    path = pointer("metadata", "finalizers", str(pod.finalizer_index))
    return [*same_object(pod), require(path, names.FINALIZER), remove(path)]
