"""The admission policies on pods and dead letters, for a user who has the cluster role `edit`.

Their CEL (`queuedjob.api.manifests.admission`) is written again in Python here. Such a user may delete QueuedJobs, and
so take finalizers off; all other marks are the operator's.
"""

from collections.abc import Iterator
from typing import Any, Final

from queuedjob.api import names
from queuedjob.api.manifests.admission.marks import KEYS
from queuedjob.api.manifests.admission.pod_evidence import EVIDENCE
from queuedjob.api.manifests.admission.record import OWNERS
from tests.simulation.apiserver.refusals import Refusal, denied_by_policy
from tests.simulation.apiserver.resources import LETTERS, PODS, Resource
from tests.simulation.apiserver.storage import Body

_OURS: Final = f"{names.GROUP}/"
_LETTER_OWNED: Final = (
    "metadata.ownerReferences of a dead letter cannot change: it outlives its job, and an owner would have the garbage "
    "collector delete it; leave ownerReferences out, and delete the letter if you may"
)


def judge_editor(resource: Resource, new: Body, old: Body | None) -> Refusal | None:
    """The refusal of a write by a user who may edit, but not do what the operator does."""
    was = {} if old is None else old["metadata"]
    if resource is PODS and (touched := ", ".join(_touched(was, new["metadata"]))):
        remedy = (
            "take it out of the pod, and of the template that the pod is made from"
            if old is None
            else "leave it as it is; to stop an attempt, set spec.suspend or spec.cancel of its QueuedJob, or delete "
            "the pod"
        )
        why = f"{touched}: on pods, only the operator of QueuedJobs writes this, and knows attempts by it; {remedy}"
        return denied_by_policy(PODS, new["metadata"]["name"], EVIDENCE.full_name, why)
    if resource is LETTERS and was.get("ownerReferences") != new["metadata"].get("ownerReferences"):
        return denied_by_policy(LETTERS, new["metadata"]["name"], OWNERS.full_name, _LETTER_OWNED)
    return None


def _touched(old: Body, new: Body) -> Iterator[str]:
    """The paths of our marks that differ."""
    for field in ("labels", "annotations"):
        before, after = _ours(old, field), _ours(new, field)
        yield from (f"metadata.{field}[{key}]" for key, value in after.items() if before.get(key) != value)
        yield from (f"metadata.{field}[{key}]" for key in before if key not in after)
    if names.FINALIZER in (new.get("finalizers") or ()) and names.FINALIZER not in (old.get("finalizers") or ()):
        yield f"metadata.finalizers[{names.FINALIZER}]"
    owners, owners_before = _owners(new), _owners(old)
    yield from (f"metadata.ownerReferences[{each}]" for each in owners if each not in owners_before)
    yield from (f"metadata.ownerReferences[{each}]" for each in owners_before if each not in owners)


def _ours(metadata: Body, field: str) -> dict[str, Any]:
    return {key: value for key, value in (metadata.get(field) or {}).items() if key in KEYS}


def _owners(metadata: Body) -> list[str]:
    return [
        f"{each['kind']} {each['name']} {each['uid']}{'' if each.get('controller') else ', not the controller'}"
        for each in metadata.get("ownerReferences") or ()
        if each["apiVersion"].startswith(_OURS)
    ]
