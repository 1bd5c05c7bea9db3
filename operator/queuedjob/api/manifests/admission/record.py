"""Keeps dead letters: the part of the record that CEL in the CRD cannot compare, and what would have it deleted.

`checkpoint` has no type in the schema. A false owner would have the garbage collector delete a letter for a user who
may not delete it.
"""

from typing import Final

from queuedjob.api.kinds.deadletter import DEADLETTER
from queuedjob.api.manifests.admission.marks import may
from queuedjob.api.manifests.admission.policy import (
    CHANGE,
    CHANGED_SPEC,
    CREATE_OR_CHANGE,
    LETTERS,
    Check,
    Policy,
)

_CHECKS: Final = (
    Check(
        "has(object.spec.checkpoint) == has(oldObject.spec.checkpoint) && "
        "(!has(object.spec.checkpoint) || object.spec.checkpoint == oldObject.spec.checkpoint)",
        "a dead letter is a record: only spec.resolution may change",
    ),
)

RECORD: Final = Policy("deadletter-record", CHANGE, CHANGED_SPEC, _CHECKS, scope=LETTERS)

_WRITES_STATUS: Final = DEADLETTER.operator["status"][0]
_CHANGED_OWNERS: Final = {
    "owners-are-new": "request.operation == 'CREATE' ? has(object.metadata.ownerReferences) : "
    "object.metadata.?ownerReferences != oldObject.metadata.?ownerReferences"
}
_OWNED: Final = (
    Check(
        may(_WRITES_STATUS, DEADLETTER.plural, "status"),
        "metadata.ownerReferences of a dead letter cannot change: it outlives its job, and an owner would have the "
        "garbage collector delete it; leave ownerReferences out, and delete the letter if you may",
    ),
)

OWNERS: Final = Policy("deadletter-owners", CREATE_OR_CHANGE, _CHANGED_OWNERS, _OWNED, scope=LETTERS)
