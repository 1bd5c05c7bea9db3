"""Keeps `checkpoint` of a dead letter unchanged: the field has no type, so CEL in the CRD cannot compare it."""

from typing import Final

from queuedjob.api.manifests.admission.policy import CHANGE, CHANGED_SPEC, Check, Policy
from queuedjob.api.names import DEADLETTERS

_CHECKS: Final = (
    Check(
        "has(object.spec.checkpoint) == has(oldObject.spec.checkpoint) && "
        "(!has(object.spec.checkpoint) || object.spec.checkpoint == oldObject.spec.checkpoint)",
        "a dead letter is a record: only spec.resolution may change",
    ),
)

RECORD: Final = Policy("deadletter-record", CHANGE, CHANGED_SPEC, _CHECKS, resource=DEADLETTERS)
