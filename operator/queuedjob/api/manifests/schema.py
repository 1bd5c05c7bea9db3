"""Generate structural schemas, as a CRD demands them, from the models.

Types, bounds, patterns and descriptions are written once, in the models. Defaults go into the descriptions only: a
schema default would be written into the object, and the object would drift from Git.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, get_args

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from queuedjob.api.manifests.template_checks import with_checks
from queuedjob.api.types.base import Model
from queuedjob.api.types.fields import TEMPLATE_PLACE

Schema: TypeAlias = dict[str, Any]

_REFERENCE: Final = "#/"


class _WithoutDefaults(GenerateJsonSchema):
    """Generates neither defaults nor nulls: in Kubernetes an absent field means both."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def state_schema(model: type[Model]) -> Schema:
    """The schema of a part that the operator writes."""
    generated = model.model_json_schema(
        schema_generator=_WithoutDefaults, ref_template=_REFERENCE + "{model}", mode="validation"
    )
    schema = _structural(generated, generated.get("$defs", {}))
    schema.pop("description", None)  # the class's docstring, which is for programmers
    return schema


def intent_schema(model: type[Model], pod_template: Mapping[str, Any]) -> Schema:
    """The schema of a part that users write.

    The descriptions give the defaults. `pod_template` is the schema of the field that holds the pod template.
    """
    schema = state_schema(model)
    _tell_defaults(model, schema)
    return _with_template(schema, pod_template)


def _structural(node: Schema, definitions: Mapping[str, Schema]) -> Schema:
    if "$ref" in node:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return {**_structural(definitions[node["$ref"].removeprefix(_REFERENCE)], definitions), **beside}
    schema = {key: value for key, value in node.items() if key not in {"title", "$defs", "const"}}
    if node.get("type") == "integer":
        schema["format"] = "int32" if "maximum" in node else "int64"
    if "const" in node:
        schema["enum"] = [node["const"]]
    if "properties" in node:
        schema["properties"] = {key: _structural(value, definitions) for key, value in node["properties"].items()}
    if "items" in node:
        kind = node.get("x-kubernetes-list-type", "atomic")
        schema |= {"items": _structural(node["items"], definitions), "x-kubernetes-list-type": kind}
    return schema


def _tell_defaults(model: type[Model], schema: Schema) -> None:
    """Add each field's default to its description, unless the description already gives a default."""
    defaults = model.model_construct().model_dump(mode="json", by_alias=True)
    for field in model.model_fields.values():
        key = str(field.alias)
        described = schema["properties"][key]
        if (inner := _model_in(field.annotation)) is not None:
            _tell_defaults(inner, described.get("items", described))
        told_by_its_fields = isinstance(field.default, Model)
        if key in defaults and not told_by_its_fields and "Default:" not in described["description"]:
            described["description"] += f" Default: {_in_words(defaults[key])}."


def _model_in(annotation: object) -> type[Model] | None:
    """The model in a field's annotation: a model, an optional model or several. None if there is no model."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    return next((model for inner in get_args(annotation) if (model := _model_in(inner))), None)


def _in_words(default: object) -> str:
    match default:
        case None | [] | "":
            return "none"
        case bool():
            return str(default).lower()
        case _:
            return str(default)


def _with_template(node: Schema, pod_template: Mapping[str, Any]) -> Schema:
    if TEMPLATE_PLACE in node:
        return {**with_checks(pod_template), "description": node["description"]}
    if "properties" in node:
        properties = {key: _with_template(value, pod_template) for key, value in node["properties"].items()}
        return {**node, "properties": properties}
    return node
