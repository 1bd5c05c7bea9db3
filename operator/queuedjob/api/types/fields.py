"""Types of single fields, with what the API server checks of them by schema."""

from typing import Annotated, Any, Final

from pydantic import Field, PlainSerializer, WithJsonSchema

from queuedjob.api.types.times import Time

LABEL_PATTERN: Final = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
FACTOR_PATTERN: Final = r"^[1-9][0-9]{0,2}(\.[0-9]{1,3})?$"
TIME_PATTERN: Final = (
    r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""Narrower than date-time: years 0000 and 9999, which the API server lets through, overflow in arithmetic."""

Label = Annotated[str, Field(max_length=63, pattern=LABEL_PATTERN)]
"""A DNS label, which is also a valid value of a Kubernetes label."""

ExitCode = Annotated[int, Field(ge=0, le=255)]
"""0 has the schema's blessing, so that a policy can refuse it in words of its own (admission/own_rules.py)."""

ReasonWord = Annotated[str, Field(min_length=1, max_length=128)]
"""One word, as Kubernetes and jobs give reasons; the admission policy says what to do with several."""

Pattern = Annotated[
    str,
    Field(min_length=1, max_length=1024),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 1024,
            "x-kubernetes-validations": [
                {
                    "rule": "''.matches(self) ? true : true",
                    "message": "write it in RE2 syntax (https://github.com/google/re2/wiki/Syntax), with a backslash "
                    "before special characters that stand for themselves; look-arounds and backreferences are not part "
                    "of it",
                }
            ],
        }
    ),
]
"""A regular expression. The rule never says no: a pattern that cannot be read ends it in an error, which is a refusal
of the field, with the reason (`error parsing regexp: missing closing ): `(no` evaluating rule: ...`)."""

IdempotencyKey = Annotated[str, Field(min_length=1, max_length=253, pattern="^[ -~]+$")]

SpecTime = Annotated[Time, WithJsonSchema({"type": "string", "format": "date-time", "pattern": TIME_PATTERN})]

Factor = Annotated[
    float,
    PlainSerializer(lambda factor: f"{factor:g}"),
    WithJsonSchema(
        {
            "x-kubernetes-int-or-string": True,
            "minimum": 1,
            "maximum": 999,
            "pattern": FACTOR_PATTERN,
            "maxLength": 7,
        }
    ),
]
"""A number, at least 1, without floats in the API: an integer or a quoted decimal."""

JsonObject = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})]
"""Any JSON object, kept as it is."""

TEMPLATE_PLACE: Final = "x-pod-template"
"""Marks where the schema's generator puts the pod schema."""

PodTemplate = Annotated[dict[str, Any], WithJsonSchema({TEMPLATE_PLACE: True})]
"""A pod template, kept as it is."""
