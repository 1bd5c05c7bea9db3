from dataclasses import replace

import pytest

from queuedjob.api.identity import letter_name
from queuedjob.api.kinds.queuedjob_status import Counters, DeadLetterRef
from queuedjob.policy.facts import Pod
from queuedjob.policy.job.chain.end import (
    end_without_an_attempt,
    file_owed_letter,
    settle_ended_attempt,
    settle_refused_attempt,
)
from queuedjob.policy.job.chain.start import create_attempt, run_dead_job_again
from queuedjob.policy.job.inputs import JobFacts, Late, Refusal, RefusalKind
from queuedjob.policy.job.steps import CreatePod, FileLetter, LookForPod, Step, Wait, WriteStatus
from tests.builders import NOON, AJob, APod, a_job, answer, facts, refused, seconds

JOB = a_job()
POD = JOB.pod()
GONE = POD.running().vanished()
STRAY = JOB.pod(run=0).running()
SECOND_RUN = JOB.in_run(1)


def written(step: Step | None) -> WriteStatus:
    assert isinstance(step, WriteStatus), step
    return step


# --- settling an attempt


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(POD.running(), id="it lives"),
        pytest.param(POD.running().deleted(), id="it is being deleted, and lives"),
        pytest.param(
            replace(POD.succeeded(), missing_from_watch=True), id="it is out of sight: a GET must say where it is"
        ),
    ],
)
def test_an_attempt_is_not_settled_while(pod: APod) -> None:
    assert answer(settle_ended_attempt, facts(JOB, pod)) is None


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(POD.succeeded(), id="succeeded"),
        pytest.param(POD.deleted(), id="deleted before it had a node: it can never be bound"),
        pytest.param(GONE, id="gone"),
        pytest.param(replace(GONE, missing_from_watch=True), id="gone, as a LIST that misses it finds, too"),
    ],
)
def test_an_attempt_whose_pod_has_ended_is_settled(pod: APod) -> None:
    write = written(answer(settle_ended_attempt, facts(JOB, pod)))
    assert write.status.counters.pods == 1


def test_of_two_pods_of_one_number_the_one_that_is_gone_is_settled() -> None:
    other = replace(POD.running(), uid="another", resource_version=900)
    write = written(answer(settle_ended_attempt, facts(JOB, GONE, other)))
    assert [a.pod_uid for a in write.status.attempts] == [POD.uid]


@pytest.mark.parametrize(
    ("late", "step"),
    [
        pytest.param(Late(7, lost=frozenset({POD.name})), Wait(7), id="until nothing can be late any more"),
        pytest.param(Late(0, listed=False), Wait(), id="until a LIST begun after the start's bound is in"),
        pytest.param(Late(0, lost=frozenset({POD.name})), LookForPod(POD.name), id="until a GET has asked after it"),
    ],
)
def test_no_end_is_written_for_an_absent_pod_that_may_still_appear(late: Late, step: Step) -> None:
    assert answer(settle_ended_attempt, facts(JOB, GONE, late=late)) == step
    assert answer(end_without_an_attempt, facts(JOB.cancelled(), late=late)) == step
    no = refused(RefusalKind.SPEC_FAULT)
    assert answer(settle_refused_attempt, facts(JOB, refusal=no, late=late)) == step


def test_a_pod_that_exists_is_settled_even_if_late_posts_may_arrive() -> None:
    assert written(answer(settle_ended_attempt, facts(JOB, POD.succeeded(), late=Late(7))))


@pytest.mark.parametrize(
    ("pod", "waits"),
    [
        pytest.param(SECOND_RUN.pod().exited(64), True, id="a bad end"),
        pytest.param(SECOND_RUN.pod().exited(75), False, id="a retry"),
        pytest.param(SECOND_RUN.pod().succeeded(), False, id="a success"),
    ],
)
def test_bad_ends_wait_until_no_pod_of_the_job_lives(pod: Pod, *, waits: bool) -> None:
    assert (answer(settle_ended_attempt, facts(SECOND_RUN, pod, STRAY)) is None) == waits
    assert answer(settle_ended_attempt, facts(SECOND_RUN, pod, STRAY.exited(1))) is not None


def test_the_end_cancelled_waits_until_no_pod_of_the_job_is_live() -> None:
    job = SECOND_RUN.cancelled()
    assert answer(settle_ended_attempt, facts(job, job.pod().exited(75), STRAY)) is None


def test_user_rules_decide_before_the_built_in_rules() -> None:
    rules = {"rules": ({"name": "bad-input", "exit_codes": (75,), "class_": "Permanent", "action": "skip"},)}
    status = written(answer(settle_ended_attempt, facts(JOB.asking(failure_policy=rules), POD.exited(75)))).status
    assert (status.phase, status.attempts[0].rule) == ("DeadLettered", "bad-input")


def test_an_attempt_of_a_job_that_is_being_deleted_is_settled_too() -> None:
    assert written(answer(settle_ended_attempt, facts(JOB.being_deleted(), POD.exited(75))))


# --- a pod that the API server refused for good


def test_a_permanently_refused_template_is_an_attempt_without_a_pod_and_ends_the_job() -> None:
    it = facts(JOB, refusal=refused(RefusalKind.SPEC_FAULT, "PodRejected"))
    status = written(answer(settle_refused_attempt, it)).status
    assert (status.phase, status.reason) == ("DeadLettered", "Permanent")
    (entry,) = status.attempts
    assert (entry.number, entry.pod_name, entry.pod_uid) == (1, POD.name, "")
    assert (entry.rule, entry.class_, entry.reason) == ("template-refused", "Permanent", "PodRejected")
    assert "the API server's words" in entry.message
    assert entry.finish_time == NOON + seconds(20)
    assert status.counters == Counters(pods=1, attempts=1, by_class={"Permanent": 1})


FAULT = refused(RefusalKind.SPEC_FAULT)


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(facts(JOB), id="nothing was refused"),
        pytest.param(facts(JOB, refusal=refused(RefusalKind.WAIT)), id="somebody may mend it"),
        pytest.param(facts(JOB.edited(frozen=True), refusal=FAULT), id="the spec was edited since"),
        pytest.param(facts(JOB.suspended(), refusal=replace(FAULT, generation=2)), id="it is suspended"),
        pytest.param(facts(JOB.cancelled(), refusal=replace(FAULT, generation=2)), id="it ends as cancelled"),
        pytest.param(facts(JOB.being_deleted(), refusal=FAULT), id="it is being deleted"),
        pytest.param(facts(JOB.dead(), refusal=FAULT), id="it has ended"),
        pytest.param(facts(JOB, POD.running(), refusal=FAULT), id="there is a pod after all"),
        pytest.param(facts(JOB, POD.exited(75), refusal=FAULT), id="which has its own end to be settled"),
        pytest.param(facts(SECOND_RUN, STRAY, refusal=FAULT), id="a stray lives"),
    ],
)
def test_a_refusal_of_a_pod_does_not_end_the_job_while(it: JobFacts) -> None:
    assert answer(settle_refused_attempt, it) is None


@pytest.mark.parametrize(
    ("lasted", "ends"),
    [
        pytest.param(0, False, id="said once"),
        pytest.param(59, False, id="for less"),
        pytest.param(60, True, id="for it"),
    ],
)
def test_a_pod_that_the_api_server_calls_invalid_ends_the_job_when_it_says_so_for_a_minute(
    lasted: float, *, ends: bool
) -> None:
    it = facts(JOB, refusal=refused(RefusalKind.INVALID, "PodRejected", latest=lasted), at=90)
    assert isinstance(answer(settle_refused_attempt, it), WriteStatus) is ends
    assert isinstance(answer(create_attempt, it), CreatePod) is not ends


# --- the dead letter


DEAD = JOB.having_settled(POD).dead(filed=False)
TAKEN = refused(RefusalKind.NAME_TAKEN)


def test_a_bad_end_owes_a_dead_letter_until_its_uid_is_in_the_status() -> None:
    assert answer(file_owed_letter, facts(DEAD)) == FileLetter(DEAD.letter().name)
    filed = written(answer(file_owed_letter, facts(DEAD, letters=[DEAD.letter()])))
    assert filed.status.dead_letter_ref == DeadLetterRef(name=DEAD.letter().name, uid=DEAD.letter().uid)
    assert answer(file_owed_letter, facts(DEAD.after(filed), letters=[DEAD.letter()])) is None


def test_the_dead_letter_of_an_earlier_run_is_not_the_owed_one() -> None:
    job = SECOND_RUN.dead(filed=False)
    assert answer(file_owed_letter, facts(job, letters=[job.letter(run=0)])) == FileLetter(job.letter().name)


def test_a_refused_dead_letter_is_tried_again_after_its_wait() -> None:
    for pause in (4, 0.5):
        it = facts(DEAD, letter_refusal=refused(RefusalKind.WAIT, retry_in=pause))
        assert answer(file_owed_letter, it) == Wait(pause)
    due = facts(DEAD, letter_refusal=refused(RefusalKind.WAIT))
    assert isinstance(answer(file_owed_letter, due), FileLetter)


def test_a_dead_letter_ref_that_somebody_removed_is_written_anew_and_its_letter_filed() -> None:
    lost = DEAD.saying(dead_letter_ref=None)
    found = written(answer(file_owed_letter, facts(lost)))
    assert found.status.dead_letter_ref == DeadLetterRef(name=DEAD.letter().name)
    assert found.status.failed_spec == DEAD.status.failed_spec
    assert answer(file_owed_letter, facts(lost.after(found))) == FileLetter(DEAD.letter().name)


def test_a_job_restored_without_what_it_died_of_can_run_again() -> None:
    lost = DEAD.saying(dead_letter_ref=None, failed_spec=None)
    found = lost.after(written(answer(file_owed_letter, facts(lost))))
    filed = found.after(written(answer(file_owed_letter, facts(found, letters=[DEAD.letter()]))))
    assert answer(run_dead_job_again, facts(filed)) is None, "its spec is the one that failed"
    assert written(answer(run_dead_job_again, facts(filed.edited(frozen=True)))).rule == "spec-changed"


@pytest.mark.parametrize(("rank", "following"), [(1, 2), (2, 3), (9, 10), (99, 100)])
def test_if_a_foreign_dead_letter_has_the_name_the_next_name_is_written_first(rank: int, following: int) -> None:
    name = letter_name("j", JOB.uid, 0, rank)
    job = DEAD.saying(dead_letter_ref=DeadLetterRef(name=name))
    renamed = written(answer(file_owed_letter, facts(job, letter_refusal=TAKEN)))
    assert renamed.status.dead_letter_ref == DeadLetterRef(name=letter_name("j", JOB.uid, 0, following))
    assert answer(file_owed_letter, facts(job.after(renamed))) == FileLetter(letter_name("j", JOB.uid, 0, following))


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(DEAD.being_deleted(), id="a job that a person deletes before has none"),
        pytest.param(JOB.succeeded(), id="a success"),
        pytest.param(JOB.saying(phase="Cancelled"), id="a cancelled job"),
        pytest.param(JOB, id="a job that goes on"),
    ],
)
def test_no_dead_letter_is_owed_by(job: AJob) -> None:
    assert answer(file_owed_letter, facts(job)) is None


# --- ends without an attempt


def spent(job: AJob, **counters: int) -> AJob:
    return job.saying(phase="Waiting", reason="Backoff", counters=Counters.model_validate(counters))


@pytest.mark.parametrize(
    ("job", "end"),
    [
        pytest.param(JOB.cancelled(), ("Cancelled", "Cancelled"), id="cancelled before it ever ran"),
        pytest.param(JOB.suspended().cancelled(), ("Cancelled", "Cancelled"), id="while suspended, too"),
        pytest.param(JOB.asking(timeouts={"total": 20.0}), ("DeadLettered", "TotalTimeout"), id="past its total"),
        pytest.param(
            spent(JOB, pods=2, attempts=2).edited(retry={"max_attempts": 2}),
            ("DeadLettered", "MaxAttempts"),
            id="retry.maxAttempts was lowered",
        ),
        pytest.param(
            spent(JOB, pods=2, disruptions=2).edited(retry={"max_disruptions": 1}),
            ("DeadLettered", "MaxDisruptions"),
            id="retry.maxDisruptions was lowered",
        ),
        pytest.param(
            JOB.edited(retry={"per_class": ({"class_": "Crash", "max_attempts": 2},)}).saying(
                counters=Counters(pods=2, attempts=2, by_class={"Crash": 2})
            ),
            ("DeadLettered", "MaxAttempts"),
            id="the attempts of a class were lowered",
        ),
    ],
)
def test_a_job_without_an_attempt_ends(job: AJob, end: tuple[str, str]) -> None:
    status = written(answer(end_without_an_attempt, facts(job))).status
    assert (status.phase, status.reason) == end
    assert status.finish_time == NOON + seconds(20)
    assert (status.dead_letter_ref is None) == (status.phase == "Cancelled")


TOTAL = JOB.asking(timeouts={"total": 20.0})


@pytest.mark.parametrize(
    "it",
    [
        pytest.param(facts(JOB), id="nothing ends it"),
        pytest.param(facts(JOB.cancelled(), POD.running()), id="its attempt must end first"),
        pytest.param(facts(JOB.cancelled(), POD.exited(75)), id="its attempt's settling says so"),
        pytest.param(facts(SECOND_RUN.cancelled(), STRAY), id="a stray lives"),
        pytest.param(facts(JOB.cancelled().being_deleted()), id="it is being deleted"),
        pytest.param(facts(JOB.dead().cancelled()), id="cancel changes nothing on a dead job"),
        pytest.param(facts(TOTAL.suspended(), at=99), id="suspension stops the total"),
        pytest.param(
            facts(spent(JOB, attempts=2).asking(retry={"max_attempts": 2}).suspended()), id="suspension holds an end"
        ),
    ],
)
def test_a_job_without_an_attempt_does_not_end_while(it: JobFacts) -> None:
    assert answer(end_without_an_attempt, it) is None


def test_an_end_removes_the_next_attempt_time_and_the_suspend_time() -> None:
    job = JOB.suspended().cancelled().saying(next_attempt_time=NOON + seconds(99), suspend_time=NOON)
    status = written(answer(end_without_an_attempt, facts(job))).status
    assert (status.next_attempt_time, status.suspend_time, status.failed_spec) == (None, None, None)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        pytest.param(
            spent(JOB, attempts=2).asking(retry={"max_attempts": 2}),
            "2 attempts spent of retry.maxAttempts (2)",
            id="attempts",
        ),
        pytest.param(JOB.asking(timeouts={"total": 20.0}), "timeouts.total (20s) has passed", id="total"),
    ],
)
def test_the_message_names_no_attempt_that_did_not_decide(job: AJob, words: str) -> None:
    assert written(answer(end_without_an_attempt, facts(job))).status.message == words


def test_a_waiting_job_is_looked_at_again_when_its_total_has_passed() -> None:
    assert answer(end_without_an_attempt, facts(TOTAL, at=12)) == Wait(8)


def test_a_later_notbeforetime_moves_the_start_of_the_total() -> None:
    job = TOTAL.asking(timeouts={"total": 20.0}, not_before_time=NOON + seconds(100))
    assert answer(end_without_an_attempt, facts(job, at=50)) == Wait(70)


def test_the_failed_spec_of_a_job_without_a_pod_is_the_live_spec() -> None:
    job = TOTAL.edited(frozen=True)
    died = written(answer(end_without_an_attempt, facts(job))).status.failed_spec
    assert died is not None
    assert (died.generation, died.spec_hash) == (2, "v1-spec'")


PULLING = JOB.saying(phase="Running", reason="ImagePullBackOff", message="container main: no such image")


@pytest.mark.parametrize(
    ("job", "refusal", "cause"),
    [
        pytest.param(JOB, None, "", id="nothing is known"),
        pytest.param(
            JOB,
            refused(RefusalKind.WAIT, "QuotaExceeded"),
            "; it waited (QuotaExceeded): QuotaExceeded: the API server's words",
            id="the pod was refused",
        ),
        pytest.param(
            JOB.saying(phase="Waiting", reason="Unschedulable", message="0/1 nodes are available"),
            None,
            "; it waited (Unschedulable): 0/1 nodes are available",
            id="what the status shows",
        ),
        pytest.param(PULLING, None, "; it waited (ImagePullBackOff): container main: no such image", id="no image"),
        pytest.param(
            JOB.having_settled(POD.exited(75)),
            None,
            "; attempt 1: its last words (rule exit-temporary)",
            id="an attempt before",
        ),
    ],
)
def test_a_job_that_ends_by_its_total_says_what_it_waited_for(job: AJob, refusal: Refusal | None, cause: str) -> None:
    entries = tuple(each.model_copy(update={"message": "its last words"}) for each in job.status.attempts)
    job = replace(job, status=job.status.model_copy(update={"attempts": entries}))
    it = facts(job.asking(timeouts={"total": 20.0}), refusal=refusal)
    status = written(answer(end_without_an_attempt, it)).status
    assert status.message == f"timeouts.total (20s) has passed{cause}"


def test_a_job_that_ends_by_disruptions_says_how_the_last_one_came() -> None:
    job = JOB.asking(retry={"max_disruptions": 0})
    status = written(answer(settle_ended_attempt, facts(job, POD.rejected()))).status
    assert status.message == (
        "1 disruptions, over retry.maxDisruptions (0); attempt 1: Pod was rejected: OutOfcpu (rule kubelet-rejection)"
    )
