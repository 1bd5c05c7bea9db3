"""Operations of a JSON patch (RFC 6902). A requirement that does not hold refuses the whole patch with status 422."""

from collections.abc import Mapping
from typing import Any


def require(path: str, value: object) -> Mapping[str, Any]:
    """The value at `path` is this one, or nothing happens."""
    return {"op": "test", "path": path, "value": value}


def add(path: str, value: object) -> Mapping[str, Any]:
    """Set the value at `path`, whose parent is there."""
    return {"op": "add", "path": path, "value": value}


def remove(path: str) -> Mapping[str, Any]:
    """Take away what is at `path`."""
    return {"op": "remove", "path": path}


def pointer(*keys: str) -> str:
    """The path made of these keys, escaped: the / in "queuedjob.dev/job" separates nothing."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
