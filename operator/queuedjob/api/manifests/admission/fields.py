"""How CEL reads a field of a job's spec, its default included."""

from typing import Final

from queuedjob.api.kinds.queuedjob import JobTerms

DEFAULTS: Final = JobTerms()
POD: Final = "spec.template.spec"
OR_DEFAULT: Final = "{{(has(object.spec.{path}) ? '' : ', the default')}}"
"""For a message: that the value of `path` is the default, where it is."""

CONTAINERS: Final = {
    "pod": f"object.{POD}",
    "inits": "has(variables.pod.initContainers) ? variables.pod.initContainers : []",
}
"""Variables for those of the template."""


def given(path: str, default: str) -> str:
    """The value at a path below spec, else the built-in default."""
    steps = path.split(".")
    guards = " && ".join(f"has(object.spec.{'.'.join(steps[: end + 1])})" for end in range(len(steps)))
    return f"{guards} ? object.spec.{path} : '{default}'"
