"""Test how many writes a run costs (protocol: Budget), and that a crash at any write does not change the outcome."""

from collections.abc import Callable

import pytest

from tests.builders import NOON, AJob, a_job, seconds
from tests.model.model import Model

JOB = a_job().asking(retry={"max_attempts": 3}, timeouts={"attempt": 60.0})
SHORT, LONG = 0.0, 3.0
"""Seconds that a pod runs: SHORT is too short to be shown, LONG is long enough."""


def from_a_start_long_ago(job: AJob) -> Model:
    """Return a model whose operator started long ago: no late request of a previous operator can arrive."""
    model = Model(job)
    model.server.clock = 100.0
    model.operator.memory.list_pods()
    return model


ATTEMPT = ["pod", "status", "finalizer"]
SHOWN = ["pod", "status", "status", "finalizer"]


@pytest.mark.parametrize(
    ("job", "codes", "running", "writes"),
    [
        pytest.param(JOB, [0], SHORT, ATTEMPT, id="a success under a second"),
        pytest.param(JOB, [0], LONG, SHOWN, id="a success over a second"),
        pytest.param(JOB, [75, 75, 0], SHORT, ATTEMPT * 3, id="each further attempt costs the same"),
        pytest.param(
            JOB, [64], SHORT, ["pod", "status", "letter", "status", "finalizer"], id="a bad end: a letter, and its UID"
        ),
        pytest.param(
            JOB.asking(not_before_time=NOON + seconds(160)), [0], SHORT, ["status", *ATTEMPT], id="a wait that is shown"
        ),
        pytest.param(JOB.suspended(), [0], SHORT, ["status"], id="suspended before it began"),
        pytest.param(JOB.cancelled(), [0], SHORT, ["status"], id="cancelled before it began"),
        pytest.param(
            JOB.asking(pod_history_limit=0, ttl_after_finished=10.0),
            [0],
            SHORT,
            [*ATTEMPT, "delete pod", "delete job"],
            id="history and expiry: one each",
        ),
    ],
)
def test_the_writes_of_a_run_are_exactly(job: AJob, codes: list[int], running: float, writes: list[str]) -> None:
    model = from_a_start_long_ago(job)
    model.come_to_rest(*codes, running=running)
    assert model.server.writes == writes
    model.check()


def test_our_stop_of_a_pod_costs_two_writes() -> None:
    model = from_a_start_long_ago(JOB)
    is_cancelled_while_it_runs(model)
    assert model.server.writes == ["pod", "stop-reason", "delete pod", "status", "finalizer"]


def test_a_rerun_costs_one_write_and_one_for_its_dead_letter() -> None:
    model = from_a_start_long_ago(JOB)
    model.come_to_rest(64)
    model.server.writes.clear()
    model.server.edit_template()
    model.come_to_rest(0)
    assert model.server.writes == ["status", "pod", "redriven", "status", "finalizer"]


# --- crashes


def succeeds(model: Model) -> None:
    model.come_to_rest(0, running=LONG)


def fails_once(model: Model) -> None:
    model.come_to_rest(75, 0)


def runs_out_of_attempts(model: Model) -> None:
    model.come_to_rest(75, running=LONG)


def crashes_into_quarantine(model: Model) -> None:
    model.come_to_rest(70)


def is_cancelled_while_it_runs(model: Model) -> None:
    model.run_a_pod()
    model.server.edit(lambda job: job.cancelled())
    model.come_to_rest(0)


def is_suspended_and_resumed(model: Model) -> None:
    model.run_a_pod()
    model.server.edit(lambda job: job.suspended())
    model.come_to_rest(0)
    model.server.edit(lambda job: job.resumed())
    model.come_to_rest(0)


def is_disrupted(model: Model) -> None:
    model.run_a_pod()
    model.moves["delete pod"](1)
    model.come_to_rest(0)


def dies_is_fixed_and_succeeds(model: Model) -> None:
    model.come_to_rest(64)
    model.server.edit_template()
    model.come_to_rest(0)


def is_past_its_total(model: Model) -> None:
    model.server.edit(lambda job: job.edited(timeouts={"attempt": 60.0, "total": 30.0}))
    model.come_to_rest(75, running=100.0)


SCENARIOS: list[Callable[[Model], None]] = [
    succeeds,
    fails_once,
    runs_out_of_attempts,
    crashes_into_quarantine,
    is_cancelled_while_it_runs,
    is_suspended_and_resumed,
    is_disrupted,
    dies_is_fixed_and_succeeds,
    is_past_its_total,
]


def outcome(model: Model) -> object:
    """Return what a crash must not change."""
    job = model.server.job
    assert job is not None
    status = job.status
    entries = [(a.number, a.rule, a.exit_code, a.counted, a.pod_name) for a in status.attempts]
    letters = sorted((x.name, x.redrives, x.phase) for x in model.server.letters.values())
    pods = sorted(p.name for p in model.server.pods.values())
    return status.phase, status.reason, status.counters, entries, letters, pods


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda it: it.__name__)
def test_a_crash_before_or_after_any_write_changes_nothing_of_the_outcome(scenario: Callable[[Model], None]) -> None:
    undisturbed = from_a_start_long_ago(JOB)
    scenario(undisturbed)
    undisturbed.check()
    expected = outcome(undisturbed)
    for write in range(1, undisturbed.operator.sent + 1):
        for after in (False, True):
            model = from_a_start_long_ago(JOB)
            model.operator.dies_at, model.operator.dies_after = write, after
            scenario(model)
            model.check()
            assert model.operator.dies_at == 0, "it did not die"
            assert outcome(model) == expected, f"died {'after' if after else 'before'} write {write}"
