"""A fast client for the bench itself: it creates thousands of objects and counts its requests, to be subtracted."""

import asyncio
import base64
import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp
import orjson

from dev.bench.requests import Counts

_METADATA = "application/json;as={kind};g=meta.k8s.io;v=v1"
_AT_ONCE = 32
"""Requests at the same time: enough to keep two cores of API server busy, too few for the API server to queue them."""


class Api:
    """A client of one local cluster as administrator, an async context manager. Raises RuntimeError for refusals."""

    def __init__(self, kubeconfig: Path) -> None:
        config = json.loads(kubeconfig.read_text())  # local clusters write JSON, which is YAML
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._server: str = cluster["server"]
        self._token: str = config["users"][0]["user"]["token"]
        self._ssl = ssl.create_default_context(cadata=authority)
        self.asked: Counts = Counter()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._ssl, limit=0),
            headers={"authorization": f"Bearer {self._token}", "user-agent": "queuedjob-bench"},
            timeout=aiohttp.ClientTimeout(total=120),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def create(self, path: str, body: dict[str, Any]) -> None:
        """POST one object."""
        self._count("POST", path)
        headers = {"content-type": "application/json"}
        async with self._session.post(self._server + path, data=orjson.dumps(body), headers=headers) as answer:
            text = await answer.read()
            if answer.status != 201:
                raise RuntimeError(f"POST {path}: {answer.status} {text.decode()}")

    async def create_all(self, path: str, bodies: Iterable[dict[str, Any]]) -> None:
        """POST many objects, some at the same time."""
        left = iter(bodies)

        async def work() -> None:
            for body in left:
                await self.create(path, body)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(work())

    async def patch(self, path: str, change: object, kind: str = "merge-patch") -> None:
        """PATCH one object. `kind`: merge-patch or json-patch. It is not counted."""
        headers = {"content-type": f"application/{kind}+json"}
        async with self._session.patch(self._server + path, data=orjson.dumps(change), headers=headers) as answer:
            text = await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"PATCH {path}: {answer.status} {text.decode()}")

    async def admits(self, path: str, body: dict[str, Any], *, within: float = 1.0) -> bool:
        """Return whether admission accepts the object within so many seconds. The object is not created or counted."""
        query = {"dryRun": "All", "timeout": f"{within:.0f}s"}
        try:
            async with self._session.post(self._server + path, params=query, json=body) as answer:
                await answer.read()
                return answer.status == 201
        except aiohttp.ServerDisconnectedError:  # so the API server ends a request that is over its timeout
            return False

    async def list(self, path: str) -> list[dict[str, Any]]:
        """Return the metadata of all objects of the collection."""
        self._count("LIST", path)
        found = await self._get(path, {}, _METADATA.format(kind="PartialObjectMetadataList"))
        return [item["metadata"] for item in found["items"] or ()]  # null if there are none

    async def any(self, path: str, selector: str = "") -> bool:
        """Return whether the field selector finds any object of the collection. This costs the API server little."""
        self._count("LIST", path)
        query = {"limit": "1", **({"fieldSelector": selector} if selector else {})}
        return bool((await self._get(path, query, _METADATA.format(kind="PartialObjectMetadataList")))["items"])

    async def finalizers(self, path: str) -> int:
        """Return how many objects of the collection have a finalizer."""
        return sum(bool(metadata.get("finalizers")) for metadata in await self.list(path))

    async def get(self, path: str) -> dict[str, Any]:
        """Return one object."""
        self._count("GET", path)
        return await self._get(path, {}, "application/json")

    async def delete_all(self, path: str) -> None:
        """Delete a collection, and what its objects own. Pods are deleted at once, since no kubelet runs them."""
        options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        if path.endswith("/pods"):
            options["gracePeriodSeconds"] = 0  # type: ignore[assignment]
        async with self._session.delete(self._server + path, json=options) as answer:
            if answer.status not in {200, 504}:  # after a timeout the deletion goes on; the caller looks again
                raise RuntimeError(f"DELETE {path}: {answer.status} {await answer.text()}")

    async def exposition(self) -> str:
        """Return the API server's /metrics."""
        async with self._session.get(f"{self._server}/metrics") as answer:
            return await answer.text()

    @asynccontextmanager
    async def watch(self, path: str) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
        """Yield events from now on: (type, the object's metadata)."""
        listed = await self._get(path, {"limit": "1"}, _METADATA.format(kind="PartialObjectMetadataList"))
        query = {"watch": "1", "resourceVersion": listed["metadata"]["resourceVersion"]}
        headers = {"accept": _METADATA.format(kind="PartialObjectMetadata")}
        endless = aiohttp.ClientTimeout(total=None)
        async with self._session.get(self._server + path, params=query, headers=headers, timeout=endless) as answer:
            yield _events(answer)

    async def _get(self, path: str, query: dict[str, str], accept: str) -> dict[str, Any]:
        async with self._session.get(self._server + path, params=query, headers={"accept": accept}) as answer:
            text = await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"GET {path}: {answer.status} {text.decode()}")
            found: dict[str, Any] = orjson.loads(text)
            return found

    def _count(self, verb: str, path: str) -> None:
        self.asked[verb, path.rsplit("/", 1)[1]] += 1


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    async for line in answer.content:
        event = orjson.loads(line)
        yield event["type"], event["object"]["metadata"]
