"""Write models of state as JSON by editing the stored JSON, so that fields of a newer operator version are kept.

Only differences between two models are written. Keys that the models do not know are kept: at the top, within nested
objects, and within list entries that have the same identity in both models. Empty values are not written.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar

from pydantic_core import PydanticUndefined

from queuedjob.api.kinds.queuedjob_status import Attempt, Condition, JobStatus
from queuedjob.api.types.base import Model
from queuedjob.api.types.json_value import Json
from queuedjob.api.types.times import format_time

Raw: TypeAlias = dict[str, Any]
_M = TypeVar("_M", bound=Model)

_IDENTITY: Final[Mapping[type[Model], tuple[str, ...]]] = {
    Attempt: ("number", "pod_uid"),
    Condition: ("type",),
}
"""Attributes that identify an entry of a list: entries with equal ones are the same entry."""


def edit_status(raw: Mapping[str, Any], before: JobStatus, after: JobStatus) -> Raw:
    """The stored status `raw`, from which `before` was parsed, with the changes from `before` to `after`."""
    return edit(raw, before, after)


def edit(raw: Mapping[str, Any], before: _M, after: _M) -> Raw:
    """`raw`, from which `before` was parsed, with the changes from `before` to `after`. `raw` itself is not changed."""
    edited = dict(raw)
    for name, (key, default) in _fields(type(after)).items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            _put(edited, key, _laid_over(raw.get(key), old, new), default)
    return edited


def to_json(model: Model) -> Raw:
    """The JSON of a model of state that is not stored yet, without its empty fields."""
    fresh: Raw = {}
    for name, (key, default) in _fields(type(model)).items():
        _put(fresh, key, _json(getattr(model, name)), default)
    return fresh


@cache
def _fields(model: type[Model]) -> Mapping[str, tuple[str, object]]:
    """Map attribute -> (key in JSON, default). The default is PydanticUndefined for a required field."""
    return {name: (str(field.alias), field.get_default()) for name, field in model.model_fields.items()}


def _put(target: Raw, key: str, value: object, default: object) -> None:
    """Set `key` if the value is not empty or the field is required; else remove `key`.

    A 0 counts as empty only if 0 is the default. An exit code of 0 is written: its default is None.
    """
    empty = value is None or value in ("", [], {}) or (value == default and not default)
    if empty and default is not PydanticUndefined:
        target.pop(key, None)
    else:
        target[key] = value.value if isinstance(value, Json) else value  # never empty: the job gave it


def _laid_over(raw: Any, old: object, new: object) -> object:  # noqa: ANN401 - any JSON
    """The JSON of `new`. It keeps the keys of `raw`, the JSON of `old`, that the models do not know."""
    if isinstance(old, Model) and isinstance(new, Model):
        return edit(raw or {}, old, new)
    if isinstance(old, tuple) and isinstance(new, tuple):
        stored = {_identity(entry): (body, entry) for body, entry in zip(raw or (), old, strict=True)}
        return [_entry(stored, entry) for entry in new]
    return _json(new)


def _entry(stored: Mapping[object, tuple[Any, Any]], entry: object) -> object:
    """The JSON of one list entry, as an edit of the stored entry with the same identity, if there is one."""
    identity = _identity(entry)
    return edit(*stored[identity], entry) if isinstance(entry, Model) and identity in stored else _json(entry)


def _identity(entry: object) -> object:
    names = _IDENTITY.get(type(entry), ()) if isinstance(entry, Model) else ()
    return tuple(getattr(entry, name) for name in names) or entry


def _json(value: object) -> object:
    match value:
        case Model():
            return to_json(value)
        case datetime():
            return format_time(value)
        case tuple():
            return [_json(entry) for entry in value]
        case _:
            return value
