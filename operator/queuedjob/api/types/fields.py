"""Types of single fields, with the checks that the API server makes by schema."""

from typing import Annotated, Any, Final

from pydantic import Field, PlainSerializer, WithJsonSchema

from queuedjob.api.types.times import Time

LABEL_PATTERN: Final = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
FACTOR_PATTERN: Final = r"^[1-9][0-9]{0,2}(\.[0-9]{1,3})?$"
TIME_PATTERN: Final = (
    r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""Narrower than date-time: the API server accepts the years 0000 and 9999, but they overflow in arithmetic."""

Label = Annotated[str, Field(max_length=63, pattern=LABEL_PATTERN)]
"""A DNS label, which is also a valid value of a Kubernetes label."""

ExitCode = Annotated[int, Field(ge=0, le=255)]
"""The schema allows 0, so that an admission policy can refuse it with a better message (admission/user_rules.py)."""

ReasonWord = Annotated[str, Field(min_length=1, max_length=128)]
"""One word, as Kubernetes and jobs write reasons. The schema allows several words, so that an admission policy can
refuse them with a message about what to do (admission/user_rules.py)."""

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
"""A regular expression. The CEL rule itself is never false. For a pattern that cannot be parsed, evaluating the rule
is an error. The API server then refuses the field and gives the reason
(`error parsing regexp: missing closing ): `(no` evaluating rule: ...`)."""

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
"""A number of at least 1. The API has no floats: in JSON it is an integer or a quoted decimal."""

JsonObject = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})]
"""Any JSON object, kept as it is."""

TEMPLATE_PLACE: Final = "x-pod-template"
"""The key that marks where the schema's generator inserts the schema of a pod template."""

PodTemplate = Annotated[dict[str, Any], WithJsonSchema({TEMPLATE_PLACE: True})]
"""A pod template, kept as it is."""
