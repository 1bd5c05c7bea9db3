"""Test the chain: which link decides if several links return a step, and how their waits are combined."""

from dataclasses import replace

import pytest

from queuedjob.policy.facts import StopReason
from queuedjob.policy.job.inputs import JobFacts, Late, RefusalKind
from queuedjob.policy.job.plan import CHAIN, plan
from queuedjob.policy.job.steps import (
    CreatePod,
    DeleteJob,
    DeletePod,
    FileLetter,
    ForgetPod,
    LookForPod,
    MarkRedriven,
    MarkStop,
    ReadJob,
    ReleasePod,
    RestoreLabels,
    Step,
    StopPod,
    Wait,
    WriteStatus,
)
from tests.builders import NOON, a_job, answer, facts, refused, seconds

JOB = a_job()
POD = JOB.pod()
ENDED = POD.exited(75)
RUNNING = POD.running()
SECOND = JOB.in_run(1)
STRAY = SECOND.pod(run=0).running()
DONE = JOB.having_settled(ENDED)
DEAD = DONE.dead()


def test_the_order_of_the_links_is_the_order_of_the_writes_that_keeps_the_promises() -> None:
    assert [link.__name__ for link in CHAIN] == [
        "catch_up",
        "look_for_missing_pods",
        "note_deletion",
        "stop_what_must_not_run",
        "settle_ended_attempt",
        "settle_refused_attempt",
        "file_owed_letter",
        "run_dead_job_again",
        "suspend_or_resume",
        "end_without_an_attempt",
        "end_wait",
        "create_attempt",
        "restore_labels",
        "release_settled",
        "mark_redriven_letters",
        "delete_pods_beyond_history",
        "delete_expired_job",
        "show",
        "warn_of_deadline",
    ]


def told(step: Step) -> str:
    """Return the name of a step, or for a write its rule."""
    return step.rule if isinstance(step, WriteStatus) else type(step).__name__


@pytest.mark.parametrize(
    ("it", "first", "then"),
    [
        pytest.param(
            facts(JOB.cancelled(), JOB.pod(run=1), replace(RUNNING, missing_from_watch=True)),
            ReadJob,
            LookForPod,
            id="a store that is behind decides nothing, not even where a pod is",
        ),
        pytest.param(
            facts(DONE, replace(JOB.pod(2).running(), missing_from_watch=True), ENDED.unlabelled()),
            LookForPod,
            RestoreLabels,
            id="what is out of sight is looked for",
        ),
        pytest.param(
            facts(JOB, replace(RUNNING, uid="first").vanished(), replace(RUNNING, missing_from_watch=True)),
            LookForPod,
            WriteStatus,
            id="before anything is settled",
        ),
        pytest.param(
            facts(JOB.cancelled(), RUNNING.unlabelled()), MarkStop, RestoreLabels, id="a stop does not wait for labels"
        ),
        pytest.param(
            facts(SECOND, STRAY, SECOND.pod().exited(75)), MarkStop, WriteStatus, id="strays stop before all else"
        ),
        pytest.param(
            facts(DONE, ENDED, JOB.pod(2).exited(75)), WriteStatus, ReleasePod, id="an outcome before any release"
        ),
        pytest.param(
            facts(JOB.being_deleted(), replace(RUNNING, stop_reason="cancelled"), replace(ENDED, uid="u")),
            StopPod,
            WriteStatus,
            id="a marked pod is deleted first",
        ),
        pytest.param(
            facts(DONE.dead(filed=False), ENDED), FileLetter, ReleasePod, id="a letter before the pods it tells of go"
        ),
        pytest.param(
            facts(DEAD.edited(frozen=True), ENDED), WriteStatus, ReleasePod, id="the next run waits for no release"
        ),
        pytest.param(
            facts(SECOND, letters=[JOB.letter(run=0)]),
            CreatePod,
            MarkRedriven,
            id="the attempt before the old letter, whose mark may be refused",
        ),
        pytest.param(
            facts(DEAD.edited(frozen=True, ttl_after_finished=0.0), letters=[JOB.letter(resolved=True)]),
            WriteStatus,
            DeleteJob,
            id="a fix outranks expiry",
        ),
        pytest.param(
            facts(DONE.succeeded().asking(pod_history_limit=0, ttl_after_finished=0.0), ENDED.unheld()),
            DeletePod,
            DeleteJob,
            id="history before expiry",
        ),
        pytest.param(
            facts(DONE, replace(ENDED.unheld(), missing_from_watch=True)),
            ForgetPod,
            CreatePod,
            id="what is gone is forgotten",
        ),
    ],
)
def test_if_two_links_return_a_step_the_earlier_link_decides(it: JobFacts, first: type[Step], then: type[Step]) -> None:
    step = plan(it)
    assert type(step) is first
    answers = [answer(link, it) for link in CHAIN]
    assert any(type(each) is then for each in answers), answers


@pytest.mark.parametrize(
    ("it", "rule"),
    [
        pytest.param(facts(JOB, refusal=refused(RefusalKind.SPEC_FAULT)), "template-refused", id="a refusal for good"),
        pytest.param(facts(JOB.suspended().cancelled()), "Cancelled", id="cancel outranks suspend"),
        pytest.param(
            facts(JOB.asking(timeouts={"total": 60.0}).saying(suspend_time=NOON), at=500),
            "resume",
            id="a suspension is accounted for before its job can be past its total",
        ),
        pytest.param(facts(JOB.asking(timeouts={"total": 9.0})), "TotalTimeout", id="an end, not another attempt"),
        pytest.param(facts(DONE.edited(retry={"max_attempts": 1})), "MaxAttempts", id="nor beyond a lowered limit"),
        pytest.param(
            facts(JOB.cancelled(), replace(POD.succeeded(), stop_reason="cancelled")), "succeeded", id="done work first"
        ),
        pytest.param(facts(JOB.succeeded().edited(pod_history_limit=1)), "observe", id="the generation, last of all"),
    ],
)
def test_the_plan_writes_the_status_of_the_expected_rule(it: JobFacts, rule: str) -> None:
    assert told(plan(it)) == rule


@pytest.mark.parametrize(
    ("it", "step"),
    [
        pytest.param(facts(JOB.succeeded()), Wait(), id="nothing is left to do"),
        pytest.param(facts(JOB, RUNNING, at=0.25), Wait(0.75), id="until it is worth showing"),
        pytest.param(
            facts(JOB.asking(timeouts={"total": 1.0}), POD, at=0.25), Wait(0.75), id="the soonest of several waits"
        ),
        pytest.param(
            facts(DONE.saying(reason="Backoff", next_attempt_time=NOON + seconds(23)), ENDED, late=Late(2)),
            Wait(2),
            id="a release that waits holds up nothing else",
        ),
        pytest.param(
            facts(JOB.cancelled(), late=Late(7)), Wait(7), id="an end that waits holds up all that would follow it"
        ),
        pytest.param(
            facts(DONE.asking(retry={"max_attempts": 1}), late=Late(7)), Wait(7), id="the next attempt above all"
        ),
        pytest.param(
            facts(JOB, refusal=refused(RefusalKind.SPEC_FAULT), late=Late(7)), Wait(7), id="and the same pod's next try"
        ),
        pytest.param(facts(JOB.asking(timeouts={"total": 9.0}), late=Late(7)), Wait(7), id="and no wait ends before"),
    ],
)
def test_the_plan_waits_as_long_as_no_link_has_a_step(it: JobFacts, step: Step) -> None:
    assert plan(it) == step


def test_a_dead_letter_that_cannot_be_filed_delays_no_release_of_a_pod() -> None:
    it = facts(DONE.dead(filed=False), ENDED, letter_refusal=refused(RefusalKind.WAIT, retry_in=9))
    assert plan(it) == ReleasePod(ENDED)


def test_a_stray_is_stopped_while_the_end_waits_for_it() -> None:
    ended = SECOND.pod().exited(64)
    assert plan(facts(SECOND, STRAY, ended)) == MarkStop(STRAY, StopReason.STRAY)
    stopping = STRAY.stopped_by_us(StopReason.STRAY)
    assert isinstance(plan(facts(SECOND, stopping, ended, at=0)), Wait)
    assert told(plan(facts(SECOND, stopping.exited(143), ended))) == "exit-usage"


def test_the_same_facts_give_the_same_plan() -> None:
    it = facts(JOB, ENDED, spread=0.3)
    assert plan(it) == plan(it)
