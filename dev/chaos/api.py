"""The client of the jobs' owners: it uses no proxy and retries while the API server is down.

It does not take every answer of a starting server as final: a kind that is not served yet is not a missing object.
"""

import asyncio
import base64
import json
import ssl
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Self

import aiohttp
import orjson

Object = dict[str, Any]

_PAUSE: Final = 0.3
"""Seconds between tries."""
_TIMEOUT: Final = 10.0
_PAGE: Final = "500"
_TRY_AGAIN: Final = frozenset({HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})


class RefusedError(RuntimeError):
    """The API server refuses the request; the message is the server's own."""


class Api:
    """A client of one cluster as administrator. Use it as an async context manager."""

    def __init__(self, kubeconfig: Path) -> None:
        config = json.loads(kubeconfig.read_text())  # local clusters write JSON, which is YAML
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._server: str = cluster["server"]
        self._token: str = config["users"][0]["user"]["token"]
        self._ssl = ssl.create_default_context(cadata=authority)
        self.unanswered = 0
        """The number of failed tries."""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._ssl, limit=0),
            headers={"authorization": f"Bearer {self._token}", "user-agent": "queuedjob-chaos"},
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str) -> Object | None:
        """Return the object; None when it is gone."""
        return await self._insist("GET", path)

    async def list(self, path: str) -> list[Object]:
        """Return the whole collection."""
        found: list[Object] = []
        token = ""
        while True:
            page = await self._insist("GET", f"{path}?limit={_PAGE}&continue={token}")
            assert page is not None, f"{path} is gone"
            found += page["items"]
            token = page["metadata"].get("continue", "")
            if not token:
                return found

    async def create(self, path: str, body: Object) -> Object:
        """Create the object once: an object that exists already is the result of an earlier try."""
        while True:
            status, text = await self._ask("POST", path, body)
            if status == HTTPStatus.CREATED:
                created: Object = orjson.loads(text)
                return created
            if status == HTTPStatus.CONFLICT:
                there = await self.get(f"{path}/{body['metadata']['name']}")
                if there is not None:
                    return there
            await self._again("POST", path, status, text)

    async def patch(self, path: str, body: Object) -> Object | None:
        """Send a JSON merge patch, which may be sent twice; return None when the object is gone."""
        return await self._insist("PATCH", path, body)

    async def delete(self, path: str) -> None:
        """Request the deletion; the object may still exist for some time."""
        await self._insist("DELETE", path, {"propagationPolicy": "Background"})

    async def _insist(self, method: str, path: str, body: Object | None = None) -> Object | None:
        while True:
            status, text = await self._ask(method, path, body)
            if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
                found: Object = orjson.loads(text)
                return found
            if status == HTTPStatus.NOT_FOUND and _is_of_an_object(text):
                return None
            await self._again(method, path, status, text)

    async def _ask(self, method: str, path: str, body: Object | None) -> tuple[int, bytes]:
        """Return status and body; status 0 when no answer came."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        data = None if body is None else orjson.dumps(body)
        try:
            async with self._session.request(
                method, self._server + path, data=data, headers={"content-type": kind}
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return 0, str(error).encode()

    async def _again(self, method: str, path: str, status: int, text: bytes) -> None:
        """Return after a pause when another try may help. Raises RefusedError."""
        unserved = status == HTTPStatus.NOT_FOUND and not _is_of_an_object(text)
        if status and status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _TRY_AGAIN and not unserved:
            raise RefusedError(f"{method} {path}: {status} {text.decode(errors='replace')}")
        self.unanswered += 1
        await asyncio.sleep(_PAUSE)


def _is_of_an_object(text: bytes) -> bool:
    """Return whether this 404 is about an object, and not about a kind that the server does not serve (yet)."""
    try:
        return bool(orjson.loads(text)["details"]["name"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False
