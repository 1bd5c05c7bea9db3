"""CEL expressions about our marks on a pod, and about what the sender of a request may do.

Our marks are the labels, annotations and the finalizer that `api.names` names, and owner references to our kinds. What
the operator believes of a pod is in them and in the pod's status. Our keys are looked up one by one: what CEL does for
each entry of a map or list costs with the square of their number, and a tenant decides how many there are.
"""

from typing import Final

from queuedjob.api import names
from queuedjob.api.names import (
    API_VERSION,
    FINALIZER,
    FOLLOWS_DELETION,
    GROUP,
    JOB_UID_LABEL,
    LATE_FOR,
    RETRY_NOW_ANNOTATION,
)

OURS: Final = f"{GROUP}/"

KEYS: Final = tuple(
    sorted(
        value
        for value in vars(names).values()
        if isinstance(value, str)
        and value.startswith(OURS)
        and value not in {API_VERSION, FINALIZER, RETRY_NOW_ANNOTATION, LATE_FOR, FOLLOWS_DELETION}
    )
)
"""Every key of a label or an annotation of ours that a pod has."""


def may(verb: str, resource: str, subresource: str = "") -> str:
    """CEL for: the sender may do this to our resource in the namespace of the request."""
    part = f".subresource('{subresource}')" if subresource else ""
    return (
        f"authorizer.group('{GROUP}').resource('{resource}'){part}.namespace(request.namespace)"
        f".check('{verb}').allowed()"
    )


def metadata(of: str, field: str, empty: str) -> str:
    """CEL for a field of the metadata of `object` or `oldObject`, else `empty`."""
    return f"{of} == null ? {empty} : {part(of, field, empty)}"


def has_marks(of: str) -> str:
    """CEL for: `of` has any of our marks."""
    keyed = (f"{list(KEYS)}.exists(x, x in {part(of, field)})" for field in ("labels", "annotations"))
    owned = f"{part(of, 'ownerReferences', '[]')}.exists(x, x.apiVersion.startsWith('{OURS}'))"
    return " || ".join((*keyed, f"'{FINALIZER}' in {part(of, 'finalizers', '[]')}", owned))


def changes(*fields: str) -> str:
    """CEL for: an UPDATE changes one of these fields of the metadata. It costs little, whatever is in them."""
    return " || ".join(f"object.metadata.?{field} != oldObject.metadata.?{field}" for field in fields)


def belongs_to_a_job(of: str) -> str:
    """CEL for: `of` is the pod of a QueuedJob, by its owner, else by a mark that only the operator can have written."""
    return (
        f"{part(of, 'ownerReferences', '[]')}.exists(x, {is_our_controller('x')}) || "
        f"'{FINALIZER}' in {part(of, 'finalizers', '[]')} || '{JOB_UID_LABEL}' in {part(of, 'labels')}"
    )


def is_our_controller(reference: str) -> str:
    """CEL for: this owner reference names the controller of a QueuedJob's pod."""
    return (
        f"{reference}.kind == 'QueuedJob' && {reference}.apiVersion.startsWith('{OURS}') && "
        f"{reference}.?controller.orValue(false)"
    )


def part(of: str, field: str, empty: str = "{}") -> str:
    """CEL for a field of the metadata of `of`, which is not null, else `empty`."""
    return f"{of}.metadata.?{field}.orValue({empty})"
