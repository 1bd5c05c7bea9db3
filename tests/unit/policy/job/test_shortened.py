"""The status for a job that leaves little room: without long texts, and such that it is not written again at once."""

from queuedjob.policy.job.conditions import condition
from queuedjob.policy.job.shortened import shortened
from tests.builders import a_job, an_attempt

JOB = a_job()
LONG = "x" * 1_000


def test_no_long_text_of_ours_is_left_but_spec_warnings_which_are_compared() -> None:
    attempt = an_attempt(JOB.pod()).model_copy(update={"reason": LONG, "message": LONG, "stop_detail": LONG})
    types = ("Failed", "WriteRefused", "DeadLetterPending", "SpecIneffective", "example.com/Audited")
    conditions = tuple(condition(each, "Reason", LONG) for each in types)
    status = shortened(
        JOB.status.model_copy(update={"message": LONG, "attempts": (attempt,), "conditions": conditions})
    )
    (entry,) = status.attempts
    assert (len(entry.reason), entry.message, len(entry.stop_detail)) == (128, "", len(status.message))
    assert status.message == "x" * 80 + "... (cut: the job is too large)"
    assert [c.type for c in status.conditions if c.message == LONG] == ["SpecIneffective", "example.com/Audited"]
