"""The content of etcd: the newest version of every object, one sequence of revisions, and the history of changes."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias

import orjson

from tests.simulation.apiserver.resources import ALL, Resource

Body: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]
"""Namespace and name."""

_FIRST: Final = 100
"""The revision of a new cluster: there were earlier objects, whose history is compacted."""


class Snapshot:
    """One version of one object. Never change `body` or anything in it: all readers share it."""

    def __init__(self, resource: Resource, body: Body) -> None:
        metadata = body["metadata"]
        self.resource: Final = resource
        self.body: Final = body
        self.namespace: Final[str] = metadata.get("namespace", "")
        self.name: Final[str] = metadata["name"]
        self.uid: Final[str] = metadata["uid"]
        self.revision: Final = int(metadata["resourceVersion"])
        self.labels: Final[dict[str, str]] = metadata.get("labels") or {}
        self.deleting: Final = "deletionTimestamp" in metadata

    @cached_property
    def encoded(self) -> bytes:
        """The object as JSON."""
        return orjson.dumps(self.body)

    @cached_property
    def item(self) -> bytes:
        """The object as an item of a LIST: there, built-in kinds have no kind and no apiVersion."""
        if self.resource.custom:
            return self.encoded
        return orjson.dumps({key: value for key, value in self.body.items() if key not in {"kind", "apiVersion"}})

    @cached_property
    def metadata_only(self) -> bytes:
        """The object as PartialObjectMetadata."""
        head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        return orjson.dumps({**head, "metadata": self.body["metadata"]})

    def copy(self) -> Body:
        """A copy of the body that may be changed."""
        copied: Body = orjson.loads(self.encoded)
        return copied

    def at(self, revision: int) -> "Snapshot":
        """The same content under another resourceVersion."""
        return Snapshot(self.resource, _with_revision(self.body, revision))


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one object. `before` is None for a creation; `after` is None for a deletion."""

    revision: int
    resource: Resource
    before: Snapshot | None
    after: Snapshot | None

    @property
    def subject(self) -> Snapshot:
        """The object after the change, or its last version if it was deleted."""
        found = self.after or self.before
        assert found is not None
        return found


class Storage:
    """All objects, and every change since the start."""

    def __init__(self) -> None:
        self.revision = _FIRST
        self.oldest = _FIRST
        """History before this revision is compacted, as in etcd."""
        self.history: Final[list[Change]] = []
        self.by_uid: Final[dict[str, Snapshot]] = {}
        self.listeners: Final[list[Callable[[Change], None]]] = []
        """Called with each change once it is done. They must not change any object themselves."""
        self._objects: Final[dict[Resource, dict[Key, Snapshot]]] = {resource: {} for resource in ALL}
        self._changes: Final[dict[Resource, list[Change]]] = {resource: [] for resource in ALL}

    def get(self, resource: Resource, namespace: str, name: str) -> Snapshot | None:
        """The object with this name, if it exists."""
        return self._objects[resource].get((namespace, name))

    def all(self, resource: Resource, namespace: str = "") -> Iterator[Snapshot]:
        """The objects of one namespace, or of all namespaces, in etcd's order: by namespace and name."""
        objects = self._objects[resource]
        return (objects[key] for key in sorted(objects) if not namespace or key[0] == namespace)

    def put(self, resource: Resource, body: Body) -> Snapshot:
        """Store a version, with the next revision. The caller must not change `body` after this call."""
        self.revision += 1
        made = Snapshot(resource, _with_revision(body, self.revision))
        key = made.namespace, made.name
        before = self._objects[resource].get(key)
        self._objects[resource][key] = self.by_uid[made.uid] = made
        self._record(Change(self.revision, resource, before, made))
        return made

    def remove(self, snapshot: Snapshot) -> Snapshot:
        """Delete an object. Return its last version, with the revision of the deletion."""
        self.revision += 1
        del self._objects[snapshot.resource][snapshot.namespace, snapshot.name]
        del self.by_uid[snapshot.uid]
        self._record(Change(self.revision, snapshot.resource, snapshot, None))
        return snapshot.at(self.revision)

    def forget(self) -> None:
        """Compact all history: a watcher that is not up to date must list again."""
        self.oldest = self.revision

    def changes_after(self, resource: Resource, revision: int) -> int:
        """The index, in `changes`, of the first change of a kind after `revision`."""
        return bisect_right(self._changes[resource], revision, key=lambda change: change.revision)

    def changes(self, resource: Resource) -> list[Change]:
        """The history of one kind. Read only."""
        return self._changes[resource]

    def _record(self, change: Change) -> None:
        self.history.append(change)
        self._changes[change.resource].append(change)
        for listener in self.listeners:
            listener(change)


def _with_revision(body: Body, revision: int) -> Body:
    return {**body, "metadata": {**body["metadata"], "resourceVersion": str(revision)}}
