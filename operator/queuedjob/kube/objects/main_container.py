"""Which container of a template is the main one: the container whose end is the job's outcome.

The name is resolved once, when the pod is built, and is written on the pod. Admission may add containers to the pod, at
any place, and a user may edit the job later; neither changes what the pod was built for.
"""

from queuedjob.api.kinds.queuedjob import JobTerms


def main_container(terms: JobTerms, template: object) -> str:
    """Return the name of the main container; empty if the template has no named container.

    spec.mainContainer decides; else the template's annotation `kubectl.kubernetes.io/default-container`, if it names a
    container of the template, as for kubectl; else the first container. `template` may be what a user wrote, unchecked.
    """
    if terms.main_container is not None:
        return terms.main_container
    match template:
        case {"spec": {"containers": list(containers)}}:
            given = [each.get("name") for each in containers if isinstance(each, dict)]
        case _:
            given = []
    named = [name for name in given if isinstance(name, str)]
    by_default = _annotated(template)
    return by_default if by_default in named else next(iter(named), "")


def _annotated(template: object) -> str:
    """The annotation by which kubectl chooses a container for logs and exec (kubectl, pkg/cmd/util/podcmd)."""
    match template:
        case {"metadata": {"annotations": {"kubectl.kubernetes.io/default-container": str(name)}}}:
            return name
        case _:
            return ""
