"""Convert DeadLetters between the API server and the store, and build new ones."""

from collections.abc import Sequence
from typing import Final

import orjson

from queuedjob.api import names
from queuedjob.api.kinds.deadletter import DEAD, DEADLETTER, RESOLVED
from queuedjob.kube.client import paths, wire
from queuedjob.kube.client.client import Operation
from queuedjob.kube.objects.objects import Objects
from queuedjob.kube.objects.patches import add, same_version
from queuedjob.kube.objects.texts import uid_in
from queuedjob.policy.facts import Letter
from queuedjob.policy.job.dead_letter import DeathRecord
from queuedjob.ports import Body

_LONG: Final = 8192
"""Bytes of a part of the job from which it is left out of a letter that does not fit."""

_KEPT: Final = 2048
"""Characters that a letter which does not fit keeps of its message."""

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""This annotation is as large as the spec and has no use in a copy."""


def letter_from(body: Body) -> Letter:
    """The store's projection of a DeadLetter. One whose jobRef has a UID that no object can have is about no job."""
    metadata, spec = body["metadata"], body["spec"]
    ref = spec["jobRef"]
    return Letter(
        uid=metadata["uid"],
        name=metadata["name"],
        namespace=metadata["namespace"],
        resource_version=wire.version_of(body),
        job_uid=uid_in(ref, "uid"),
        redrives=ref.get("redrives") or 0,
        phase=(body.get("status") or {}).get("phase") or DEAD,
        resolved=(spec.get("resolution") or {}).get("state") == RESOLVED,
    )


LETTERS: Final[Objects[Letter]] = Objects(
    names.DEADLETTERS, paths.letters, lambda body, _known: letter_from(body), {"job": lambda letter: letter.job}
)


def status_patch(letter: Letter, phase: str, redriven_generation: int | None = None) -> Sequence[Operation]:
    """The patch that sets the letter's phase, and the generation with which its job runs again."""
    operations = [*same_version(letter), add("/status/phase", phase)]
    if redriven_generation is not None:
        operations.append(add("/status/redrivenGeneration", redriven_generation))
    return operations


def letter_body(name: str, job: Body, record: DeathRecord) -> Body:
    """The DeadLetter for `record`. `job` is the QueuedJob, with the status that the decision to end it wrote.

    The dead letter is self-contained. It has no owner reference, because it outlives the job. It has none of the job's
    labels, because a GitOps tool would prune an object with its tracking label.
    """
    metadata, status = job["metadata"], job["status"]
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != _LAST_APPLIED}
    copy = {"labels": metadata.get("labels"), "annotations": annotations, "spec": job["spec"]}
    spec = {
        "jobRef": {
            "name": metadata["name"],
            "uid": metadata["uid"],
            "generation": record.generation,
            "redrives": record.redrives,
        },
        "job": {key: value for key, value in copy.items() if value},
        "reason": record.reason,
        "class": record.failure_class,
        "action": record.action,
        "rule": record.rule,
        "message": status.get("message"),
        "fingerprint": record.fingerprint,
        "attempts": status.get("attempts"),
        "attemptsLeftOut": record.attempts_left_out,
        "counters": status.get("counters"),
        "firstFailureTime": status.get("firstFailureTime"),
        "lastFailureTime": _last_failure_time(status),
        "idempotencyKey": job["spec"].get("idempotencyKey") or metadata["uid"],
    }
    said = {key: status[key] for key in ("checkpoint",) if status.get(key) is not None}
    return {
        "apiVersion": names.API_VERSION,
        "kind": DEADLETTER.kind,
        "metadata": {"name": name, "namespace": metadata["namespace"]},
        "spec": {**{key: value for key, value in spec.items() if value or key == "jobRef"}, **said},
    }


def shortened_letter(letter: Body) -> Body:
    """Return a letter that fits: without the long parts of its copy of the job, and without the attempts' messages.

    Its message names the parts, and where they are. The job outlives its open letter, so nothing is lost by this.
    """
    spec = letter["spec"]
    copy = spec["job"]
    left_out = [key for key in ("labels", "annotations") if _is_long(copy.get(key))]
    kept = {key: value for key, value in copy["spec"].items() if key == "template" or not _is_long(value)}
    left_out += [f"spec.{key}" for key in copy["spec"] if key not in kept]
    if _is_long(copy["spec"].get("template")):
        kept["template"] = _names_and_images(copy["spec"]["template"])
        left_out.append("spec.template, but for names and images")
    job = f"QueuedJob {spec['jobRef']['name']} has them while it exists"
    also = f", and of its copy of the job {', '.join(left_out)}" if left_out else ""
    remark = f"the letter was too large: left out are the messages of its attempts{also}; {job}"
    return {
        **letter,
        "spec": {
            **spec,
            "message": f"{spec.get('message', '')[:_KEPT]}; {remark}",
            "attempts": [{**attempt, "message": ""} for attempt in spec.get("attempts") or []],
            "job": {**{key: value for key, value in copy.items() if key not in left_out}, "spec": kept},
        },
    }


def _is_long(value: object) -> bool:
    return value is not None and len(orjson.dumps(value)) > _LONG


def _names_and_images(template: Body) -> Body:
    pod = template.get("spec") or {}
    lists = {
        kind: [{"name": c["name"], "image": c.get("image", "")} for c in pod[kind]]
        for kind in ("initContainers", "containers")
        if pod.get(kind)
    }
    return {"spec": lists}


def _last_failure_time(status: Body) -> str | None:
    failed = (a for a in reversed(status.get("attempts") or []) if a.get("class") and a.get("counted"))
    last = next(failed, None)
    return last.get("finishTime") if last else None
