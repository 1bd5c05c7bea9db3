"""Any status, written by any release, can be explained as text and as JSON."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.queuedjob_status import Attempt, Condition, Counters, DeadLetterRef, FailedSpec, JobStatus
from queuedjob.cli.explain.decision import decision_of
from queuedjob.cli.explain.explanation import explanation_of
from queuedjob.cli.explain.layout import of_decision, of_job
from queuedjob.cli.explain.wait_reasons import WAYS_OUT
from queuedjob.cli.explain.what_if import GivenEnd
from queuedjob.cli.output import as_text
from queuedjob.policy.facts import StopReason
from queuedjob.policy.failure.classes import CLASSES
from queuedjob.policy.failure.classification import FIXED_RULES, RULES
from queuedjob.policy.job import reasons
from tests.builders import NOON, AJob, APod, a_job, facts

TIMES: Final = st.one_of(
    st.sampled_from([NOON, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]),
    st.datetimes(timezones=st.just(UTC)),
)
MAYBE: Final = st.none() | TIMES
COUNTS: Final = st.integers(0, 2**31)
WORDS: Final = st.sampled_from(["", "[bold]", "a\nb", "Ünïcode", "{name}"]) | st.text(max_size=20)
PHASES: Final = st.sampled_from([phases.PENDING, phases.WAITING, phases.RUNNING, *phases.TERMINAL, "Duplicate"])
REASONS: Final = (
    st.sampled_from([*WAYS_OUT, reasons.SUSPENDED, reasons.BACKOFF, reasons.RETRYING, reasons.RERUN]) | WORDS
)

COUNTERS: Final = st.builds(
    Counters,
    pods=st.integers(0, 999_998),
    attempts=COUNTS,
    crashes=COUNTS,
    disruptions=COUNTS,
    timeouts=COUNTS,
    redrives=st.integers(0, 3),
    by_class=st.dictionaries(WORDS, COUNTS, max_size=2),
)
ATTEMPTS: Final = st.builds(
    Attempt,
    number=st.integers(0, 999_999),
    pod_name=WORDS,
    pod_uid=WORDS,
    start_time=MAYBE,
    finish_time=MAYBE,
    create_time=MAYBE,
    exit_code=st.none() | st.integers(0, 255),
    reason=WORDS,
    class_=st.sampled_from(["", "Lunar", *[each.name for each in CLASSES]]),
    rule=st.sampled_from(["", "moon-phase", *[each.name for each in (*FIXED_RULES, *RULES)]]),
    message=WORDS,
    active_deadline_seconds=st.none() | COUNTS,
    counted=st.booleans(),
)
STATUSES: Final = st.builds(
    JobStatus,
    phase=PHASES,
    reason=REASONS,
    message=WORDS,
    counters=COUNTERS,
    attempts=st.lists(ATTEMPTS, max_size=4).map(tuple),
    crash_times=st.lists(TIMES, max_size=4).map(tuple),
    next_attempt_time=MAYBE,
    total_start_time=MAYBE,
    suspend_time=MAYBE,
    first_failure_time=MAYBE,
    start_time=MAYBE,
    finish_time=MAYBE,
    dead_letter_ref=st.none() | st.builds(DeadLetterRef, name=WORDS, uid=WORDS),
    observed_generation=st.integers(-1, 5),
    conditions=st.lists(st.builds(Condition, type=WORDS, message=WORDS), max_size=2).map(tuple),
    failed_spec=st.none() | st.builds(FailedSpec, generation=COUNTS, spec_hash=WORDS, policy_hash=WORDS),
)
TERMS: Final = st.fixed_dictionaries(
    {},
    optional={
        "suspend": st.booleans(),
        "cancel": st.booleans(),
        "not_before_time": TIMES,
        "ttl_after_finished": st.floats(0, 3e8),
        "timeouts": st.fixed_dictionaries({"total": st.floats(1, 3e8)}),
        "retry": st.fixed_dictionaries({"max_attempts": st.integers(1, 3)}),
        "failure_policy": st.just({"rules": [{"name": "unknown", "exit_codes": [1], "class_": "Permanent"}]}),
    },
)


def pods_of(job: AJob) -> list[tuple[APod, ...]]:
    """No pod, or the attempt's pod in each state."""
    pod = job.pod(job.status.counters.pods + 1)
    running = pod.running()
    stopped = [running.stopped_by_us(reason).exited(143) for reason in StopReason]
    ends = [pod.succeeded(), pod.exited(75), pod.oom_killed(), pod.evicted(), running.deleted(), running.vanished()]
    waits = [pod, pod.scheduled(), pod.not_schedulable(), pod.waiting("ImagePullBackOff", "no"), running]
    return [(), *((each,) for each in (*waits, *ends, *stopped))]


@st.composite
def any_job(draw: st.DrawFn) -> tuple[AJob, tuple[APod, ...]]:
    terms: dict[str, Any] = draw(TERMS)
    job = replace(a_job().asking(**terms), status=draw(STATUSES), deleting=draw(st.booleans()))
    return job, draw(st.sampled_from(pods_of(job)))


@settings(max_examples=150, deadline=None)
@given(any_job(), st.sampled_from(["", "Dead", "Redriven", "Resolved", "Gone"]), st.floats(0, 1e9))
def test_any_job_is_explained(any_one: tuple[AJob, tuple[APod, ...]], letter: str, at: float) -> None:
    job, pods = any_one
    it = facts(job, *pods, at=at, unsure=1)
    explanation = explanation_of(it, {}, letter)
    assert orjson.loads(orjson.dumps(explanation.model_dump(mode="json", by_alias=True)))["name"] == job.name
    assert explanation.summary
    assert job.name in as_text(of_job(explanation), Console(file=io.StringIO(), markup=False))
    decision = decision_of(it, GivenEnd(exit_code=1), "it")
    assert decision.rule.name in as_text(of_decision(decision), Console(file=io.StringIO(), markup=False))
