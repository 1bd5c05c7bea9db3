"""Test the one write that settles an attempt: the counters and entries, and what follows."""

from dataclasses import replace

import pytest

from queuedjob.api.kinds.queuedjob_status import Counters, DeadLetterRef, FailedSpec, JobStatus, Progress
from queuedjob.api.types.json_value import Json
from queuedjob.policy.facts import ExtraEvidence, StopReason
from queuedjob.policy.failure.classes import NAMEABLE
from queuedjob.policy.job.chain.end import settle_ended_attempt
from queuedjob.policy.job.steps import WriteStatus
from tests.builders import NOON, AJob, APod, a_job, answer, facts, seconds

JOB = a_job()
POD = JOB.pod()


def settling(job: AJob, pod: APod, *, at: float = 20, spread: float = 0, unsure: float = 0) -> WriteStatus:
    nothing_more = {pod.uid: ExtraEvidence(log="", events=())}
    step = answer(
        settle_ended_attempt, facts(job, pod, at=at, spread=spread, unsure=unsure, extra_evidence=nothing_more)
    )
    assert isinstance(step, WriteStatus), step
    return step


def status_after(job: AJob, pod: APod, *, at: float = 20) -> JobStatus:
    return settling(job, pod, at=at).status


# --- counters and entries


@pytest.mark.parametrize(
    ("pod", "counters"),
    [
        pytest.param(POD.succeeded(), Counters(pods=1, attempts=1), id="a success is a spent attempt"),
        pytest.param(POD.exited(75), Counters(pods=1, attempts=1, by_class={"Transient": 1}), id="Transient"),
        pytest.param(
            POD.oom_killed(), Counters(pods=1, attempts=1, crashes=1, by_class={"Crash": 1}), id="a crash poisons"
        ),
        pytest.param(
            POD.deadline_exceeded().exited(137),
            Counters(pods=1, attempts=1, timeouts=1, by_class={"Timeout": 1}),
            id="a timeout grows the next deadline",
        ),
        pytest.param(
            POD.evicted(), Counters(pods=1, disruptions=1, by_class={"Disruption": 1}), id="a disruption is not spent"
        ),
        pytest.param(
            POD.running().stopped_by_us(StopReason.SUSPENDED).exited(143),
            Counters(pods=1, disruptions=1, by_class={"Disruption": 1}),
            id="a stop for which the spec does not ask is a disruption",
        ),
        pytest.param(
            POD.exited(75).stopped_by_us(StopReason.SUSPENDED),
            Counters(pods=1, attempts=1, by_class={"Transient": 1}),
            id="and where the pod had ended by itself, it changes nothing",
        ),
    ],
)
def test_what_an_end_adds_to_the_counters(pod: APod, counters: Counters) -> None:
    assert status_after(JOB, pod).counters == counters


def test_our_own_stop_adds_to_no_counter_that_has_a_limit() -> None:
    pod = POD.running().stopped_by_us(StopReason.SUSPENDED).exited(143)
    assert status_after(JOB.suspended(), pod).counters == Counters(pods=1, by_class={"Stopped": 1})


def test_a_written_stop_reason_does_not_make_attempts_free() -> None:
    """Whoever may edit a pod may write it: the job ends all the same, and there is a growing wait in between."""
    job, waits = JOB.asking(retry={"max_attempts": 1, "max_disruptions": 2}), []
    for number in (1, 2, 3):
        write = settling(job, job.pod(number).running().stopped_by_us("suspended").exited(143))
        waits.append(write.status.next_attempt_time)
        job = job.after(write)
    assert waits == [NOON + seconds(21), NOON + seconds(22), None]
    assert (job.status.phase, job.status.reason) == ("DeadLettered", "MaxDisruptions")


def test_counters_add_up() -> None:
    job = JOB.saying(counters=Counters(pods=4, attempts=2, crashes=1, redrives=3, by_class={"Crash": 1, "Unknown": 1}))
    after = status_after(job, job.pod(5).oom_killed()).counters
    assert after == Counters(pods=5, attempts=3, crashes=2, redrives=3, by_class={"Crash": 2, "Unknown": 1})


def test_a_skipped_attempt_number_is_never_used() -> None:
    assert status_after(JOB, JOB.pod(3).exited(75)).counters.pods == 3


def test_the_live_entry_becomes_the_settled_one() -> None:
    pod = POD.running()
    status = status_after(JOB.showing(pod), pod.exited(75))
    (entry,) = status.attempts
    assert entry.settled
    assert status.attempts_summary == "1/10"


def test_the_times_of_the_first_attempt_and_the_first_failure_are_kept() -> None:
    first = status_after(JOB, POD.exited(75))
    assert (first.start_time, first.first_failure_time) == (NOON, NOON + seconds(10))
    job = JOB.saying(**{key: getattr(first, key) for key in ("start_time", "first_failure_time", "counters")})
    second = replace(job.pod(2).running(since=NOON + seconds(60)))
    later = status_after(job, second.exited(75))
    assert (later.start_time, later.first_failure_time) == (NOON, NOON + seconds(10))


def test_the_start_of_the_total_is_written_once() -> None:
    job = JOB.asking(not_before_time=NOON + seconds(3))
    assert status_after(job, POD.exited(75)).total_start_time == NOON + seconds(3)
    moved = job.saying(total_start_time=NOON + seconds(7))
    assert status_after(moved, POD.exited(75)).total_start_time == NOON + seconds(7)


def test_a_disruption_sets_no_first_failure_time() -> None:
    assert status_after(JOB, POD.evicted()).first_failure_time is None


def test_the_finish_time_of_a_vanished_pod_is_the_time_of_its_discovery() -> None:
    (entry,) = status_after(JOB, POD.running().vanished(), at=44).attempts
    assert (entry.rule, entry.finish_time) == ("pod-gone", NOON + seconds(44))


def test_a_pod_that_vanished_after_its_end_is_settled_by_that_end() -> None:
    (entry,) = status_after(JOB, POD.exited(75).vanished(), at=44).attempts
    assert (entry.rule, entry.finish_time) == ("exit-temporary", NOON + seconds(10))


def test_the_status_keeps_as_many_crash_times_of_pods_as_the_poison_pill_needs() -> None:
    job = JOB.asking(poison_pill={"crashes": 2, "window": 1.0}).saying(crash_times=(NOON, NOON + seconds(5)))
    assert status_after(job, POD.oom_killed(), at=99).crash_times == (NOON + seconds(5), NOON + seconds(10))
    assert status_after(job, POD.exited(75)).crash_times == job.status.crash_times


# --- what follows: a retry


@pytest.mark.parametrize(
    ("spent", "wait"),
    [(0, 1), (1, 2), (2, 4), (3, 8)],
)
def test_a_failure_waits_longer_each_time(spent: int, wait: float) -> None:
    job = JOB.asking(retry={"max_attempts": 10}).saying(counters=Counters(pods=spent, attempts=spent))
    status = status_after(job, job.pod(spent + 1).exited(75))
    assert (status.phase, status.reason) == ("Waiting", "Backoff")
    assert status.next_attempt_time == NOON + seconds(20 + wait)
    assert [c.type for c in status.conditions] == ["Reconciling"]


def test_a_wait_counts_from_the_late_bound_of_now_so_that_it_never_ends_early() -> None:
    write = settling(JOB, POD.exited(75), unsure=3)
    assert write.status.next_attempt_time == NOON + seconds(24)


def test_jitter_is_part_of_the_wait() -> None:
    assert settling(JOB, POD.exited(75), spread=1).status.next_attempt_time == NOON + seconds(21.1)


def test_the_jobs_own_backoff_decides() -> None:
    job = JOB.asking(retry={"backoff": {"initial": 30.0}})
    assert settling(job, POD.exited(75)).status.next_attempt_time == NOON + seconds(50)


PATIENT = JOB.asking(
    retry={
        "max_attempts": 20,
        "backoff": {"initial": 1.0},
        "per_class": (
            {"class_": "Unknown", "max_attempts": 3},
            {"class_": "Transient", "backoff": {"initial": 60.0, "max": 3600.0}},
        ),
    }
)


@pytest.mark.parametrize(
    ("counters", "pod", "wait"),
    [
        pytest.param(Counters(), POD.exited(75), 60, id="the first of a class that has a backoff of its own"),
        pytest.param(
            Counters(attempts=3, by_class={"Timeout": 3}),
            POD.exited(75),
            60,
            id="failures of other classes do not count",
        ),
        pytest.param(
            Counters(attempts=4, by_class={"Unknown": 2, "Transient": 2}), POD.exited(75), 240, id="its own do"
        ),
        pytest.param(
            Counters(attempts=2, by_class={"Transient": 2}), POD.exited(1), 4, id="a class without one counts them all"
        ),
    ],
)
def test_a_class_may_have_a_backoff_of_its_own(counters: Counters, pod: APod, wait: float) -> None:
    assert settling(PATIENT.saying(counters=counters), pod).status.next_attempt_time == NOON + seconds(20 + wait)


@pytest.mark.parametrize(
    ("asked", "spread", "wait"),
    [
        pytest.param("30s", 0, 30, id="longer than the backoff"),
        pytest.param("30s", 1, 33, id="to which jitter adds"),
        pytest.param("30s", -1, 33, id="and from which it takes nothing away"),
        pytest.param("24h", 0, 86_400, id="whatever the longest backoff"),
        pytest.param("500ms", 0, 1, id="shorter than the backoff, which then is the wait"),
    ],
)
def test_no_wait_is_shorter_than_the_retry_after_of_the_rule(asked: str, spread: float, wait: float) -> None:
    busy = {"name": "busy", "exit_codes": (9,), "class_": "RateLimited", "retry_after": asked}
    job = JOB.asking(failure_policy={"rules": (busy,)})
    assert settling(job, POD.exited(9), spread=spread).status.next_attempt_time == NOON + seconds(20 + wait)


def test_the_waits_after_disruptions_do_not_depend_on_the_backoff() -> None:
    job = JOB.asking(retry={"backoff": {"initial": 30.0}})
    first = settling(job, POD.evicted())
    assert first.status.next_attempt_time == NOON + seconds(21)
    second = settling(job.after(first), job.pod(2).evicted())
    assert second.status.next_attempt_time == NOON + seconds(22)


def test_a_failure_or_ten_calm_minutes_end_a_row_of_disruptions() -> None:
    failed = settling(JOB, POD.exited(75))
    again = settling(JOB.after(failed), JOB.pod(2).evicted())
    assert again.status.next_attempt_time == NOON + seconds(21)
    calm = replace(JOB.pod(3).running(), disruption_time=None).disrupted(at=NOON + seconds(600)).exited(143)
    later = settling(JOB.after(again), calm, at=700)
    assert later.status.next_attempt_time == NOON + seconds(701)


def test_an_attempt_that_we_stopped_is_followed_a_second_later_at_the_earliest() -> None:
    """Such an end spends nothing: without a floor, attempts would follow each other as fast as pods start."""
    pod = POD.running().stopped_by_us(StopReason.SUSPENDED).exited(143)
    assert status_after(JOB.suspended(), pod).next_attempt_time == NOON + seconds(21)


@pytest.mark.parametrize("spread", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(POD.evicted(), id="a disruption"),
        pytest.param(POD.running().stopped_by_us(StopReason.SUSPENDED).exited(143), id="a stop that nothing asks for"),
    ],
)
def test_an_end_that_spends_no_attempt_is_followed_by_a_wait_whatever_the_backoff(pod: APod, spread: float) -> None:
    """Whoever may write a stop reason or evict the pod could else start pods without end."""
    job = JOB.asking(retry={"backoff": {"initial": 0.0}})
    status = settling(job, pod, spread=spread).status
    assert status.counters.attempts == 0
    assert status.next_attempt_time is not None
    assert status.next_attempt_time >= NOON + seconds(20.9)


def test_an_attempt_whose_backoff_is_0_is_followed_at_once() -> None:
    job = JOB.asking(retry={"backoff": {"initial": 0.0}})
    status = status_after(job, POD.exited(75))
    assert (status.phase, status.reason, status.next_attempt_time) == ("Waiting", "Retrying", None)
    assert status.message == "attempt 1 ended: TemporaryFailure (rule exit-temporary); the next attempt starts"


def test_status_and_event_name_the_end_the_rule_and_the_next_attempt() -> None:
    write = settling(JOB, POD.exited(75, message="come back later"))
    assert write.rule == "exit-temporary"
    assert write.status.message == (
        "attempt 1 ended: TemporaryFailure (rule exit-temporary); the next attempt starts at 2026-03-01T12:00:21Z"
    )
    (notice,) = write.events
    assert notice.message.endswith("the next attempt starts in 1s")
    assert (notice.reason, notice.warning) == ("AttemptFailed", True)
    assert "come back later" in notice.message


def test_our_own_stops_post_no_event() -> None:
    assert settling(JOB.suspended(), POD.running().stopped_by_us(StopReason.SUSPENDED).exited(143)).events == ()
    (notice,) = settling(JOB, POD.evicted()).events
    assert notice.reason == "AttemptDisrupted"


def test_the_status_of_a_suspended_job_after_an_attempt_is_suspended() -> None:
    job = JOB.suspended().saying(next_attempt_time=NOON)
    status = status_after(job, POD.running().stopped_by_us(StopReason.SUSPENDED).exited(143))
    assert (status.phase, status.reason, status.suspend_time) == ("Waiting", "Suspended", NOON + seconds(20))
    assert status.next_attempt_time == NOON + seconds(21)
    assert [c.type for c in status.conditions] == ["Suspended"]


def test_a_failure_while_suspended_keeps_its_wait() -> None:
    status = status_after(JOB.suspended(), POD.exited(75))
    assert (status.phase, status.reason, status.counters.attempts) == ("Waiting", "Suspended", 1)
    assert status.next_attempt_time is not None


def test_an_edit_that_slipped_in_is_named() -> None:
    write = settling(JOB.edited(frozen=True), POD.exited(75))
    assert "; attempt 1 ran generation 1, the spec is at generation 2 now" in write.status.message
    assert "generation 2" in write.events[0].message


# --- what the attempt reported


def test_a_retry_waits_at_least_as_long_as_the_attempt_asked() -> None:
    asked = POD.saying("RateLimited", retryAfter="90s")
    assert settling(JOB, asked).status.next_attempt_time == NOON + seconds(110)
    assert settling(JOB, asked, spread=-1).status.next_attempt_time == NOON + seconds(20 + 99)
    assert settling(JOB, asked, spread=1).status.next_attempt_time == NOON + seconds(20 + 99)


def test_the_wait_that_an_attempt_asks_for_may_exceed_the_longest_backoff() -> None:
    status = status_after(JOB, POD.saying("Transient", retryAfter="24h"))
    assert status.next_attempt_time == NOON + seconds(20 + 86400)


def test_a_backoff_longer_than_the_wait_that_an_attempt_asks_for_is_kept() -> None:
    job = JOB.asking(retry={"backoff": {"initial": 100.0}})
    assert settling(job, POD.saying(retryAfter="90s")).status.next_attempt_time == NOON + seconds(120)


def test_without_jitter_a_retry_waits_exactly_as_long_as_the_attempt_asked() -> None:
    job = JOB.asking(retry={"backoff": {"jitter_percent": 0}})
    assert settling(job, POD.saying(retryAfter="90s"), spread=1).status.next_attempt_time == NOON + seconds(110)


def test_a_retry_after_a_disruption_waits_as_long_as_the_attempt_asked() -> None:
    assert status_after(JOB, POD.saying("Disruption", retryAfter="90s")).next_attempt_time == NOON + seconds(110)


def test_after_our_own_stop_the_wait_that_the_attempt_asks_for_is_ignored() -> None:
    pod = POD.running().stopped_by_us(StopReason.SUSPENDED).saying(retryAfter="90s")
    assert status_after(JOB.suspended(), pod).next_attempt_time == NOON + seconds(21)


def test_status_and_event_show_that_the_attempt_asked_for_the_wait() -> None:
    write = settling(JOB, POD.saying("RateLimited", retryAfter="90s"))
    until = "the next attempt starts at 2026-03-01T12:01:50Z, as it asked to wait 1m30s"
    assert write.status.message == f"attempt 1 ended: RateLimited (rule says-rate-limited); {until}"
    assert write.events[0].message.endswith("the next attempt starts in 1m30s, as it asked to wait 1m30s")


def test_the_last_reported_checkpoint_and_progress_are_kept() -> None:
    first = settling(JOB, POD.exited(75, message='{"checkpoint": 800, "progress": {"done": 800, "total": 1000}}'))
    silent = settling(JOB.after(first), JOB.pod(2).oom_killed())
    for status in (first.status, silent.status):
        assert (status.checkpoint, status.progress) == (Json("800"), Progress(done=800, total=1000))
        assert status.progress_summary == "800/1000"
    third = settling(JOB.after(silent), JOB.pod(3).exited(75, message='{"checkpoint": 0}'))
    assert (third.status.checkpoint, third.status.progress_summary) == (Json("0"), "800/1000")


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(POD.deadline_exceeded(), id="its deadline"),
        pytest.param(POD.running().deleted(), id="a deletion"),
        pytest.param(POD.running().stopped_by_us(StopReason.SUSPENDED), id="our own stop"),
        pytest.param(POD.running().disrupted(), id="an eviction"),
    ],
)
def test_a_checkpoint_is_kept_after(pod: APod) -> None:
    assert status_after(JOB, pod.exited(143, message='{"checkpoint": 800}')).checkpoint == Json("800")


def test_the_checkpoint_of_a_job_with_a_bad_end_is_kept() -> None:
    status = status_after(JOB, POD.saying("Permanent", checkpoint=[800]))
    assert (status.phase, status.checkpoint) == ("DeadLettered", Json("[800]"))


def test_a_result_is_kept_of_a_success_only() -> None:
    assert status_after(JOB, POD.saying(code=0, result={"rows": 42})).result == Json('{"rows":42}')
    assert status_after(JOB, POD.saying(code=75, result={"rows": 42})).result is None


def test_the_progress_of_an_earlier_attempt_is_removed_by_a_success() -> None:
    before = JOB.saying(progress=Progress(done=8, total=10), progress_summary="8/10")
    assert status_after(before, before.pod().succeeded()).progress is None
    assert status_after(before, before.pod().succeeded()).progress_summary == ""
    told = status_after(before, before.pod().saying(code=0, progress={"done": 10, "total": 10}))
    assert told.progress_summary == "10/10"


@pytest.mark.parametrize(
    ("pod", "told"),
    [
        pytest.param(
            POD.saying("Strange", code=75, retryAfter="soon"), ["AttemptFailed", "MessageIgnored"], id="retry"
        ),
        pytest.param(POD.saying("Strange", code=64), ["DeadLettered", "MessageIgnored"], id="end"),
        pytest.param(POD.saying("Strange", code=0), ["MessageIgnored"], id="success"),
        pytest.param(
            POD.running().stopped_by_us("x").saying("Strange"), ["AttemptDisrupted", "MessageIgnored"], id="a stop"
        ),
        pytest.param(POD.saying("Transient"), ["AttemptFailed"], id="nothing wrong"),
    ],
)
def test_ignored_parts_of_a_message_are_reported_in_one_event(pod: APod, told: list[str]) -> None:
    assert [notice.reason for notice in settling(JOB, pod).events] == told


def test_the_event_names_the_ignored_parts_of_a_message_and_why() -> None:
    notice = settling(JOB, POD.saying("Strange", retryAfter="soon")).events[-1]
    assert notice.warning
    assert notice.message == (
        "of what attempt 1 said in its termination message was ignored: class Strange: a job may say "
        f"{', '.join(NAMEABLE)}; retryAfter soon: it is no duration of h, m, s and ms, such as 30s"
    )


# --- what follows: an end


def ended_as(job: AJob, pod: APod, *, at: float = 20) -> tuple[str, str]:
    status = status_after(job, pod, at=at)
    return status.phase, status.reason


SPENT = JOB.asking(retry={"max_attempts": 5}).saying(counters=Counters(pods=4, attempts=4))
FIFTH = JOB.pod(5)
TOTAL = JOB.asking(timeouts={"total": 15.0})


@pytest.mark.parametrize(
    ("job", "pod", "end"),
    [
        pytest.param(JOB, POD.succeeded(), ("Succeeded", "Succeeded"), id="success"),
        pytest.param(JOB, POD.exited(64), ("DeadLettered", "Permanent"), id="permanent"),
        pytest.param(SPENT, FIFTH.exited(75), ("DeadLettered", "MaxAttempts"), id="no attempt is left"),
        pytest.param(SPENT, FIFTH.succeeded(), ("Succeeded", "Succeeded"), id="but the last one succeeded"),
        pytest.param(TOTAL, POD.exited(75), ("DeadLettered", "TotalTimeout"), id="total has passed"),
        pytest.param(TOTAL.cancelled(), POD.exited(64), ("Cancelled", "Cancelled"), id="cancel outranks failures"),
        pytest.param(JOB.cancelled(), POD.succeeded(), ("Succeeded", "Succeeded"), id="done work outranks cancel"),
        pytest.param(
            JOB.saying(counters=Counters(pods=20, disruptions=20)),
            JOB.pod(21).evicted(),
            ("DeadLettered", "MaxDisruptions"),
            id="one disruption too many",
        ),
        pytest.param(
            JOB.saying(crash_times=(NOON, NOON + seconds(5))),
            POD.oom_killed(),
            ("Quarantined", "PoisonPill"),
            id="the third crash within the window",
        ),
        pytest.param(
            PATIENT.saying(counters=Counters(pods=2, attempts=2, by_class={"Unknown": 2})),
            JOB.pod(3).exited(1),
            ("DeadLettered", "MaxAttempts"),
            id="no attempt of its class is left",
        ),
        pytest.param(
            PATIENT.saying(
                counters=Counters(pods=2, attempts=2, by_class={"Unknown": 2}), crash_times=(NOON, NOON + seconds(5))
            ),
            JOB.pod(3).oom_killed(),
            ("Quarantined", "PoisonPill"),
            id="a poison pill outranks what is spent",
        ),
        pytest.param(
            SPENT.saying(crash_times=(NOON, NOON + seconds(5), NOON + seconds(6))),
            FIFTH.exited(75),
            ("DeadLettered", "MaxAttempts"),
            id="a failure that is no crash does not poison",
        ),
    ],
)
def test_how_a_job_ends(job: AJob, pod: APod, end: tuple[str, str]) -> None:
    assert ended_as(job, pod) == end


@pytest.mark.parametrize(
    ("job", "pod"),
    [
        pytest.param(JOB, POD.oom_killed(), id="the first crash"),
        pytest.param(JOB.saying(crash_times=(NOON,)), POD.oom_killed(), id="the second"),
        pytest.param(
            JOB.saying(crash_times=(NOON - seconds(7200), NOON)),
            POD.oom_killed(),
            id="the third, not within the window",
        ),
        pytest.param(JOB.saying(counters=Counters(pods=3, attempts=3)), JOB.pod(4).exited(75), id="one is left"),
        pytest.param(
            JOB.saying(counters=Counters(pods=19, disruptions=19)), JOB.pod(20).evicted(), id="as many as may be"
        ),
        pytest.param(JOB.asking(timeouts={"total": 21.0}), POD.exited(75), id="its total has not passed"),
        pytest.param(
            PATIENT.saying(counters=Counters(pods=9, attempts=9, by_class={"Unknown": 2, "Transient": 7})),
            JOB.pod(10).exited(75),
            id="many of a class without a limit of its own",
        ),
    ],
)
def test_a_job_goes_on_after(job: AJob, pod: APod) -> None:
    assert ended_as(job, pod) == ("Waiting", "Backoff")


def test_an_attempt_that_totals_deadline_killed_ends_the_job_only_if_the_total_has_passed() -> None:
    job = JOB.asking(timeouts={"total": 1800.0})
    pod = POD.deadline_exceeded(by_total=True).exited(137)
    assert ended_as(job, pod, at=1801) == ("DeadLettered", "TotalTimeout")
    longer = job.edited(timeouts={"total": 7200.0})
    assert ended_as(longer, pod, at=1801) == ("Waiting", "Backoff")
    assert status_after(longer, pod, at=1801).counters == Counters(pods=1, disruptions=1, by_class={"Disruption": 1})


def test_a_deadline_of_total_that_strikes_seconds_early_by_the_nodes_clock_is_no_disruption() -> None:
    job = JOB.asking(timeouts={"total": 1800.0})
    status = status_after(job, POD.deadline_exceeded(by_total=True).exited(137), at=1795)
    assert (status.counters.disruptions, status.attempts[-1].class_) == (0, "Stopped")


def test_a_suspended_job_does_not_end_by_its_total() -> None:
    pod = POD.running().stopped_by_us(StopReason.SUSPENDED).exited(143)
    assert ended_as(TOTAL.suspended(), pod, at=9999) == ("Waiting", "Suspended")


def test_a_good_end_leaves_no_dead_letter() -> None:
    write = settling(JOB.saying(next_attempt_time=NOON), POD.succeeded())
    status = write.status
    assert (status.dead_letter_ref, status.failed_spec, status.next_attempt_time) == (None, None, None)
    assert status.finish_time == NOON + seconds(10)
    assert [c.type for c in status.conditions] == ["Complete"]
    assert write.events == ()


def test_a_bad_end_names_its_dead_letter_and_the_failed_spec_in_the_same_write() -> None:
    job = JOB.in_run(2)
    write = settling(job, job.pod().exited(64, message="no such field"))
    status = write.status
    assert status.dead_letter_ref == DeadLetterRef(name=job.letter().name)
    assert status.failed_spec == FailedSpec(generation=1, spec_hash="v1-spec", policy_hash="v1-policy")
    assert status.finish_time == NOON + seconds(10)
    assert [c.type for c in status.conditions] == ["Failed", "Stalled"]
    (notice,) = write.events
    assert notice.reason == "DeadLettered"
    assert notice.message.startswith("Permanent: attempt 1: ")
    assert "no such field" in notice.message


def test_the_failed_spec_is_the_spec_of_the_last_pod() -> None:
    job = JOB.edited(frozen=True)
    status = status_after(job, POD.exited(64))
    assert status.failed_spec == FailedSpec(generation=1, spec_hash="v1-spec", policy_hash="v1-policy")
    assert "the spec is at generation 2 now" in status.message


def test_an_edit_of_retry_since_the_pods_creation_is_part_of_the_failed_spec() -> None:
    job = JOB.edited(retry={"max_attempts": 1})
    status = status_after(job, POD.exited(75))
    assert status.failed_spec == FailedSpec(generation=2, spec_hash="v1-spec", policy_hash="v1-policy'")


def test_the_failed_spec_of_a_pod_without_a_spec_hash_is_the_live_spec() -> None:
    status = status_after(JOB, replace(POD.exited(64), spec_hash="", generation=None))
    assert status.failed_spec == FailedSpec(generation=1, spec_hash="v1-spec", policy_hash="v1-policy")


@pytest.mark.parametrize(
    ("job", "pod", "words"),
    [
        pytest.param(SPENT, FIFTH.exited(75), "5 attempts spent of retry.maxAttempts (5); attempt 5:", id="attempts"),
        pytest.param(
            PATIENT.saying(counters=Counters(pods=7, attempts=7, by_class={"Unknown": 2, "Timeout": 5})),
            JOB.pod(8).exited(1),
            "3 Unknown attempts spent of retry.perClass maxAttempts (3); attempt 8:",
            id="attempts of a class",
        ),
        pytest.param(TOTAL, POD.exited(75), "timeouts.total (15s) has passed", id="total"),
        pytest.param(JOB.cancelled(), POD.exited(75), "spec.cancel is true", id="cancel"),
        pytest.param(
            JOB.saying(counters=Counters(pods=20, disruptions=20)),
            JOB.pod(21).evicted(),
            "21 disruptions, over retry.maxDisruptions (20)",
            id="disruptions",
        ),
        pytest.param(
            JOB.asking(poison_pill={"crashes": 1}),
            POD.oom_killed(),
            "1 crashes within 1h: 2026-03-01T12:00:10Z; attempt 1: ",
            id="poison",
        ),
        pytest.param(JOB, POD.succeeded(), "attempt 1: The main container ended with 0", id="success"),
    ],
)
def test_the_message_gives_the_figures_behind_the_end(job: AJob, pod: APod, words: str) -> None:
    assert words in status_after(job, pod).message
