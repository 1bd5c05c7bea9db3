"""CEL expressions that read a field of a job's spec or its default."""

from typing import Final

from queuedjob.api.kinds.queuedjob import JobTerms

DEFAULTS: Final = JobTerms()
POD: Final = "spec.template.spec"
OR_DEFAULT: Final = "{{(has(object.spec.{path}) ? '' : ', the default')}}"
"""For a message: adds ", the default" if the spec does not set `path`."""

CONTAINERS: Final = {
    "pod": f"object.{POD}",
    "inits": "has(variables.pod.initContainers) ? variables.pod.initContainers : []",
}
"""CEL variables for the containers of the template."""


def given(path: str, default: str) -> str:
    """CEL for the value at a path below spec, else for the built-in default."""
    steps = path.split(".")
    guards = " && ".join(f"has(object.spec.{'.'.join(steps[: end + 1])})" for end in range(len(steps)))
    return f"{guards} ? object.spec.{path} : '{default}'"
