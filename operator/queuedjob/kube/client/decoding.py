"""The only decoder of what the API server sends: objects, pages of lists, lines of watches.

All readers use it, kopf's session included, so that the same bytes mean the same values everywhere. No object hides the
others of its page, and none keeps other tasks waiting for long: what is large or odd is first taken apart in slices
(scan.py), and then each object is decoded by itself.

An object may be nested as deep as the API server allows (10,000 levels). What is nested too deep is left out, and the
object says so (`Cut`). metadata.managedFields is left out too, unless the reader of a page asks for it: other clients
may write megabytes there, and hardly any reader needs it.

The API server's own decoder has read most of an object: it replaced by U+FFFD what is no UTF-8 and each half of a
surrogate pair, and refused numbers that no float64 holds (sigs.k8s.io/json). Only fieldsV1 in the managedFields of a
built-in kind comes as another client wrote it (apimachinery, meta/v1 FieldsV1). Here, too, such text reads as U+FFFD;
such a number reads as null.
"""

import math
import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson

from queuedjob.kube.client.paging import MOST_VALUES, most_values
from queuedjob.kube.client.scan import Scan
from queuedjob.runtime.loop_turns import in_turns

Object: TypeAlias = dict[str, Any]

_WRITABLE: Final = 254
"""How many levels orjson writes. It reads 1,024, but an object must be writable, too: in a status or a dead letter."""

_MANY: Final = 10_000
_MANY_IN_PAGE: Final = MOST_VALUES // 2
"""With more values than this, an object or a page is taken apart first. A page of 500 usual objects has 150,000: taken
apart, it would cost twice as much."""

_TURN: Final = 1 << 16
"""After so many bytes of whole objects other tasks run. They take about a millisecond, a single large object more."""


class Garbled(ValueError):  # noqa: N818 - a fact about bytes from outside, not a fault of ours
    """These bytes do not follow the API's conventions: a proxy answered, or an answer was cut off."""


class Cut(Object):
    """An object from which values were left out, because they are nested too deep. They read as null."""

    def __init__(self, body: Object, parts: frozenset[str]) -> None:
        super().__init__(body)
        self.parts = parts
        """The object's top-level keys under which something was left out."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list. `token` is the continue token of the next page; empty on the last page."""

    items: list[Object]
    resource_version: str
    token: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One line of a watch. For ERROR the object is a Status. For BOOKMARK the object holds only a resourceVersion."""

    type: str
    object: Object


def encode(body: Object | list[Object]) -> bytes:
    """Encode the body of a request as JSON."""
    return orjson.dumps(body)


def read_shallow(raw: bytes) -> Object:
    """Decode a JSON object that is no user's, such as a Status. Raises Garbled, also if it is nested too deep."""
    return _checked(raw, _loads(raw))


async def read_object(raw: bytes) -> Object:
    """Decode one object of any kind. Raises Garbled."""
    body = _checked(raw, await _decode(raw, base=0, key="", many=_MANY))
    _drop_managed_fields(body)
    return body


async def read_page(raw: bytes, *, managed_fields: bool = False) -> ListPage:
    """Decode one page of the answer to a LIST, with the objects' managedFields if asked for. Raises Garbled."""
    page = await _decode(raw, base=2, key="items", many=_MANY_IN_PAGE, managed_fields=managed_fields)
    decoded = _checked(raw, page)
    metadata, items = decoded.get("metadata"), decoded.get("items")
    if not isinstance(metadata, dict) or not isinstance(items, list | None):
        raise Garbled(f"{len(raw)} bytes of JSON that are not a list")
    version, token = metadata.get("resourceVersion"), metadata.get("continue") or ""
    if not isinstance(version, str) or not version or not isinstance(token, str):
        raise Garbled(f"{len(raw)} bytes of JSON that are not a list")
    items = items or []
    if not all(isinstance(item, dict) for item in items):
        raise Garbled(f"{len(raw)} bytes of JSON that are not a list of objects")
    if not managed_fields:
        for item in items:
            _drop_managed_fields(item)
    return ListPage(items, version, token)


async def read_event(line: bytes) -> WatchEvent:
    """Decode one line of the answer to a WATCH. Raises Garbled."""
    decoded = _checked(line, await _decode(line, base=1, key="object", many=_MANY))
    kind, body = decoded.get("type"), decoded.get("object")
    if not isinstance(kind, str) or not isinstance(body, dict):
        raise Garbled(f"{len(line)} bytes of JSON that are not a watch event")
    _drop_managed_fields(body)
    return WatchEvent(kind, body)


def _checked(raw: bytes, decoded: object) -> Object:
    if not isinstance(decoded, dict):
        raise Garbled(f"{len(raw)} bytes of JSON that are not an object")
    return decoded


def _drop_managed_fields(body: Object) -> None:
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)


async def _decode(raw: bytes, *, base: int, key: str, many: int, managed_fields: bool = False) -> object:
    """Decode bytes whose objects open at depth `base`, under `key` of the outermost object. Raises Garbled."""
    if most_values(raw) <= many:
        try:
            decoded = orjson.loads(raw)
            if raw.count(b"{") + raw.count(b"[") >= _WRITABLE:  # else it cannot be too deep
                orjson.dumps(decoded)
        except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # too deep or odd, or no JSON: told below
            pass
        else:
            return decoded
    scan = Scan(raw, base, key, managed_fields=managed_fields)
    async for _ in in_turns(scan.slices()):
        pass
    return _joined(raw, _loads(scan.envelope()), base, key, await _objects(scan))


async def _objects(scan: Scan) -> list[object]:
    """Decode the objects of an answer that is taken apart. Raises Garbled."""
    objects: list[object] = []
    async for part in in_turns(scan.parts, _TURN, weight=lambda part: len(part.raw)):
        body = _loads(part.raw)
        objects.append(Cut(body, frozenset(part.too_deep)) if part.too_deep and isinstance(body, dict) else body)
    return objects


def _joined(raw: bytes, envelope: object, base: int, key: str, objects: list[object]) -> object:
    """Put the objects in the places that the scan has numbered. Raises Garbled if they are not where they belong."""
    numbers = [str(number) for number in range(len(objects))]
    if base == 0 and [envelope] == numbers:
        return objects[0]
    if isinstance(envelope, dict):
        if base == 1 and [envelope.get(key)] == numbers:
            return {**envelope, key: objects[0]}
        if envelope.get(key) == numbers:
            return {**envelope, key: objects}
    if objects:
        raise Garbled(f"{len(raw)} bytes of JSON whose objects are out of place")
    return envelope


def _loads(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _loads_mended(raw)


def _loads_mended(raw: bytes) -> object:
    """Decode JSON that another client wrote and the API server only passed on. Raises Garbled for what is no JSON."""
    try:
        return orjson.loads(_STRING_OR_NUMBER.sub(_mended, raw.decode(errors="replace").encode()))
    except orjson.JSONDecodeError as error:
        raise Garbled(f"{len(raw)} bytes that are not JSON") from error


_STRING_OR_NUMBER: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)|-?[0-9][-+.0-9Ee]*+', re.DOTALL)

_HEX: Final = rb"[0-9A-Fa-f]"
_ESCAPE: Final = re.compile(
    rb"\\(?:u[Dd][89ABab]%b{2}\\u[Dd][C-Fc-f]%b{2}|(u[Dd][89A-Fa-f]%b{2})|.)" % (_HEX, _HEX, _HEX), re.DOTALL
)
"""An escape in a string; a whole surrogate pair, or half of one (group 1)."""


def _mended(found: re.Match[bytes]) -> bytes:
    """Return a string without half surrogate pairs, or null for a number that no float64 holds."""
    token = found[0]
    if token.startswith(b'"'):
        return _ESCAPE.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], token)
    try:
        return token if math.isfinite(float(token)) else b"null"
    except ValueError:
        return token  # no number: the decoder tells
