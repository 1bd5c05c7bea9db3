"""Any JSON value that a job said, kept as its text: exact to compare, small to keep, never taken apart by us."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

import orjson
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

DEEPEST: Final = 100
"""Lists and objects within each other; orjson writes 254 of them, and a status or a letter adds its own."""


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON value that says something: anything but null, which is how Kubernetes writes an absent field."""

    text: str
    """Compact, keys in order, as the API server stores them. Python calls 1, 1.0 and true equal; their texts differ."""

    @classmethod
    def of(cls, value: object) -> Self:
        """Raises ValueError for what is nested too deep."""
        if _too_deep(value):
            raise ValueError(f"it is nested more than {DEEPEST} deep")
        return cls(orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())

    @property
    def value(self) -> Any:  # noqa: ANN401 - any JSON
        """As decoded JSON."""
        return orjson.loads(self.text)

    @property
    def size(self) -> int:
        """Bytes as serialised."""
        return len(self.text.encode())


def _too_deep(value: object) -> bool:
    layer: list[Any] = [value]
    for _ in range(DEEPEST + 1):
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
"""A field that holds any JSON value, kept as it is. It has no type, so CEL in a CRD cannot see it."""
