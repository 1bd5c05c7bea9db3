"""Violations of a structural schema, with the text of the real API server (kube-openapi, pkg/validation/errors)."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import re2

from queuedjob.api.types import limits
from queuedjob.api.types.durations import OFF_WORDS, parse_duration
from queuedjob.api.types.fields import COSTLY_PART
from queuedjob.api.types.times import parse_time
from tests.simulation.apiserver.refusals import Cause
from tests.simulation.apiserver.schemas import Json, Schema

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
_GO_TYPES: Final = (
    ("boolean", bool),
    ("integer", int),
    ("float64", float),
    ("string", str),
    ("object", dict),
    ("array", list),
    ("null", type(None)),
)

_GO_SAYS: Final = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid repetition size": "invalid repeat count",
    "no argument for repetition operator": "missing argument to repetition operator",
}

_PATTERN: Final = re.compile(r"self\.matches\('((?:[^'\\]|\\.)*)'\)")
_BOUND: Final = re.compile(r"duration\(self\) (>=|<=) duration\('([^']+)'\)")


def wrong(schema: Schema, value: Json, path: str) -> Iterator[Cause]:
    """The violations of `schema` by `value`, which is at `path`."""
    if not _has_type(schema, value):
        yield from _of_another_type(schema, value, path)
        return
    if "enum" in schema and value not in schema["enum"]:
        supported = ", ".join(json.dumps(each) for each in schema["enum"])
        words = f"Unsupported value: {json.dumps(value)}: supported values: {supported}"
        yield Cause("FieldValueNotSupported", path, words)
    match value:
        case bool():
            pass
        case int() | float():
            yield from _wrong_number(schema, value, path)
        case str():
            yield from _wrong_text(schema, value, path)
        case dict():
            yield from _wrong_object(schema, value, path)
        case list():
            yield from _wrong_list(schema, value, path)


def _has_type(schema: Schema, value: Json) -> bool:
    if schema.get("x-kubernetes-int-or-string"):
        return isinstance(value, int | str) and not isinstance(value, bool)
    if "type" not in schema:
        return True
    return isinstance(value, _TYPES[schema["type"]]) and (not isinstance(value, bool) or schema["type"] == "boolean")


def _of_another_type(schema: Schema, value: Json, path: str) -> Iterator[Cause]:
    shown = json.dumps(next(name for name, kind in _GO_TYPES if isinstance(value, kind)))
    wanted = "integer,string" if schema.get("x-kubernetes-int-or-string") else schema["type"]
    fraction = isinstance(value, float) and "format" in schema
    if fraction:
        wanted = schema["format"]
    words = f"Invalid value: {shown}: {path} in body must be of type {wanted}: {shown}"
    yield Cause("FieldValueTypeInvalid", path, words)
    if fraction:
        words = f"Checked value must be of type {schema['type']} with format {wanted} in {path}"
        yield Cause("FieldValueInvalid", "<nil>", f'Invalid value: "": {words}')


def _wrong_number(schema: Schema, value: float, path: str) -> Iterator[Cause]:
    if value < schema.get("minimum", value):
        yield _invalid(path, value, f"should be greater than or equal to {schema['minimum']}")
    if value > schema.get("maximum", value):
        yield _invalid(path, value, f"should be less than or equal to {schema['maximum']}")


def _wrong_text(schema: Schema, value: str, path: str) -> Iterator[Cause]:
    if len(value) > schema.get("maxLength", len(value)):
        yield Cause("FieldValueTooLong", path, f"Too long: may not be more than {schema['maxLength']} bytes")
    elif len(value) < schema.get("minLength", 0):
        yield _invalid(path, value, f"should be at least {schema['minLength']} chars long")
    elif not re.search(schema.get("pattern", ""), value):
        yield _invalid(path, value, f"should match '{schema['pattern']}'")
    if schema.get("format") == "date-time" and not _is_time(value):
        yield _invalid(path, value, f"must be of type date-time: {json.dumps(value)}", reason="FieldValueTypeInvalid")


def _wrong_object(schema: Schema, value: Mapping[str, Json], path: str) -> Iterator[Cause]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    for key in schema.get("required", ()):
        if key not in value:
            yield Cause("FieldValueRequired", f"{path}.{key}", "Required value")
    for key, inner in value.items():
        inner_schema = properties.get(key) or (others if isinstance(others, dict) else None)
        if inner_schema:
            yield from wrong(inner_schema, inner, f"{path}.{key}")


def _wrong_list(schema: Schema, value: list[Json], path: str) -> Iterator[Cause]:
    count = len(value)
    if count < schema.get("minItems", 0):
        yield _invalid(path, count, f"should have at least {schema['minItems']} items")
    if count > (most := schema.get("maxItems", count)):
        yield Cause("FieldValueTooMany", path, f"Too many: {count}: must have at most {most} items")
    for index, key in enumerate(keys := _keys(schema, value)):
        if key in keys[:index]:
            yield Cause(
                "FieldValueDuplicate", f"{path}[{index}]", f"Duplicate value: {json.dumps(key, separators=(',', ':'))}"
            )
    if "items" in schema:
        for index, each in enumerate(value):
            yield from wrong(schema["items"], each, f"{path}[{index}]")


def _keys(schema: Schema, value: list[Json]) -> list[Json]:
    """The keys of the entries of a list with x-kubernetes-list-map-keys; empty for other lists."""
    names = schema.get("x-kubernetes-list-map-keys", ())
    return [{name: each.get(name) for name in names} for each in value if names and isinstance(each, dict)]


def _invalid(path: str, value: Json, words: str, *, reason: str = "FieldValueInvalid") -> Cause:
    return Cause(reason, path, f"Invalid value: {json.dumps(value)}: {path} in body {words}")


def _is_time(value: str) -> bool:
    try:
        parse_time(value)
    except ValueError:
        return False
    return True


def broken_rules(schema: Schema, value: Json, path: str) -> Iterator[Cause]:
    """The violations of CEL rules by a value that fits its schema: rules on single texts, and on all rules of a job."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if inner_schema := schema.get("properties", {}).get(key):
                yield from broken_rules(inner_schema, inner, f"{path}.{key}")
    elif isinstance(value, list):
        for rule in schema.get("x-kubernetes-validations", ()):
            if not _is_affordable(rule["rule"], value):
                yield Cause("FieldValueInvalid", path, f"Invalid value: {rule['message']}")
        for index, each in enumerate(value):
            yield from broken_rules(schema.get("items", {}), each, f"{path}[{index}]")
    elif isinstance(value, str):
        for rule in schema.get("x-kubernetes-validations", ()):
            if why := _broken(rule, value):
                yield Cause("FieldValueInvalid", path, f"Invalid value: {why}")


@lru_cache(maxsize=4096)
def _flaw_of(pattern: str) -> str:
    """Why RE2 cannot read the pattern, in its words, which are those of Go's regexp; empty if it can."""
    options = re2.Options()
    options.max_mem = 64 * 1024  # a large pattern would take its time, and Go's limits are others anyway
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        (reason,) = error.args
        return reason.decode() if isinstance(reason, bytes) else str(reason)
    return ""


def _broken(rule: Mapping[str, str], value: str) -> str:
    """The reason why the rule refuses `value`; empty if it allows it."""
    said, message = rule["rule"], rule["message"]
    if "matches(self)" in said:
        flaw = _flaw_of(value)
        if flaw.startswith("pattern too large"):
            return ""  # for RE2 with this memory, not for Go
        return f'"string": error parsing regexp: {_as_go_says(flaw)} evaluating rule: {message}' if flaw else ""
    if "duration(self)" in said:
        holds = _is_duration(said, value)
    elif pattern := _PATTERN.search(said):
        holds = re.search(pattern[1].replace("\\\\", "\\"), value) is not None
    else:
        holds = said == f"self == '{value}'"
    if holds and "timestamp(self" in said and not _is_time(value):
        return (
            f"\"string\": type conversion error from 'string' to 'google.protobuf.Timestamp' evaluating rule: {message}"
        )
    return "" if holds else f"{json.dumps(value)}: {message}"


def _is_affordable(rule: str, own_rules: list[Any]) -> bool:
    """Whether a job's own rules keep to the bounds on all of them together."""
    for key, most in (("exitCodes", limits.EXIT_CODES), ("reasons", limits.REASONS)):
        if key in rule:
            return sum(len(each.get(key, ())) for each in own_rules) <= most
    patterns = [each["messageMatches"] for each in own_rules if "messageMatches" in each]
    if COSTLY_PART in rule:
        return sum(len(re.findall(COSTLY_PART, each)) for each in patterns) <= limits.COSTLY_PARTS
    return sum(map(len, patterns)) <= limits.PATTERNS


def _as_go_says(flaw: str) -> str:
    """An error of RE2 with the text of Go's regexp/syntax, which is the same parser written again."""
    what, _, where = flaw.partition(": ")
    return f"{_GO_SAYS.get(what, what)}: `{where}`"


@lru_cache(maxsize=1024)
def _is_duration(rule: str, value: str) -> bool:
    if value in OFF_WORDS and rule.startswith("self in "):
        return True
    try:
        seconds = parse_duration(value)
    except ValueError:
        return False
    bounds = {sign: parse_duration(bound) for sign, bound in _BOUND.findall(rule)}
    return bounds[">="] <= seconds <= bounds["<="]
