"""What the schema of a job's template refuses beyond that of a pod: no pod could be made of it, or no attempt counted.

The API server evaluates admission policies after the schema. So the bounds of lists here are also what keeps the cost
of the policies small: they compare names pair by pair.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from queuedjob.api.types import limits
from queuedjob.api.types.fields import LABEL_PATTERN, LABEL_WORDS, checked, matches

Schema: TypeAlias = dict[str, Any]

CONTAINER_LISTS: Final = ("containers", "initContainers")

_NEVER: Final = checked(
    "self == 'Never'",
    "must be Never: anything else would restart containers without counting attempts; leave it out, retries are the "
    "operator's (spec.retry)",
    type="string",
    maxLength=16,
)


def with_checks(pod_template: Mapping[str, Any]) -> Schema:
    """Return the schema of a pod template with the bounds and checks of a job's template."""
    template: Schema = copy.deepcopy(dict(pod_template))
    for each in _lists_in(template):
        each.setdefault("maxItems", limits.LIST)
    pod = template["properties"]["spec"]["properties"]
    pod["restartPolicy"] = dict(_NEVER)
    pod["volumes"]["maxItems"] = limits.VOLUMES
    for key in CONTAINER_LISTS:
        containers = pod[key]
        containers["maxItems"] = limits.CONTAINERS
        container = containers["items"]
        container["required"] = sorted({*container.get("required", ()), "name", "image"})
        container["properties"]["image"]["minLength"] = 1
        for mounts in ("volumeMounts", "volumeDevices"):
            container["properties"][mounts]["maxItems"] = limits.VOLUMES
        container["properties"]["name"] = checked(matches(LABEL_PATTERN), LABEL_WORDS, type="string", maxLength=63)
    return template


def _lists_in(node: Schema) -> Iterator[Schema]:
    if node.get("type") == "array":
        yield node
    for inner in node.get("properties", {}).values():
        yield from _lists_in(inner)
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from _lists_in(node[key])
