"""Structural schemas of our kinds, as a CRD holds them: what is pruned, what is refused, what is filled in."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import queuedjob.api
from queuedjob.api.crds import deadletter_crd, queuedjob_crd
from queuedjob.api.durations import parse_duration
from queuedjob.api.times import parse_time
from tests.simulation.apiserver.refusals import Cause
from tests.simulation.apiserver.resources import JOBS, LETTERS, Resource

Schema: TypeAlias = Mapping[str, Any]
Json: TypeAlias = Any

_POD_TEMPLATE: Final = Path(queuedjob.api.__file__).with_name("pod_template.json")

_BOUND: Final = re.compile(r"duration\(self\) (>=|<=) duration\('([^']+)'\)")


@cache
def schema_of(resource: Resource) -> Schema:
    """The whole schema of one of our kinds."""
    crds = {JOBS: lambda: queuedjob_crd(pod_template()), LETTERS: deadletter_crd}
    (version,) = crds[resource]()["spec"]["versions"]
    schema: Schema = version["schema"]["openAPIV3Schema"]
    return schema


@cache
def pod_template() -> Schema:
    """The schema of a pod template."""
    schema: Schema = json.loads(_POD_TEMPLATE.read_text())
    return schema


def prune(schema: Schema, value: Json, path: str, unknown: list[str]) -> Json:
    """`value` without the fields that `schema` does not know; their paths go into `unknown`."""
    if isinstance(value, list):
        items = schema.get("items")
        return [prune(items, each, f"{path}[{i}]", unknown) for i, each in enumerate(value)] if items else value
    if not isinstance(value, dict) or schema.get("x-kubernetes-preserve-unknown-fields"):
        return value
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    kept = {}
    for key, inner in value.items():
        at = f"{path}.{key}" if path else key
        if key in properties:
            kept[key] = prune(properties[key], inner, at, unknown)
        elif others:
            kept[key] = inner if others is True else prune(others, inner, at, unknown)
        else:
            unknown.append(at)
    return kept


def wrong(schema: Schema, value: Json, path: str) -> Iterator[Cause]:
    """What is wrong with `value`."""
    if kind := _wrong_type(schema, value):
        shown = json.dumps(kind) if not isinstance(value, str) else '"string"'
        words = f"{path} in body must be of type {_wanted(schema)}: {shown}"
        yield Cause("FieldValueTypeInvalid", path, f"Invalid value: {shown}: {words}")
        return
    yield from _wrong_value(schema, value, path)
    if isinstance(value, dict):
        yield from _wrong_object(schema, value, path)
    elif isinstance(value, list) and "items" in schema:
        for index, each in enumerate(value):
            yield from wrong(schema["items"], each, f"{path}[{index}]")


_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


def _wrong_type(schema: Schema, value: Json) -> str:
    """The JSON type that `value` has, where it is not the one asked for."""
    if schema.get("x-kubernetes-int-or-string"):
        allowed: tuple[type, ...] = (int, str)
    elif "type" in schema:
        allowed = _TYPES[schema["type"]]
    else:
        return ""
    fits = isinstance(value, allowed) and (not isinstance(value, bool) or bool in allowed)
    return "" if fits else next(n for n, t in _NAMES if isinstance(value, t))


_NAMES: Final = (
    ("boolean", bool),
    ("integer", int),
    ("number", float),
    ("string", str),
    ("object", dict),
    ("array", list),
    ("null", type(None)),
)


def _wanted(schema: Schema) -> str:
    return "integer,string" if schema.get("x-kubernetes-int-or-string") else str(schema["type"])


def _wrong_object(schema: Schema, value: Mapping[str, Json], path: str) -> Iterator[Cause]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    for key in schema.get("required", ()):
        if key not in value:
            yield Cause("FieldValueRequired", f"{path}.{key}" if path else key, "Required value")
    for key, inner in value.items():
        inner_schema = properties.get(key) or (others if isinstance(others, dict) else None)
        if inner_schema:
            yield from wrong(inner_schema, inner, f"{path}.{key}" if path else key)


def _wrong_value(schema: Schema, value: Json, path: str) -> Iterator[Cause]:
    shown = json.dumps(value) if not isinstance(value, dict | list) else '"null"'

    def invalid(words: str) -> Cause:
        return Cause("FieldValueInvalid", path, f"Invalid value: {shown}: {path} in body {words}")

    if "enum" in schema and value not in schema["enum"]:
        supported = ", ".join(json.dumps(each) for each in schema["enum"])
        yield Cause("FieldValueNotSupported", path, f"Unsupported value: {shown}: supported values: {supported}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", value):
            yield invalid(f"should be greater than or equal to {schema['minimum']}")
        if value > schema.get("maximum", value):
            yield invalid(f"should be less than or equal to {schema['maximum']}")
    elif isinstance(value, str):
        if len(value) > schema.get("maxLength", len(value)):
            yield Cause("FieldValueTooLong", path, f"Too long: may not be more than {schema['maxLength']} bytes")
        elif len(value) < schema.get("minLength", 0):
            yield invalid(f"should be at least {schema['minLength']} chars long")
        elif not re.search(schema.get("pattern", ""), value):
            yield invalid(f"should match '{schema['pattern']}'")
        elif schema.get("format") == "date-time" and not _is_time(value):
            yield invalid(f"must be of type date-time: {shown}")
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield invalid(f"should have at least {schema['minItems']} items")
        if len(value) > schema.get("maxItems", len(value)):
            limit = schema["maxItems"]
            yield Cause("FieldValueTooMany", path, f"Too many: {len(value)}: must have at most {limit} items")


def broken_rules(schema: Schema, value: Json, path: str) -> Iterator[Cause]:
    """What CEL says of a value whose form is right: all rules of ours on single values are of durations."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if inner_schema := schema.get("properties", {}).get(key):
                yield from broken_rules(inner_schema, inner, f"{path}.{key}")
    elif isinstance(value, str):
        for rule in schema.get("x-kubernetes-validations", ()):
            if not _is_duration(rule["rule"], value):
                yield Cause("FieldValueInvalid", path, f"Invalid value: {json.dumps(value)}: {rule['message']}")


def _is_time(value: str) -> bool:
    try:
        parse_time(value)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def _is_duration(rule: str, value: str) -> bool:
    """The one rule that our schemas have on single values."""
    if value == "off" and rule.startswith("self == 'off'"):
        return True
    try:
        seconds = parse_duration(value)
    except ValueError:
        return False
    bounds = {sign: parse_duration(bound) for sign, bound in _BOUND.findall(rule)}
    return bounds[">="] <= seconds <= bounds["<="]
