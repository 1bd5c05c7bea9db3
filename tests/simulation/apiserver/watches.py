"""WATCH: every change of one collection, in the order of revisions, for a watcher that reads at its own speed."""

from typing import Final

import orjson

from tests.simulation.apiserver.refusals import Refusal, expired
from tests.simulation.apiserver.resources import Resource
from tests.simulation.apiserver.selectors import Matches
from tests.simulation.apiserver.storage import Change, Storage


class Watch:
    """One watcher's position in the history. `told` is the revision up to which it has received everything."""

    def __init__(self, storage: Storage, resource: Resource, matches: Matches, since: int) -> None:
        self._storage = storage
        self.resource: Final = resource
        self._matches = matches
        self._changes = storage.changes(resource)
        self._next = storage.changes_after(resource, since)
        self._error: Refusal | None = None
        if since < storage.oldest:
            self._error = expired(f"too old resource version: {since} ({storage.oldest})")
        self.told = since
        self.over = False
        """Nothing more follows: the error has been delivered."""

    @property
    def has_news(self) -> bool:
        """Whether there is a line to deliver now."""
        if self._error is not None:
            return True
        while self._next < len(self._changes):
            if self._kind_of(self._changes[self._next]):
                return True
            self._next += 1
        return False

    def line(self) -> bytes:
        """The next line. Call this only if `has_news` is true."""
        if self._error is not None:
            error, self._error, self.over = self._error, None, True
            return b'{"type":"ERROR","object":' + error.encoded() + b"}"
        assert self.has_news
        change = self._changes[self._next]
        self._next += 1
        self.told = change.revision
        kind = self._kind_of(change)
        if kind == "DELETED":  # the last version that this watcher could see, with the revision of the change
            assert change.before is not None
            return _event(kind, change.before.at(change.revision).encoded)
        assert change.after is not None
        return _event(kind, change.after.encoded)

    def bookmark(self) -> bytes:
        """A bookmark with the watcher's revision: that of the server, unless lines are still to be delivered."""
        if not self.has_news:
            self.told = self._storage.revision
        object_ = {
            "kind": self.resource.kind,
            "apiVersion": self.resource.api_version,
            "metadata": {"resourceVersion": str(self.told), "creationTimestamp": None},
        }
        return _event("BOOKMARK", orjson.dumps(object_))

    def _kind_of(self, change: Change) -> str:
        """The type of event that the change is for this watcher; empty: no event."""
        was = change.before is not None and self._matches(change.before)
        now = change.after is not None and self._matches(change.after)
        return _KINDS[was, now]


_KINDS: Final = {(False, True): "ADDED", (True, True): "MODIFIED", (True, False): "DELETED", (False, False): ""}


def _event(kind: str, body: bytes) -> bytes:
    return b'{"type":"' + kind.encode() + b'","object":' + body + b"}"
