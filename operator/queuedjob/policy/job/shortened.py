"""The status without its long texts, for a job beside which the whole status does not fit into one object. Pure."""

from typing import Final

from queuedjob.api.kinds.queuedjob_status import JobStatus
from queuedjob.policy.job.conditions import OF_PHASES

_KEPT: Final = 80
"""Characters that are kept of a message."""

_CUT: Final = "... (cut: the job is too large)"


def shortened(status: JobStatus) -> JobStatus:
    """Return `status` with no messages of attempts, and the start of its own. Decisions rest on none of them."""
    conditions = (
        c.model_copy(update={"message": _start_of(c.message)}) if c.type in OF_PHASES else c for c in status.conditions
    )
    return status.model_copy(
        update={
            "message": _start_of(status.message),
            "attempts": tuple(a.model_copy(update={"message": ""}) for a in status.attempts),
            "conditions": tuple(conditions),
        }
    )


def _start_of(message: str) -> str:
    return message if len(message) <= _KEPT + len(_CUT) else message[:_KEPT] + _CUT
