"""Which fields that the API server refuses in a pod are not in the pod that was sent: admission has filled them in.

An example is the default limit of a LimitRange below the request that the spec asks for (Kubernetes:
plugin/pkg/admission/limitranger). Another spec may not be needed then: the cluster's default is at fault.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from queuedjob.kube.client.wire import Cause
from queuedjob.ports import Body

_STEP: Final = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")
"""One step of a path such as spec.containers[0].resources.limits[cpu]."""

_ABOVE_LIMIT: Final = re.compile(r"must be (?:less than or )?equal to (\S+) limit")
"""Of a request (pkg/apis/core/validation: validateResourceRequirements). The limit is at fault as much as the request.
"""

_REQUIRED: Final = "FieldValueRequired"


def filled_in(causes: Iterable[Cause], pod: Body) -> tuple[str, ...]:
    """The fields that the refusal names and that `pod`, as it was sent, does not set."""
    return tuple(dict.fromkeys(path for path in _named(causes) if not _is_set(pod, path)))


def _named(causes: Iterable[Cause]) -> Iterator[str]:
    for cause in causes:
        if not cause.field:
            continue
        if cause.reason == _REQUIRED:  # what is missing cannot be set: its parent tells whose field it is
            yield _parent(cause.field)
            continue
        yield cause.field
        above = _ABOVE_LIMIT.search(cause.message)
        if above is not None and ".requests" in cause.field:
            resources, _, _ = cause.field.rpartition(".requests")
            yield f"{resources}.limits[{above[1]}]"


def _is_set(pod: Body, path: str) -> bool:
    at: Any = pod
    for step in _STEP.finditer(path):
        name, key = step[1], step[2]
        if isinstance(at, dict) and (name or key) in at:
            at = at[name or key]
        elif isinstance(at, list) and key is not None and key.isdecimal() and int(key) < len(at):
            at = at[int(key)]
        else:
            return False
    return True


def _parent(path: str) -> str:
    steps = list(_STEP.finditer(path))
    return path[: steps[-1].start()].rstrip(".") if steps else ""
