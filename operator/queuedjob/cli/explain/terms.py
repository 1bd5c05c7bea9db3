"""The terms that a job runs on: the values in its spec, and the built-in values for fields that the spec leaves out."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.cli.explain.models import Term

_UNSAID: Final = frozenset({"failurePolicy.rules"})
"""Fields left out here: a rule is shown with the attempt that it decided."""

_BY_CLASS: Final = "perClass"
"""A list keyed by class: each entry is shown under its class, and an empty list gives no term."""


def terms_of(terms: JobTerms, spec: Mapping[str, Any]) -> tuple[Term, ...]:
    """Every term with its value, in the API's form. `spec` is the job's spec as stored."""
    resolved = terms.model_copy(
        update={
            "timeouts": terms.timeouts.model_copy(update={"max": terms.timeouts.ceiling}),
            "retry": terms.retry.model_copy(update={"per_class": terms.retry.classes}),
        }
    )
    return tuple(
        Term(field=path, value=value, default=not _said(spec, path))
        for path, value in _fields(resolved)
        if path not in _UNSAID
    )


def _fields(model: BaseModel, above: str = "") -> Iterator[tuple[str, Any]]:
    values = model.model_dump(by_alias=True, mode="json")
    for name, field in type(model).model_fields.items():
        path, value = f"{above}{field.alias}", getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _fields(value, f"{path}.")
        elif field.alias == _BY_CLASS:
            for each in value:
                yield from _fields(each, f"{path}.{each.class_}.")
        elif field.alias != "class":
            yield path, values[str(field.alias)]


def _said(spec: Mapping[str, Any], path: str) -> bool:
    inner: Any = spec
    for key in path.split("."):
        if isinstance(inner, list):
            inner = {each["class"]: each for each in inner}
        if not isinstance(inner, Mapping) or key not in inner:
            return False
        inner = inner[key]
    return True
