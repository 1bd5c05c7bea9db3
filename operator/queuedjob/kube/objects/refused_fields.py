"""Which fields that the API server refuses in a pod are not in the pod that was sent: admission has filled them in.

An example is the default limit of a LimitRange below the request that the spec asks for (Kubernetes:
plugin/pkg/admission/limitranger). Another spec may not be needed then: the cluster's default is at fault.

What the API server itself derives from other fields of the spec (pkg/apis/core/v1/defaults.go) counts as set, and so
does what a path names in a way of its own (pkg/apis/core/validation): the spec is at fault there.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from queuedjob.api import names
from queuedjob.kube.client.wire import Cause
from queuedjob.ports import Body

_STEP: Final = re.compile(r"(\{[^}]*\}|[^.\[\]]+)|\[([^\]]*)\]")
"""One step of a path such as spec.containers[0].resources.limits[cpu]."""

_ABOVE_LIMIT: Final = re.compile(r"must be (?:less than or )?equal to (\S+) limit")
"""Of a request (pkg/apis/core/validation: validateResourceRequirements). The limit is at fault as much as the request.
"""

_VARIABLE: Final = re.compile(
    r"\bspec\.(?P<kind>containers|initContainers)\[(?P<at>\d{1,4})\]\.env\[(?P<number>\d{1,5})\]"
)

_POD_LEVEL: Final = "spec.resources."

_REQUIRED: Final = "FieldValueRequired"


def filled_in(causes: Iterable[Cause], pod: Body) -> tuple[str, ...]:
    """The fields that the refusal names and that `pod`, as it was sent, does not set."""
    return tuple(dict.fromkeys(path for path in _named(causes) if not _is_set(pod, path)))


def as_in_the_spec(message: str, pod: Body) -> str:
    """Return the message with the variables of containers numbered as in the template, which lacks ours in front."""

    def renumbered(found: re.Match[str]) -> str:
        try:
            variables = pod["spec"][found["kind"]][int(found["at"])]["env"]
        except (KeyError, IndexError):
            return found[0]  # admission added the container
        ours = sum(str(each.get("name")).startswith(names.ENVIRONMENT_PREFIX) for each in variables)
        number = int(found["number"]) - ours
        return found[0] if number < 0 else f"spec.{found['kind']}[{found['at']}].env[{number}]"

    return _VARIABLE.sub(renumbered, message)


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
    if path.startswith(_POD_LEVEL):  # with paths like spec.resources.containers[0][cpu].limits
        return "resources" in pod["spec"]
    return _holds(pod, _steps(path)) or any(_holds(pod, _steps(source)) for source in _sources(pod, path))


def _holds(at: Any, steps: Sequence[str]) -> bool:  # noqa: ANN401 - any JSON
    """Whether `at` has the field to which the steps lead. A list without an index stands for each of its items."""
    if not steps or steps[0].startswith("{"):  # such as {topologyKey, whenUnsatisfiable}: of what is there
        return True
    step, *rest = steps
    if isinstance(at, dict):
        return step in at and _holds(at[step], rest)
    if not isinstance(at, list):
        return False
    if step.isdecimal():
        return int(step) < len(at) and _holds(at[int(step)], rest)
    return any(_holds(each, steps) for each in at)


def _steps(path: str) -> list[str]:
    return [step[1] or step[2] for step in _STEP.finditer(path)]


def _sources(pod: Body, path: str) -> Iterator[str]:
    """Yield the fields from which the API server sets this one by default."""
    if ".requests[" in path:
        yield path.replace(".requests[", ".limits[")
    if path.endswith(".hostPort") and pod["spec"].get("hostNetwork"):
        yield f"{_parent(path)}.containerPort"


def _parent(path: str) -> str:
    steps = list(_STEP.finditer(path))
    return path[: steps[-1].start()].rstrip(".") if steps else ""
