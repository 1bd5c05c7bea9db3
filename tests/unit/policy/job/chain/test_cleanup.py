from collections.abc import Sequence
from dataclasses import replace

import pytest

from queuedjob.policy.job.chain.cleanup import (
    delete_expired_job,
    delete_pods_beyond_history,
    mark_redriven_letters,
    release_settled,
)
from queuedjob.policy.job.inputs import JobFacts, Late
from queuedjob.policy.job.steps import DeleteJob, DeletePod, ForgetPod, MarkRedriven, ReleasePod, Step, Wait
from tests.builders import NOON, AJob, APod, a_job, answer, facts, seconds

JOB = a_job()
ENDED = JOB.pod().exited(75)
SETTLED = JOB.having_settled(ENDED)


# --- releasing


@pytest.mark.parametrize(
    ("job", "pod", "step"),
    [
        pytest.param(SETTLED, ENDED, ReleasePod, id="its outcome is in the status"),
        pytest.param(SETTLED, ENDED.unheld(), None, id="once"),
        pytest.param(JOB, ENDED, None, id="not before its outcome is there"),
        pytest.param(JOB.showing(ENDED), ENDED, None, id="a live entry settles nothing"),
        pytest.param(JOB.in_run(1), ENDED, ReleasePod, id="of an earlier run: never to be counted"),
        pytest.param(JOB.in_run(1), JOB.pod().running(), None, id="but not while it lives"),
        pytest.param(SETTLED, replace(ENDED, uid="another"), ReleasePod, id="its number is another's"),
        pytest.param(JOB.dead(), ENDED, ReleasePod, id="it turned up after the end"),
        pytest.param(SETTLED, ENDED.vanished(), ForgetPod, id="gone: there is nothing to release"),
    ],
)
def test_pods_are_released(job: AJob, pod: APod, step: type[Step] | None) -> None:
    found = answer(release_settled, facts(job, pod))
    assert (type(found) if found else None) == step


def test_no_pod_is_released_while_a_late_post_of_the_job_may_arrive() -> None:
    assert answer(release_settled, facts(SETTLED, ENDED, late=Late(7))) == Wait(7)


# --- dead letters of earlier runs


@pytest.mark.parametrize(
    ("run", "phase", "marked"),
    [
        pytest.param(0, "Dead", True, id="the death before"),
        pytest.param(1, "Dead", True, id="and the one before that"),
        pytest.param(2, "Dead", False, id="not of this run"),
        pytest.param(0, "Redriven", False, id="once"),
        pytest.param(0, "Resolved", False, id="somebody closed the case"),
    ],
)
def test_a_dead_letter_of_an_earlier_run_is_marked_redriven(run: int, phase: str, *, marked: bool) -> None:
    letter = JOB.letter(run=run, phase=phase)
    step = answer(mark_redriven_letters, facts(JOB.in_run(2), letters=[letter]))
    assert step == (MarkRedriven(letter) if marked else None)


# --- pods beyond history


def released(numbers: Sequence[int]) -> list[APod]:
    return [replace(JOB.pod(n).exited(75).unheld(), created=NOON + seconds(n)) for n in numbers]


def test_the_oldest_pod_beyond_the_limit_is_deleted_first() -> None:
    pods = released([3, 1, 2, 4])
    job = JOB.having_settled(*pods)
    assert answer(delete_pods_beyond_history, facts(job, *pods)) == DeletePod(pods[1])
    assert answer(delete_pods_beyond_history, facts(job, *pods[2:])) is None


def test_pods_of_earlier_runs_count_for_the_history_limit() -> None:
    job = JOB.in_run(1).asking(pod_history_limit=1)
    older = replace(JOB.pod().exited(75).unheld(), created=NOON - seconds(9))
    newer = job.pod().exited(75).unheld()
    step = answer(delete_pods_beyond_history, facts(job.having_settled(newer), newer, older))
    assert step == DeletePod(older)


def test_a_pod_of_another_controller_is_not_deleted_from_the_history() -> None:
    pod = replace(ENDED.unheld(), foreign=True)
    assert answer(delete_pods_beyond_history, facts(SETTLED.asking(pod_history_limit=0), pod)) is None


NONE_KEPT = SETTLED.asking(pod_history_limit=0)


@pytest.mark.parametrize(
    ("job", "pod"),
    [
        pytest.param(NONE_KEPT, ENDED, id="we hold it"),
        pytest.param(NONE_KEPT, ENDED.unheld().deleted(), id="it is on its way"),
        pytest.param(JOB.asking(pod_history_limit=0), ENDED.unheld(), id="it is not settled"),
        pytest.param(NONE_KEPT, JOB.pod(2).running().unheld(), id="it is the attempt"),
        pytest.param(NONE_KEPT, JOB.pod(run=99).running().unheld(), id="it is a stray that lives"),
        pytest.param(NONE_KEPT, replace(ENDED.unheld(), number=None), id="its name is none of ours"),
        pytest.param(NONE_KEPT.being_deleted(), ENDED.unheld(), id="the garbage collector does it"),
    ],
)
def test_a_pod_is_not_deleted_while(job: AJob, pod: APod) -> None:
    assert answer(delete_pods_beyond_history, facts(job, pod)) is None


def test_no_pod_is_deleted_while_a_late_post_of_the_job_may_arrive() -> None:
    assert answer(delete_pods_beyond_history, facts(NONE_KEPT, ENDED.unheld())) == DeletePod(ENDED.unheld())
    assert answer(delete_pods_beyond_history, facts(NONE_KEPT, ENDED.unheld(), late=Late(7))) == Wait(7)
    assert answer(delete_pods_beyond_history, facts(JOB, late=Late(7))) is None


# --- expiry


def expiring(job: AJob) -> AJob:
    """Return `job` with a ttlAfterFinished of a minute; the jobs below ended ten seconds after NOON."""
    return job.asking(ttl_after_finished=60.0)


DONE = expiring(JOB.succeeded())
CANCELLED = expiring(JOB.saying(phase="Cancelled", finish_time=NOON + seconds(10)))
DEAD = expiring(JOB.dead())
RESOLVED = JOB.letter(phase="Resolved", resolved=True)


@pytest.mark.parametrize(
    ("it", "step"),
    [
        pytest.param(facts(DONE, at=70), DeleteJob(), id="succeeded"),
        pytest.param(facts(CANCELLED, at=70), DeleteJob(), id="cancelled"),
        pytest.param(facts(DONE, at=60), Wait(10), id="not before its time"),
        pytest.param(facts(JOB.succeeded(), at=9999), None, id="off"),
        pytest.param(facts(expiring(JOB), at=9999), None, id="it goes on"),
        pytest.param(facts(DONE.being_deleted(), at=70), None, id="somebody deletes it already"),
        pytest.param(facts(DONE, ENDED.unheld(), at=70), DeleteJob(), id="its pods go with it"),
        pytest.param(facts(DONE, ENDED, at=70), None, id="not while we hold one"),
        pytest.param(facts(DEAD, letters=[JOB.letter()], at=70), None, id="a death that nobody has dealt with"),
        pytest.param(facts(DEAD, letters=[RESOLVED], at=70), DeleteJob(), id="a death that somebody resolved"),
        pytest.param(facts(DEAD, letters=[RESOLVED], at=60), Wait(10), id="nor that before its time"),
        pytest.param(
            facts(DEAD, letters=[replace(JOB.letter(), uid="another")], at=70), None, id="a letter put back from a copy"
        ),
        pytest.param(
            facts(DEAD.saying(counters=JOB.in_run(1).status.counters), letters=[RESOLVED], at=70),
            DeleteJob(gone_letter=JOB.letter().name),
            id="a letter of an earlier death says nothing of this one",
        ),
        pytest.param(facts(DEAD, at=70), DeleteJob(gone_letter=JOB.letter().name), id="its letter may be gone"),
        pytest.param(facts(expiring(JOB.dead(filed=False)), at=70), None, id="its letter is owed"),
        pytest.param(facts(DEAD.saying(dead_letter_ref=None), at=70), None, id="nobody knows its letter"),
        pytest.param(facts(DONE.saying(finish_time=None), at=9999), None, id="nobody knows when it ended"),
        pytest.param(facts(DONE.saying(phase="Waiting"), at=70), None, id="it goes on, whatever else is said"),
    ],
)
def test_a_finished_job_expires(it: JobFacts, step: Step | None) -> None:
    assert answer(delete_expired_job, it) == step


def test_a_settled_pod_that_is_gone_is_removed_from_the_store() -> None:
    gone = ENDED.vanished()
    assert answer(release_settled, facts(SETTLED, gone)) == ForgetPod(gone)
