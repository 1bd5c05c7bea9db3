"""The cluster as it was at an earlier revision: what lagging caches still show."""

from typing import Final

from tests.simulation.apiserver.resources import JOBS, LETTERS, PODS, Resource
from tests.simulation.apiserver.storage import Storage

_CACHED: Final = {JOBS: 2, LETTERS: 2, PODS: 1}
"""How many LISTs at a start come from caches: the inventory's own, and those of the watches on our kinds."""


class PastState(Storage):
    """What `storage` held at a revision."""

    def __init__(self, storage: Storage, revision: int) -> None:
        super().__init__()
        self.revision, self.oldest = revision, storage.oldest
        for change in storage.history:
            if change.revision > revision:
                break
            subject, objects = change.subject, self._objects[change.resource]
            if change.after is None:
                objects.pop((subject.namespace, subject.name), None)
            else:
                objects[subject.namespace, subject.name] = change.after


class LaggingCaches:
    """Answers the first LISTs of each kind from the past. All other LISTs show the current state."""

    def __init__(self, storage: Storage, revision: int) -> None:
        self._past = PastState(storage, max(revision, storage.oldest))
        self._left = dict(_CACHED)

    def take(self, resource: Resource) -> Storage | None:
        """The storage that a LIST of this kind shows; None: the current one."""
        left = self._left.get(resource, 0)
        if left == 0:
            return None
        self._left[resource] = left - 1
        return self._past
