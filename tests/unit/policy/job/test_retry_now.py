from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.kinds.queuedjob_status import Handled
from queuedjob.policy.job.chain.start import create_attempt, end_wait, run_dead_job_again
from queuedjob.policy.job.inputs import JobFacts, RefusalKind
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.retry_now import handled_by, is_asked
from queuedjob.policy.job.steps import CreatePod, Wait, WriteStatus
from tests.builders import NOON, AJob, a_job, answer, facts, refused, seconds

ASKED, BEFORE = "2030-01-31T12:00:00Z", "2030-01-31T09:00:00Z"
DUE = NOON + seconds(300)
JOB = a_job()
FAILED = JOB.pod().exited(75)


def waiting(**status: object) -> AJob:
    """A job in its backoff, at NOON + 20 s for five minutes."""
    said = {"phase": "Waiting", "reason": "Backoff", "next_attempt_time": DUE, **status}
    return JOB.having_settled(FAILED).saying(**said)


def test_a_new_value_ends_the_wait_and_is_noted() -> None:
    step = plan(facts(waiting().annotated(ASKED), FAILED))
    assert isinstance(step, WriteStatus)
    assert (step.rule, step.status.reason, step.status.next_attempt_time) == ("retry-now", "Retrying", None)
    assert step.status.handled == Handled(retry_now=ASKED)
    assert "annotation queuedjob.dev/retry-now" in step.status.message
    assert [(event.reason, event.warning) for event in step.events] == [("RetryNow", False)]
    after = facts(waiting().annotated(ASKED).after(step), FAILED)
    assert isinstance(plan(after), CreatePod)


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(facts(waiting(), FAILED), id="nothing was asked for"),
        pytest.param(facts(waiting(handled=Handled(retry_now=ASKED)).annotated(ASKED), FAILED), id="it was done"),
        pytest.param(facts(waiting().annotated(ASKED), FAILED, at=301), id="the wait is over"),
        pytest.param(facts(waiting(next_attempt_time=None).annotated(ASKED), FAILED), id="it does not wait"),
        pytest.param(facts(waiting().suspended().annotated(ASKED), FAILED), id="it is suspended"),
        pytest.param(facts(waiting().cancelled().annotated(ASKED), FAILED), id="it is cancelled"),
        pytest.param(facts(waiting().being_deleted().annotated(ASKED), FAILED), id="it is being deleted"),
        pytest.param(facts(waiting(phase="DeadLettered").annotated(ASKED), FAILED), id="it is dead"),
        pytest.param(facts(waiting().annotated(ASKED), JOB.pod(2).running()), id="its attempt lives"),
        pytest.param(
            facts(waiting().asking(not_before_time=NOON + seconds(90)).annotated(ASKED), FAILED),
            id="the spec has it wait for another time",
        ),
    ],
)
def test_no_wait_is_ended_when(it: JobFacts) -> None:
    assert answer(end_wait, it) is None


def test_a_value_that_was_there_when_the_wait_began_does_not_end_it() -> None:
    running = JOB.asking(retry={"backoff": {"initial": 60.0}}).annotated(ASKED)
    settled = plan(facts(running, FAILED, at=20))
    assert isinstance(settled, WriteStatus)
    assert settled.status.next_attempt_time is not None
    assert settled.status.handled == Handled(retry_now=ASKED)
    assert answer(end_wait, facts(running.after(settled), FAILED, at=20)) is None


def test_a_rerun_does_not_obey_what_was_asked_of_the_run_before() -> None:
    dead = waiting().dead().annotated(ASKED).edited(frozen=True)
    step = answer(run_dead_job_again, facts(dead))
    assert isinstance(step, WriteStatus)
    assert step.status.handled == Handled(retry_now=ASKED)


def test_a_value_that_is_taken_away_stays_noted() -> None:
    job = waiting(handled=Handled(retry_now=ASKED))
    assert handled_by(job) == Handled(retry_now=ASKED)
    assert not is_asked(job)
    assert not is_asked(job.annotated(ASKED))
    assert is_asked(job.annotated(BEFORE))  # no clock decides which of two times is the later


@pytest.mark.parametrize(
    ("asked", "known", "starts"),
    [
        pytest.param("", "", False, id="nothing was asked for"),
        pytest.param(ASKED, ASKED, False, id="asked for before the last refusal"),
        pytest.param(ASKED, "", True, id="asked for since"),
        pytest.param(ASKED, BEFORE, True, id="asked for once more"),
        pytest.param("", ASKED, False, id="taken away"),
    ],
)
def test_a_new_value_ends_the_pause_after_a_refusal(*, asked: str, known: str, starts: bool) -> None:
    refusal = refused(RefusalKind.WAIT, retry_in=20, retry_now=known)
    step = answer(create_attempt, facts(JOB.annotated(asked), refusal=refusal))
    assert isinstance(step, CreatePod) if starts else step == Wait(20)


@given(
    values=st.lists(st.sampled_from(["", ASKED, BEFORE]), max_size=8),
    spread=st.floats(-1, 1),
)
def test_each_change_of_the_value_ends_at_most_one_wait(values: list[str], spread: float) -> None:
    """Whatever is written onto the job while it waits, in whatever order: no more waits end than values came anew."""
    job, ended, noted = waiting(), 0, ""
    for value in values:
        job = job.annotated(value)
        step = plan(facts(job, FAILED, spread=spread))
        if isinstance(step, WriteStatus) and step.rule == "retry-now":
            ended += 1
            assert value not in {"", noted}
            noted = value
            job = job.after(step).saying(reason="Backoff", next_attempt_time=DUE + timedelta(seconds=ended))
    changes = [value for value, before in zip(values, ["", *values], strict=False) if value not in {"", before}]
    assert ended <= len(changes)
