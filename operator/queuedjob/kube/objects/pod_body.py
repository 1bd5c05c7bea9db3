"""Build the pod of one attempt from the job's current state in the API server.

The template is kept, except for the fields that the promises need: name, labels, finalizer, owner reference, deadline,
restart policy, and our own environment variables.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import orjson

from queuedjob.api import names
from queuedjob.api.canonical import spec_hash
from queuedjob.api.kinds.queuedjob import QUEUEDJOB, JobTerms
from queuedjob.api.types.json_value import Json
from queuedjob.kube.objects import heartbeat_probe
from queuedjob.kube.objects.carried import check_carried
from queuedjob.kube.objects.main_container import main_container
from queuedjob.policy.job.steps import CreatePod
from queuedjob.ports import Body


@dataclass(frozen=True, slots=True)
class Identity:
    """The facts that a pod needs about its job besides the terms of the spec."""

    uid: str
    name: str
    namespace: str
    generation: int
    idempotency_key: str
    checkpoint: str | None
    """The text of the environment variable; None if no attempt has reported a checkpoint."""


def pod_body(job: Body, terms: JobTerms, step: CreatePod) -> Body:
    """The body of the POST for attempt `step.number`. `job` is a QueuedJob from a live GET. Raises NotCarried."""
    check_carried(job["spec"])
    metadata, spec = job["metadata"], job["spec"]
    identity = Identity(
        uid=metadata["uid"],
        name=metadata["name"],
        namespace=metadata["namespace"],
        generation=metadata["generation"],
        idempotency_key=terms.idempotency_key or metadata["uid"],
        checkpoint=_checkpoint((job.get("status") or {}).get("checkpoint")),
    )
    payload = _payload(spec.get("payload"))
    template = spec["template"]
    main = main_container(terms, template)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(template.get("metadata") or {}, identity, terms, step, spec, payload, main),
        "spec": _spec(template["spec"], identity, terms, step, main, with_payload=payload is not None),
    }


def labels(terms: JobTerms, *, job: str, uid: str, redrives: int, number: int) -> dict[str, str]:
    """Our labels on the pod of attempt `number`. The operator restores them if another client removes them."""
    return {
        names.JOB_LABEL: job,
        names.JOB_UID_LABEL: uid,
        names.REDRIVES_LABEL: str(redrives),
        names.ATTEMPT_LABEL: str(number),
        names.QUEUE_LABEL: terms.queue,
        names.TYPE_LABEL: terms.type,
    }


def _payload(payload: object) -> str | None:
    return None if payload is None else orjson.dumps(payload).decode()


def _metadata(
    template: Body, identity: Identity, terms: JobTerms, step: CreatePod, spec: Body, payload: str | None, main: str
) -> Body:
    annotations = {
        **(template.get("annotations") or {}),
        names.GENERATION_ANNOTATION: str(identity.generation),
        names.SPEC_HASH_ANNOTATION: spec_hash(spec),
        names.DEADLINE_ANNOTATION: "total" if step.deadline_by_total else "attempt",
        names.MAIN_CONTAINER_ANNOTATION: main,
    }
    if payload is not None:
        annotations[names.PAYLOAD_ANNOTATION] = payload
    return {
        "name": step.name,
        "namespace": identity.namespace,
        "labels": {
            **(template.get("labels") or {}),
            **labels(terms, job=identity.name, uid=identity.uid, redrives=step.redrives, number=step.number),
        },
        "annotations": annotations,
        "finalizers": [*(template.get("finalizers") or []), names.FINALIZER],
        "ownerReferences": [
            {
                "apiVersion": names.API_VERSION,
                "kind": QUEUEDJOB.kind,
                "name": identity.name,
                "uid": identity.uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }


def _spec(
    template: Body, identity: Identity, terms: JobTerms, step: CreatePod, main: str, *, with_payload: bool
) -> Body:
    environment = [*_environment(identity, terms, step, with_payload=with_payload)]
    silence, volumes = terms.timeouts.heartbeat, [_PAYLOAD_VOLUME] if with_payload else []
    spec = {**template, "restartPolicy": "Never", "activeDeadlineSeconds": step.deadline_seconds}
    for kind in ("initContainers", "containers"):
        if template.get(kind):
            spec[kind] = [_container(c, environment, with_payload=with_payload) for c in template[kind]]
    if silence is not None:
        spec["containers"] = [
            heartbeat_probe.with_heartbeat_probe(each, silence) if each.get("name") == main else each
            for each in spec["containers"]
        ]
        volumes = [*volumes, heartbeat_probe.VOLUME]
    if volumes:
        spec["volumes"] = [*(template.get("volumes") or []), *volumes]
    return spec


def _container(container: Body, environment: list[Body], *, with_payload: bool) -> Body:
    own = [e for e in container.get("env") or [] if not str(e.get("name")).startswith(names.ENVIRONMENT_PREFIX)]
    # Our variables come first: the template's own variables may refer to them as $(QUEUEDJOB_...).
    made = {"terminationMessagePolicy": "FallbackToLogsOnError", **container, "env": [*environment, *own]}
    if with_payload:
        made["volumeMounts"] = [*(container.get("volumeMounts") or []), _PAYLOAD_MOUNT]
    return made


def _environment(identity: Identity, terms: JobTerms, step: CreatePod, *, with_payload: bool) -> Iterator[Body]:
    values = {
        "NAME": identity.name,
        "NAMESPACE": identity.namespace,
        "UID": identity.uid,
        "QUEUE": terms.queue,
        "TYPE": terms.type,
        "ATTEMPT": str(step.number),
        "ATTEMPTS_LEFT": str(step.attempts_left),
        "MAX_ATTEMPTS": str(terms.retry.max_attempts),
        "IDEMPOTENCY_KEY": _literal(identity.idempotency_key),
        "DEADLINE_SECONDS": str(step.deadline_seconds),
    }
    if identity.checkpoint is not None:
        values["CHECKPOINT"] = _literal(identity.checkpoint)
    if with_payload:
        values["PAYLOAD"] = names.PAYLOAD_PATH
    for key, value in values.items():
        yield {"name": f"{names.ENVIRONMENT_PREFIX}{key}", "value": value}


def _checkpoint(said: object) -> str | None:
    """The checkpoint as JSON, but a string without its quotes: a shell does not need them."""
    if said is None or isinstance(said, str):
        return said
    return Json.of(said).text


def _literal(value: str) -> str:
    """Escape `value` for an environment variable: the kubelet reads $(NAME) as a reference and $$ as $."""
    return value.replace("$", "$$")


_PAYLOAD_VOLUME: Final[Body] = {
    "name": names.PAYLOAD_VOLUME,
    "downwardAPI": {
        "items": [
            {
                "path": names.PAYLOAD_PATH.rsplit("/", 1)[1],
                "fieldRef": {"fieldPath": f"metadata.annotations['{names.PAYLOAD_ANNOTATION}']"},
            }
        ]
    },
}
_PAYLOAD_MOUNT: Final[Body] = {
    "name": names.PAYLOAD_VOLUME,
    "mountPath": names.PAYLOAD_DIRECTORY,
    "readOnly": True,
}
