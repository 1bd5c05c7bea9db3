"""What the API server does with pods: defaults, refusals, bindings, grace periods."""

from collections.abc import Iterator
from typing import Any, Final

from queuedjob.api.manifests.files import pod_template
from tests.simulation.apiserver.refusals import Cause, bad_request, conflict, other_uid
from tests.simulation.apiserver.resources import PODS
from tests.simulation.apiserver.schemas import prune
from tests.simulation.apiserver.storage import Body, Snapshot

GRACE: Final = 30
"""The default terminationGracePeriodSeconds."""

_DEFAULTS: Final[Body] = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": GRACE,
    "dnsPolicy": "ClusterFirst",
    "serviceAccountName": "default",
    "serviceAccount": "default",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
_CONTAINER_DEFAULTS: Final[Body] = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_ENDED: Final = frozenset({"Succeeded", "Failed"})

_MAY_CHANGE: Final = ("tolerations", "terminationGracePeriodSeconds")
_FROZEN: Final = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
    "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def names_of_containers(spec: Body) -> list[str]:
    """The names of all containers of a pod, including init containers."""
    return [each["name"] for group in ("containers", "initContainers") for each in spec.get(group) or ()]


def refuse_unknown_fields(body: Body) -> None:
    """Refuse a pod whose spec has fields that the schema of a pod template does not have. Raises Refusal."""
    unknown: list[str] = []
    prune(pod_template()["properties"]["spec"], body.get("spec") or {}, "spec", unknown)
    if unknown:
        words = ", ".join(f'unknown field "{path}"' for path in unknown)
        raise bad_request(f'Pod in version "v1" cannot be handled as a Pod: strict decoding error: {words}')


def fresh(body: Body) -> Body:
    """A new pod as it is stored: with defaults, and without a status from its creator."""
    spec = {**_DEFAULTS, **(body.get("spec") or {})}
    for group in ("containers", "initContainers"):
        if spec.get(group):
            spec[group] = [{**_CONTAINER_DEFAULTS, **container} for container in spec[group]]
    return {**body, "spec": spec, "status": {"phase": "Pending", "qosClass": "BestEffort"}}


def wrong_spec(body: Body) -> Iterator[Cause]:
    """A few of the many checks that are in no schema."""
    spec = body["spec"]
    if not spec.get("containers"):
        yield Cause("FieldValueRequired", "spec.containers", "Required value")
    volumes = {volume.get("name") for volume in spec.get("volumes") or ()}
    seen = set()
    for group in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(group) or ()):
            at = f"spec.{group}[{index}]"
            if not container.get("image"):
                yield Cause("FieldValueRequired", f"{at}.image", "Required value")
            if (name := container.get("name")) in seen:
                yield Cause("FieldValueDuplicate", f"{at}.name", f'Duplicate value: "{name}"')
            seen.add(name)
            for number, mount in enumerate(container.get("volumeMounts") or ()):
                if mount["name"] not in volumes:
                    field = f"{at}.volumeMounts[{number}].name"
                    yield Cause("FieldValueNotFound", field, f'Not found: "{mount["name"]}"')


def wrong_change(old: Body, new: Body) -> Iterator[Cause]:
    """The forbidden changes of a pod's spec: only a few fields may change."""
    if old["spec"] != new["spec"] and _frozen(old["spec"]) != _frozen(new["spec"]):
        yield Cause("FieldValueForbidden", "spec", _FROZEN)
    was, now = (body["spec"].get("activeDeadlineSeconds") for body in (old, new))
    if was is not None and (now is None or now > was):
        words = f"Invalid value: {now}: must be less than or equal to previous value"
        yield Cause("FieldValueInvalid", "spec.activeDeadlineSeconds", words)


def _frozen(spec: Body) -> Body:
    kept: dict[str, Any] = {key: value for key, value in spec.items() if key not in _MAY_CHANGE}
    kept.pop("activeDeadlineSeconds", None)
    for group in ("containers", "initContainers"):
        kept[group] = [{k: v for k, v in c.items() if k != "image"} for c in spec.get(group) or ()]
    return kept


def bound(pod: Snapshot, binding: Body, now: str) -> Body:
    """The pod after it was bound to its node. Raises Refusal."""
    spec, uid = pod.body["spec"], (binding.get("metadata") or {}).get("uid")
    if uid and uid != pod.uid:
        raise other_uid(PODS, pod.namespace, pod.name, uid, pod.uid)
    why = ""
    if pod.deleting:
        why = f"pod {pod.name} is being deleted, cannot be assigned to a host"
    elif node := spec.get("nodeName"):
        why = f'pod {pod.name} is already assigned to node "{node}"'
    if why:
        raise conflict(PODS, pod.name, why, at="/binding")
    status = pod.body["status"]
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    others = [each for each in status.get("conditions") or () if each["type"] != "PodScheduled"]
    return {
        **pod.body,
        "spec": {**spec, "nodeName": binding["target"]["name"]},
        "status": {**status, "conditions": [*others, scheduled]},
    }


def grace_of(pod: Body, asked: int | None) -> int:
    """The grace period in seconds that a DELETE gives a pod."""
    if not pod["spec"].get("nodeName") or pod["status"].get("phase") in _ENDED:
        return 0
    grace = pod["spec"].get("terminationGracePeriodSeconds", GRACE) if asked is None else asked
    return 1 if grace < 0 else int(grace)
