"""A simulated collection of an API server, with LIST, WATCH and possible faults, behind the Transport port."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson

from queuedjob.ports import Lines, NoAnswer, Request, Response
from tests.virtual_loop import advance

Json = dict[str, Any]


def failure(code: int, message: str = "no", **headers: str) -> Response:
    return Response(code, {k.replace("_", "-"): v for k, v in headers.items()}, orjson.dumps(_status(code, message)))


def _status(code: int, message: str) -> Json:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message}


class Collection:
    """Objects by name, with UIDs, resourceVersions, a history, pages, bookmarks every minute."""

    def __init__(self) -> None:
        self.version = 100
        self.oldest = 0  # watches and continue tokens from before it are refused
        self.objects: dict[str, Json] = {}
        self.history: list[tuple[int, str, Json]] = []
        self.next_answers: deque[Response | NoAnswer] = deque()
        self.next_watches: deque[Response | NoAnswer] = deque()
        self.too_old_as_event = False
        self.asked: list[tuple[float, str]] = []
        self.queries: list[Json] = []
        self.watchers = 0
        self._streams = self._dead_streams = 0
        self._news = asyncio.Event()
        self._cut = False
        self._snapshots: dict[str, tuple[int, list[Json]]] = {}

    def put(self, name: str, **fields: object) -> None:
        self.version += 1
        kind = "MODIFIED" if name in self.objects else "ADDED"
        uid = self.objects[name]["metadata"]["uid"] if name in self.objects else f"{name}-{self.version}"
        self.objects[name] = {"metadata": {"name": name, "uid": uid, "resourceVersion": str(self.version)}, **fields}
        self._tell(kind, self.objects[name])

    def delete(self, name: str) -> None:
        self.version += 1
        body = self.objects.pop(name)
        self._tell("DELETED", {**body, "metadata": {**body["metadata"], "resourceVersion": str(self.version)}})

    def compact(self) -> None:
        """Forget all history."""
        self.oldest = self.version

    def cut(self) -> None:
        """Break all connections."""
        self._cut = True
        self._wake()

    def deaden(self) -> None:
        """Silence all open streams, as when a firewall drops their packets."""
        self._dead_streams = self._streams

    def send_event(self, kind: str, body: Json) -> None:
        """Send an event on the stream that is not a change of an object."""
        self._tell(kind, body)

    def of(self, verb: str) -> list[float]:
        return [moment for moment, what in self.asked if what == verb]

    async def send(self, request: Request) -> Response:
        self._note(request, "list")
        await advance(0.01)
        if self.next_answers:
            return _faulty(self.next_answers)
        limit, token = int(request.query["limit"]), request.query.get("continue", "")
        if token:
            version, rest = self._snapshots.pop(token)
            if version < self.oldest:
                return failure(410, "The provided continue parameter is too old")
        else:
            version, rest = self.version, list(self.objects.values())
        page, rest = rest[:limit], rest[limit:]
        metadata = {"resourceVersion": str(version)}
        if rest:
            metadata["continue"] = token = f"t{len(self.asked)}"
            self._snapshots[token] = version, rest
        return Response(200, {}, orjson.dumps({"metadata": metadata, "items": page}))

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Lines]:
        self._note(request, "watch")
        await asyncio.sleep(0)
        if faults := self.next_watches or self.next_answers:
            answer = _faulty(faults)
            yield Lines(answer.status, answer.headers, _once(answer.body))
            return
        since, seconds = int(request.query["resourceVersion"]), int(request.query["timeoutSeconds"])
        if since < self.oldest and not self.too_old_as_event:
            answer = failure(410, "too old resource version")
            yield Lines(answer.status, answer.headers, _once(answer.body))
            return
        self._cut = False
        self.watchers += 1
        try:
            yield Lines(200, {}, self._lines(since, seconds))
        finally:
            self.watchers -= 1

    async def _lines(self, since: int, seconds: int) -> AsyncIterator[bytes]:
        if since < self.oldest:
            yield orjson.dumps({"type": "ERROR", "object": _status(410, "too old resource version")})
            return
        self._streams += 1
        number = self._streams
        loop = asyncio.get_running_loop()
        end, bookmark = loop.time() + seconds, loop.time() + 60
        while True:
            if self._cut:
                raise NoAnswer("cut off")
            for version, kind, body in [event for event in self.history if event[0] > since]:
                since = version
                if number > self._dead_streams:
                    yield orjson.dumps({"type": kind, "object": body})
            if loop.time() >= end:
                return
            if loop.time() >= bookmark:
                bookmark += 60
                if number > self._dead_streams:
                    body = {"metadata": {"resourceVersion": str(self.version)}}
                    yield orjson.dumps({"type": "BOOKMARK", "object": body})
            news = self._news
            try:
                async with asyncio.timeout_at(min(end, bookmark)):
                    await news.wait()
            except TimeoutError:
                pass

    def _note(self, request: Request, verb: str) -> None:
        self.asked.append((asyncio.get_running_loop().time(), verb))
        self.queries.append({"path": request.path, **request.query})

    def _tell(self, kind: str, body: Json) -> None:
        self.history.append((self.version, kind, body))
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _faulty(answers: deque[Response | NoAnswer]) -> Response:
    answer = answers.popleft()
    if isinstance(answer, NoAnswer):
        raise answer
    return answer
