"""Sketches of objects: names and versions, for a reader that needs no more. The bodies wait until it asks for them."""

from typing import TypeAlias

from queuedjob.kube.client import wire
from queuedjob.kube.client.decoding import encode, read_event, read_page
from queuedjob.ports import Body

Event: TypeAlias = tuple[str | None, Body]
"""The event's type (None for a listed object), and the object."""


class Bodies:
    """The objects whose sketches the reader has, until it takes them: the newest event of each object."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Event] = {}

    async def page(self, plural: str, raw: bytes) -> bytes:
        """Keep the objects of one page of a LIST. Return the page to show. Raises Garbled."""
        page = await read_page(raw)
        sketches = [self._keep(plural, None, item) for item in page.items]
        metadata = {"resourceVersion": page.resource_version, "continue": page.token}
        return encode({"metadata": metadata, "items": sketches})

    async def line(self, plural: str, raw: bytes) -> bytes:
        """Keep the object of one line of a WATCH. Return the line to show. Raises Garbled."""
        event = await read_event(raw)
        match event.type:
            case wire.ADDED | wire.MODIFIED | wire.DELETED:
                shown = self._keep(plural, event.type, event.object)
            case wire.ERROR:
                status = wire.read_status(event.object)
                shown = {"code": status.code, "message": status.message} if status else {"code": 0}
            case _:
                shown = {"metadata": {"resourceVersion": wire.resource_version_of(event.object)}}
        return encode({"type": event.type, "object": shown})

    def take(self, plural: str, sketch: Body) -> Event | None:
        """Return the newest event of the object of a sketch; None if an earlier sketch was exchanged for it already."""
        return self._waiting.pop((plural, wire.uid_of(sketch)), None)

    def clear(self) -> None:
        """Drop all objects: the reader has ended, and lists them again."""
        self._waiting.clear()

    def __len__(self) -> int:
        return len(self._waiting)

    def _keep(self, plural: str, event: str | None, body: Body) -> Body:
        uid = wire.uid_of(body)
        self._waiting[plural, uid] = (event, body)
        metadata = {"uid": uid, "name": wire.name_of(body), "resourceVersion": wire.resource_version_of(body)}
        if namespace := body["metadata"].get("namespace"):
            metadata["namespace"] = namespace
        return {"apiVersion": body.get("apiVersion"), "kind": body.get("kind"), "metadata": metadata}
