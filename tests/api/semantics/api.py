"""An API server as a case asks it, and the transcript of what it said."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson

from queuedjob.kube.client import paths
from queuedjob.ports import Body, Lines, Request, Response, Transport
from tests.api.manifests import a_job, a_letter

_PATIENCE: Final = 180.0
"""Seconds until what a cluster does by itself counts as not done. The quota controller finds kinds twice a minute."""

NODE: Final = "node"


def a_pod(name: str = "p", *, finalizers: list[str] | None = None, **metadata: Any) -> Body:  # noqa: ANN401 - any JSON
    """The smallest pod."""
    held = {"finalizers": finalizers} if finalizers else {}
    container = {"name": "main", "image": "busybox"}
    return {"metadata": {"name": name, **held, **metadata}, "spec": {"containers": [container]}}


def named(body: Body, name: str, **metadata: Any) -> Body:  # noqa: ANN401 - any JSON
    """The same manifest under another name, with more metadata."""
    return {**body, "metadata": {**body["metadata"], "name": name, **metadata}}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, decoded."""

    status: int
    body: Body

    def ok(self) -> Body:
        """The object. Fails for a refusal."""
        assert self.status < 300, self.body
        return self.body

    def refused(self, status: int, reason: str, *words: str) -> None:
        """Fails unless it is this refusal."""
        assert (self.status, self.body.get("reason")) == (status, reason), self.body
        missing = [word for word in words if word not in self.body["message"]]
        assert not missing, f"{missing} is not in {self.body['message']}"


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a transcript: what was asked, and what was said."""

    what: str
    body: Any


class Events:
    """One watch."""

    def __init__(self, lines: Lines, note: Callable[[Said], None]) -> None:
        self._lines = lines.lines
        self._note = note

    async def next(self) -> tuple[str, Body]:
        """Type and object of the next event."""
        event = await self.next_if_any()
        assert event is not None, "the watch has ended"
        return event

    async def next_if_any(self) -> tuple[str, Body] | None:
        """The same; None once the server ends the watch."""
        async with asyncio.timeout(_PATIENCE):
            line = await anext(self._lines, None)
        if line is None:
            return None
        event = orjson.loads(line)
        self._note(Said(event["type"], event["object"]))
        return event["type"], event["object"]

    async def next_name(self) -> str:
        """The next event, in short: "ADDED p"."""
        kind, body = await self.next()
        return f"{kind} {body['metadata']['name']}"

    async def ends(self) -> None:
        """Return once the server ends it."""
        event = await self.next_if_any()
        assert event is None, f"it goes on: {event}"


class Cluster(Protocol):
    """What happens to an API server, and by itself."""

    async def keep_house(self) -> None:
        """Let controllers do what is due, or wait a little until they may have."""
        ...

    async def forget(self) -> None:
        """Compact the history of before this run away."""
        ...


class Api:
    """One namespace of an API server."""

    def __init__(self, way: Transport, namespace: str, cluster: Cluster) -> None:
        self._way = way
        self._cluster = cluster
        self.namespace: Final = namespace
        self.said: Final[list[Said]] = []
        self.pods: Final = paths.pods(namespace)
        self.jobs: Final = paths.jobs(namespace)
        self.letters: Final = paths.letters(namespace)
        self.home: Final = f"/api/v1/namespaces/{namespace}"

    # --- requests

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        form: str = "application/json",
        accept: str = "application/json",
    ) -> Answer:
        """One request, written down."""
        answer = await self._send(method, path, body, query=query or {}, form=form, accept=accept)
        asked = {key: "TOKEN" if key == "continue" else value for key, value in (query or {}).items()}
        self.said.append(Said(f"{method} {path} {asked or ''}: {answer.status}", answer.body))
        return answer

    async def _send(
        self, method: str, path: str, body: object, *, query: Mapping[str, str], form: str, accept: str
    ) -> Answer:
        headers = {"content-type": form, "accept": accept}
        encoded = None if body is None else orjson.dumps(body)
        response = await self._way.send(Request(method, path, query=query, headers=headers, body=encoded))
        return Answer(response.status, _decoded(response))

    async def create(self, path: str, body: Body) -> Body:
        return (await self.ask("POST", path, body)).ok()

    async def get(self, path: str) -> Body:
        return (await self.ask("GET", path)).ok()

    async def is_gone(self, path: str) -> None:
        """Fails unless there is nothing."""
        (await self.ask("GET", path)).refused(404, "NotFound")

    async def put(self, path: str, body: Body) -> Answer:
        return await self.ask("PUT", path, body)

    async def patch(self, path: str, *operations: Mapping[str, Any]) -> Answer:
        """A JSON patch."""
        return await self.ask("PATCH", path, operations, form="application/json-patch+json")

    async def merge(self, path: str, patch: Body) -> Answer:
        """A merge patch."""
        return await self.ask("PATCH", path, patch, form="application/merge-patch+json")

    async def delete(self, path: str, **options: Any) -> Answer:  # noqa: ANN401 - any JSON
        """`options` as DeleteOptions name them."""
        return await self.ask("DELETE", path, options or None)

    async def list(self, path: str, **query: str) -> Body:
        return (await self.ask("GET", path, query=query)).ok()

    @asynccontextmanager
    async def watch(self, path: str, since: str, **query: str) -> AsyncIterator[Events]:
        """Watch from a resourceVersion."""
        asked = {"watch": "1", "resourceVersion": since, "timeoutSeconds": "60", **query}
        async with self._way.stream(Request("GET", path, query=asked)) as lines:
            assert lines.status == 200, lines.status
            yield Events(lines, self.said.append)

    # --- what takes more than one

    async def a_job(self, name: str = "j", **spec: Any) -> Body:  # noqa: ANN401 - any JSON
        """A new job."""
        return await self.create(self.jobs, named(a_job(**spec), name))

    async def a_letter(self, name: str = "l", **spec: Any) -> Body:  # noqa: ANN401 - any JSON
        """A new letter, of a job whose name and UID are always the same."""
        ref = {"name": "j", "uid": "11111111-2222-4333-8444-555555555555", "generation": 1}
        return await self.create(self.letters, named(a_letter(jobRef=ref, **spec), name))

    async def bind(self, name: str) -> None:
        """Give a pod a node."""
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        await self.create(f"{self.pods}/{name}/binding", {"metadata": {"name": name}, "target": target})

    async def report(self, name: str, phase: str) -> Body:
        """Say, as a kubelet, that a pod is in this phase."""
        return (await self.merge(f"{self.pods}/{name}/status", {"status": {"phase": phase}})).ok()

    async def write_status(self, job: Body, **status: Any) -> Body:  # noqa: ANN401 - any JSON
        """Write a job's status, as the operator does."""
        path = f"{self.jobs}/{job['metadata']['name']}/status"
        return (await self.put(path, {**job, "status": status})).ok()

    # --- what the cluster does by itself

    async def until(self, path: str, holds: Callable[[Answer], bool]) -> None:
        """Return once this holds of what a GET says. What was said on the way is not written down."""
        async with asyncio.timeout(_PATIENCE):
            while not holds(await self._peek(path)):
                await self._cluster.keep_house()

    async def until_gone(self, path: str) -> None:
        """Return once there is nothing."""
        await self.until(path, lambda answer: answer.status == 404)

    async def settle(self) -> None:
        """Let the cluster do by itself what it does, as far as one can wait for it."""
        await self._cluster.keep_house()

    async def forget(self) -> None:
        """The server forgets what was before this run."""
        await self._cluster.forget()

    async def _peek(self, path: str) -> Answer:
        return await self._send("GET", path, None, query={}, form="", accept="application/json")


def _decoded(response: Response) -> Body:
    try:
        decoded: Body = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return {"text": response.body.decode()}
    return decoded
