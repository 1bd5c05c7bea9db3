"""The verbs that the operator uses, typed, over the Transport port.

One call is one request. This module retries nothing: after a failed write, the caller must read the state again and
decide again. Every method raises NoAnswer or an ApiError (errors.py).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from queuedjob.api.names import TERM_LABEL
from queuedjob.kube.client import wire
from queuedjob.kube.client.decoding import Garbled, ListPage, encode, read_object, read_page
from queuedjob.kube.client.errors import Gone, error_of
from queuedjob.kube.client.paging import PageSize
from queuedjob.ports import AnswerTooLarge, Body, NoAnswer, Request, Response, Transport

Operation: TypeAlias = Mapping[str, Any]
"""One operation of a JSON patch (RFC 6902)."""

_JSON: Final = {"content-type": "application/json"}
_JSON_PATCH: Final = {"content-type": "application/json-patch+json"}

_TIMEOUT: Final = 15.0
"""Seconds for a request for one object."""

_LIST_TIMEOUT: Final = 60.0
"""Seconds for one page of a listing: the API server needs time for 500 large objects."""

_GRACE_FOR_ANSWER: Final = 2.0
"""Seconds that the client waits beyond the API server's own timeout, so that its "timed out" still arrives."""

_LISTINGS: Final = 3
"""How often one listing may be started. It starts over if its continue token expired (after five minutes, by etcd's
compaction)."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing.

    `first`: the listing starts, or starts over: forget all earlier pages. All pages of a listing show the state at one
    moment, that of `version`, a resourceVersion. Each object has a UID, a name, a namespace, and a number as its
    resourceVersion.
    """

    items: list[Body]
    version: int
    first: bool
    last: bool


class Client:
    """The client of one API server. `term`: a label of each object that it creates; empty: none."""

    def __init__(self, transport: Transport, *, term: str = "") -> None:
        self._transport = transport
        self._term = term

    async def get(self, path: str) -> Body:
        """Read the current object from etcd, never from a stale cache."""
        return await self._ask(Request("GET", path, timeout=_TIMEOUT))

    async def text(self, path: str, query: Mapping[str, str], *, within: float, last: int) -> str:
        """Read the last `last` bytes of a text, such as a log. Bytes that are not UTF-8 are replaced.

        Waits `within` seconds at most.
        """
        answer = await self._send(Request("GET", path, query=query, timeout=within, last=last))
        return answer.body.decode(errors="replace")

    async def first_page(self, path: str, *, fields: str, page: int, within: float, largest: int) -> list[Body]:
        """List up to `page` objects that match a field selector, in one request.

        Waits `within` seconds at most. Raises AnswerTooLarge for an answer of more than `largest` bytes.
        """
        query = wire.list_query(limit=page, fields=fields)
        request = Request("GET", path, query=query, timeout=within, largest=largest)
        return (await self._page(request, await self._send(request))).items

    async def list_pages(
        self,
        path: str,
        *,
        selector: str = "",
        page: int = 500,
        metadata_only: bool = False,
        managed_fields: bool = False,
    ) -> AsyncIterator[Page]:
        """List all objects of a collection, up to `page` at a time. Starts over if the continue token expires.

        A page that breaks the API's conventions counts as no answer: a proxy may have made it.
        With `managed_fields`, objects have their metadata.managedFields. In all other answers they are left out.
        """
        headers = {"accept": wire.METADATA_LIST} if metadata_only else {}
        token, listings, size = "", 1, PageSize(page)
        while True:
            query = wire.list_query(limit=size.limit, token=token, selector=selector)
            request = Request(
                "GET", path, query=query, headers=headers, timeout=_LIST_TIMEOUT, largest=size.allowed_bytes
            )
            try:
                answer = await self._send(request)
            except Gone:
                if not token or listings == _LISTINGS:
                    raise
                token, listings = "", listings + 1
                continue
            except AnswerTooLarge:
                size.too_large()
                continue
            if not size.fits(answer.body):
                continue
            listed = await self._page(request, answer, managed_fields=managed_fields)
            version = _checked(request, listed)
            yield Page(listed.items, version, first=not token, last=not listed.token)
            if not listed.token:
                return
            token = listed.token

    async def create(
        self, path: str, body: Body, *, query: Mapping[str, str] | None = None, bound: float | None = None
    ) -> Body:
        """Create an object. The API server gives up after `bound` seconds.

        If no answer comes, the object may still be created later.
        """
        queries, timeout = dict(query or {}), _TIMEOUT
        if bound is not None:
            queries["timeout"] = wire.milliseconds(bound)
            timeout = bound + _GRACE_FOR_ANSWER
        made = wire.labelled(body, TERM_LABEL, self._term) if self._term else body
        return await self._ask(Request("POST", path, query=queries, headers=_JSON, body=encode(made), timeout=timeout))

    async def put(self, path: str, body: Body) -> Body:
        """Replace an object or its status. Raises Conflict if UID or resourceVersion in `body` is not current."""
        return await self._ask(Request("PUT", path, headers=_JSON, body=encode(body), timeout=_TIMEOUT))

    async def patch_json(self, path: str, operations: Sequence[Operation]) -> Body:
        """Carry out all `operations`, or none. Raises Refused with status 422 if a `test` among them does not hold."""
        body = encode([dict(operation) for operation in operations])
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
        """Delete the object with this UID. Raises Conflict if the object of that name has another UID or version.

        Returns the object if its deletion is still in progress, None if the object is already gone. `grace` is in
        seconds.
        """
        options = wire.delete_options(uid=uid, resource_version=resource_version, grace=grace, propagation=propagation)
        answer = await self._ask(Request("DELETE", path, headers=_JSON, body=encode(options), timeout=_TIMEOUT))
        return None if wire.read_status(answer) else answer

    async def _page(self, request: Request, answer: Response, *, managed_fields: bool = False) -> ListPage:
        try:
            return await read_page(answer.body, managed_fields=managed_fields)
        except Garbled as error:
            raise NoAnswer(f"GET {request.path}: {error}") from error

    async def _ask(self, request: Request) -> Body:
        answer = await self._send(request)
        try:
            return await read_object(answer.body)
        except Garbled as error:  # same as no answer: a write may have been carried out
            raise NoAnswer(f"{request.method} {request.path}: {error}") from error

    async def _send(self, request: Request) -> Response:
        answer = await self._transport.send(request)
        if (error := error_of(answer)) is not None:
            raise error
        return answer


def _checked(request: Request, page: ListPage) -> int:
    """Return the version of the listing. Raises NoAnswer if the page, or an object on it, lacks what a caller reads."""
    try:
        for item in page.items:
            wire.check_listed(item)
        return wire.version_number(page.resource_version)
    except Garbled as error:
        raise NoAnswer(f"GET {request.path}: {error}") from error
