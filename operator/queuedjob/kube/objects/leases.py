"""The Lease of the operator: its body as a Record of the election, and back.

Whoever may edit the Lease may have written anything: what is not as this module writes it counts as absent.
"""

from datetime import UTC, datetime
from typing import Any, Final

from queuedjob.api.names import FOLLOWS_DELETION, LATE_FOR
from queuedjob.kube.client import wire
from queuedjob.policy.leadership.election import LONGEST, Record
from queuedjob.ports import Body

_LATE_AT_MOST: Final = 600.0
"""Seconds for which requests of the last term may still arrive; more than any settings allow."""


_OF_HOLDERS: Final = ("holderIdentity", "acquireTime", "renewTime", "leaseTransitions")
"""Fields that a Lease has only once an operator has held it."""

_OURS: Final = (FOLLOWS_DELETION, LATE_FOR)


def record_from(body: Body) -> Record:
    """Return the Record that a Lease holds. Never raises for a Lease that the API server has taken."""
    spec = body.get("spec") or {}
    annotations = body["metadata"].get("annotations") or {}
    named = spec.get("leaseDurationSeconds")
    return Record(
        version=wire.version_of(body),
        holder=spec.get("holderIdentity") or "",
        duration=LONGEST if named is None else float(named),
        late_for=_seconds(annotations.get(LATE_FOR)),
        held_before=any(
            spec.get(field) for field in ("holderIdentity", "acquireTime", "renewTime", "leaseTransitions")
        ),
        follows_deletion=FOLLOWS_DELETION in annotations,
    )


def lease_body(record: Record, before: Body | None, *, namespace: str, name: str, now: float) -> Body:
    """Return the body of a Lease that holds `record`, in the place of `before`; None: there is none yet.

    `now`: seconds since the epoch by this machine's clock. The times are for people; no operator reads them.
    """
    metadata: dict[str, Any] = dict(before["metadata"]) if before is not None else _metadata(namespace, name)
    metadata.pop("managedFields", None)
    annotations = {key: text for key, text in (metadata.get("annotations") or {}).items() if key not in _OURS}
    if record.follows_deletion:
        annotations[FOLLOWS_DELETION] = "true"
    if record.late_for is not None:
        annotations[LATE_FOR] = f"{record.late_for:.3f}"
    spec = dict((before or {}).get("spec") or {})
    if record.holder and spec.get("holderIdentity") != record.holder:
        spec["acquireTime"] = _time(now)
        spec["leaseTransitions"] = int(spec.get("leaseTransitions") or 0) + 1
    spec |= {"holderIdentity": record.holder, "leaseDurationSeconds": round(record.duration), "renewTime": _time(now)}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {**metadata, "annotations": annotations},
        "spec": spec,
    }


def _metadata(namespace: str, name: str) -> dict[str, Any]:
    return {"namespace": namespace, "name": name, "labels": {"app.kubernetes.io/part-of": "queuedjob"}}


def _seconds(text: object) -> float | None:
    """The seconds that an annotation names; None if it names none."""
    try:
        seconds = float(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return seconds if seconds is not None and 0 <= seconds <= _LATE_AT_MOST else None


def _time(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
