"""The verbs that the operator uses, typed, over the Transport port.

One call is one request: nothing is tried again in here, because after a failed write the state is read again and the
decision made anew, and that is the caller's to do. Every method raises NoAnswer or an ApiError (errors.py).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from queuedjob.kube.client import wire
from queuedjob.kube.client.errors import Gone, error_of
from queuedjob.ports import Body, NoAnswer, Request, Response, Transport

Operation: TypeAlias = Mapping[str, Any]
"""One operation of a JSON patch (RFC 6902)."""

_JSON: Final = {"content-type": "application/json"}
_JSON_PATCH: Final = {"content-type": "application/json-patch+json"}

_TIMEOUT: Final = 15.0
"""Seconds for one object."""

_LIST_TIMEOUT: Final = 60.0
"""Seconds for one page: 500 large objects take the API server a while."""

_GRACE_FOR_ANSWER: Final = 2.0
"""Seconds that we listen longer than the API server may work, so that its own "timed out" still reaches us."""

_LISTINGS: Final = 3
"""How often one listing starts over because its continue token expired (after five minutes, by etcd's compaction)."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing.

    `first`: a listing starts (perhaps over): forget what earlier pages said. All pages of a listing are of one moment,
    that of `resource_version`.
    """

    items: list[Body]
    resource_version: str
    first: bool
    last: bool


class Client:
    """Talks to one API server."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, path: str) -> Body:
        """The object as it stands in etcd now, never from a cache that lags."""
        return await self._ask(Request("GET", path, timeout=_TIMEOUT))

    async def text(self, path: str, query: Mapping[str, str], *, within: float) -> str:
        """Plain text, such as a log; bytes that are not UTF-8 are replaced. Waits `within` seconds at most."""
        answer = await self._send(Request("GET", path, query=query, timeout=within))
        return answer.body.decode(errors="replace")

    async def first_page(self, path: str, *, fields: str, page: int, within: float) -> list[Body]:
        """Up to `page` objects that match a field selector, in one request. Waits `within` seconds at most."""
        request = Request("GET", path, query=wire.list_query(limit=page, fields=fields), timeout=within)
        return self._page(request, await self._send(request)).items

    async def list_pages(
        self, path: str, *, selector: str = "", page: int = 500, metadata_only: bool = False
    ) -> AsyncIterator[Page]:
        """All objects of a collection, `page` at a time. Starts over where the continue token expired."""
        headers = {"accept": wire.METADATA_LIST} if metadata_only else {}
        token, listings = "", 1
        while True:
            query = wire.list_query(limit=page, token=token, selector=selector)
            request = Request("GET", path, query=query, headers=headers, timeout=_LIST_TIMEOUT)
            try:
                answer = await self._send(request)
            except Gone:
                if not token or listings == _LISTINGS:
                    raise
                token, listings = "", listings + 1
                continue
            listed = self._page(request, answer)
            yield Page(listed.items, listed.resource_version, first=not token, last=not listed.token)
            if not listed.token:
                return
            token = listed.token

    async def create(
        self, path: str, body: Body, *, query: Mapping[str, str] | None = None, bound: float | None = None
    ) -> Body:
        """Create an object. The API server gives up after `bound` seconds; without an answer it may be there later."""
        queries, timeout = dict(query or {}), _TIMEOUT
        if bound is not None:
            queries["timeout"] = f"{bound * 1000:.0f}ms"
            timeout = bound + _GRACE_FOR_ANSWER
        return await self._ask(
            Request("POST", path, query=queries, headers=_JSON, body=wire.encode(body), timeout=timeout)
        )

    async def put(self, path: str, body: Body) -> Body:
        """Replace an object or its status. `body` names UID and resourceVersion; Conflict when they are not current."""
        return await self._ask(Request("PUT", path, headers=_JSON, body=wire.encode(body), timeout=_TIMEOUT))

    async def patch_json(self, path: str, operations: Sequence[Operation]) -> Body:
        """Carry out all `operations`, or none. Refused with status 422 when a `test` among them does not hold."""
        body = wire.encode([dict(operation) for operation in operations])
        return await self._ask(Request("PATCH", path, headers=_JSON_PATCH, body=body, timeout=_TIMEOUT))

    async def delete(
        self,
        path: str,
        *,
        uid: str,
        resource_version: str | None = None,
        grace: int | None = None,
        propagation: str | None = None,
    ) -> Body | None:
        """Delete the object with this UID. Conflict when the name belongs to another, or has another version.

        Returns the object that is on its way out, None when it is gone already. `grace` in seconds.
        """
        options = wire.delete_options(uid=uid, resource_version=resource_version, grace=grace, propagation=propagation)
        answer = await self._ask(Request("DELETE", path, headers=_JSON, body=wire.encode(options), timeout=_TIMEOUT))
        return None if wire.read_status(answer) else answer

    def _page(self, request: Request, answer: Response) -> wire.ListPage:
        try:
            return wire.read_page(answer.body)
        except wire.Garbled as error:
            raise NoAnswer(f"GET {request.path}: {error}") from error

    async def _ask(self, request: Request) -> Body:
        answer = await self._send(request)
        try:
            return wire.read_object(answer.body)
        except wire.Garbled as error:  # as good as none, and a write may well have been carried out
            raise NoAnswer(f"{request.method} {request.path}: {error}") from error

    async def _send(self, request: Request) -> Response:
        answer = await self._transport.send(request)
        if (error := error_of(answer)) is not None:
            raise error
        return answer
