"""LIST: the objects at one revision, in pages."""

import base64
from binascii import Error as Undecodable
from typing import Final

import orjson

from tests.simulation.apiserver.refusals import bad_request, expired
from tests.simulation.apiserver.resources import Resource
from tests.simulation.apiserver.selectors import Matches
from tests.simulation.apiserver.storage import Snapshot, Storage

_TOO_OLD: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


class Lists:
    """Answers LISTs, and keeps the objects of later pages."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._rests: dict[str, list[Snapshot]] = {}

    def page(
        self, resource: Resource, matches: Matches, *, limit: int, token: str, selected: bool, metadata_only: bool
    ) -> bytes:
        """One page as JSON. Raises Refusal for a token that is too old."""
        if token:
            revision, found = self._rest(token)
        else:
            revision = self._storage.revision
            found = [it for it in self._storage.all(resource) if matches(it)]
        metadata: dict[str, object] = {"resourceVersion": str(revision)}
        if 0 < limit < len(found):
            metadata["continue"] = self._keep(revision, found[limit:])
            if not selected:
                metadata["remainingItemCount"] = len(found) - limit
            found = found[:limit]
        kind, version = f"{resource.kind}List", resource.api_version
        if metadata_only:
            kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
        head = orjson.dumps({"kind": kind, "apiVersion": version, "metadata": metadata})
        if metadata_only and not found:
            return head[:-1] + b',"items":null}'
        items = b",".join([it.metadata_only if metadata_only else it.item for it in found])
        return head[:-1] + b',"items":[' + items + b"]}"

    def _keep(self, revision: int, rest: list[Snapshot]) -> str:
        start = f"{rest[0].namespace}/{rest[0].name}"
        said = {"v": "meta.k8s.io/v1", "rv": revision, "start": start}
        token = base64.urlsafe_b64encode(orjson.dumps(said)).decode().rstrip("=")
        self._rests[token] = rest
        return token

    def _rest(self, token: str) -> tuple[int, list[Snapshot]]:
        try:
            revision = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))["rv"]
        except (Undecodable, ValueError, KeyError):
            raise bad_request("invalid continue token: continue key is not valid") from None
        rest = self._rests.get(token)
        if rest is None or revision < self._storage.oldest:
            raise expired(_TOO_OLD, token)
        return revision, rest
