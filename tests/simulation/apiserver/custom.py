"""The operator's own kinds, as their CRDs define them."""

from collections.abc import Iterator
from typing import Any, Final

from queuedjob.api.identity import MAX_NAME
from tests.simulation.apiserver.refusals import Cause, bad_request
from tests.simulation.apiserver.resources import LETTERS, Resource
from tests.simulation.apiserver.schema_checks import broken_rules, wrong
from tests.simulation.apiserver.schemas import Schema, prune, schema_of
from tests.simulation.apiserver.storage import Body

_HEAD: Final = ("apiVersion", "kind", "metadata")

_BLOCKING: Final = frozenset(
    {
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    }
)
"""Reasons after which CEL rules are not evaluated (apiextensions-apiserver, pkg/registry/customresource:
hasBlockingErr)."""

_NOT_ALL: Final = Cause(
    "FieldValueInvalid",
    "<nil>",
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing "
    "errors to complete validation",
)


def decoded(resource: Resource, body: Body, known_already: Body, *, strict: bool) -> Body:
    """`body` without fields unknown to the schema. Raises Refusal for an unknown field if the client asked for that.

    Parts that equal those in `known_already` are not checked again: they are large, and most writes do not change them.
    """
    unknown: list[str] = []
    schema = schema_of(resource)
    known: Body = {key: body[key] for key in _HEAD if key in body}
    for key, value in body.items():
        if key in known_already and value == known_already[key]:
            known[key] = known_already[key]
        elif key in schema["properties"] and key not in known:
            known[key] = prune(schema["properties"][key], value, key, unknown)
        elif key not in known:
            unknown.append(key)
    if unknown and strict:
        words = ", ".join(f'unknown field "{path}"' for path in sorted(unknown))
        raise bad_request(
            f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
            f"strict decoding error: {words}"
        )
    return known


def default_status(resource: Resource) -> Body:
    """The status before the first write of it."""
    default: Body = dict(schema_of(resource)["properties"]["status"]["default"])
    return default


def wrong_content(resource: Resource, new: Body, old: Body | None, *, newer: bool) -> list[Cause]:
    """What is wrong with a new version. Unchanged parts were checked before, and are not checked again."""
    causes = [*_malformed(schema_of(resource, newer=newer), new, old)]
    if any(cause.reason in _BLOCKING for cause in causes):
        return [*causes, _NOT_ALL]
    return [*causes, *_broken_rules(resource, new, old)]


def _malformed(schema: Schema, new: Body, old: Body | None) -> Iterator[Cause]:
    """The violations of the schema."""
    properties = schema["properties"]
    if "spec" not in new:
        yield Cause("FieldValueRequired", "spec", "Required value")
    for part in ("spec", "status"):
        if part in new and (old is None or new[part] != old.get(part)):
            yield from wrong(properties[part], new[part], part)


def _broken_rules(resource: Resource, new: Body, old: Body | None) -> Iterator[Cause]:
    """The violations of CEL rules."""
    if old is None or new["spec"] != old["spec"]:
        yield from broken_rules(schema_of(resource)["properties"]["spec"], new["spec"], "spec")
    if old is None and len(new["metadata"]["name"]) > MAX_NAME:
        words = (
            f"metadata.name: the name of a {resource.kind} has at most {MAX_NAME} characters, for labels carry it; "
            "choose a shorter one"
        )
        yield Cause("FieldValueInvalid", "<nil>", f"Invalid value: {words}")
    if resource is LETTERS and old is not None and _record(new) != _record(old):
        words = "a dead letter is a record: only spec.resolution may change"
        yield Cause("FieldValueInvalid", "spec", f"Invalid value: {words}")


def _record(letter: Body) -> dict[str, Any]:
    return {key: value for key, value in letter["spec"].items() if key != "resolution"}
