"""Checks over the containers of the template: without them the job is accepted, and its first pod is refused."""

from typing import Final

from queuedjob.api.manifests.admission.fields import CONTAINERS, POD
from queuedjob.api.manifests.admission.policy import CREATE_OR_CHANGE, NEW_SPEC, Check, Policy

_OURS: Final = "queuedjob-"
"""How the names of volumes that the operator adds begin."""


def _mounts(field: str) -> str:
    """CEL for `container: name` of the first entry of each container's `field` whose volume does not exist."""
    return (
        f"variables.all.filter(c, has(c.{field})).map(c, c.{field}.filter(m, !(m.name in variables.volumes) && "
        f"!m.name.startsWith('{_OURS}')).map(m, c.name + ' mounts ' + m.name)).filter(found, size(found) > 0)"
        ".map(found, found[0])"
    )


def _of(kind: str) -> str:
    return f"string(c.resources.{kind}[key])"


_VARIABLES: Final = {
    **CONTAINERS,
    "all": "variables.pod.containers + variables.inits",
    "names": "variables.all.map(c, c.name)",
    "doubles": "variables.names.filter(name, !variables.names.exists_one(other, other == name))",
    "volumes": "has(variables.pod.volumes) ? variables.pod.volumes.map(volume, volume.name) : []",
    "astray": f"{_mounts('volumeMounts')} + {_mounts('volumeDevices')}",
    "greedy": "variables.all.filter(c, has(c.resources) && has(c.resources.requests) && has(c.resources.limits))"
    ".map(c, c.resources.requests.filter(key, key in c.resources.limits && "
    f"isQuantity({_of('requests')}) && isQuantity({_of('limits')}) && "
    f"quantity({_of('requests')}).isGreaterThan(quantity({_of('limits')})))"
    f".map(key, c.name + ' requests ' + {_of('requests')} + ' of ' + key + ', above its limit of ' + {_of('limits')}))"
    ".filter(found, size(found) > 0).map(found, found[0])",
}

_CHECKS: Final = (
    Check(
        "size(variables.doubles) == 0",
        f"{POD}: more than one container is named {{variables.doubles[0]}}; give each container and init container a "
        "name of its own",
    ),
    Check(
        "size(variables.astray) == 0",
        f"{POD}: container {{variables.astray[0]}}, which is none of {POD}.volumes; add it there, or take the mount "
        "out",
    ),
    Check(
        "size(variables.greedy) == 0",
        f"{POD}: container {{variables.greedy[0]}}; lower the request or raise the limit",
    ),
)

TEMPLATE: Final = Policy("queuedjob-template", CREATE_OR_CHANGE, NEW_SPEC, _CHECKS, _VARIABLES)
