"""The status without its long texts, for a job beside which the whole status does not fit into one object. Pure."""

from typing import Final

from queuedjob.api.kinds.queuedjob_status import Attempt, JobStatus
from queuedjob.api.types.plain_text import LONGEST_WORD
from queuedjob.policy.job.conditions import OF_PHASES, OF_REFUSALS

_KEPT: Final = 80
"""Characters that are kept of a message."""

_CUT: Final = "... (cut: the job is too large)"

_CUTTABLE: Final = OF_PHASES | OF_REFUSALS
"""Types of conditions whose message is not compared: that of a spec warning would be written in full again."""


def shortened(status: JobStatus) -> JobStatus:
    """Return `status` with no messages of attempts, and the start of its own. Decisions rest on none of them."""
    conditions = (
        c.model_copy(update={"message": _start_of(c.message)}) if c.type in _CUTTABLE else c for c in status.conditions
    )
    return status.model_copy(
        update={
            "message": _start_of(status.message),
            "attempts": tuple(_shortened(attempt) for attempt in status.attempts),
            "conditions": tuple(conditions),
        }
    )


def _shortened(attempt: Attempt) -> Attempt:
    """Without its message. Its reason is one word, but earlier versions took one of any length from the pod."""
    cut = {"reason": attempt.reason[:LONGEST_WORD], "stop_detail": _start_of(attempt.stop_detail)}
    return attempt.model_copy(update={"message": "", **cut})


def _start_of(message: str) -> str:
    return message if len(message) <= _KEPT + len(_CUT) else message[:_KEPT] + _CUT
