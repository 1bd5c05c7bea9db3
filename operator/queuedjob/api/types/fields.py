"""Types of single fields, with the checks that the API server makes by schema.

What a `pattern` of the schema refuses, the API server refuses with the pattern itself. So texts are checked by CEL
rules, which have a message for people.
"""

from typing import Annotated, Any, Final

from pydantic import Field, PlainSerializer, WithJsonSchema

from queuedjob.api.types import limits
from queuedjob.api.types.plain_text import LONGEST_WORD
from queuedjob.api.types.times import Time

LABEL_PATTERN: Final = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
FACTOR_PATTERN: Final = r"^[1-9][0-9]{0,2}(\.[0-9]{1,3})?$"
TIME_PATTERN: Final = (
    r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""Narrower than date-time: the API server accepts the years 0000 and 9999, but they overflow in arithmetic."""

LABEL_WORDS: Final = (
    "must be a DNS label: lower-case letters, digits and -, beginning and ending with a letter or a digit, such as "
    "nightly-2; at most 63 characters"
)


def matches(pattern: str) -> str:
    """CEL: the text matches the pattern."""
    return f"self.matches('{pattern.replace(chr(92), chr(92) * 2)}')"


def checked(rule: str, message: str, **schema: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """A schema whose check is a CEL rule with a message for people."""
    return {**schema, "x-kubernetes-validations": [{"rule": rule, "message": message}]}


Label = Annotated[
    str,
    Field(max_length=63, pattern=LABEL_PATTERN),
    WithJsonSchema(checked(matches(LABEL_PATTERN), LABEL_WORDS, type="string", maxLength=63)),
]
"""A DNS label, which is also a valid value of a Kubernetes label."""

ExitCode = Annotated[int, Field(ge=0, le=255)]
"""The schema allows 0, so that an admission policy can refuse it with a better message (admission/user_rules.py)."""

ReasonWord = Annotated[str, Field(min_length=1, max_length=LONGEST_WORD)]
"""One word, as Kubernetes and jobs write reasons. The schema allows several words, so that an admission policy can
refuse them with a message about what to do (admission/user_rules.py)."""

Pattern = Annotated[
    str,
    Field(min_length=1, max_length=limits.PATTERN),
    WithJsonSchema(
        checked(
            "''.matches(self) ? true : true",
            "write it in RE2 syntax (https://github.com/google/re2/wiki/Syntax), with a backslash before special "
            "characters that stand for themselves; look-arounds and backreferences are not part of it",
            type="string",
            minLength=1,
            maxLength=limits.PATTERN,
        )
    ),
]
"""A regular expression. The CEL rule itself is never false. For a pattern that cannot be parsed, evaluating the rule
is an error. The API server then refuses the field and gives the reason
(`error parsing regexp: missing closing ): `(no` evaluating rule: ...`)."""

COSTLY_PART: Final = r"\\[pP]|\{[0-9]"
"""What takes long to compile in a pattern: a class of Unicode, a counted repetition."""

RULE_CHECKS: Final = (
    {
        "rule": f"self.map(r, has(r.exitCodes) ? size(r.exitCodes) : 0).sum() <= {limits.EXIT_CODES}",
        "message": f"the exitCodes of all rules of a job are at most {limits.EXIT_CODES} together; leave out those "
        "that the program never exits with, or have it name the class in its termination message",
    },
    {
        "rule": f"self.map(r, has(r.reasons) ? size(r.reasons) : 0).sum() <= {limits.REASONS}",
        "message": f"the reasons of all rules of a job are at most {limits.REASONS} together; leave out those that are "
        "never given, or have the program name the class in its termination message",
    },
    {
        "rule": f"self.map(r, has(r.messageMatches) ? size(r.messageMatches) : 0).sum() <= {limits.PATTERNS}",
        "message": f"all messageMatches of a job have at most {limits.PATTERNS} characters together; shorten them, or "
        "have the program name the class in its termination message",
    },
    {
        "rule": f"self.map(r, has(r.messageMatches) ? size(r.messageMatches.findAll(r'{COSTLY_PART}')) : 0).sum() <= "
        f"{limits.COSTLY_PARTS}",
        "message": f"all messageMatches of a job have at most {limits.COSTLY_PARTS} classes of Unicode (\\p{{L}}) and "
        "counted repetitions ({3}) together, which take long to compile; use [a-z] or ., and * or +",
    },
)
"""CEL rules over the list of a job's own rules."""

IdempotencyKey = Annotated[
    str,
    Field(min_length=1, max_length=253, pattern="^[ -~]+$"),
    WithJsonSchema(
        checked(
            matches("^[ -~]+$"),
            "must be printable ASCII characters on one line, such as order-42",
            type="string",
            minLength=1,
            maxLength=253,
        )
    ),
]

SpecTime = Annotated[
    Time,
    # For a day that no calendar has, timestamp() is an error. The API server then gives the reason and the message.
    # timestamp() takes capital letters only; RFC 3339 allows both.
    WithJsonSchema(
        checked(
            f"{matches(TIME_PATTERN)} && timestamp(self.upperAscii()) != timestamp(0)",
            "must be a time of RFC 3339 with its time zone, such as 2030-01-31T09:00:00Z, in the years 1900 to 2199",
            type="string",
            maxLength=40,
        )
    ),
]

Factor = Annotated[
    float,
    PlainSerializer(lambda factor: f"{factor:g}"),
    WithJsonSchema(
        checked(
            f"type(self) == int || {matches(FACTOR_PATTERN)}",
            'must be an integer or a quoted decimal from 1 to 999, such as 2 or "1.5"',
            **{"x-kubernetes-int-or-string": True, "minimum": 1, "maximum": 999, "maxLength": 7},
        )
    ),
]
"""A number of at least 1. The API has no floats: in JSON it is an integer or a quoted decimal."""

JsonObject = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})]
"""Any JSON object, kept as it is."""

TEMPLATE_PLACE: Final = "x-pod-template"
"""The key that marks where the schema's generator inserts the schema of a pod template."""

PodTemplate = Annotated[dict[str, Any], WithJsonSchema({TEMPLATE_PLACE: True})]
"""A pod template, kept as it is."""
