"""The work of a cluster's own controllers: garbage collection, deletion of namespaces, counts of quotas.

Each chore is one write of a controller. The caller decides when it is done, and in which order.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from tests.simulation.apiserver.deletion import FOREGROUND, ORPHAN, DeleteOptions
from tests.simulation.apiserver.quotas import counted
from tests.simulation.apiserver.registry import Registry
from tests.simulation.apiserver.resources import (
    EVENTS,
    JOBS,
    LETTERS,
    NAMESPACES,
    PODS,
    QUOTAS,
    SERVICE_ACCOUNTS,
    Resource,
    Target,
)
from tests.simulation.apiserver.storage import Body, Snapshot, Storage

_CONTENTS: Final = (PODS, JOBS, LETTERS, QUOTAS, SERVICE_ACCOUNTS, EVENTS)
_DEPENDENTS: Final = (PODS, JOBS, LETTERS)


@dataclass(frozen=True, slots=True)
class Chore:
    """One write that is due. It may be done later, as long as `due` still returns it."""

    what: str
    do: Callable[[], None]


class Housekeeping:
    """The garbage collector, the namespace controller and the quota controller. They see the newest state."""

    def __init__(self, storage: Storage, registry: Registry) -> None:
        self._storage = storage
        self._registry = registry
        self._due: list[Chore] = []
        self._as_of = -1

    def due(self) -> list[Chore]:
        """All chores that are due now, always in the same order."""
        if self._as_of != self._storage.revision:
            self._due = [*self._of_owners(), *self._of_dependents(), *self._of_namespaces(), *self._of_quotas()]
            self._as_of = self._storage.revision
        return self._due

    def tidy(self) -> None:
        """Do all chores until none is due."""
        while due := self.due():
            due[0].do()

    # --- garbage

    def _of_dependents(self) -> Iterator[Chore]:
        """Delete dependents whose owners are all gone, and those for which an owner waits that is being deleted in the
        foreground."""
        for it in self._everything(_DEPENDENTS):
            owners = it.body["metadata"].get("ownerReferences")
            if not owners or it.deleting:
                continue
            there = [owner for owner in owners if self._is_there(owner, it.namespace)]
            if all(self._waits_for(owner) for owner in there):
                yield self._deletion(it)

    def _is_there(self, reference: Body, namespace: str) -> bool:
        """Whether the owner exists, in the namespace of its dependent. Owners of kinds that are not simulated do."""
        if reference["kind"] not in {each.kind for each in _DEPENDENTS}:
            return True
        owner = self._storage.by_uid.get(reference["uid"])
        return owner is not None and owner.namespace == namespace

    def _waits_for(self, reference: Body) -> bool:
        owner = self._storage.by_uid.get(reference["uid"])
        if owner is None:
            return False
        return bool(reference.get("blockOwnerDeletion")) and owner.deleting and FOREGROUND in _finalizers(owner)

    def _of_owners(self) -> Iterator[Chore]:
        """Remove owners that are deleted in the foreground or that orphan their dependents, once that is done."""
        for it in self._everything(_DEPENDENTS):
            if not it.deleting:
                continue
            held = _finalizers(it)
            dependents = list(self._dependents(it.uid, blocking=ORPHAN not in held))
            if ORPHAN in held and dependents:
                for each in dependents:
                    edit = partial(_without_owner, uid=it.uid)
                    yield Chore(f"orphan {each.resource} {each.name}", partial(self._edit, each, edit))
            elif (ORPHAN in held or FOREGROUND in held) and not dependents:
                yield Chore(f"let {it.resource} {it.name} go", partial(self._edit, it, _without_our_finalizers))

    def _edit(self, it: Snapshot, edit: Callable[[Body], Body]) -> None:
        self._registry.change(_target(it), edit)

    def _dependents(self, uid: str, *, blocking: bool) -> Iterator[Snapshot]:
        for it in self._everything(_DEPENDENTS):
            references = it.body["metadata"].get("ownerReferences") or ()
            if any(r["uid"] == uid and (r.get("blockOwnerDeletion") or not blocking) for r in references):
                yield it

    # --- namespaces

    def _of_namespaces(self) -> Iterator[Chore]:
        """Delete pods first; then all other objects, including the owners of the pods (OrderedNamespaceDeletion)."""
        for namespace in self._storage.all(NAMESPACES):
            if not namespace.deleting:
                continue
            contents = list(self._everything((PODS,), namespace.name)) or list(
                self._everything(_CONTENTS, namespace.name)
            )
            yield from (self._deletion(it) for it in contents if not it.deleting)
            if not contents:
                yield Chore(f"let namespace {namespace.name} go", partial(self._registry.finalize, namespace))

    # --- quotas

    def _of_quotas(self) -> Iterator[Chore]:
        for quota in self._storage.all(QUOTAS):
            status = counted(self._storage, _DEPENDENTS, quota)
            if status != quota.body["status"]:
                yield Chore(f"count quota {quota.name}", partial(self._set_status, quota, status))

    def _set_status(self, quota: Snapshot, status: Body) -> None:
        self._storage.put(QUOTAS, {**quota.body, "status": status})

    def _deletion(self, it: Snapshot) -> Chore:
        options = DeleteOptions(uid=it.uid)
        return Chore(f"delete {it.resource} {it.name}", lambda: _ignore(self._registry.delete(_target(it), options)))

    def _everything(self, resources: tuple[Resource, ...], namespace: str = "") -> Iterator[Snapshot]:
        for resource in resources:
            yield from self._storage.all(resource, namespace)


def _ignore(_answer: object) -> None:
    """Drop the answer of a DELETE: a controller does not use it."""


def _target(it: Snapshot) -> Target:
    return Target(it.resource, it.namespace, it.name)


def _finalizers(it: Snapshot) -> list[str]:
    return it.body["metadata"].get("finalizers") or []


def _without_owner(body: Body, uid: str) -> Body:
    metadata = body["metadata"]
    metadata["ownerReferences"] = [r for r in metadata["ownerReferences"] if r["uid"] != uid]
    return body


def _without_our_finalizers(body: Body) -> Body:
    metadata = body["metadata"]
    metadata["finalizers"] = [name for name in metadata["finalizers"] if name not in {FOREGROUND, ORPHAN}]
    return body
