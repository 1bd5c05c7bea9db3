from typing import Final

import pytest

from queuedjob.api.kinds.queuedjob_status import JobStatus, Progress
from queuedjob.api.types.json_value import Json
from queuedjob.policy.failure.termination_message import NO_MESSAGE, TerminationMessage
from queuedjob.policy.job.reported import ignored_events, with_reported
from queuedjob.policy.job.steps import JobEvent

AT_800: Final = Json.of({"at": 800})
AT_900: Final = Json.of({"at": 900})
SUM: Final = Json.of({"sum": 3})
BEFORE: Final = with_reported(
    JobStatus(), TerminationMessage(checkpoint=AT_800, progress=Progress(done=800, total=1000)), succeeded=False
)


def test_what_a_job_said_stands_in_its_status() -> None:
    assert BEFORE.checkpoint == AT_800
    assert BEFORE.progress == Progress(done=800, total=1000)
    assert BEFORE.progress_summary == "800/1000"


def test_an_attempt_that_says_nothing_changes_nothing() -> None:
    assert with_reported(BEFORE, NO_MESSAGE, succeeded=False) == BEFORE


def test_the_last_word_stands() -> None:
    later = with_reported(
        BEFORE, TerminationMessage(checkpoint=AT_900, progress=Progress(done=900, total=1000)), succeeded=False
    )
    assert (later.checkpoint, later.progress_summary) == (AT_900, "900/1000")


def test_work_that_is_done_is_not_told_of_by_an_older_progress() -> None:
    done = with_reported(BEFORE, NO_MESSAGE, succeeded=True)
    assert (done.progress, done.progress_summary) == (None, "")
    assert done.checkpoint == AT_800


def test_the_last_progress_of_work_that_is_done_stands() -> None:
    assert (
        with_reported(BEFORE, TerminationMessage(progress=Progress(done=9, total=9)), succeeded=True).progress_summary
        == "9/9"
    )


@pytest.mark.parametrize(("succeeded", "result"), [(True, SUM), (False, None)])
def test_a_result_is_one_of_a_success(*, succeeded: bool, result: object) -> None:
    assert with_reported(JobStatus(), TerminationMessage(result=SUM), succeeded=succeeded).result == result


def test_what_could_not_be_used_is_told_once_for_all_of_it() -> None:
    (notice,) = ignored_events(3, TerminationMessage(ignored=("class: no such class", "progress: not a number")))
    words = (
        "of what attempt 3 said in its termination message was ignored: class: no such class; progress: not a number"
    )
    assert notice == JobEvent("MessageIgnored", words)


def test_a_message_that_could_be_used_needs_no_event() -> None:
    assert ignored_events(3, NO_MESSAGE) == ()
