"""Writes that may be refused alone: no work waits for upkeep, and a stop does without its mark on the pod."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.kinds.queuedjob_status import Condition
from queuedjob.policy.facts import StopReason
from queuedjob.policy.job.chain.show_status import show
from queuedjob.policy.job.conditions import with_derived
from queuedjob.policy.job.inputs import JobFacts, Refusal, RefusalKind
from queuedjob.policy.job.plan import CHAIN, plan
from queuedjob.policy.job.pods import sort_pods
from queuedjob.policy.job.steps import (
    CreatePod,
    DeleteJob,
    DeletePod,
    MarkRedriven,
    MarkStop,
    ReleasePod,
    RestoreLabels,
    Step,
    StopPod,
    Wait,
    WriteStatus,
    is_upkeep,
    write_key,
)
from queuedjob.policy.job.upkeep import first_unrefused
from tests.builders import NOON, AJob, APod, a_job, answer, facts, refused, seconds

JOB: Final = a_job()
OLD: Final = replace(JOB.pod().exited(75).unheld(), created=NOON - seconds(60))
HELD: Final = JOB.pod(2).exited(75)
RETRYING: Final = JOB.having_settled(OLD, HELD).asking(pod_history_limit=0)
RUNNING: Final = JOB.pod().running()
LETTER: Final = a_job().letter(run=0)
DONE: Final = JOB.succeeded().asking(ttl_after_finished=1.0)

OWED: Final[dict[str, tuple[JobFacts, Step]]] = {
    "history": (facts(RETRYING, OLD), DeletePod(OLD)),
    "release": (facts(RETRYING, HELD), ReleasePod(HELD)),
    "labels": (facts(RETRYING, HELD.unlabelled()), RestoreLabels(HELD.unlabelled())),
    "letters": (facts(JOB.in_run(1), letters=[LETTER]), MarkRedriven(LETTER)),
    "expiry": (facts(DONE), DeleteJob()),
}


def refusing(it: JobFacts, *steps: Step, retry_in: float = 9, since: float = 0, kind: str = "WAIT") -> JobFacts:
    """The same facts after the API server refused these writes."""
    no = refused(RefusalKind[kind], "Refused", retry_in=retry_in, since=since)
    return replace(it, refused_writes={write_key(step): no for step in steps})


def conditions(step: Step | None) -> dict[str, Condition]:
    assert isinstance(step, WriteStatus), step
    return {c.type: c for c in step.status.conditions}


# --- upkeep


@pytest.mark.parametrize("what", OWED)
def test_a_refused_upkeep_is_left_out_until_its_next_try(what: str) -> None:
    it, step = OWED[what]
    assert is_upkeep(step)
    assert asked_for(it, step)
    assert not asked_for(refusing(it, step), step)
    assert asked_for(refusing(it, step, retry_in=0), step)


def asked_for(it: JobFacts, step: Step) -> bool:
    """Whether a link of the chain asks for this step."""
    pods = sort_pods(it.job, it.pods)
    return any(link(it, pods) == step for link in CHAIN)


@pytest.mark.parametrize("what", ["history", "release", "labels"])
def test_the_next_attempt_starts_whatever_upkeep_is_owed(what: str) -> None:
    it, step = OWED[what]
    assert isinstance(plan(it), CreatePod)
    assert isinstance(plan(refusing(it, step)), CreatePod)


def test_a_pod_whose_deletion_is_refused_does_not_hold_back_the_next_one() -> None:
    other = replace(JOB.pod(3).exited(75).unheld(), created=NOON)
    job = JOB.having_settled(OLD, other).asking(pod_history_limit=0, suspend=True)
    job = job.saying(reason="Suspended", suspend_time=NOON)
    assert plan(facts(job, OLD, other)) == DeletePod(OLD)
    assert plan(refusing(facts(job, OLD, other), DeletePod(OLD))) == DeletePod(other)
    both = refusing(facts(job, OLD, other), DeletePod(OLD), DeletePod(other), since=20, retry_in=7)
    assert plan(both) == Wait(7)


@given(st.lists(st.tuples(st.booleans(), st.floats(0.1, 100)), max_size=6))
def test_the_first_write_whose_try_is_due_is_asked_for_else_the_soonest_wait(writes: list[tuple[bool, float]]) -> None:
    steps = [DeletePod(JOB.pod(n + 1)) for n in range(len(writes))]
    noted: dict[str, Refusal] = {}
    for step, (held, pause) in zip(steps, writes, strict=True):
        if held:
            noted[write_key(step)] = refused(RefusalKind.WAIT, retry_in=pause)
    free = [step for step in steps if write_key(step) not in noted]
    soonest = Wait(min(each.retry_in for each in noted.values())) if noted else None
    assert first_unrefused(facts(JOB, refused_writes=noted), steps) == (free[0] if free else soonest)


# --- what the status shows


@pytest.mark.parametrize("what", OWED)
def test_an_upkeep_that_is_refused_for_some_time_stands_in_the_status(what: str) -> None:
    it, step = OWED[what]
    assert answer(show, refusing(it, step, since=16)) is None, "one failure is not worth a write"
    condition = conditions(answer(show, refusing(it, step, since=15)))["WriteRefused"]
    assert condition.reason == "Refused"
    assert condition.message.endswith("Refused: the API server's words")


def test_a_refusal_that_is_shown_stays_shown_until_its_write_is_carried_out() -> None:
    it, step = OWED["history"]
    shown = answer(show, refusing(it, step))
    assert isinstance(shown, WriteStatus)
    job = RETRYING.after(shown)
    assert answer(show, refusing(replace(it, job=job), step, since=19)) is None, "another try was refused"
    assert answer(show, replace(it, job=job)) is None, "an operator that has just started has not tried yet"
    settled = with_derived(job.status, replace(it, job=job))
    assert "WriteRefused" in {c.type for c in settled.conditions}, "a write for another reason keeps it"
    assert "WriteRefused" not in conditions(answer(show, facts(job))), "nothing is owed any more"


def test_the_condition_counts_the_other_writes_that_are_refused() -> None:
    it = facts(RETRYING, OLD, HELD)
    shown = conditions(answer(show, refusing(it, DeletePod(OLD), ReleasePod(HELD))))["WriteRefused"]
    assert "(and 1 more)" in shown.message


# --- stops


STOPS: Final = [
    pytest.param(JOB.suspended(), RUNNING, StopReason.SUSPENDED, id="suspended"),
    pytest.param(JOB.cancelled(), RUNNING, StopReason.CANCELLED, id="cancelled"),
    pytest.param(JOB.asking(timeouts={"total": 10.0}), RUNNING, StopReason.TOTAL, id="past its total"),
    pytest.param(
        JOB.asking(timeouts={"start": 10.0}), JOB.pod().waiting("ImagePullBackOff"), StopReason.START, id="not started"
    ),
]


@pytest.mark.parametrize(("job", "pod", "reason"), STOPS)
def test_a_stop_whose_mark_is_refused_goes_by_the_status(job: AJob, pod: APod, reason: StopReason) -> None:
    mark = plan(facts(job, pod))
    assert isinstance(mark, MarkStop)
    no = refusing(facts(job, pod), mark)
    write = plan(no)
    assert isinstance(write, WriteStatus)
    (entry,) = write.status.attempts
    assert (entry.pod_uid, entry.stop_reason, entry.stop_detail) == (pod.uid, reason, mark.detail)
    assert conditions(write)["WriteRefused"].message.startswith(f"pod {pod.name} cannot be marked as stopped: ")
    stop = plan(replace(no, job=job.after(write)))
    assert isinstance(stop, StopPod)
    assert (stop.pod.uid, stop.pod.stop_reason, stop.pod.stop_in_status) == (pod.uid, reason, True)
    restarted = plan(facts(job.after(write), pod))
    assert isinstance(restarted, StopPod), "an operator that has just started goes on"


def test_a_mark_that_got_no_answer_is_tried_again_first() -> None:
    mark = MarkStop(RUNNING, StopReason.CANCELLED)
    failing = facts(JOB.cancelled(), RUNNING)
    assert plan(refusing(failing, mark, kind="RETRY", since=16, retry_in=0)) == mark
    assert isinstance(plan(refusing(failing, mark, kind="RETRY", since=15, retry_in=0)), WriteStatus)


def test_a_stray_whose_mark_is_refused_is_deleted_without() -> None:
    job = JOB.in_run(1)
    stray = job.pod(run=0).running()
    assert plan(refusing(facts(job, stray), MarkStop(stray, StopReason.STRAY))) == StopPod(stray)


def marked_in_status(pod: APod) -> AJob:
    """The cancelled job whose status holds why the pod is stopped."""
    job = JOB.cancelled()
    write = plan(refusing(facts(job, pod), MarkStop(pod, StopReason.CANCELLED)))
    return job.after(write)


def test_the_end_of_a_pod_that_was_stopped_by_the_status_is_our_stop() -> None:
    job = marked_in_status(RUNNING)
    write = plan(facts(job, RUNNING.deleted().exited(143), at=200))
    assert isinstance(write, WriteStatus)
    assert (write.status.phase, write.status.attempts[-1].rule) == ("Cancelled", "stopped-cancelled")
    assert write.status.attempts[-1].stop_reason == "", "of a live attempt only"


def test_an_end_before_the_deletion_is_the_pods_own() -> None:
    """The intention was written, the pod failed by itself, and so our DELETE did not fit its version."""
    job = replace(marked_in_status(RUNNING), terms=JOB.suspended().terms)
    write = plan(facts(job, RUNNING.exited(75), at=200))
    assert isinstance(write, WriteStatus)
    assert write.status.attempts[-1].rule == "exit-temporary"


def test_a_pod_that_starts_before_its_deletion_is_accepted_is_not_stopped_for_a_late_start() -> None:
    """Nor is a later end of it a failure to start: main may have done its work (seed 600000044)."""
    job, late = JOB.asking(timeouts={"start": 10.0}), JOB.pod().waiting("ImagePullBackOff")
    mark = plan(facts(job, late))
    assert isinstance(mark, MarkStop)
    job = job.after(plan(refusing(facts(job, late), mark)))
    assert isinstance(plan(facts(job, late)), StopPod)
    assert not isinstance(plan(facts(job, JOB.pod().running())), StopPod | MarkStop)
    ended = plan(facts(job, JOB.pod().exited(0).deleted()))
    assert isinstance(ended, WriteStatus)
    assert ended.status.attempts[-1].rule == "succeeded"


def test_a_live_entry_that_is_written_again_keeps_the_reason_of_the_stop() -> None:
    job = marked_in_status(RUNNING)
    terminating = RUNNING.deleted(at=NOON)
    shown = answer(show, facts(job, terminating, at=500))
    assert isinstance(shown, WriteStatus)
    assert shown.status.attempts[-1].stop_reason == "cancelled"


def test_a_deletion_that_is_refused_shows_at_once_and_is_tried_again() -> None:
    pod = replace(RUNNING, stop_reason="suspended")
    job = JOB.suspended()
    it = refusing(facts(job, pod), StopPod(pod), since=20)
    write = plan(it)
    assert isinstance(write, WriteStatus)
    assert (write.status.phase, write.status.reason) == ("Running", "StopRefused")
    assert write.status.message == (
        "attempt 1 must stop (suspended), and it cannot be stopped: Refused: the API server's words"
    )
    assert conditions(write)["WriteRefused"].message.startswith(f"pod {pod.name} cannot be stopped: ")
    assert plan(replace(it, job=job.after(write))) == Wait(9)
