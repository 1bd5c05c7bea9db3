"""What kopf's session shows kopf of the API server's answers: sketches of objects (kube/client/sketches.py).

kopf decodes JSON by recursion, and one object that is nested too deep ends its watch of all namespaces. So each page
and each line goes through our decoder first (kube/client/decoding.py). kopf gets a sketch of each object, and its
handler exchanges the sketch for the body.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from http import HTTPStatus
from typing import Any, Final, TypeAlias, cast

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from aiohttp.typedefs import JSONDecoder

from queuedjob.kube.client.decoding import Garbled, read_shallow
from queuedjob.kube.client.lines import LineCutter, LineTooLong
from queuedjob.kube.client.paging import PageSize
from queuedjob.kube.client.sketches import Bodies

MOST_IN_PAGE: Final = 500
"""How many objects a page of a LIST has at most. In one page, 50,000 jobs cost 394 MB at the peak."""

OnHeard: TypeAlias = Callable[[str, str | None], None]
"""Takes the plural and the namespace (None: all) of a LIST or a watch of which something came."""

ShowLine: TypeAlias = Callable[[bytes], Awaitable[bytes]]
"""Takes a line of a watch. Returns the line that kopf is shown instead. Raises Garbled."""


class ShownResponse(ClientResponse):
    """An answer of which kopf is shown what we say. Answers about no object of ours pass our decoder, too."""

    shown: bytes | None = None
    """What is shown instead of the body of a page."""

    def show_lines(self, show: ShowLine) -> None:
        """Pass the lines of this answer through `show`."""
        self.content = cast("aiohttp.StreamReader", _ShownLines(self.content, show))

    async def json(
        self,
        *,
        encoding: str | None = None,  # noqa: ARG002 - the API server writes UTF-8
        loads: JSONDecoder = json.loads,  # noqa: ARG002 - our own decoder
        content_type: str | None = "application/json",  # noqa: ARG002 - the decoder tells what is no JSON
    ) -> Any:  # noqa: ANN401 - as in aiohttp
        """Decode the body by our decoder. Raises json.JSONDecodeError, which kopf expects."""
        try:
            return read_shallow(await self.read() if self.shown is None else self.shown)
        except Garbled as error:
            raise json.JSONDecodeError(str(error), "", 0) from error


class _ShownLines:
    """The stream of a watch, with other lines for kopf's way of reading it."""

    def __init__(self, content: aiohttp.StreamReader, show: ShowLine) -> None:
        self._content = content
        self._show = show

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all else is the stream's own: aiohttp releases it
        return getattr(self._content, name)

    async def iter_chunked(self, _size: int) -> AsyncIterator[bytes]:
        """Yield whole lines, as they are shown. Raises ClientPayloadError, after which kopf watches again."""
        cutter = LineCutter()
        try:
            async for chunk in self._content.iter_any():
                for line in cutter.feed(chunk):
                    yield await self._show(line) + b"\n"
        except (Garbled, LineTooLong) as error:
            raise aiohttp.ClientPayloadError(str(error)) from error


class Sketches:
    """A middleware of kopf's session: kopf sees sketches of our kinds' objects only, and large pages become smaller."""

    def __init__(self, plurals: Collection[str], bodies: Bodies, on_heard: OnHeard) -> None:
        self._plurals = plurals
        self._bodies = bodies
        self._on_heard = on_heard
        self._sizes: dict[str, PageSize] = {}

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Send one request of kopf's, and return what kopf is shown of the answer."""
        plural = request.url.name
        if plural not in self._plurals:
            return await handler(request)
        if "watch" in request.url.query:
            return self._watch(plural, _namespace_in(request), await handler(request))
        return await self._list(plural, request, handler)

    def _watch(self, plural: str, namespace: str | None, response: ClientResponse) -> ClientResponse:
        async def show(line: bytes) -> bytes:
            self._on_heard(plural, namespace)
            return await self._bodies.line(plural, line)

        if response.status == HTTPStatus.OK and isinstance(response, ShownResponse):
            self._on_heard(plural, namespace)
            response.show_lines(show)
        return response

    async def _list(self, plural: str, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        size = self._sizes.setdefault(request.url.path, PageSize(MOST_IN_PAGE))
        while True:
            request.url = request.url.update_query(limit=size.limit)
            response = await handler(request)
            if response.status != HTTPStatus.OK or not isinstance(response, ShownResponse):
                return response
            raw = await _read(response, size.allowed_bytes)
            if raw is not None and size.fits(raw):
                break
            response.close()
            if raw is None:
                size.too_large()
        self._on_heard(plural, _namespace_in(request))
        try:
            response.shown = await self._bodies.page(plural, raw)
        except Garbled as error:
            raise aiohttp.ClientPayloadError(str(error)) from error
        return response


def _namespace_in(request: ClientRequest) -> str | None:
    """Return the namespace of a LIST or a watch; None if it is of all."""
    *_, before, name, _plural = request.url.parts
    return name if before == "namespaces" else None


async def _read(response: ClientResponse, largest: int | None) -> bytes | None:
    """Read a whole body. None if it is larger than `largest` bytes; its rest is not read then."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if largest is not None and size > largest:
            return None
    return b"".join(parts)
