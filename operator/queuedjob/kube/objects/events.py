"""Events on jobs, for `kubectl describe` (events.k8s.io/v1)."""

from datetime import datetime
from typing import Final

from queuedjob.api import names
from queuedjob.api.kinds.queuedjob import QUEUEDJOB
from queuedjob.api.types.times import format_time
from queuedjob.kube.objects.queuedjobs import StoredJob
from queuedjob.policy.job.inputs import Job
from queuedjob.policy.job.steps import JobEvent
from queuedjob.ports import Body

_CONTROLLER: Final = f"{names.GROUP}/operator"
_NOTE_LIMIT: Final = 1024
"""Longest note in bytes. The API server refuses longer notes (pkg/apis/core/validation/events.go)."""


def event_body(job: Job | StoredJob, event: JobEvent, *, instance: str, now: datetime, serial: str) -> Body:
    """The Event object that reports `event` on `job`. `serial` makes its name unique."""
    note = event.message.encode()[:_NOTE_LIMIT].decode(errors="ignore")
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"{job.name}.{serial}", "namespace": job.namespace},
        "eventTime": _micro_time(now),
        "reportingController": _CONTROLLER,
        "reportingInstance": instance,
        "action": "Reconcile",
        "reason": event.reason,
        "regarding": {
            "apiVersion": names.API_VERSION,
            "kind": QUEUEDJOB.kind,
            "name": job.name,
            "namespace": job.namespace,
            "uid": job.uid,
        },
        "note": note,
        "type": "Warning" if event.warning else "Normal",
    }


def _micro_time(moment: datetime) -> str:
    """Format `moment` as a MicroTime, which needs exactly six digits of fraction."""
    whole = moment.replace(microsecond=0)
    return f"{format_time(whole).removesuffix('Z')}.{moment.microsecond:06d}Z"
