"""How one object is created, changed and deleted: the order of checks, and what is stored in the end.

The order is that of the real API server (apiserver, registry/generic/registry/store.go and registry/rest), because it
decides which of two refusals is answered.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

import orjson

from tests.simulation.apiserver import custom, pods
from tests.simulation.apiserver.admission import enter_namespace, find_service_account, judge_job
from tests.simulation.apiserver.deletion import DeleteOptions, ending, ends_with
from tests.simulation.apiserver.making import fresh
from tests.simulation.apiserver.parts import written
from tests.simulation.apiserver.quotas import charge
from tests.simulation.apiserver.refusals import (
    STALE,
    STORAGE_LIMIT,
    Cause,
    Refusal,
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
    other_uid,
    too_large_to_store,
    versionless,
)
from tests.simulation.apiserver.resources import JOBS, NAMESPACES, PODS, Resource, Target
from tests.simulation.apiserver.storage import Body, Snapshot, Storage
from tests.simulation.apiserver.timestamps import stamp
from tests.simulation.apiserver.validation import wrong_change_of_metadata, wrong_metadata

Rule: TypeAlias = Callable[[Resource, Body], Refusal | None]
"""A rule of a cluster, such as one of a webhook: it refuses an object that is about to be created, or returns None."""

Guard: TypeAlias = Callable[[Resource, Body, Body | None], Refusal | None]
"""Like a Rule, for changes, too. It gets the new object and the old one, and returns a refusal or None."""
CROWDED: Final = "simulation/crowded"
"""An annotation that stands for a megabyte and a half: objects of this size would make a history slow."""


class Registry:
    """Creates, changes and deletes objects, one request at a time. `now` returns seconds since the epoch."""

    def __init__(self, storage: Storage, now: Callable[[], float]) -> None:
        self._storage = storage
        self._now = now
        self._made = 0
        self._bare: set[str] = set()
        """UIDs of objects that are stored without a status: answers show the default until the first write."""
        self.rules: list[Rule] = []
        self.guards: list[Guard] = []
        self.mutate: Callable[[Body], Body] = lambda pod: pod
        """What admission makes of a new pod."""
        self.newer = False
        """Whether the CRDs are of a newer version than the operator (schemas.py)."""

    def get(self, target: Target) -> Snapshot:
        """The current object. Raises Refusal."""
        found = self._there(target)
        if found is None:
            raise not_found(target.resource, target.name)
        return found

    def _there(self, target: Target) -> Snapshot | None:
        return self._storage.get(target.resource, target.namespace, target.name)

    # --- create

    def create(self, target: Target, body: Body, *, strict: bool = False) -> Snapshot:
        """Store a new object. The caller must not use `body` after this call. Raises Refusal."""
        resource, storage = target.resource, self._storage
        body = _decoded(resource, body, None, strict=strict)
        name = body["metadata"].get("name", "")
        if body["metadata"].get("namespace", target.namespace) != target.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        if resource.namespaced:
            enter_namespace(storage, resource, target.namespace, name)
        if resource is PODS:
            body = self.mutate(body)
        body = fresh(target, body, number=self._made + 1, now=self._stamp())
        if resource is PODS:
            find_service_account(storage, body)
        if causes := [*wrong_metadata(resource, body), *_wrong(resource, body, None, newer=self.newer)]:
            raise invalid(resource, name, causes)
        self._admit(resource, body)
        if (there := self._there(replace(target, name=name))) is not None:
            raise already_exists(resource, name, going=there.deleting)
        _fit(body)
        self._made += 1
        made = storage.put(resource, body)
        if resource.custom:
            self._bare.add(made.uid)
        return made

    def _admit(self, resource: Resource, body: Body) -> None:
        if resource is JOBS:
            judge_job(body, None)
        self._guard(resource, body, None)
        for rule in self.rules:
            if refusal := rule(resource, body):
                raise refusal
        if resource.namespaced:
            charge(self._storage, resource, body["metadata"]["namespace"], body["metadata"]["name"])

    def _guard(self, resource: Resource, new: Body, old: Body | None) -> None:
        for guard in self.guards:
            if refusal := guard(resource, new, old):
                raise refusal

    # --- change

    def replace(self, target: Target, body: Body, *, strict: bool = False) -> Snapshot:
        """Carry out a PUT. Its metadata may contain UID and resourceVersion. Raises Refusal."""
        resource = target.resource
        given = _decoded(resource, body, self._there(target), strict=strict)
        metadata = given["metadata"]
        if (name := metadata.get("name", target.name)) != target.name:
            words = f"the name of the object ({name}) does not match the name on the URL ({target.name})"
            raise bad_request(words)
        there = self.get(target)
        if resource.custom and not metadata.get("resourceVersion"):
            raise versionless(resource, target.name)
        if (uid := metadata.get("uid")) and uid != there.uid:
            raise other_uid(resource, there.namespace, there.name, uid, there.uid)
        return self._store(target, there, given)

    def change(self, target: Target, edit: Callable[[Body], Body], *, strict: bool = False) -> Snapshot:
        """Store the result of `edit` on a copy of the object. Raises Refusal."""
        there = self.get(target)
        return self._store(target, there, _decoded(target.resource, edit(there.copy()), there, strict=strict))

    def _store(self, target: Target, old: Snapshot, given: Body) -> Snapshot:
        """Store the parts of `given` that may be written to `target`. Raises Refusal.

        The answer is not always what is in the history. If this write removes the object, the answer shows it without
        finalizers, but with the resourceVersion before; the history has it with its finalizers to the end
        (deleteWithoutFinalizers).
        """
        resource = target.resource
        if given["metadata"].get("resourceVersion", str(old.revision)) != str(old.revision):
            raise conflict(resource, old.name, STALE)
        new = written(target, old.body, given)
        causes = [*wrong_change_of_metadata(old.body, given), *wrong_metadata(resource, new)]
        if causes := [*causes, *_wrong(resource, new, old.body, newer=self.newer)]:
            raise invalid(resource, target.name, causes)
        if resource is JOBS and not target.subresource:
            judge_job(new, old.body)
        self._guard(resource, new, old.body)
        if new == old.body and old.uid not in self._bare:
            return old
        _fit(new)
        self._bare.discard(old.uid)
        if resource is not NAMESPACES and ends_with(old.body, new):
            self._storage.remove(old)
            return Snapshot(resource, new)
        return self._storage.put(resource, new)

    def bind(self, target: Target, binding: Body) -> Snapshot:
        """Bind a pod to its node. Raises Refusal."""
        pod = self.get(replace(target, subresource=""))
        return self._storage.put(PODS, pods.bound(pod, binding, self._stamp()))

    # --- delete

    def delete(self, target: Target, options: DeleteOptions) -> tuple[Snapshot, bool]:
        """Delete an object, or begin its deletion. Return its last version so far, and whether it is gone.

        Raises Refusal.
        """
        last = self.get(target)
        if last.resource is NAMESPACES:
            return self._terminate(last), False
        how = ending(last, options, self._now())
        if how.stored and how.metadata != last.body["metadata"]:
            last = self._storage.put(last.resource, {**last.body, "metadata": how.metadata})
        return (self._storage.remove(last) if how.gone else last), how.gone

    def _terminate(self, namespace: Snapshot) -> Snapshot:
        """Begin the deletion of a namespace: it stays until it is empty."""
        if namespace.deleting:
            return namespace
        metadata = {**namespace.body["metadata"], "deletionTimestamp": self._stamp()}
        return self._storage.put(
            NAMESPACES, {**namespace.body, "metadata": metadata, "status": {"phase": "Terminating"}}
        )

    def finalize(self, namespace: Snapshot) -> None:
        """Remove an empty namespace."""
        self._storage.remove(namespace)

    def _stamp(self) -> str:
        return stamp(int(self._now()))


def _decoded(resource: Resource, body: Body, there: Snapshot | None, *, strict: bool) -> Body:
    """`body` without the fields that the resource does not know. `there`: the stored object. Raises Refusal."""
    if resource.custom:
        body = custom.decoded(resource, body, there.body if there is not None else {}, strict=strict)
    elif strict and resource is PODS:
        pods.refuse_unknown_fields(body)
    body.setdefault("metadata", {})
    return body


def _fit(body: Body) -> None:
    """Check that an object is small enough for etcd. Raises Refusal."""
    if (size := _size(body)) > STORAGE_LIMIT:
        raise too_large_to_store(size)


def _size(body: Body) -> int:
    """Bytes of the object. With the annotation CROWDED, on itself or on the job that it copies, it just fits without
    the messages of its attempts."""
    copied = (body.get("spec") or {}).get("job") or {}
    annotations = {**(body["metadata"].get("annotations") or {}), **(copied.get("annotations") or {})}
    attempts = [each for part in ("spec", "status") for each in (body.get(part) or {}).get("attempts") or ()]
    crowded = CROWDED in annotations and any(each.get("message") for each in attempts)
    return STORAGE_LIMIT + 1 if crowded else len(orjson.dumps(body))


def _wrong(resource: Resource, new: Body, old: Body | None, *, newer: bool) -> list[Cause]:
    if resource.custom:
        return custom.wrong_content(resource, new, old, newer=newer)
    if resource is PODS:
        return [*(pods.wrong_spec(new) if old is None else pods.wrong_change(old, new))]
    return []
