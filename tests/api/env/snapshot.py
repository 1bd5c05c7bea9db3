"""The state at the end of a scenario, without what differs from run to run: generated names, UIDs, times, versions."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final, TypeAlias

from queuedjob.api import names
from queuedjob.api.identity import name_hash
from queuedjob.ports import Body
from tests.api.env.history import History

Snapshot: TypeAlias = dict[str, Any]

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_UID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RUNS: Final = 5
"""More runs of one job than any scenario has."""


def snapshot(history: History, namespace: str, varying: Collection[str]) -> Snapshot:
    """The current jobs, dead letters and pods; equal for two runs that ended the same way."""
    uids = {sight.uid for sight in history.of(names.QUEUEDJOBS)}
    own = {name_hash(uid, run): f"<hash {run}>" for uid in uids for run in range(_RUNS)} | {namespace: "<namespace>"}
    found = {
        "jobs": [_job(job) for job in history.jobs],
        "letters": [_letter(letter) for letter in history.letters],
        "pods": [_pod(pod) for pod in history.pods],
    }
    plain: Snapshot = _plain(found, own, varying)
    return plain


def differences(one: object, other: object, path: str = "") -> list[str]:
    """The differences between two snapshots as readable text."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        return [d for k in keys for d in differences(one.get(k), other.get(k), f"{path}.{k}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for i, (a, b) in enumerate(zip(one, other, strict=True)) for d in differences(a, b, f"{path}[{i}]")]
    return [] if one == other else [f"{path.lstrip('.')}: {one!r} is {other!r}"]


def _job(job: Body) -> Snapshot:
    metadata = job["metadata"]
    return {"name": metadata["name"], "generation": metadata["generation"], "status": job.get("status")}


def _letter(letter: Body) -> Snapshot:
    return {"name": letter["metadata"]["name"], "spec": letter["spec"], "status": letter.get("status")}


def _pod(pod: Body) -> Snapshot:
    metadata = pod["metadata"]
    return {
        "name": metadata["name"],
        "phase": pod["status"]["phase"],
        "held": names.FINALIZER in (metadata.get("finalizers") or ()),
        "deleted": "deletionTimestamp" in metadata,
        "labels": metadata.get("labels"),
        "stopped": (metadata.get("annotations") or {}).get(names.STOP_REASON_ANNOTATION),
        "deadline": pod["spec"].get("activeDeadlineSeconds"),
    }


def _plain(value: Any, own: Mapping[str, str], varying: Collection[str]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {k: "<varies>" if k in varying else _plain(each, own, varying) for k, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, own, varying) for each in value]
    if isinstance(value, str):
        text = _UID.sub("<uid>", _MOMENT.sub("<moment>", value))
        for name, plain in own.items():
            text = text.replace(name, plain)
        return text
    return value
