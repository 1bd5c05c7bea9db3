"""The only decoder of what the API server sends: objects, pages of lists, lines of watches.

All readers use it, kopf's session included, so that the same bytes mean the same values everywhere. An object may be
nested as deep as the API server allows (10,000 levels), also in metadata.managedFields of any pod, by any client that
may write it. Such an object must not hide the others of its page: what is nested deeper than _DEEPEST is left out, by
a scan without recursion that lets other tasks run, and the object says so (`Cut`). Nor need the bytes be UTF-8: the API
server answers the keys in managedFields of a pod as they were written. What is no UTF-8 reads as U+FFFD.
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import orjson

Object: TypeAlias = dict[str, Any]

_DEEPEST: Final = 200
"""How many levels of an object that is nested too deep are decoded."""

_WRITABLE: Final = 254
"""How many levels orjson writes. It reads 1,024, but an object must be writable, too: in a status or a dead letter."""

_SLICE: Final = 10_000
"""How many tokens are scanned before other tasks run: some milliseconds."""


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
    decoded, cut = await _decode(raw, base=0, key="")
    body = _checked(raw, decoded)
    return Cut(body, cut[0]) if cut else body


async def read_page(raw: bytes) -> ListPage:
    """Decode one page of the answer to a LIST. Raises Garbled."""
    page, cut = await _decode(raw, base=2, key="items")
    decoded = _checked(raw, page)
    metadata, items = decoded.get("metadata"), decoded.get("items")
    if not isinstance(metadata, dict) or not isinstance(items, list | None) or not metadata.get("resourceVersion"):
        raise Garbled(f"{len(raw)} bytes of JSON that are not a list")
    items = items or []
    if not all(isinstance(item, dict) for item in items):
        raise Garbled(f"{len(raw)} bytes of JSON that are not a list of objects")
    for index, parts in cut.items():
        items[index] = Cut(items[index], parts)
    return ListPage(items, metadata["resourceVersion"], metadata.get("continue") or "")


async def read_event(line: bytes) -> WatchEvent:
    """Decode one line of the answer to a WATCH. Raises Garbled."""
    event, cut = await _decode(line, base=1, key="object")
    decoded = _checked(line, event)
    kind, body = decoded.get("type"), decoded.get("object")
    if not isinstance(kind, str) or not isinstance(body, dict):
        raise Garbled(f"{len(line)} bytes of JSON that are not a watch event")
    return WatchEvent(kind, Cut(body, cut[0]) if cut else body)


def _checked(raw: bytes, decoded: object) -> Object:
    if not isinstance(decoded, dict):
        raise Garbled(f"{len(raw)} bytes of JSON that are not an object")
    return decoded


def _loads(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _loads_as_utf8(raw)


def _loads_as_utf8(raw: bytes) -> object:
    """Decode bytes of which some are no UTF-8. Raises Garbled.

    The API server replaces such bytes, but not in fieldsV1 of a built-in kind (apimachinery, meta/v1 FieldsV1).
    """
    try:
        return orjson.loads(raw.decode(errors="replace"))
    except orjson.JSONDecodeError as error:
        raise Garbled(f"{len(raw)} bytes that are not JSON") from error


async def _decode(raw: bytes, *, base: int, key: str) -> tuple[object, dict[int, frozenset[str]]]:
    """Decode bytes whose objects open at depth `base`, under `key` of the outermost object.

    Return the decoded value, and for each object from which something was left out: its number, the parts.
    """
    try:
        decoded = orjson.loads(raw)
        if raw.count(b"{") + raw.count(b"[") >= _WRITABLE:  # else it cannot be too deep
            orjson.dumps(decoded)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # most likely too deep; if not, the next loads tells
        scan = _Scan(raw, base, key)
        for _ in scan.slices():
            await asyncio.sleep(0)
        return _loads(scan.rest()), {index: frozenset(parts) for index, parts in scan.cut.items()}
    return decoded, {}


_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"(\s*+:)?|\Z)|[][{}]', re.DOTALL)
"""A string (group 1: it is a key) or a bracket. An unfinished string reaches to the end, so each byte is read once."""

_OPENING: Final = frozenset(b"[{")
_QUOTE: Final = ord('"')


@dataclass(slots=True)
class _Scan:
    """Finds the values that are nested deeper than _DEEPEST within their object."""

    raw: bytes
    base: int
    key: str
    cut: dict[int, set[str]] = field(default_factory=dict)
    _kept: list[bytes] = field(default_factory=list)
    _upto: int = 0

    def slices(self) -> Iterator[None]:
        """Scan all bytes; yield whenever other tasks should run."""
        raw, base, wanted = self.raw, self.base, self.key.encode()
        limit = base + _DEEPEST
        depth, index, hidden = 0, -1, -1
        outer = part = b""
        for count, token in enumerate(_TOKEN.finditer(raw), start=1):
            if count % _SLICE == 0:
                yield
            first = raw[token.start()]
            if first == _QUOTE:
                if token.group(1) is None:
                    continue
                if depth == 1 and base:
                    outer = token.group()
                if depth == base + 1:
                    part = token.group()
            elif first in _OPENING:
                if depth == base and (not base or _name(outer) == wanted):
                    index += 1
                if depth == limit:
                    hidden = token.start()
                depth += 1
            else:
                depth -= 1
                if depth == limit and hidden >= 0:
                    self._leave_out(hidden, token.end())
                    self.cut.setdefault(index, set()).add(_name(part).decode(errors="replace"))
                    hidden = -1

    def rest(self) -> bytes:
        """Return the bytes with null in place of what is left out."""
        return b"".join((*self._kept, self.raw[self._upto :]))

    def _leave_out(self, start: int, end: int) -> None:
        self._kept += (self.raw[self._upto : start], b"null")
        self._upto = end


def _name(key: bytes) -> bytes:
    """Return the name in a token such as `"items":`. Keys of the API's own need no escapes."""
    return key.rstrip(b": \t\r\n").strip(b'"')
