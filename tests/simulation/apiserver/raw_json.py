"""JSON that no Python object can hold for the simulated API server: nested 9,000 deep, or whole numbers of 20 digits.

A stored object holds a stand-in for such a value: a short string that says what the value is. The transport puts the
value in its place, in the bytes of answers and of watch lines. All other clients read and write the stand-in.
"""

import re
from functools import lru_cache
from typing import Any, Final

import orjson

_STAND_IN: Final = re.compile(rb'"simulation/raw/(objects|lists|wide|number|bytes)/([^"]+)"')


def objects(depth: int) -> str:
    """A stand-in for objects in objects, as the entries of managedFields are."""
    return f"simulation/raw/objects/{depth}"


def lists(depth: int) -> str:
    """A stand-in for lists in lists."""
    return f"simulation/raw/lists/{depth}"


def wide(length: int) -> str:
    """A stand-in for an object with one key of `length` characters."""
    return f"simulation/raw/wide/{length}"


def number(digits: str) -> str:
    """A stand-in for a number that is written with these digits."""
    return f"simulation/raw/number/{digits}"


NO_UTF8: Final = "simulation/raw/bytes/ff"
"""A stand-in for an object whose key is no UTF-8."""


def filled(raw: bytes) -> bytes:
    """The JSON `raw` with the values in place of their stand-ins."""
    return _STAND_IN.sub(lambda found: _value(found[1], found[2]), raw)


def emptied(raw: bytes) -> bytes:
    """The JSON `raw` with stand-ins in place of values that Python's decoders refuse: the inverse of `filled`."""
    for depth in DEPTHS:
        for what in (objects(depth), lists(depth)):
            stand_in = orjson.dumps(what)
            raw = raw.replace(filled(stand_in), stand_in)
    stand_in = orjson.dumps(NO_UTF8)
    return raw.replace(filled(stand_in), stand_in)


def meaning(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """`value` with the values in place of their stand-ins, as a client reads it. Not for deep ones."""
    return orjson.loads(filled(orjson.dumps(value)))


DEPTHS: Final = (9_000, 1_100, 300)
"""Depths, the greatest first: near what the API server takes (10,000); over what orjson reads (1,024) and Python's json
reads (about 1,000); over what orjson writes (254)."""


@lru_cache(maxsize=64)
def _value(kind: bytes, what: bytes) -> bytes:
    match kind:
        case b"objects":
            return b'{"f:a":' * int(what) + b"{}" + b"}" * int(what)
        case b"lists":
            return b"[" * int(what) + b"]" * int(what)
        case b"wide":
            return b'{"f:' + b"x" * int(what) + b'":{}}'
        case b"bytes":
            return b'{"f:%b":{}}' % bytes.fromhex(what.decode())
        case _:
            return what
