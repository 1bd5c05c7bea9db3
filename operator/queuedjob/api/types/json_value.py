"""Any JSON value that a job reported, stored as text: exact to compare, small to store, never interpreted by us."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

import orjson
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

DEEPEST: Final = 100
"""The deepest nesting of lists and objects. orjson writes 254 levels, and a status or a dead letter adds levels."""


_KEPT: Final = range(-(2**63), 2**63)
"""Whole numbers that the API server keeps; it makes floats of others (apimachinery util/json: int64, else float64)."""


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON value other than null. Kubernetes writes an absent field as null."""

    text: str
    """Compact JSON with sorted keys, as the API server stores it. Text, since 1, 1.0 and True are equal in Python."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Make one from a decoded JSON value. Raises ValueError if the API server would not keep it as it is."""
        if nested_deeper_than(value, DEEPEST):
            raise ValueError(f"it is nested more than {DEEPEST} deep")
        if any(type(each) is int and each not in _KEPT for each in _scalars(value)):
            raise ValueError("it has a whole number beyond 64 bits, which the API server would round: write it as text")
        return cls(orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())

    @property
    def value(self) -> Any:  # noqa: ANN401 - any JSON
        """The value as decoded JSON."""
        return orjson.loads(self.text)

    @property
    def size(self) -> int:
        """Size of the text in bytes."""
        return len(self.text.encode())


def nested_deeper_than(value: object, levels: int) -> bool:
    """Whether lists and objects of a decoded JSON value are nested in more than `levels` levels."""
    layer: list[Any] = [value]
    for _ in range(levels + 1):
        layer = [each for each in layer if isinstance(each, dict | list)]
        if not layer:
            return False
        layer = [inner for each in layer for inner in (each.values() if isinstance(each, dict) else each)]
    return True


def _scalars(value: object) -> Iterator[object]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as inner:
                waiting += inner.values()
            case list() as inner:
                waiting += inner
            case scalar:
                yield scalar


AnyJson = Annotated[
    Json,
    BeforeValidator(lambda value: value if isinstance(value, Json) else Json.of(value)),
    PlainSerializer(lambda json: json.value),
    WithJsonSchema({"x-kubernetes-preserve-unknown-fields": True}),
]
"""A field that holds any JSON value, kept as it is. It has no type in the schema, so CEL in a CRD cannot read it."""
