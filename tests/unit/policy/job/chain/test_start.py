from dataclasses import replace

import pytest

from queuedjob.api.kinds.queuedjob_status import FailedSpec, Progress
from queuedjob.api.types.json_value import Json
from queuedjob.policy.job.chain.start import create_attempt, run_dead_job_again, suspend_or_resume
from queuedjob.policy.job.inputs import JobFacts, Late, RefusalKind
from queuedjob.policy.job.steps import CreatePod, Step, Wait, WriteStatus
from tests.builders import NOON, AJob, a_job, an_attempt, answer, facts, refused, seconds

JOB = a_job()
HOUR = {"total": 3600.0}


def written(step: Step | None) -> WriteStatus:
    assert isinstance(step, WriteStatus), step
    return step


# --- the next attempt


def test_a_fresh_job_starts_its_first_attempt_at_once() -> None:
    assert answer(create_attempt, facts(JOB, at=0)) == CreatePod(
        number=1,
        name=JOB.pod(1).name,
        redrives=0,
        deadline_seconds=1800,
        deadline_by_total=False,
        attempts_left=4,  # of Unknown, which has the fewest
    )


def test_the_next_number_is_above_every_number_that_was_ever_given() -> None:
    job = JOB.having_settled(JOB.pod(1), JOB.pod(2))
    step = answer(create_attempt, facts(job, JOB.pod(2).exited(75)))
    assert isinstance(step, CreatePod)
    assert (step.number, step.name, step.attempts_left) == (3, JOB.pod(3).name, 4)


def test_a_new_run_counts_from_one_with_other_pod_names() -> None:
    job = JOB.in_run(2)
    step = answer(create_attempt, facts(job, job.pod(5, run=1).exited(1)))
    assert isinstance(step, CreatePod)
    assert (step.number, step.name, step.redrives) == (1, job.pod(1).name, 2)


def test_the_attempt_after_timeouts_gets_a_longer_deadline() -> None:
    counters = JOB.status.counters.model_copy(update={"pods": 2, "attempts": 2, "timeouts": 2})
    step = answer(create_attempt, facts(JOB.saying(counters=counters)))
    assert isinstance(step, CreatePod)
    assert step.deadline_seconds == 7200


def test_the_last_attempt_has_no_attempts_left() -> None:
    step = answer(create_attempt, facts(JOB.asking(retry={"max_attempts": 1})))
    assert isinstance(step, CreatePod)
    assert step.attempts_left == 0


def test_the_deadline_of_an_attempt_is_at_most_the_rest_of_the_total() -> None:
    job = JOB.asking(timeouts=HOUR)
    step = answer(create_attempt, facts(job, at=3500, unsure=2))
    assert isinstance(step, CreatePod)
    assert (step.deadline_seconds, step.deadline_by_total) == (98, True)


@pytest.mark.parametrize(("at", "wait"), [(3599, 1.0), (3598, 2.0)])
def test_no_pod_is_created_if_the_total_may_have_passed(at: float, wait: float) -> None:
    assert answer(create_attempt, facts(JOB.asking(timeouts=HOUR), at=at, unsure=2)) == Wait(wait)


RUNNING = JOB.pod().running()


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(facts(JOB, RUNNING), id="its attempt lives"),
        pytest.param(facts(JOB, JOB.pod().exited(75)), id="its attempt has ended and is not settled"),
        pytest.param(facts(JOB.in_run(1), JOB.in_run(1).pod(run=0).running()), id="a stray of it lives"),
        pytest.param(facts(JOB, previous=[RUNNING.owned_by("older")]), id="a pod of an earlier job of its name lives"),
        pytest.param(facts(JOB.suspended()), id="it is suspended"),
        pytest.param(facts(JOB.cancelled()), id="it is cancelled"),
        pytest.param(facts(JOB.being_deleted()), id="it is being deleted"),
        pytest.param(facts(JOB.succeeded()), id="it has ended"),
        pytest.param(facts(JOB, refusal=refused(RefusalKind.SPEC_FAULT)), id="its spec was refused for good"),
        pytest.param(facts(JOB.asking(timeouts=HOUR), at=3601), id="its total has passed"),
        pytest.param(
            facts(JOB.having_settled(JOB.pod()).asking(retry={"max_attempts": 1}), late=Late(20)),
            id="it has no attempt left, and only a pod that may be late holds back its end",
        ),
    ],
)
def test_no_attempt_starts_while(it: JobFacts) -> None:
    assert answer(create_attempt, it) is None


def test_a_stray_that_has_ended_holds_up_nothing() -> None:
    job = JOB.in_run(1)
    assert isinstance(answer(create_attempt, facts(job, job.pod(run=0).exited(1))), CreatePod)


@pytest.mark.parametrize(
    ("it", "wait"),
    [
        pytest.param(facts(JOB.asking(not_before_time=NOON + seconds(90))), 70.0, id="notBeforeTime"),
        pytest.param(facts(JOB.saying(next_attempt_time=NOON + seconds(25))), 5.0, id="the backoff"),
        pytest.param(
            facts(
                JOB.asking(not_before_time=NOON + seconds(30)).saying(next_attempt_time=NOON + seconds(25)),
            ),
            10.0,
            id="the later of both",
        ),
        pytest.param(facts(JOB, refusal=refused(RefusalKind.WAIT, retry_in=3)), 3.0, id="the pace of tries"),
        pytest.param(facts(JOB, previous_late=4), 4.0, id="a late pod of an earlier job of its name"),
        pytest.param(
            facts(JOB.saying(next_attempt_time=NOON + seconds(25)), at=24.5, unsure=2), 0.5, id="until it is sure"
        ),
    ],
)
def test_the_next_attempt_waits_for(it: JobFacts, wait: float) -> None:
    assert answer(create_attempt, it) == Wait(wait)


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(facts(JOB.saying(next_attempt_time=NOON + seconds(20))), id="the wait is over"),
        pytest.param(facts(JOB, refusal=refused(RefusalKind.WAIT)), id="the next try is due"),
        pytest.param(
            facts(JOB.edited(frozen=True), refusal=refused(RefusalKind.WAIT, retry_in=30)), id="an edit asks anew"
        ),
        pytest.param(facts(JOB.edited(frozen=True), refusal=refused(RefusalKind.SPEC_FAULT)), id="so does a fix"),
        pytest.param(facts(JOB, late=Late(20)), id="only names are occupied: the same name may be asked for again"),
    ],
)
def test_the_next_attempt_starts_when(it: JobFacts) -> None:
    assert isinstance(answer(create_attempt, it), CreatePod)


# --- a dead job's next run


def test_a_dead_job_whose_frozen_spec_was_fixed_starts_over() -> None:
    job = JOB.having_settled(JOB.pod()).saying(
        crash_times=(NOON,),
        next_attempt_time=NOON,
        start_time=NOON,
        first_failure_time=NOON,
        progress=Progress(done=8, total=10),
        progress_summary="8/10",
        checkpoint=Json("8"),
    )
    write = written(answer(run_dead_job_again, facts(job.dead().edited(frozen=True), at=100)))
    status = write.status
    assert (status.phase, status.reason, status.counters) == (
        "Waiting",
        "Rerun",
        JOB.in_run(1).status.counters,
    )
    assert status.total_start_time == NOON + seconds(100)
    of_the_life_before = {"attempts", "crash_times", "next_attempt_time", "start_time", "first_failure_time"}
    of_the_life_before |= {
        "finish_time",
        "dead_letter_ref",
        "failed_spec",
        "suspend_time",
        "progress",
        "progress_summary",
    }
    assert {key for key in of_the_life_before if getattr(status, key)} == set()
    assert status.checkpoint == Json("8")
    assert [c.type for c in status.conditions] == ["Reconciling"]
    assert status.observed_generation == 2
    assert status.attempts_summary == "0/10"


@pytest.mark.parametrize(
    ("job", "runs"),
    [
        pytest.param(JOB.dead(), False, id="as it died"),
        pytest.param(JOB.dead().edited(frozen=True), True, id="another template"),
        pytest.param(JOB.dead().edited(retry={"max_attempts": 9}), True, id="another retry"),
        pytest.param(JOB.dead().edited(timeouts={"attempt": 60.0}), True, id="other timeouts"),
        pytest.param(JOB.dead().suspended(), False, id="suspend is in neither hash"),
        pytest.param(JOB.dead().suspended().edited(frozen=True), True, id="suspend holds its next run, not this"),
        pytest.param(JOB.dead().cancelled().edited(frozen=True), False, id="cancelled meanwhile"),
        pytest.param(JOB.dead().edited(frozen=True).being_deleted(), False, id="being deleted"),
        pytest.param(JOB.dead(filed=False).edited(frozen=True), False, id="its letter is still owed"),
        pytest.param(JOB.dead().saying(dead_letter_ref=None).edited(frozen=True), False, id="nobody knows its letter"),
        pytest.param(JOB.dead().saying(failed_spec=None).edited(frozen=True), False, id="nobody knows what it died of"),
        pytest.param(JOB.succeeded().edited(frozen=True), False, id="it succeeded"),
        pytest.param(JOB.saying(phase="Cancelled").edited(frozen=True), False, id="it was cancelled"),
        pytest.param(JOB.edited(frozen=True), False, id="it has not died"),
    ],
)
def test_a_dead_job_runs_again_if_its_spec_has_changed(job: AJob, *, runs: bool) -> None:
    assert (answer(run_dead_job_again, facts(job)) is not None) == runs


def test_a_fix_after_the_creation_of_the_failed_pod_causes_a_rerun() -> None:
    died = JOB.edited(frozen=True).dead()
    older = died.saying(failed_spec=FailedSpec(generation=1, spec_hash=JOB.spec_hash, policy_hash=JOB.policy_hash))
    assert answer(run_dead_job_again, facts(older)) is not None


def test_without_a_greater_generation_no_dead_job_runs_again_whatever_the_hashes_say() -> None:
    died = JOB.dead().saying(failed_spec=FailedSpec(generation=2, spec_hash="v1-other", policy_hash="v1-other"))
    assert [
        answer(run_dead_job_again, facts(replace(died, generation=generation))) is not None for generation in (1, 2, 3)
    ] == [False, False, True]


@pytest.mark.parametrize(("generation", "runs"), [(1, False), (2, True)])
@pytest.mark.parametrize("hashes", [("v9-x", "v9-x"), ("v9-x", "v1-policy"), ("v1-spec", "v9-x")])
def test_hashes_of_an_unknown_recipe_compare_generations_only(
    generation: int, hashes: tuple[str, str], *, runs: bool
) -> None:
    died = JOB.dead().saying(failed_spec=FailedSpec(generation=1, spec_hash=hashes[0], policy_hash=hashes[1]))
    assert (answer(run_dead_job_again, facts(replace(died, generation=generation))) is not None) == runs


# --- suspension


def test_the_status_shows_a_suspension_and_since_when() -> None:
    write = written(answer(suspend_or_resume, facts(JOB.suspended(), at=5)))
    assert write.rule == "suspend"
    assert (write.status.phase, write.status.reason) == ("Waiting", "Suspended")
    assert write.status.suspend_time == NOON + seconds(5)
    assert write.status.message == "spec.suspend is true; set it to false to resume"
    assert [c.type for c in write.status.conditions] == ["Suspended"]


def test_a_suspension_is_written_once() -> None:
    job = JOB.suspended()
    said = job.after(written(answer(suspend_or_resume, facts(job, at=5))))
    assert answer(suspend_or_resume, facts(said, at=500)) is None


def test_a_suspension_without_a_suspend_time_is_written_again() -> None:
    job = JOB.suspended().saying(phase="Waiting", reason="Suspended")
    assert written(answer(suspend_or_resume, facts(job))).status.suspend_time == NOON + seconds(20)


def test_a_suspension_that_is_written_again_keeps_its_suspend_time() -> None:
    job = JOB.suspended().saying(phase="Running", reason="PodTerminating", suspend_time=NOON)
    write = written(answer(suspend_or_resume, facts(job, at=500)))
    assert (write.status.reason, write.status.suspend_time) == ("Suspended", NOON)


def test_a_resume_moves_the_start_of_the_total_by_the_suspension() -> None:
    job = JOB.saying(phase="Waiting", reason="Suspended", suspend_time=NOON + seconds(5), total_start_time=NOON)
    write = written(answer(suspend_or_resume, facts(job, at=65)))
    assert (write.status.phase, write.status.reason, write.status.suspend_time) == ("Waiting", "Resumed", None)
    assert write.status.total_start_time == NOON + seconds(60)
    assert [c.type for c in write.status.conditions] == ["Reconciling"]


def test_a_suspension_ends_even_while_a_late_pod_runs() -> None:
    job = JOB.saying(phase="Running", reason="PodTerminating", suspend_time=NOON)
    write = written(answer(suspend_or_resume, facts(job, RUNNING)))
    assert write.rule == "resume"
    assert (write.status.phase, write.status.reason, write.status.message) == ("Waiting", "Resumed", "resumed")


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(facts(JOB), id="nothing was suspended"),
        pytest.param(facts(JOB.suspended(), RUNNING), id="the attempt is being stopped first"),
        pytest.param(facts(JOB.suspended().cancelled()), id="it ends as cancelled instead"),
        pytest.param(facts(JOB.suspended().being_deleted()), id="it is being deleted"),
        pytest.param(facts(JOB.dead().suspended()), id="it has ended"),
    ],
)
def test_no_suspension_or_resume_is_written_when(it: JobFacts) -> None:
    assert answer(suspend_or_resume, it) is None


def test_a_settled_attempt_without_a_pod_does_not_delay_the_next_attempt() -> None:
    job = JOB.saying(attempts=(an_attempt(JOB.pod()),))
    assert isinstance(answer(create_attempt, facts(job)), CreatePod)
