"""A fake API server with a few objects, behind the Transport port. A test makes it fail, or lose its answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from itertools import count
from typing import Any, Final, Self

import orjson

from queuedjob.api import names
from queuedjob.kube.client import paths
from queuedjob.ports import Body, Lines, NoAnswer, Request, Response
from tests.unit.kube.client.scripted import answer, failure

PODS: Final = paths.pods("default")


def a_pod_body(name: str = "j-abcdefghij-1", *, version: int = 100, **fields: Any) -> Body:  # noqa: ANN401 - JSON
    """A running pod of job `j` with our finalizer. `fields` go into its metadata."""
    labels = {
        names.JOB_LABEL: "j",
        names.JOB_UID_LABEL: "j-uid",
        names.REDRIVES_LABEL: "0",
        names.ATTEMPT_LABEL: "1",
        names.QUEUE_LABEL: "default",
        names.TYPE_LABEL: "default",
    }
    owner = {"apiVersion": names.API_VERSION, "kind": "QueuedJob", "name": "j", "uid": "j-uid", "controller": True}
    metadata = {
        "name": name,
        "namespace": "default",
        "uid": f"{name}-uid",
        "resourceVersion": str(version),
        "creationTimestamp": "2026-03-01T12:00:00Z",
        "labels": labels,
        "finalizers": [names.FINALIZER],
        "ownerReferences": [owner],
    }
    spec = {"nodeName": "node", "containers": [{"name": "main"}]}
    return {"kind": "Pod", "metadata": {**metadata, **fields}, "spec": spec, "status": {"phase": "Running"}}


def ended(pod: Body, phase: str = "Failed") -> Body:
    """The same pod after its end."""
    return {**pod, "status": {"phase": phase}}


def a_job_body(name: str = "j", *, uid: str = "j-uid", version: int = 10, **fields: Any) -> Body:  # noqa: ANN401 - JSON
    """A job. `fields` go into its spec, beside the template."""
    metadata = {
        "name": name,
        "namespace": "default",
        "uid": uid,
        "resourceVersion": str(version),
        "generation": 1,
        "creationTimestamp": "2026-03-01T12:00:00Z",
    }
    spec = {"template": {"spec": {"containers": [{"name": "main"}]}}, **fields}
    return {"kind": "QueuedJob", "metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}


def a_letter_body(name: str = "j-abcdefghij", *, version: int = 50) -> Body:
    """The dead letter of job `j`."""
    metadata = {"name": name, "namespace": "default", "uid": f"{name}-uid", "resourceVersion": str(version)}
    return {"kind": "DeadLetter", "metadata": metadata, "spec": {"jobRef": {"name": "j", "uid": "j-uid"}}}


class ApiServer:
    """Objects by path.

    `fails`: answers by HTTP method. The server gives each answer once, and does not carry out that request.
    `loses`: HTTP methods. For each, the server carries out one request, and its answer is lost.
    """

    def __init__(self, *objects: tuple[str, Body]) -> None:
        self.objects: dict[str, Body] = {path: deepcopy(body) for path, body in objects}
        self.fails: dict[str, list[Response | NoAnswer]] = {}
        self.loses: set[str] = set()
        self.asked: list[Request] = []
        self._versions = count(1000)

    @classmethod
    def with_pods(cls, *pods: Body) -> Self:
        return cls(*((f"{PODS}/{pod['metadata']['name']}", pod) for pod in pods))

    def writes(self) -> list[tuple[str, Any]]:
        """Return the method and the decoded body of every request except GETs."""
        return [(r.method, orjson.loads(r.body or b"null")) for r in self.asked if r.method != "GET"]

    def methods(self) -> list[str]:
        return [request.method for request in self.asked]

    async def send(self, request: Request) -> Response:
        self.asked.append(request)
        if scripted := self.fails.get(request.method):
            if isinstance(given := scripted.pop(0), NoAnswer):
                raise given
            return given
        given = self._answer(request)
        if request.method in self.loses:
            self.loses.remove(request.method)
            raise NoAnswer("its answer was lost")
        return given

    def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            return self._create(request)
        if "limit" in request.query:
            return self._list(request)
        path = request.path.removesuffix("/status")
        name = path.rsplit("/", 1)[1]
        found = self.objects.get(path)
        if found is None:
            return failure(404, "NotFound", f'"{name}" not found', name=name)
        match request.method:
            case "GET":
                return answer(200, found)
            case "PUT":
                return self._put(request, path, found)
            case "PATCH":
                return self._patch(request, path, found)
            case "DELETE":
                return self._delete(request, found)
        raise AssertionError(f"nobody said what becomes of a {request.method}")

    def _create(self, request: Request) -> Response:
        body = orjson.loads(request.body or b"")
        name = body["metadata"]["name"]
        if f"{request.path}/{name}" in self.objects:
            return failure(409, "AlreadyExists", f'"{name}" already exists', name=name)
        made = {"uid": f"{name}-uid", "resourceVersion": self._next(), "creationTimestamp": "2026-03-01T12:00:20Z"}
        body["metadata"].update(made)
        self.objects[f"{request.path}/{name}"] = body
        return answer(201, body)

    def _list(self, request: Request) -> Response:
        within = (body for path, body in self.objects.items() if path.rpartition("/")[0] == request.path)
        return answer(200, {"metadata": {"resourceVersion": self._next()}, "items": list(within)})

    def _put(self, request: Request, path: str, found: Body) -> Response:
        body = orjson.loads(request.body or b"")
        for key in ("uid", "resourceVersion"):
            if body["metadata"][key] != found["metadata"][key]:
                return failure(409, "Conflict", "the object has been modified")
        metadata = {**found["metadata"], "resourceVersion": self._next()}
        self.objects[path] = {**found, "metadata": metadata, "status": body["status"]}
        return answer(200, self.objects[path])

    def _next(self) -> str:
        return str(next(self._versions))

    def _patch(self, request: Request, path: str, found: Body) -> Response:
        changed = deepcopy(found)
        for operation in orjson.loads(request.body or b""):
            if not _apply(changed, operation):
                return failure(422, "Invalid", "the server rejected our request due to an error in our request")
        changed["metadata"]["resourceVersion"] = str(int(found["metadata"]["resourceVersion"]) + 1)
        self.objects[path] = changed
        return answer(200, changed)

    def _delete(self, request: Request, found: Body) -> Response:
        metadata = found["metadata"]
        for key, value in orjson.loads(request.body or b"")["preconditions"].items():
            if metadata[key] != value:
                return failure(409, "Conflict", f"the {key} in the precondition does not match")
        if not metadata.get("finalizers"):
            del self.objects[request.path]
            return answer(200, {"kind": "Status", "status": "Success"})
        metadata["deletionTimestamp"] = "2026-03-01T12:01:00Z"
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
        return answer(200, found)

    @asynccontextmanager
    async def stream(self, _request: Request) -> AsyncIterator[Lines]:
        raise AssertionError("controllers do not watch")
        yield


def _apply(body: Body, operation: Body) -> bool:
    """Apply one operation of a JSON Patch. Return whether it could be applied."""
    *way, last = [key.replace("~1", "/").replace("~0", "~") for key in operation["path"].split("/")[1:]]
    at: Any = body
    for key in way:
        if key not in at:
            return False
        at = at[key]
    index: Any = int(last) if isinstance(at, list) else last
    there = index < len(at) if isinstance(at, list) else index in at
    match operation["op"]:
        case "test":
            return bool(there and at[index] == operation["value"])
        case "add":
            at[index] = operation["value"]
        case "remove" if there:
            del at[index]
        case _:
            return False
    return True
