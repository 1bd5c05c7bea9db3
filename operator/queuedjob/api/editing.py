"""How models of state become JSON: as an edit of what is stored, so that nothing a newer version wrote is lost.

Only what differs between two models is written. Keys that the models do not know survive: at the top, within nested
objects, and within entries of lists whose identity stays. Nothing empty is written.
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
"""Attributes that make two entries of a list the same one."""


def edit_status(raw: Mapping[str, Any], before: JobStatus, after: JobStatus) -> Raw:
    """The stored status `raw`, from which `before` was parsed, with what is different in `after`."""
    return edit(raw, before, after)


def edit(raw: Mapping[str, Any], before: _M, after: _M) -> Raw:
    """`raw`, from which `before` was parsed, with what is different in `after`. `raw` itself stays as it is."""
    edited = dict(raw)
    for name, (key, default) in _fields(type(after)).items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            _put(edited, key, _laid_over(raw.get(key), old, new), default)
    return edited


def to_json(model: Model) -> Raw:
    """A model of state that is stored nowhere yet, without its empty fields."""
    fresh: Raw = {}
    for name, (key, default) in _fields(type(model)).items():
        _put(fresh, key, _json(getattr(model, name)), default)
    return fresh


@cache
def _fields(model: type[Model]) -> Mapping[str, tuple[str, object]]:
    """Attribute -> (key in JSON, default); PydanticUndefined where the field is required."""
    return {name: (str(field.alias), field.get_default()) for name, field in model.model_fields.items()}


def _put(target: Raw, key: str, value: object, default: object) -> None:
    """Sets what says something, and what is required.

    A 0 says something only where it is not what absence means (an exit code does).
    """
    empty = value is None or value in ("", [], {}) or (value == default and not default)
    if empty and default is not PydanticUndefined:
        target.pop(key, None)
    else:
        target[key] = value.value if isinstance(value, Json) else value  # whatever a job said is no empty field


def _laid_over(raw: Any, old: object, new: object) -> object:  # noqa: ANN401 - any JSON
    """The JSON of `new`, keeping what `raw`, the JSON of `old`, holds beyond the models."""
    if isinstance(old, Model) and isinstance(new, Model):
        return edit(raw or {}, old, new)
    if isinstance(old, tuple) and isinstance(new, tuple):
        stored = {_identity(entry): (body, entry) for body, entry in zip(raw or (), old, strict=True)}
        return [_entry(stored, entry) for entry in new]
    return _json(new)


def _entry(stored: Mapping[object, tuple[Any, Any]], entry: object) -> object:
    """One entry of a list, laid over the stored one that it continues."""
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
