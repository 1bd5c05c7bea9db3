"""Any JSON value that a job reported, stored as text: exact to compare, small to store, never interpreted by us."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

import orjson
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

DEEPEST: Final = 100
"""The deepest nesting of lists and objects. orjson writes 254 levels, and a status or a dead letter adds levels."""


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON value other than null. Kubernetes writes an absent field as null."""

    text: str
    """Compact JSON with sorted keys, as the API server stores it. Text, since 1, 1.0 and True are equal in Python."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Make one from a decoded JSON value. Raises ValueError if the value is nested too deep."""
        if deeper_than(DEEPEST, value):
            raise ValueError(f"it is nested more than {DEEPEST} deep")
        return cls(orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())

    @property
    def value(self) -> Any:  # noqa: ANN401 - any JSON
        """The value as decoded JSON."""
        return orjson.loads(self.text)

    @property
    def size(self) -> int:
        """Size of the text in bytes."""
        return len(self.text.encode())


def deeper_than(levels: int, value: object) -> bool:
    """Whether lists and objects in `value` are nested more than `levels` deep. Does not recurse."""
    layer: list[Any] = [value]
    for _ in range(levels + 1):
        layer = [each for each in layer if isinstance(each, dict | list)]
        if not layer:
            return False
        layer = [inner for each in layer for inner in (each.values() if isinstance(each, dict) else each)]
    return True


AnyJson = Annotated[
    Json,
    BeforeValidator(lambda value: value if isinstance(value, Json) else Json.of(value)),
    PlainSerializer(lambda json: json.value),
    WithJsonSchema({"x-kubernetes-preserve-unknown-fields": True}),
]
"""A field that holds any JSON value, kept as it is. It has no type in the schema, so CEL in a CRD cannot read it."""
