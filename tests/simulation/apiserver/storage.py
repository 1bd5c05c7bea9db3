"""What etcd holds: the newest version of every object, one sequence of revisions, and the history behind it."""

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
"""The revision of a cluster that has just been made: something was there before us, and is forgotten."""


class Snapshot:
    """One version of one object. Nobody changes `body`, nor anything in it: it is shared by all who read it."""

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
        """The same as one of a LIST: there, kinds of the API server's own do not say what they are."""
        if self.resource.custom:
            return self.encoded
        return orjson.dumps({key: value for key, value in self.body.items() if key not in {"kind", "apiVersion"}})

    @cached_property
    def metadata_only(self) -> bytes:
        """The same as PartialObjectMetadata."""
        head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        return orjson.dumps({**head, "metadata": self.body["metadata"]})

    def copy(self) -> Body:
        """The body, to be changed."""
        copied: Body = orjson.loads(self.encoded)
        return copied

    def at(self, revision: int) -> "Snapshot":
        """The same content under another resourceVersion."""
        return Snapshot(self.resource, _with_revision(self.body, revision))


@dataclass(frozen=True, slots=True)
class Change:
    """One step of history. Before the first version there is none; after the deletion there is none."""

    revision: int
    resource: Resource
    before: Snapshot | None
    after: Snapshot | None

    @property
    def subject(self) -> Snapshot:
        """The object as it is now, or was last."""
        found = self.after or self.before
        assert found is not None
        return found


class Storage:
    """All objects, and every change there ever was."""

    def __init__(self) -> None:
        self.revision = _FIRST
        self.oldest = _FIRST
        """History before this revision is forgotten, as etcd's compaction does."""
        self.history: Final[list[Change]] = []
        self.by_uid: Final[dict[str, Snapshot]] = {}
        self.listeners: Final[list[Callable[[Change], None]]] = []
        """Told of each change once it is done. They must not change anything themselves."""
        self._objects: Final[dict[Resource, dict[Key, Snapshot]]] = {resource: {} for resource in ALL}
        self._changes: Final[dict[Resource, list[Change]]] = {resource: [] for resource in ALL}

    def get(self, resource: Resource, namespace: str, name: str) -> Snapshot | None:
        """One object."""
        return self._objects[resource].get((namespace, name))

    def all(self, resource: Resource, namespace: str = "") -> Iterator[Snapshot]:
        """Those of a namespace, or of all, in etcd's order: by namespace and name."""
        objects = self._objects[resource]
        return (objects[key] for key in sorted(objects) if not namespace or key[0] == namespace)

    def put(self, resource: Resource, body: Body) -> Snapshot:
        """Store a version, under the next revision. `body` is the storage's from now on."""
        self.revision += 1
        made = Snapshot(resource, _with_revision(body, self.revision))
        key = made.namespace, made.name
        before = self._objects[resource].get(key)
        self._objects[resource][key] = self.by_uid[made.uid] = made
        self._record(Change(self.revision, resource, before, made))
        return made

    def remove(self, snapshot: Snapshot) -> Snapshot:
        """Delete an object; its last version, under the revision of the deletion."""
        self.revision += 1
        del self._objects[snapshot.resource][snapshot.namespace, snapshot.name]
        del self.by_uid[snapshot.uid]
        self._record(Change(self.revision, snapshot.resource, snapshot, None))
        return snapshot.at(self.revision)

    def forget(self) -> None:
        """Compact all history away: who is not up to date must list anew."""
        self.oldest = self.revision

    def changes_after(self, resource: Resource, revision: int) -> int:
        """The index, in `changes`, of the first change of a kind after `revision`."""
        return bisect_right(self._changes[resource], revision, key=lambda change: change.revision)

    def changes(self, resource: Resource) -> list[Change]:
        """The history of one kind, to be read only."""
        return self._changes[resource]

    def _record(self, change: Change) -> None:
        self.history.append(change)
        self._changes[change.resource].append(change)
        for listener in self.listeners:
            listener(change)


def _with_revision(body: Body, revision: int) -> Body:
    return {**body, "metadata": {**body["metadata"], "resourceVersion": str(revision)}}
