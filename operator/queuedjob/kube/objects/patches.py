"""Operations of a JSON patch (RFC 6902). If a `test` does not hold, the whole patch is refused with status 422."""

from collections.abc import Mapping
from typing import Any

from queuedjob.kube.objects.objects import Item


def require(path: str, value: object) -> Mapping[str, Any]:
    """Apply the patch only if the value at `path` is `value`."""
    return {"op": "test", "path": path, "value": value}


def add(path: str, value: object) -> Mapping[str, Any]:
    """Set the value at `path`. Its parent must exist."""
    return {"op": "add", "path": path, "value": value}


def remove(path: str) -> Mapping[str, Any]:
    """Remove the value at `path`."""
    return {"op": "remove", "path": path}


def same_object(item: Item) -> list[Mapping[str, Any]]:
    """Apply the patch only to the object with this UID: another one may have its name by now."""
    return [require("/metadata/uid", item.uid)]


def same_version(item: Item) -> list[Mapping[str, Any]]:
    """Apply the patch only if the object is unchanged since `item` was read."""
    return [*same_object(item), require("/metadata/resourceVersion", str(item.resource_version))]


def pointer(*keys: str) -> str:
    """The path made of `keys`. It is escaped: the / in "queuedjob.dev/job" is not a separator."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
