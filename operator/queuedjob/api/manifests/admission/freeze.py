"""Which fields of a spec may still change, and when."""

import json
from collections.abc import Sequence
from typing import Final

from queuedjob.api.canonical import FREE_FIELDS
from queuedjob.api.kinds.queuedjob import JobSpec
from queuedjob.api.kinds.queuedjob_phases import DEAD, DONE
from queuedjob.api.manifests.admission.policy import CHANGE, CHANGED_SPEC, Check, Policy

FREE_WHEN_DONE: Final = frozenset({"suspend", "ttlAfterFinished", "podHistoryLimit"})

SPEC_FIELDS: Final = tuple(str(field.alias) for field in JobSpec.model_fields.values())


def _words(values: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(sorted(values))


def _list(values: Sequence[str] | frozenset[str]) -> str:
    return json.dumps(sorted(values)).replace('"', "'")


def _changed(names: Sequence[str]) -> str:
    return (
        f"{json.dumps(list(names))}.filter(name, (name in object.spec) != (name in oldObject.spec) || "
        "(name in object.spec && object.spec[name] != oldObject.spec[name]))"
    ).replace('"', "'")


_VARIABLES: Final = {
    "phase": "has(oldObject.status) && has(oldObject.status.phase) ? oldObject.status.phase : ''",
    "dead": f"variables.phase in {_list(DEAD)}",
    "done": f"variables.phase in {_list(DONE)}",
    "filed": "has(oldObject.status) && has(oldObject.status.deadLetterRef) && has(oldObject.status.deadLetterRef.uid)"
    " && oldObject.status.deadLetterRef.uid != ''",
    "started": "has(oldObject.status) && has(oldObject.status.attempts) && size(oldObject.status.attempts) > 0",
    "cancelled": "has(oldObject.spec.cancel) && oldObject.spec.cancel",
    "frozen": _changed([name for name in SPEC_FIELDS if name not in FREE_FIELDS]),
    "late": _changed([name for name in SPEC_FIELDS if name not in FREE_WHEN_DONE]),
}


def _named(variable: str) -> str:
    return f"{{variables.{variable}.map(name, 'spec.' + name).join(', ')}}"


_CHECKS: Final = (
    Check(
        "!variables.dead || variables.filed",
        "spec cannot change just now: the job is {variables.phase} and its dead letter is being filed, try again",
    ),
    Check(
        "!variables.done || size(variables.late) == 0",
        f"{_named('late')} cannot change, as the job is {{variables.phase}}; only {_words(FREE_WHEN_DONE)} may; to run "
        "it again, create it under another name or delete it first",
    ),
    Check(
        "variables.dead || variables.done || !variables.started || size(variables.frozen) == 0",
        f"{_named('frozen')} cannot change once an attempt has started; only "
        f"{_words(FREE_FIELDS & set(SPEC_FIELDS))} may; to run something else, cancel this job and create another",
    ),
    Check(
        "variables.dead || !variables.cancelled || (has(object.spec.cancel) && object.spec.cancel)",
        "spec.cancel cannot be unset, for the job is on its way out; to run it after all, create it under another name",
    ),
)

FREEZE: Final = Policy("queuedjob-freeze", CHANGE, CHANGED_SPEC, _CHECKS, _VARIABLES)
