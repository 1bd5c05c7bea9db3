"""An API server as a case uses it, and the transcript of its answers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol

import orjson

from queuedjob.kube.client import paths
from queuedjob.ports import Body, Lines, Request, Response, Transport
from tests.api.manifests import a_job, a_letter

_PATIENCE: Final = 180.0
"""Seconds to wait for the cluster's own controllers. The quota controller discovers kinds only twice a minute."""

NODE: Final = "node"


def a_pod(name: str = "p", *, finalizers: list[str] | None = None, **metadata: Any) -> Body:  # noqa: ANN401 - any JSON
    """A minimal pod."""
    held = {"finalizers": finalizers} if finalizers else {}
    container = {"name": "main", "image": "busybox"}
    return {"metadata": {"name": name, **held, **metadata}, "spec": {"containers": [container]}}


def named(body: Body, name: str, **metadata: Any) -> Body:  # noqa: ANN401 - any JSON
    """The same manifest with another name and more metadata."""
    return {**body, "metadata": {**body["metadata"], "name": name, **metadata}}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, decoded."""

    status: int
    body: Body

    def ok(self) -> Body:
        """Return the object. Fails if the answer is a refusal."""
        assert self.status < 300, self.body
        return self.body

    def refused(self, status: int, reason: str, *words: str) -> None:
        """Fail unless the answer is this refusal, with all `words` in its message."""
        assert (self.status, self.body.get("reason")) == (status, reason), self.body
        missing = [word for word in words if word not in self.body["message"]]
        assert not missing, f"{missing} is not in {self.body['message']}"


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a transcript: the request or the type of event, and the body that was received."""

    what: str
    body: Any


class Events:
    """One watch."""

    def __init__(self, lines: Lines, note: Callable[[Said], None]) -> None:
        self._lines = lines.lines
        self._note = note

    async def next(self) -> tuple[str, Body]:
        """Return the type and the object of the next event."""
        event = await self.next_if_any()
        assert event is not None, "the watch has ended"
        return event

    async def next_if_any(self) -> tuple[str, Body] | None:
        """Like next(), but return None if the server ends the watch."""
        async with asyncio.timeout(_PATIENCE):
            line = await anext(self._lines, None)
        if line is None:
            return None
        event = orjson.loads(line)
        self._note(Said(event["type"], event["object"]))
        return event["type"], event["object"]

    async def next_name(self) -> str:
        """Return the next event in short form: "ADDED p"."""
        kind, body = await self.next()
        return f"{kind} {body['metadata']['name']}"

    async def ends(self) -> None:
        """Wait until the server ends the watch. Fails if another event comes first."""
        event = await self.next_if_any()
        assert event is None, f"it goes on: {event}"


class Cluster(Protocol):
    """The parts of a cluster that act beside the requests: its controllers and its etcd."""

    async def keep_house(self) -> None:
        """Let the controllers do their due work, or wait a little so that they can do it."""
        ...

    async def forget(self) -> None:
        """Compact the history from before this run."""
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
        """Send one request, and record it with its answer."""
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
        """Fail unless the object is gone."""
        (await self.ask("GET", path)).refused(404, "NotFound")

    async def put(self, path: str, body: Body) -> Answer:
        return await self.ask("PUT", path, body)

    async def patch(self, path: str, *operations: Mapping[str, Any]) -> Answer:
        """Send a JSON patch."""
        return await self.ask("PATCH", path, operations, form="application/json-patch+json")

    async def merge(self, path: str, patch: Body) -> Answer:
        """Send a merge patch."""
        return await self.ask("PATCH", path, patch, form="application/merge-patch+json")

    async def delete(self, path: str, **options: Any) -> Answer:  # noqa: ANN401 - any JSON
        """Send a DELETE. `options` are fields of DeleteOptions."""
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

    # --- common objects and writes

    async def a_job(self, name: str = "j", **spec: Any) -> Body:  # noqa: ANN401 - any JSON
        """Create a new job."""
        return await self.create(self.jobs, named(a_job(**spec), name))

    async def a_letter(self, name: str = "l", **spec: Any) -> Body:  # noqa: ANN401 - any JSON
        """Create a new dead letter, for a job whose name and UID are always the same."""
        ref = {"name": "j", "uid": "11111111-2222-4333-8444-555555555555", "generation": 1}
        return await self.create(self.letters, named(a_letter(jobRef=ref, **spec), name))

    async def bind(self, name: str) -> None:
        """Bind a pod to a node."""
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        await self.create(f"{self.pods}/{name}/binding", {"metadata": {"name": name}, "target": target})

    async def report(self, name: str, phase: str) -> Body:
        """Report, as a kubelet, that a pod is in this phase."""
        return (await self.merge(f"{self.pods}/{name}/status", {"status": {"phase": phase}})).ok()

    async def write_status(self, job: Body, **status: Any) -> Body:  # noqa: ANN401 - any JSON
        """Write a job's status, as the operator does."""
        path = f"{self.jobs}/{job['metadata']['name']}/status"
        return (await self.put(path, {**job, "status": status})).ok()

    # --- what the cluster does by itself

    async def until(self, path: str, holds: Callable[[Answer], bool]) -> None:
        """Wait until `holds` is true for the answer to a GET. These GETs are not recorded."""
        async with asyncio.timeout(_PATIENCE):
            while not holds(await self._peek(path)):
                await self._cluster.keep_house()

    async def until_gone(self, path: str) -> None:
        """Wait until the object is gone."""
        await self.until(path, lambda answer: answer.status == 404)

    async def until_past(self, moment: datetime) -> None:
        """Wait until the API server's clock, in whole seconds, is past `moment`. These GETs are not recorded."""
        async with asyncio.timeout(_PATIENCE):
            while await self._date() <= moment:  # noqa: ASYNC110 - the clock of another process sends no signal
                await asyncio.sleep(0.1)

    async def _date(self) -> datetime:
        return parsedate_to_datetime((await self._way.send(Request("GET", self.pods))).headers["date"])

    async def settle(self) -> None:
        """Let the cluster's controllers do their work, as far as it is possible to wait for it."""
        await self._cluster.keep_house()

    async def forget(self) -> None:
        """Compact the history from before this run."""
        await self._cluster.forget()

    async def _peek(self, path: str) -> Answer:
        return await self._send("GET", path, None, query={}, form="", accept="application/json")


def _decoded(response: Response) -> Body:
    try:
        decoded: Body = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return {"text": response.body.decode()}
    return decoded
