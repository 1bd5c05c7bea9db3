"""Convert a pod from JSON to facts.

This runs for every event of a pod, so it is fast and never raises: an exception would lose the event. A missing or
invalid value in the body becomes an absent fact.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from queuedjob.api import names
from queuedjob.api.identity import is_object_name, name_hash, parse_pod_name
from queuedjob.api.kinds.queuedjob import QUEUEDJOB
from queuedjob.api.types.times import parse_time
from queuedjob.kube.client import paths
from queuedjob.kube.objects.heartbeat_probe import checks_of
from queuedjob.kube.objects.objects import Objects
from queuedjob.kube.objects.texts import (
    hash_in,
    label_in,
    last_words_in,
    name_in,
    text_in,
    uid_in,
    word_in,
    words_in,
)
from queuedjob.policy.facts import Container, ContainerRole, Pod, Termination
from queuedjob.policy.job.ineffective import KUEUE_QUEUE_LABEL

_OUR_LABELS: Final = frozenset(
    {
        names.JOB_LABEL,
        names.JOB_UID_LABEL,
        names.REDRIVES_LABEL,
        names.ATTEMPT_LABEL,
        names.QUEUE_LABEL,
        names.TYPE_LABEL,
    }
)
_OUR_API: Final = f"{names.GROUP}/"

_NEVER: Final = "1970-"
"""The start of the time that the kubelet writes if a container never started (StartError)."""

_LARGEST: Final = 2**63 - 1
"""The greatest int64, as which the API server stores numbers."""

_DIGITS: Final = 19
"""Digits of the longest int64. Python refuses to parse thousands of digits, and an annotation may hold so many."""

_STOP_REASON: Final = 64
"""Characters of the longest stop reason; ours are shorter (policy/facts.py: StopReason)."""

_KUEUE_GATES: Final = frozenset({"kueue.x-k8s.io/admission", "kueue.x-k8s.io/topology"})
"""Kueue's scheduling gates (kueue: pkg/controller/jobs/pod, pkg/controller/tas)."""

_GATES: Final = 5
"""How many scheduling gates are named."""

_GRACE: Final = 30
"""The API server's default of terminationGracePeriodSeconds (pkg/apis/core/v1/defaults.go)."""

_ONE_MESSAGE: Final = 4096
_ALL_MESSAGES: Final = 12 * 1024
"""Bytes that the kubelet keeps of one container's message, and of all in a pod, each its share (pkg/kubelet/container,
MaxContainerTerminationMessageLength, MaxPodTerminationMessageLogLength; pkg/kubelet/status, normalizeStatus)."""

_LONG_AGO: Final = datetime.fromtimestamp(0, UTC)
"""Stands for a missing creation time. The API server sets one on every pod."""


def pod_from(body: Mapping[str, Any]) -> Pod:
    """The facts in a pod's body.

    The pod itself names its main container. For one that names none, because an earlier version of the operator built
    it, this is the first; the job may say better (policy/job/earlier_pods.py).
    """
    metadata, spec, status = _dict(body, "metadata"), _dict(body, "spec"), _dict(body, "status")
    labels, annotations = _dict(metadata, "labels"), _dict(metadata, "annotations")
    finalizers = _list(metadata, "finalizers")
    has_finalizer = names.FINALIZER in finalizers
    name = name_in(metadata, "name")
    hash_and_number = parse_pod_name(name)
    owner_uid, owner_name, foreign = _owner(metadata, labels, hash_and_number[0] if hash_and_number else "")
    deletion_time = _time(metadata.get("deletionTimestamp"))
    disruption, disruption_time, scheduled, unschedulable, latest = _conditions(status, deleted=bool(deletion_time))
    grace = _number(spec.get("terminationGracePeriodSeconds"))
    own_main = label_in(annotations, names.MAIN_CONTAINER_ANNOTATION)
    share = _ALL_MESSAGES // max(1, sum(len(_list(spec, f"{kind}ontainers")) for kind in ("c", "initC", "ephemeralC")))
    return Pod(
        uid=name_in(metadata, "uid"),
        name=name,
        namespace=name_in(metadata, "namespace"),
        resource_version=_number(metadata.get("resourceVersion")) or 0,
        created=_time(metadata.get("creationTimestamp")) or _LONG_AGO,
        owner_uid=owner_uid,
        owner_name=owner_name,
        foreign=foreign,
        number=hash_and_number[1] if hash_and_number is not None else None,
        name_hash=hash_and_number[0] if hash_and_number is not None else "",
        generation=_number(annotations.get(names.GENERATION_ANNOTATION)),
        spec_hash=hash_in(annotations, names.SPEC_HASH_ANNOTATION),
        labelled=labels.keys() >= _OUR_LABELS,
        has_labels=bool(labels),
        has_annotations=bool(annotations),
        has_finalizer=has_finalizer,
        finalizer_index=finalizers.index(names.FINALIZER) if has_finalizer else None,
        node=name_in(spec, "nodeName"),
        phase=name_in(status, "phase") or "Pending",
        reason=word_in(status, "reason"),
        message=words_in(status, "message"),
        start_time=_time(status.get("startTime")),
        deletion_time=deletion_time,
        deletion_grace=_number(metadata.get("deletionGracePeriodSeconds")),
        deletion_noted=_time(annotations.get(names.DELETION_ANNOTATION)),
        termination_grace=_GRACE if grace is None else grace,
        disruption=disruption,
        disruption_time=disruption_time,
        unschedulable=unschedulable,
        gates=_gates(spec, labels),
        scheduled_time=scheduled,
        latest_condition_time=latest,
        containers=(*_inits(spec, status, share), *_regulars(spec, status, own_main, share)),
        main_container=own_main,
        stop_reason=word_in(annotations, names.STOP_REASON_ANNOTATION, _STOP_REASON),
        stop_detail=words_in(annotations, names.STOP_DETAIL_ANNOTATION),
        deadline_seconds=_number(spec.get("activeDeadlineSeconds")),
        deadline_by_total=annotations.get(names.DEADLINE_ANNOTATION) == "total",
    )


def is_hidden(body: Mapping[str, Any]) -> bool:
    """Whether the pod has our finalizer, but not the label by which the watch of pods selects."""
    metadata = _dict(body, "metadata")
    return names.FINALIZER in _list(metadata, "finalizers") and names.JOB_LABEL not in _dict(metadata, "labels")


PODS: Final[Objects[Pod]] = Objects(
    "pods",
    paths.pods,
    lambda body, _known: pod_from(body),
    {
        "owner": lambda pod: pod.job if pod.owner_uid else None,
        "home": lambda pod: (pod.namespace, pod.owner_name),
        "hash": lambda pod: (pod.namespace, pod.name_hash) if pod.name_hash else None,
    },
)


def _owner(metadata: Mapping[str, Any], labels: Mapping[str, Any], hash_in_name: str) -> tuple[str, str, bool]:
    """UID and name of the job, and whether another controller owns the pod (protocol: Whose a pod is).

    The controller reference decides. Labels are no ownership: clients write them. They only say which job to look
    at where users have removed the reference of a pod that we still hold, and only if its name was made for that job.
    A name that no object can have is left out: such a job is looked for by its UID.
    """
    controller = next((each for each in _dicts(metadata, "ownerReferences") if each.get("controller") is True), None)
    if controller is not None:
        ours = controller.get("kind") == QUEUEDJOB.kind and text_in(controller, "apiVersion").startswith(_OUR_API)
        return (uid_in(controller, "uid"), _name(controller, "name"), False) if ours else ("", "", True)
    uid, run = uid_in(labels, names.JOB_UID_LABEL), _number(labels.get(names.REDRIVES_LABEL))
    if names.FINALIZER not in _list(metadata, "finalizers") or not uid or run is None:
        return "", "", False
    if name_hash(uid, run) != hash_in_name:
        return "", "", False
    return uid, _name(labels, names.JOB_LABEL), False


def _name(body: Mapping[str, Any], key: str) -> str:
    name = name_in(body, key)
    return name if is_object_name(name) else ""


def _gates(spec: Mapping[str, Any], labels: Mapping[str, Any]) -> tuple[str, ...]:
    """The first scheduling gates, and how many more there are: a pod may have hundreds of 300 characters."""
    found = [name for each in _dicts(spec, "schedulingGates") if (name := name_in(each, "name"))]
    more = (f"and {len(found) - _GATES} more",) if len(found) > _GATES else ()
    return (*(_gate(name, labels) for name in found[:_GATES]), *more)


def _gate(name: str, labels: Mapping[str, Any]) -> str:
    """The name of a scheduling gate; for Kueue's gate with the queue in which the pod waits."""
    queue = name_in(labels, KUEUE_QUEUE_LABEL) if name in _KUEUE_GATES else ""
    return f"{name} (queue {queue})" if queue else name


def _conditions(
    status: Mapping[str, Any], *, deleted: bool
) -> tuple[tuple[str, str] | None, datetime | None, datetime | None, str, datetime | None]:
    """The facts in the conditions: (disruption, its time, scheduled time, why unschedulable, latest transition).

    The disruption is reason and message of a DisruptionTarget that is True. A deleted pod without one may have a
    TerminationTarget: Kueue says so why it deletes the pod, for example that another workload preempts it.
    """
    disruption, disruption_time, scheduled, unschedulable, latest = None, None, None, "", ""
    terminator, terminator_time = None, None
    for condition in _dicts(status, "conditions"):
        kind, state = condition.get("type"), condition.get("status")
        latest = max(latest, name_in(condition, "lastTransitionTime"))  # RFC 3339 in UTC: sorts as text
        if kind == "DisruptionTarget" and state == "True":
            disruption = (word_in(condition, "reason") or "DisruptionTarget", words_in(condition, "message"))
            disruption_time = _time(condition.get("lastTransitionTime"))
        elif kind == "TerminationTarget" and state == "True" and deleted:
            terminator = (word_in(condition, "reason") or "TerminationTarget", words_in(condition, "message"))
            terminator_time = _time(condition.get("lastTransitionTime"))
        elif kind == "PodScheduled" and state == "True":
            scheduled = _time(condition.get("lastTransitionTime"))
        elif kind == "PodScheduled" and state == "False":
            unschedulable = words_in(condition, "message") or word_in(condition, "reason")
    if disruption is None:
        disruption, disruption_time = terminator, terminator_time
    return disruption, disruption_time, scheduled, unschedulable, _time(latest)


def _inits(spec: Mapping[str, Any], status: Mapping[str, Any], share: int) -> Iterator[Container]:
    specs = {name_in(each, "name"): each for each in _dicts(spec, "initContainers")}
    for each in _dicts(status, "initContainerStatuses"):
        asked = specs.get(name_in(each, "name"), {})
        role = ContainerRole.SIDECAR if asked.get("restartPolicy") == "Always" else ContainerRole.INIT
        yield _container(each, role, asked, share)


def _regulars(spec: Mapping[str, Any], status: Mapping[str, Any], main: str, share: int) -> Iterator[Container]:
    specs = {name_in(each, "name"): each for each in _dicts(spec, "containers")}
    main = main or next(iter(specs), "")
    for each in _dicts(status, "containerStatuses"):  # the kubelet sorts them by name
        name = name_in(each, "name")
        yield _container(
            each, ContainerRole.MAIN if name == main else ContainerRole.REGULAR, specs.get(name, {}), share
        )


def _container(status: Mapping[str, Any], role: ContainerRole, spec: Mapping[str, Any], share: int) -> Container:
    state = _dict(status, "state")
    name = name_in(status, "name")
    if "terminated" in state:
        return Container(
            name,
            role,
            terminated=_termination(_dict(state, "terminated"), share),
            checks=checks_of(spec),
            message_only=spec.get("terminationMessagePolicy") == "File",
        )
    if "running" in state:
        return Container(name, role, running_since=_time(_dict(state, "running").get("startedAt")))
    waiting = _dict(state, "waiting")
    return Container(name, role, *_why_waiting(status, waiting))


def _why_waiting(status: Mapping[str, Any], waiting: Mapping[str, Any]) -> tuple[str, str]:
    """Reason and message of a container that waits. What waits for its restart does so for the end before (lastState).

    With CrashLoopBackOff the kubelet says only how long it waits. In a pod of ours, only a native sidecar is restarted.
    """
    reason, message = word_in(waiting, "reason"), words_in(waiting, "message")
    last = _dict(_dict(status, "lastState"), "terminated")
    if reason != "CrashLoopBackOff" or not last:
        return reason, message
    code, why, told = _number(last.get("exitCode")) or 0, word_in(last, "reason"), words_in(last, "message").strip()
    end = f"exited with {code}" + (f" ({why})" if why not in {"", "Error"} else "")
    return reason, ": ".join(part for part in (end, told or message) if part)


def _termination(state: Mapping[str, Any], share: int) -> Termination:
    cut = share < _ONE_MESSAGE and len(text_in(state, "message").encode("utf-8", "replace")) >= share
    return Termination(
        exit_code=_number(state.get("exitCode")) or 0,
        reason=word_in(state, "reason"),
        message=last_words_in(state, "message"),
        signal=_number(state.get("signal")) or 0,
        started=_time(state.get("startedAt")),
        finished=_time(state.get("finishedAt")),
        kept=share if cut else None,
    )


# --- reading JSON that may be anything


def _dict(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def _list(body: Mapping[str, Any], key: str) -> list[Any]:
    value = body.get(key)
    return value if isinstance(value, list) else []


def _dicts(body: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    return (each for each in _list(body, key) if isinstance(each, dict))


def _number(value: object) -> int | None:
    """Read an int64 or its text: annotations and resource versions are text. None for all else."""
    if isinstance(value, str) and len(value) <= _DIGITS and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and -_LARGEST <= value <= _LARGEST else None


def _time(value: object) -> datetime | None:
    if not isinstance(value, str) or not value or value.startswith(_NEVER):
        return None
    try:
        return parse_time(value)
    except ValueError:
        return None
