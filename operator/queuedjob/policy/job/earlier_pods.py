"""Pods that an earlier version of the operator built: they do not name their main container. Pure."""

from dataclasses import replace
from typing import Final

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.policy.facts import ContainerRole, Pod

_REGULAR: Final = frozenset({ContainerRole.MAIN, ContainerRole.REGULAR})


def with_main_container(pod: Pod, terms: JobTerms) -> Pod:
    """Return the pod with its main container: the one that the pod names, else the one that the job names by now.

    A pod that names none keeps its first, also where it has no container of the name that the job says.
    """
    name = terms.main_container
    if pod.main_container or not any(each.name == name and each.role in _REGULAR for each in pod.containers):
        return pod
    roles = {True: ContainerRole.MAIN, False: ContainerRole.REGULAR}
    containers = (replace(c, role=roles[c.name == name]) if c.role in _REGULAR else c for c in pod.containers)
    return replace(pod, containers=tuple(containers))
