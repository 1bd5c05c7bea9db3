"""How a DELETE changes an object's metadata, and when an object is removed.

After apiserver, registry/rest/delete.go and registry/generic/registry/store.go; the functions there are named here.
"""

from dataclasses import dataclass
from typing import Final

from tests.simulation.apiserver import pods
from tests.simulation.apiserver.refusals import conflict
from tests.simulation.apiserver.storage import Body, Snapshot
from tests.simulation.apiserver.timestamps import stamp

FOREGROUND: Final = "foregroundDeletion"
ORPHAN: Final = "orphan"
"""Finalizers of the garbage collector."""

_TIMESTAMP: Final = "deletionTimestamp"
_GRACE: Final = "deletionGracePeriodSeconds"


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """The options of a DELETE. `grace` is in seconds."""

    uid: str = ""
    resource_version: str = ""
    grace: int | None = None
    propagation: str = ""

    @classmethod
    def of(cls, body: Body) -> "DeleteOptions":
        asked = body.get("preconditions") or {}
        return cls(
            uid=asked.get("uid", ""),
            resource_version=asked.get("resourceVersion", ""),
            grace=body.get("gracePeriodSeconds"),
            propagation=body.get("propagationPolicy", ""),
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """The effect of a DELETE on an object."""

    metadata: Body
    stored: bool
    """The object is stored with this metadata first."""
    gone: bool
    """The object is removed with this DELETE."""


def ending(old: Snapshot, options: DeleteOptions, now: float) -> Ending:
    """The effect of a DELETE on `old`. Raises Refusal if a precondition does not hold."""
    _hold_preconditions(old, options)
    metadata = dict(old.body["metadata"])
    if old.resource.graceful and not _begin(old, metadata, options, now):
        return Ending(metadata, stored=False, gone=False)
    _set_finalizers(metadata, options.propagation)
    held = bool(metadata.get("finalizers"))
    if held and not old.resource.graceful:
        _mark_as_deleting(metadata, now)
    waits = metadata.get(_GRACE, 0) > 0
    return Ending(metadata, stored=held or old.resource.graceful, gone=not held and not waits)


def ends_with(old: Body, new: Body) -> bool:
    """Whether this write removes an object that is being deleted (ShouldDeleteDuringUpdate)."""
    metadata = old["metadata"]
    return not new["metadata"].get("finalizers") and _TIMESTAMP in metadata and not metadata.get(_GRACE)


def _begin(old: Snapshot, metadata: Body, options: DeleteOptions, now: float) -> bool:
    """Begin the grace period of a pod; False if a shorter one runs already (BeforeDelete)."""
    if not old.deleting:
        metadata["generation"] += 1
        _set(metadata, pods.grace_of(old.body, options.grace), now)
        return True
    running = metadata.get(_GRACE, 0)
    if running and (options.grace is None or options.grace >= running):
        return False
    if running:
        _set(metadata, options.grace or 0, now)
    return True


def _set(metadata: Body, grace: int, now: float) -> None:
    metadata[_TIMESTAMP] = stamp(int(now) + grace)
    metadata[_GRACE] = grace


def _mark_as_deleting(metadata: Body, now: float) -> None:
    """Mark an object without a grace period that is held by finalizers (markAsDeleting)."""
    if _GRACE not in metadata:
        metadata["generation"] += 1
    metadata.setdefault(_TIMESTAMP, stamp(int(now)))
    metadata[_GRACE] = 0


def _set_finalizers(metadata: Body, propagation: str) -> None:
    """Set the finalizers for what the garbage collector must do with dependents
    (deletionFinalizersForGarbageCollection)."""
    if not propagation:
        return
    wanted = {"Foreground": [FOREGROUND], "Orphan": [ORPHAN]}.get(propagation, [])
    kept = [name for name in metadata.get("finalizers") or () if name not in {FOREGROUND, ORPHAN}]
    metadata["finalizers"] = [*kept, *wanted]
    if not metadata["finalizers"]:
        del metadata["finalizers"]


def _hold_preconditions(old: Snapshot, options: DeleteOptions) -> None:
    why = ""
    if options.uid and options.uid != old.uid:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({old.uid}). The object "
            "might have been deleted and then recreated"
        )
    elif options.resource_version and options.resource_version != str(old.revision):
        why = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match the ResourceVersion "
            f"in record ({old.revision}). The object might have been modified"
        )
    if why:
        raise conflict(old.resource, old.name, why, by_kind=True)
