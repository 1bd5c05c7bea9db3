"""How one object is created, changed and deleted: the order of checks, and what is stored in the end.

The order is the real one's (apiserver, registry/generic/registry/store.go and registry/rest), as it decides which of
two refusals is heard.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tests.simulation.apiserver import custom, pods
from tests.simulation.apiserver.admission import enter_namespace, judge_job
from tests.simulation.apiserver.moments import stamp
from tests.simulation.apiserver.quotas import charge
from tests.simulation.apiserver.refusals import (
    STALE,
    Cause,
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
    other_uid,
    versionless,
)
from tests.simulation.apiserver.resources import JOBS, NAMESPACES, PODS, QUOTAS, Resource, Target
from tests.simulation.apiserver.storage import Body, Snapshot, Storage
from tests.simulation.apiserver.validation import wrong_change_of_metadata, wrong_metadata

FOREGROUND: Final = "foregroundDeletion"
ORPHAN: Final = "orphan"
"""Finalizers of the garbage collector's."""

STATUS: Final = "/status"

_SYSTEM: Final = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")
"""Metadata that nobody writes but the API server."""


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """What a DELETE asks for. `grace` in seconds."""

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


class Registry:
    """Creates, changes and deletes, one request at a time. `now` gives seconds since the epoch."""

    def __init__(self, storage: Storage, now: Callable[[], float]) -> None:
        self._storage = storage
        self._now = now
        self._made = 0
        self._bare: set[str] = set()
        """UIDs of objects that are stored without a status: its default is but shown until somebody writes anything."""

    def get(self, target: Target) -> Snapshot:
        """The object as it is. Raises Refusal."""
        found = self._storage.get(target.resource, target.namespace, target.name)
        if found is None:
            raise not_found(target.resource, target.name)
        return found

    # --- create

    def create(self, target: Target, body: Body, *, strict: bool = False) -> Snapshot:
        """Store a new object. `body` is the registry's from now on. Raises Refusal."""
        resource, storage = target.resource, self._storage
        body = self._decoded(resource, body, strict=strict)
        metadata = body["metadata"]
        name = metadata.get("name", "")
        if metadata.get("namespace", target.namespace) != target.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        if resource.namespaced:
            enter_namespace(storage, resource, target.namespace, name)
        body = self._fresh(target, body)
        if causes := [*wrong_metadata(resource, body), *self._wrong(resource, body, None)]:
            raise invalid(resource, name, causes)
        if resource is JOBS:
            judge_job(body, None)
        if resource.namespaced:
            charge(storage, resource, target.namespace, name)
        if (there := storage.get(resource, target.namespace, name)) is not None:
            raise already_exists(resource, name, going=there.deleting)
        made = storage.put(resource, body)
        if resource.custom:
            self._bare.add(made.uid)
        return made

    def _decoded(self, resource: Resource, body: Body, *, strict: bool) -> Body:
        if body.get("kind", resource.kind) != resource.kind:
            raise bad_request(f"the API version in the data does not match the expected API version: {resource.kind}")
        if resource.custom:
            body = custom.decoded(resource, body, strict=strict)
        elif strict and resource is PODS:
            pods.refuse_unknown_fields(body)
        body.setdefault("metadata", {})
        return body

    def _fresh(self, target: Target, body: Body) -> Body:
        resource = target.resource
        self._made += 1
        metadata = {k: v for k, v in body["metadata"].items() if k not in {*_SYSTEM, "resourceVersion"} and v}
        metadata["uid"] = f"{self._made:08x}-0000-4000-8000-000000000000"
        metadata["creationTimestamp"] = self._stamp()
        if resource.namespaced:
            metadata["namespace"] = target.namespace
        if resource.custom or resource is PODS:
            metadata["generation"] = 1
        body = {**body, "kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        if resource.custom:
            return {**body, "status": custom.default_status(resource)}
        if resource is PODS:
            return pods.fresh(body)
        if resource is NAMESPACES:
            return {**body, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
        return {**body, "status": {}} if resource is QUOTAS else body

    # --- change

    def replace(self, target: Target, body: Body, *, strict: bool = False) -> Snapshot:
        """A PUT. Its metadata may name UID and resourceVersion. Raises Refusal."""
        resource = target.resource
        given = self._decoded(resource, body, strict=strict)
        metadata = given["metadata"]
        if (name := metadata.get("name", target.name)) != target.name:
            words = f"the name of the object ({name}) does not match the name on the URL ({target.name})"
            raise bad_request(words)
        there = self.get(target)
        if resource.custom and not metadata.get("resourceVersion"):
            raise versionless(resource, target.name)
        if (uid := metadata.get("uid")) and uid != there.uid:
            raise other_uid(resource, there.namespace, there.name, uid, there.uid)
        return self.change(target, lambda _: given, strict=strict)

    def change(self, target: Target, edit: Callable[[Body], Body], *, strict: bool = False) -> Snapshot:
        """Store what `edit` makes of a copy of the object. Raises Refusal.

        What is answered is not always what was stored: an object that ends with this is answered as it would have been,
        without finalizers, but under the version before, and the history knows it with its finalizers to the end
        (deleteWithoutFinalizers).
        """
        resource, old = target.resource, self.get(target)
        given = edit(old.copy())
        if resource.custom:
            given = custom.decoded(resource, given, strict=strict)
        if given["metadata"].get("resourceVersion", str(old.revision)) != str(old.revision):
            raise conflict(resource, old.name, STALE)
        new = self._prepared(target, old.body, given)
        causes = [*wrong_change_of_metadata(old.body, given), *wrong_metadata(resource, new)]
        if causes := [*causes, *self._wrong(resource, new, old.body)]:
            raise invalid(resource, target.name, causes)
        if resource is JOBS and not target.subresource:
            judge_job(new, old.body)
        if new == old.body and old.uid not in self._bare:
            return old
        self._bare.discard(old.uid)
        if _ends_with(old.body, new):
            self._storage.remove(old)
            return Snapshot(resource, new)
        return self._storage.put(resource, new)

    def bind(self, target: Target, binding: Body) -> Snapshot:
        """Give a pod its node. Raises Refusal."""
        pod = self.get(replace(target, subresource=""))
        return self._storage.put(PODS, pods.bound(pod, binding, self._stamp()))

    def _prepared(self, target: Target, old: Body, given: Body) -> Body:
        """What is stored of what was given: each subresource has its own part of the object."""
        resource, was = target.resource, old["metadata"]
        own = {key: was[key] for key in (*_SYSTEM, "name", "namespace", "resourceVersion") if key in was}
        foreign = {k: v for k, v in given["metadata"].items() if k not in {*_SYSTEM, "resourceVersion"} and v}
        metadata = {**foreign, **own}
        if target.subresource == STATUS:
            if resource.custom:
                return {**old, "status": given.get("status") or custom.default_status(resource)}
            if "ownerReferences" in was:  # old kubelets corrupted them
                metadata["ownerReferences"] = was["ownerReferences"]
            return {**old, "metadata": metadata, "status": given.get("status") or {}}
        new = {**given, "metadata": metadata}
        if "status" in old:
            new["status"] = old["status"]
        if "generation" in was and new.get("spec") != old.get("spec"):
            metadata["generation"] = was["generation"] + 1
        return new

    def _wrong(self, resource: Resource, new: Body, old: Body | None) -> list[Cause]:
        if resource.custom:
            return custom.wrong_content(resource, new, old)
        if resource is PODS:
            return [*(pods.wrong_spec(new) if old is None else pods.wrong_change(old, new))]
        return []

    # --- delete

    def delete(self, target: Target, options: DeleteOptions) -> tuple[Snapshot, bool]:
        """Delete an object, or ask it to end. Its last version as far as known, and whether it is gone.

        Raises Refusal.
        """
        old = self.get(target)
        _hold_preconditions(old, options)
        if old.resource is NAMESPACES:
            return self._terminate(old), False
        metadata = dict(old.body["metadata"])
        asked = self._ask_to_end(old, metadata, options)
        if asked is None:
            return old, False
        _set_finalizers(metadata, options.propagation)
        held = bool(metadata.get("finalizers"))
        if held and not asked:
            self._mark_as_deleting(metadata)
        last = old
        if held or asked:
            last = self._store_if_new(old, {**old.body, "metadata": metadata})
        if held or metadata.get("deletionGracePeriodSeconds", 0) > 0:
            return last, False
        return self._storage.remove(last), True

    def _ask_to_end(self, old: Snapshot, metadata: Body, options: DeleteOptions) -> bool | None:
        """Whether the object was given a grace period, if only one of nothing; None where a shorter one runs already.

        apiserver, registry/rest/delete.go: BeforeDelete.
        """
        if not old.resource.graceful:
            return False
        if old.deleting:
            running = metadata.get("deletionGracePeriodSeconds", 0)
            if running == 0:
                return False
            if options.grace is None or options.grace >= running:
                return None
            self._set_deletion(metadata, options.grace)
            return True
        self._set_deletion(metadata, pods.grace_of(old.body, options.grace))
        metadata["generation"] += 1
        return True

    def _set_deletion(self, metadata: Body, grace: int) -> None:
        metadata["deletionTimestamp"] = stamp(int(self._now()) + grace)
        metadata["deletionGracePeriodSeconds"] = grace

    def _mark_as_deleting(self, metadata: Body) -> None:
        """store.go: markAsDeleting."""
        if "deletionGracePeriodSeconds" not in metadata and "generation" in metadata:
            metadata["generation"] += 1
        metadata["deletionTimestamp"] = min(metadata.get("deletionTimestamp", self._stamp()), self._stamp())
        metadata["deletionGracePeriodSeconds"] = 0

    def _store_if_new(self, old: Snapshot, body: Body) -> Snapshot:
        return old if body == old.body else self._storage.put(old.resource, body)

    def _terminate(self, namespace: Snapshot) -> Snapshot:
        if namespace.deleting:
            return namespace
        metadata = {**namespace.body["metadata"], "deletionTimestamp": self._stamp()}
        return self._storage.put(
            NAMESPACES, {**namespace.body, "metadata": metadata, "status": {"phase": "Terminating"}}
        )

    def finalize(self, namespace: Snapshot) -> None:
        """Nothing is left in it."""
        self._storage.remove(namespace)

    def _stamp(self) -> str:
        return stamp(int(self._now()))


def _ends_with(old: Body, new: Body) -> bool:
    """Whether this was what an object on its way out was waiting for (store.go: ShouldDeleteDuringUpdate)."""
    metadata = old["metadata"]
    return (
        not new["metadata"].get("finalizers")
        and "deletionTimestamp" in metadata
        and not metadata.get("deletionGracePeriodSeconds")
        and new["kind"] != NAMESPACES.kind
    )


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


def _set_finalizers(metadata: Body, propagation: str) -> None:
    """store.go: deletionFinalizersForGarbageCollection."""
    if not propagation:
        return
    wanted = {"Foreground": [FOREGROUND], "Orphan": [ORPHAN]}.get(propagation, [])
    kept = [name for name in metadata.get("finalizers") or () if name not in {FOREGROUND, ORPHAN}]
    if finalizers := [*kept, *wanted]:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)
