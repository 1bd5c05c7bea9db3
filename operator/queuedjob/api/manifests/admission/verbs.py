"""Annotations of a job that ask for something, such as the next attempt now: each has a form.

A status write is never asked: the policy is about the job itself. A value that was there before is not asked again.
"""

from typing import Final

from queuedjob.api.manifests.admission.policy import CREATE_OR_CHANGE, Check, Policy
from queuedjob.api.names import RETRY_NOW_ANNOTATION
from queuedjob.api.types.times import TIME_PATTERN


def _value(of: str) -> str:
    return f"{of}.metadata.?annotations[?'{RETRY_NOW_ANNOTATION}'].orValue('')"


_NEW_VERB: Final = {
    "verb-is-new": f"{_value('object')} != '' && "
    f"(request.operation == 'CREATE' || {_value('object')} != {_value('oldObject')})"
}

_CHECKS: Final = (
    Check(
        f"{_value('object')}.matches('^{TIME_PATTERN}$')",
        f"metadata.annotations: the value of {RETRY_NOW_ANNOTATION} is no time; write one such as "
        "2030-01-31T12:00:00Z (date -u +%FT%TZ), and a new one each time",
    ),
)

VERBS: Final = Policy("queuedjob-verbs", CREATE_OR_CHANGE, _NEW_VERB, _CHECKS)
