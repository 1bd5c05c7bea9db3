"""Test spec warnings: a condition shows a warning while it holds, and one Event reports it when it is new."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.api.kinds.queuedjob_status import Condition
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.spec_warnings import spec_warnings_of
from queuedjob.policy.job.steps import CreatePod, Wait, WriteStatus
from queuedjob.policy.retry import poison_pill
from queuedjob.policy.retry.backoff import delay
from queuedjob.policy.retry.per_class import has_own_schedule, schedule_of
from tests.builders import NOON, AJob, a_job, facts, seconds

TOO_LARGE = r"\pL{1000}"
"""Go can read this pattern. RE2 cannot, because of its size limit."""

SLOW = {"backoff": {"initial": "1h", "max": "12h", "jitterPercent": 0}}


def terms(**said: Any) -> JobTerms:  # noqa: ANN401 - any JSON
    return JobTerms.model_validate(said)


def rules(*patterns: str) -> dict[str, Any]:
    return {"rules": [{"name": f"r{i}", "messageMatches": p, "class": "Crash"} for i, p in enumerate(patterns)]}


def told(**said: Any) -> dict[str, str]:  # noqa: ANN401 - any JSON
    return {each.kind: each.message for each in spec_warnings_of(terms(**said))}


# --- what causes a warning

PILL = "PoisonPillCannotFire"


@pytest.mark.parametrize(
    ("said", "arithmetic"),
    [
        pytest.param({}, None, id="the defaults"),
        pytest.param(
            {"retry": SLOW},
            "3 crashes need at least 2 waits, 1h + 2h = 3h; poisonPill.window is 1h",
            id="waits that the default window is too short for",
        ),
        pytest.param(
            {"retry": SLOW, "poisonPill": {"window": "2h59m59s"}}, "= 3h; poisonPill.window is", id="by a bit"
        ),
        pytest.param({"retry": SLOW, "poisonPill": {"window": "3h"}}, None, id="as long as the waits"),
        pytest.param({"retry": SLOW, "poisonPill": {"crashes": 2}}, None, id="one wait that fits"),
        pytest.param(
            {"retry": SLOW, "poisonPill": {"crashes": 2, "window": "30m"}},
            "2 crashes need at least 1 wait, 1h; poisonPill.window is 30m",
            id="one wait that does not",
        ),
        pytest.param(
            {"retry": SLOW, "poisonPill": {"crashes": 1, "window": "1s"}}, None, id="the first crash is enough"
        ),
        pytest.param(
            {"retry": {"backoff": {"initial": "1h", "max": "12h"}}},
            "54m + 1h48m = 2h42m with all jitter taken away; poisonPill.window is 1h",
            id="with the default jitter",
        ),
        pytest.param(
            {"retry": {"maxAttempts": 9, "backoff": {"initial": "1s"}}, "poisonPill": {"crashes": 8, "window": "100s"}},
            "8 crashes need at least 7 waits, 900ms + 1s800ms + 3s600ms + ... + 57s600ms = 1m54s300ms",
            id="many waits",
        ),
        pytest.param(
            {"retry": {"maxAttempts": 9, "backoff": {"initial": "1s"}}, "poisonPill": {"crashes": 6, "window": "10s"}},
            "6 crashes need at least 5 waits, 900ms + 1s800ms + 3s600ms + 7s200ms + 14s400ms = 27s900ms",
            id="as many as are written out",
        ),
        pytest.param(
            {"retry": {**SLOW, "perClass": [{"class": "Crash", "backoff": {"initial": "1s"}}]}},
            None,
            id="crashes that wait by a backoff of their own",
        ),
        pytest.param(
            {"retry": {"perClass": [{"class": "Crash", "backoff": SLOW["backoff"]}]}},
            "3 crashes need at least 2 waits, 1h + 2h = 3h",
            id="crashes whose own backoff is too long",
        ),
        pytest.param(
            {
                "timeouts": {"heartbeat": "1m"},
                "retry": {"perClass": [{"class": "Crash", "backoff": SLOW["backoff"]}]},
            },
            None,
            id="where hangs are watched for, they still wait by the backoff of all",
        ),
        pytest.param(
            {
                "timeouts": {"heartbeat": "1m"},
                "retry": {"perClass": [{"class": c, "backoff": SLOW["backoff"]} for c in ("Crash", "HeartbeatLost")]},
            },
            "3 crashes need at least 2 waits, 1h + 1h = 2h; poisonPill.window is 1h",
            id="crashes and hangs count apart, so the least is one of each",
        ),
        pytest.param(
            {"retry": {"perClass": [{"class": "Unknown", "backoff": SLOW["backoff"]}]}},
            None,
            id="no class that poisons",
        ),
    ],
)
def test_a_poison_pill_window_shorter_than_the_waits_between_its_crashes_causes_a_warning(
    said: dict[str, Any], arithmetic: str | None
) -> None:
    message = told(**said).get(PILL)
    if arithmetic is None:
        assert message is None
    else:
        assert message is not None
        assert arithmetic in message


classes = st.sampled_from(["Crash", "HeartbeatLost"])
backoffs: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "initial": st.sampled_from(["0s", "1s", "10m", "1h"]),
        "max": st.sampled_from(["1h", "6h"]),
        "multiplier": st.sampled_from([1, "1.5", 3]),
        "jitterPercent": st.integers(0, 100),
    },
)
of_class: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries({"class": classes, "backoff": backoffs})
retries: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "backoff": backoffs,
        "perClass": st.lists(of_class, max_size=2, unique_by=lambda each: str(each["class"])),
    },
)
windows = st.sampled_from(["1s", "10m", "1h", "3h", "9h"])


@given(retries, windows, st.lists(st.tuples(classes, st.floats(-1, 1)), min_size=1, max_size=6))
def test_a_poison_pill_with_a_warning_never_quarantines_the_job(
    retry: dict[str, Any], window: str, crashes: list[tuple[str, float]]
) -> None:
    watched = {"heartbeat": "1m"} if any(failure == "HeartbeatLost" for failure, _ in crashes) else {}
    of = terms(
        retry={"maxAttempts": 9, **retry}, timeouts=watched, poisonPill={"crashes": len(crashes), "window": window}
    )
    counted: dict[str, int] = {}
    times = [NOON]
    for number, (failure, spread) in enumerate(crashes[:-1], start=1):
        counted[failure] = counted.get(failure, 0) + 1
        count = counted[failure] if has_own_schedule(of.retry, failure) else number
        times.append(times[-1] + seconds(delay(schedule_of(of.retry, failure), count, spread)))
    if spec_warnings_of(of):
        assert poison_pill.poisoned(times, of.poison_pill.crashes, of.poison_pill.window) is None


@given(retries, st.integers(1, 6))
def test_a_poison_pill_window_too_short_for_successive_crashes_always_causes_a_warning(
    retry: dict[str, Any], crashes: int
) -> None:
    """If no class has its own schedule, the least waits are the real waits."""
    of = terms(retry={**retry, "maxAttempts": 9, "perClass": []}, poisonPill={"crashes": crashes, "window": "1s"})
    least = sum(delay(schedule_of(of.retry, "Crash"), number, -1) for number in range(1, crashes))
    assert bool(spec_warnings_of(of)) == (least > 1)


def test_each_warning_has_a_reason_for_programs() -> None:
    both = spec_warnings_of(terms(retry=SLOW, failurePolicy=rules("(")))
    assert [(each.kind, each.reason) for each in both] == [
        ("FailurePolicyInvalid", "BadPattern"),
        ("PoisonPillCannotFire", "WindowTooShort"),
    ]


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        pytest.param(["no such host"], None, id="one that can be read"),
        pytest.param(["fine", TOO_LARGE], "r1 (pattern too large - compile failed)", id="too large"),
        pytest.param(["(no"], "r0 (missing ): (no)", id="stored before it was checked"),
        pytest.param(
            ["(", "(", "("], "r0 (missing ): (); r1 (missing ): (); r2 (missing ): (); write", id="all are named"
        ),
        pytest.param(
            ["(", "(", "a", "(", "(", "("],
            "r0 (missing ): (); r1 (missing ): (); r3 (missing ): () and 2 more",
            id="many",
        ),
    ],
)
def test_patterns_that_cannot_be_read_cause_a_warning(patterns: list[str], words: str | None) -> None:
    message = told(failurePolicy=rules(*patterns)).get("FailurePolicyInvalid")
    assert (message is None) == (words is None)
    assert words is None or f"cannot be read, so they never decide: {words}" in message  # type: ignore[operator]


# --- how a warning is shown

CONCERNED = replace(a_job(), terms=terms(retry=SLOW))
POD = CONCERNED.pod().scheduled()


def seen(job: AJob, *, at: float = 1) -> WriteStatus:
    step = plan(facts(job, job.pod().scheduled(), at=at))
    assert isinstance(step, WriteStatus), step
    return step


def conditions(step: WriteStatus) -> list[str]:
    return [c.type for c in step.status.conditions]


def test_a_warning_delays_no_attempt() -> None:
    assert isinstance(plan(facts(CONCERNED)), CreatePod)


def test_a_warning_is_written_at_once_and_reported_in_one_event() -> None:
    step = seen(CONCERNED)
    assert conditions(step) == ["Reconciling", PILL]
    assert [(n.reason, n.warning) for n in step.events] == [(PILL, True)]
    assert "1h + 2h = 3h" in step.events[0].message
    assert step.status.conditions[1].message == step.events[0].message
    assert step.status.conditions[1].reason == "WindowTooShort"


def test_a_written_warning_is_not_written_again_and_other_waits_continue() -> None:
    written = CONCERNED.after(seen(CONCERNED))
    assert plan(facts(written, POD, at=1)) == Wait(4)


def test_every_later_write_keeps_a_warning_without_a_new_event() -> None:
    step = seen(CONCERNED.after(seen(CONCERNED)), at=6)
    assert conditions(step) == ["Reconciling", PILL]
    assert step.events == ()


def test_a_warning_is_part_of_a_status_that_is_written_for_another_reason() -> None:
    step = plan(facts(CONCERNED, CONCERNED.pod().exited(75)))
    assert isinstance(step, WriteStatus)
    assert conditions(step) == ["Reconciling", PILL]
    assert [n.reason for n in step.events] == ["AttemptFailed", PILL]


def test_a_warning_is_removed_when_the_spec_no_longer_causes_it() -> None:
    written = CONCERNED.after(seen(CONCERNED))
    mended = replace(written, generation=2, terms=terms(retry=SLOW, poisonPill={"window": "4h"}))
    step = seen(mended)
    assert conditions(step) == ["Reconciling"]
    assert step.events == ()


def test_a_warning_with_other_figures_is_reported_again() -> None:
    written = CONCERNED.after(seen(CONCERNED))
    worse = replace(written, generation=2, terms=terms(retry=SLOW, poisonPill={"window": "2h"}))
    assert ["poisonPill.window is 2h" in n.message for n in seen(worse).events] == [True]


def test_a_new_generation_with_the_same_warning_posts_no_event() -> None:
    written = CONCERNED.after(seen(CONCERNED))
    step = seen(replace(written, generation=2), at=6)
    assert step.status.conditions[1].observed_generation == 2
    assert step.events == ()


def test_a_warning_is_not_written_to_a_job_that_has_ended_or_is_being_deleted() -> None:
    """A release with a new warning must not write to every job that has ended."""
    assert plan(facts(CONCERNED.succeeded())) == Wait(None)
    assert not isinstance(plan(facts(CONCERNED.being_deleted(), POD, at=1)), WriteStatus)


def test_a_job_without_warnings_costs_no_write() -> None:
    assert isinstance(plan(facts(a_job(), a_job().pod().scheduled(), at=1)), Wait)


def test_a_rerun_of_a_dead_job_posts_no_event_for_a_known_warning() -> None:
    dead = CONCERNED.after(seen(CONCERNED)).dead()
    kept = dead.saying(conditions=(Condition(type=PILL, message=told(retry=SLOW)[PILL]),))
    step = plan(facts(replace(kept, generation=2, spec_hash="v1-other"), letters=[kept.letter()]))
    assert isinstance(step, WriteStatus)
    assert step.rule == "spec-changed"
    assert PILL in conditions(step)
    assert step.events == ()
