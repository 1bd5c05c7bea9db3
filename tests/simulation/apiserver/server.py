"""The API server as a client sees it: a request in, an answer out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from queuedjob.kube.client import wire
from queuedjob.ports import Request, Response
from tests.simulation.apiserver import raw_json
from tests.simulation.apiserver.deletion import DeleteOptions
from tests.simulation.apiserver.housekeeping import Housekeeping
from tests.simulation.apiserver.json_patch import apply_json_patch, merge
from tests.simulation.apiserver.lists import Lists
from tests.simulation.apiserver.parts import LOG, STATUS
from tests.simulation.apiserver.pods import names_of_containers
from tests.simulation.apiserver.refusals import REQUEST_LIMIT, Refusal, bad_request, too_large_to_send
from tests.simulation.apiserver.registry import Registry
from tests.simulation.apiserver.resources import NAMESPACES, PODS, QUOTAS, Resource, Target, target_of
from tests.simulation.apiserver.selectors import Matches, selector
from tests.simulation.apiserver.storage import Body, Snapshot, Storage
from tests.simulation.apiserver.timestamps import http_date
from tests.simulation.apiserver.watches import Watch

_NOWHERE: Final = b"404 page not found\n"
_UNKNOWN_FORM: Final = (
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
    "application/merge-patch+json, application/apply-patch+yaml"
)
_SUCCESS: Final[Body] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


class ApiServer:
    """The API server of one cluster. `now` returns the seconds since the epoch on its clock."""

    def __init__(self, now: Callable[[], float], *, namespaces: tuple[str, ...] = ("default",)) -> None:
        self._now = now
        self.storage: Final = Storage()
        self.registry: Final = Registry(self.storage, now)
        self.housekeeping: Final = Housekeeping(self.storage, self.registry)
        self._lists = Lists(self.storage)
        self.logs: Callable[[Snapshot, str], bytes] = _unheard_of
        """Returns the log of a container, by its name, as the pod's node has it. Raises Refusal."""
        self.has_raw_values = False
        """Some stored objects hold stand-ins for values (raw_json)."""
        for name in namespaces:
            self.registry.create(Target(NAMESPACES), {"metadata": {"name": name}})

    def handle(self, request: Request) -> Response:
        """Carry out one whole request at once. Not for a WATCH."""
        target = target_of(request.path)
        if target is None:
            return Response(404, {**self.headers(), "content-type": "text/plain; charset=utf-8"}, _NOWHERE)
        try:
            if request.method == "GET" and target.resource is PODS and target.subresource == LOG:
                return self._log(target, request.query)
            status, body = self._carry_out(target, request)
        except Refusal as refusal:
            return self.refused(refusal)
        return Response(status, self.headers(), body)

    def watch(self, request: Request) -> Watch | Response:
        """Begin a WATCH from a resourceVersion."""
        target = target_of(request.path)
        if target is None:
            return self.handle(request)
        try:
            matches = _selector(target, request.query)
        except Refusal as refusal:
            return self.refused(refusal)
        return Watch(self.storage, target.resource, matches, int(request.query["resourceVersion"]))

    def refused(self, refusal: Refusal) -> Response:
        """The answer for a refusal."""
        return Response(refusal.code, self.headers(), refusal.encoded())

    def headers(self) -> Mapping[str, str]:
        """The headers of any answer at this moment."""
        return {"content-type": "application/json", "date": http_date(int(self._now()))}

    def to_wire(self, body: bytes) -> bytes:
        """The bytes of an answer or of a line of a watch, as they are sent to the operator."""
        return raw_json.filled(body) if self.has_raw_values else body

    def from_wire(self, body: bytes) -> bytes:
        """The bytes of an answer, without the values that are nested too deep for Python: the inverse of `to_wire`."""
        return raw_json.emptied(body) if self.has_raw_values else body

    def _carry_out(self, target: Target, request: Request) -> tuple[int, bytes]:
        match request.method, target.name:
            case "GET", "":
                return 200, self._list(target, request)
            case "GET", _:
                return 200, self.registry.get(target).encoded
            case "POST", "":
                strict = _is_strict(request)
                return 201, self.registry.create(target, _object(request), strict=strict).encoded
            case "POST", _ if target.resource is PODS and target.subresource == "/binding":
                self.registry.bind(target, _object(request))
                return 201, orjson.dumps({**_SUCCESS, "code": 201})
            case "PUT", _ if _is_written(target):
                return 200, self.registry.replace(target, _object(request), strict=_is_strict(request)).encoded
            case "PATCH", _ if _is_written(target):
                return 200, self._patch(target, request).encoded
            case "DELETE", _ if target.name and not target.subresource:
                last, gone = self.registry.delete(target, DeleteOptions.of(_object(request)))
                return 200, _deleted(last) if gone else last.encoded
        raise Refusal(
            405, "MethodNotAllowed", "the server does not allow this method on the requested resource", details={}
        )

    def _log(self, target: Target, query: Mapping[str, str]) -> Response:
        """The log of a container, as its node has it; 204 (no content) for a pod without a node."""
        pod = self.registry.get(replace(target, subresource=""))
        container = query.get("container") or pod.body["spec"]["containers"][0]["name"]
        if container not in names_of_containers(pod.body["spec"]):
            raise bad_request(f"container {container} is not valid for pod {pod.name}")
        if not pod.body["spec"].get("nodeName"):
            return Response(204, self.headers(), b"")
        return Response(200, {**self.headers(), "content-type": "text/plain"}, self.logs(pod, container))

    def _list(self, target: Target, request: Request) -> bytes:
        query = request.query
        return self._lists.page(
            target.resource,
            _selector(target, query),
            limit=int(query.get("limit", "0")),
            token=query.get("continue", ""),
            selected=bool(query.get("labelSelector") or query.get("fieldSelector")),
            metadata_only=request.headers.get("accept") == wire.METADATA_LIST,
        )

    def _patch(self, target: Target, request: Request) -> Snapshot:
        patch = _json(request)

        def edited(body: Body) -> Body:
            match request.headers.get("content-type"):
                case "application/json-patch+json":
                    apply_json_patch(body, patch)
                    return body
                case "application/merge-patch+json":
                    merged: Body = merge(body, patch)
                    return merged
                case _:
                    raise Refusal(415, "UnsupportedMediaType", _UNKNOWN_FORM)

        return self.registry.change(target, edited, strict=_is_strict(request))


def _unheard_of(_pod: Snapshot, _container: str) -> bytes:
    return b""


def _is_written(target: Target) -> bool:
    return bool(target.name) and target.subresource in {"", STATUS}


def _is_strict(request: Request) -> bool:
    return request.query.get("fieldValidation") == "Strict"


def _selector(target: Target, query: Mapping[str, str]) -> Matches:
    return selector(target.resource, target.namespace, query.get("labelSelector", ""), query.get("fieldSelector", ""))


def _json(request: Request) -> Any:  # noqa: ANN401 - any JSON
    try:
        return orjson.loads(request.body or b"{}")
    except orjson.JSONDecodeError as error:
        raise bad_request(f"the object provided is unrecognized: {error}") from None


def _object(request: Request) -> Body:
    if request.body is not None and len(request.body) > REQUEST_LIMIT:
        raise too_large_to_send()
    decoded = _json(request)
    if not isinstance(decoded, dict):
        raise bad_request("the object provided is unrecognized")
    return decoded


def _deleted(last: Snapshot) -> bytes:
    """The answer to a DELETE: the last version of a pod or quota, and a Status of success for other objects."""
    if last.resource in {PODS, QUOTAS}:
        return last.encoded
    return orjson.dumps({**_SUCCESS, "details": _details(last.resource, last)})


def _details(resource: Resource, last: Snapshot) -> dict[str, str]:
    group = {"group": resource.group} if resource.group else {}
    return {"name": last.name, **group, "kind": resource.plural, "uid": last.uid}
