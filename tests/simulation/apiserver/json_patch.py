"""JSON patches (RFC 6902), applied in place, and merge patches (RFC 7386)."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from tests.simulation.apiserver.refusals import bad_request, patch_does_not_fit

Json: TypeAlias = Any


def apply_json_patch(body: Json, operations: Json) -> None:
    """Carry out all operations. Raises Refusal if one does not fit; then `body` must not be used any more."""
    if not isinstance(operations, list):
        raise bad_request("a JSON patch is a list of operations")
    for operation in operations:
        try:
            _apply(body, operation)
        except (KeyError, IndexError, TypeError, ValueError):
            raise patch_does_not_fit() from None


def merge(body: Json, patch: Json) -> Json:
    """`body` after a merge patch. Values that are not changed are shared with `body`."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(body) if isinstance(body, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def _apply(body: Json, operation: Json) -> None:
    parent, last = _parent(body, _keys(operation["path"]))
    match operation["op"]:
        case "test":
            if _get(parent, last) != operation["value"]:
                raise ValueError("another value is there")
        case "add":
            _add(parent, last, operation["value"])
        case "replace":
            _get(parent, last)
            parent[_index(parent, last)] = operation["value"]
        case "remove":
            _get(parent, last)
            del parent[_index(parent, last)]
        case "copy" | "move":
            source, key = _parent(body, _keys(operation["from"]))
            value = _get(source, key)
            if operation["op"] == "move":
                del source[_index(source, key)]
            _add(parent, last, value)
        case other:
            raise ValueError(f"no such operation: {other}")


def _keys(path: str) -> list[str]:
    if not path.startswith("/"):
        raise ValueError("a path begins with a slash")
    return [key.replace("~1", "/").replace("~0", "~") for key in path.split("/")[1:]]


def _parent(body: Json, keys: Sequence[str]) -> tuple[Json, str]:
    for key in keys[:-1]:
        body = _get(body, key)
    return body, keys[-1]


def _get(parent: Json, key: str) -> Json:
    return parent[_index(parent, key)]


def _index(parent: Json, key: str) -> Json:
    if not isinstance(parent, list):
        return key
    if (index := int(key)) >= len(parent) or index < 0:
        raise IndexError(key)
    return index


def _add(parent: Json, key: str, value: Json) -> None:
    if not isinstance(parent, list):
        parent[key] = value
    elif key == "-":
        parent.append(value)
    elif (index := int(key)) <= len(parent):
        parent.insert(index, value)
    else:
        raise IndexError(key)
