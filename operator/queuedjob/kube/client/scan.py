"""Takes an answer apart before it is decoded: where its objects are, and which of their values are left out.

A tenant may fill an object with what costs much to decode: 1.4 MB of metadata.managedFields, or values that are nested
10,000 deep. The scan finds such values without recursion and without a Python object for each; and it lets other tasks
run. It reads strings as JSON does, so that text is never taken for structure. It does not check that bytes are JSON:
what it leaves in is decoded afterwards.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

_DEEPEST: Final = 200
"""How many levels of an object that is nested too deep are decoded, and a few more beside values of no interest: those
are passed over without looking at the depth."""

_SLICE: Final = 1 << 14
"""How many bytes are scanned before other tasks run: mostly less than a millisecond, at worst 16."""

_FILLER: Final = rb'[^\]\[{}"]*+'
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _values(levels: int) -> bytes:
    """Return a pattern for whatever there is of values that are nested up to `levels` deep."""
    bracketed = rb"|[\[{]%b[\]}]" % _values(levels - 1) if levels else b""
    return rb"(?:%b(?:%b%b))*+%b" % (_FILLER, _STRING, bracketed, _FILLER)


_STEP: Final = re.compile(rb"%b(?:(%b)(\s*+:)?|[\]\[{}])" % (_FILLER, _STRING), re.DOTALL)
"""Through the next string (group 1; group 2: it is a key) or bracket."""

_RUN: Final = rb'[\[{]++(?:"[^"\\\]\[{}]*+":[\[{]++)*+|[\]}]++'
"""Brackets that all open, with nothing but plain keys in between, or that all close."""

_STRIDE: Final = re.compile(rb"%b(%b)?" % (_values(3), _RUN), re.DOTALL)
"""Over values of no interest, through the next run (group 1).

A bracket whose end is too far away, or has more levels in between, is part of a run. So no byte is read more often than
there are levels.
"""

_LONG: Final = re.compile(_STRING, re.DOTALL)
"""A string that ends beyond the slice."""

_OPENING: Final = frozenset(b"[{")


@dataclass(slots=True)
class Part:
    """One object of an answer: its bytes, with null in place of each value that is left out."""

    raw: bytes = b""
    too_deep: set[str] = field(default_factory=set)
    """The top-level keys under which a value was left out because it is nested too deep."""


class Scan:
    """Takes apart an answer whose objects open at depth `base`, under `key` of the outermost object.

    From each object are left out the values that are nested deeper than _DEEPEST, and metadata.managedFields unless
    `managed_fields` asks for it.
    """

    def __init__(self, raw: bytes, base: int, key: str, *, managed_fields: bool) -> None:
        self.parts: list[Part] = []
        """The objects, in their order, once all slices are scanned."""
        self._raw = raw
        self._base = base
        self._limit = base + _DEEPEST
        self._key = key.encode()
        self._managed_fields = managed_fields
        self._depth = 0
        self._keys = [b"", b"", b""]  # the last ones: of the answer, of the object, of its metadata
        self._inside = False
        self._hidden: int | None = None  # where the value starts that is being left out
        self._floor = 0  # the depth around that value
        self._envelope: list[bytes] = []
        self._kept: list[bytes] = []
        self._upto = 0

    def slices(self) -> Iterator[None]:
        """Scan all bytes; yield whenever other tasks should run."""
        raw, at, pause = self._raw, 0, _SLICE
        while True:
            if at > pause:
                yield
                pause = at + _SLICE
            level = self._level()
            if level is None:
                start, end = _stride(raw, at)
            elif (found := _STEP.match(raw, at)) is None:
                return
            else:
                start, end = found.end() - 1, found.end()
                if found.start(1) >= 0:
                    start = end
                    if found.start(2) >= 0:
                        self._keys[level:] = [found[1][1:-1], *[b""] * (2 - level)]
            if end == at:
                return
            at = end
            if start < end:
                if raw[start] in _OPENING:
                    self._opened(start, end)
                else:
                    self._closed(start, end - start)

    def envelope(self) -> bytes:
        """Return the answer with a string in place of each object: its number, counted from 0."""
        return b"".join((*self._envelope, self._raw[self._upto :]))

    def _level(self) -> int | None:
        """Return whose keys come next, as an index of _keys; None where keys mean nothing to the scan."""
        within = self._depth - self._base
        if not self._inside:
            return 0
        if within == 1:
            return 1
        return 2 if within == 2 and self._keys[1] == b"metadata" else None  # noqa: PLR2004

    def _opened(self, start: int, end: int) -> None:
        """Take a run of brackets that open."""
        depth = self._depth
        self._depth += self._raw.count(b"[", start, end) + self._raw.count(b"{", start, end)
        if not self._inside:
            if depth == self._base and self._keys[0] == self._key:
                self._inside = True
                self._envelope += (self._raw[self._upto : start], b'"%d"' % len(self.parts))
                self._upto = start
                self.parts.append(Part())
        elif self._hidden is None:
            if depth == self._base + 2 and self._keys[2] == b"managedFields" and not self._managed_fields:
                self._hidden, self._floor = start, depth
            elif self._depth > self._limit:
                brackets = (at for at in range(start, end) if self._raw[at] in _OPENING)
                self._hidden, self._floor = next(islice(brackets, self._limit - depth, None)), self._limit
                self.parts[-1].too_deep.add(self._keys[1].decode(errors="replace"))

    def _closed(self, start: int, count: int) -> None:
        """Take a run of `count` brackets that close."""
        depth = self._depth
        self._depth -= count
        if self._hidden is not None and self._depth <= self._floor:
            self._kept += (self._raw[self._upto : self._hidden], b"null")
            self._upto, self._hidden = start + depth - self._floor, None
        if self._inside and self._depth <= self._base:
            end = start + depth - self._base
            self.parts[-1].raw = b"".join((*self._kept, self._raw[self._upto : end]))
            self._kept, self._upto, self._inside = [], end, False


def _stride(raw: bytes, at: int) -> tuple[int, int]:
    """Return where the next run of brackets starts and ends, or twice where to go on: at `at` if nothing follows."""
    if (found := _STRIDE.match(raw, at, at + _SLICE)) is not None and found.end() > at:
        return (found.end() if found[1] is None else found.start(1)), found.end()
    found = _LONG.match(raw, at)
    end = at if found is None else found.end()
    return end, end
