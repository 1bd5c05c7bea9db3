"""What a life costs in writes, exactly (protocol: Budget), and what a crash at each of them changes: nothing."""

from collections.abc import Callable

import pytest

from tests.builders import NOON, AJob, a_job, seconds
from tests.model.model import World

JOB = a_job().asking(retry={"max_attempts": 3}, timeouts={"attempt": 60.0})
SHORT, LONG = 0.0, 3.0
"""Seconds that a pod runs: under what is worth showing, and over."""


def from_a_start_long_ago(job: AJob) -> World:
    """The operator has been there for a while: nothing of a predecessor's can be late."""
    world = World(job)
    world.server.clock = 100.0
    world.operator.memory.list_pods()
    return world


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
def test_what_a_life_costs(job: AJob, codes: list[int], running: float, writes: list[str]) -> None:
    world = from_a_start_long_ago(job)
    world.come_to_rest(*codes, running=running)
    assert world.server.writes == writes
    world.check()


def test_a_stop_of_ours_costs_two() -> None:
    world = from_a_start_long_ago(JOB)
    is_cancelled_while_it_runs(world)
    assert world.server.writes == ["pod", "stop-reason", "delete pod", "status", "finalizer"]


def test_a_rerun_costs_one_and_one_for_its_letter() -> None:
    world = from_a_start_long_ago(JOB)
    world.come_to_rest(64)
    world.server.writes.clear()
    world.server.edit_template()
    world.come_to_rest(0)
    assert world.server.writes == ["status", "pod", "redriven", "status", "finalizer"]


# --- crashes


def succeeds(world: World) -> None:
    world.come_to_rest(0, running=LONG)


def fails_once(world: World) -> None:
    world.come_to_rest(75, 0)


def runs_out_of_attempts(world: World) -> None:
    world.come_to_rest(75, running=LONG)


def crashes_into_quarantine(world: World) -> None:
    world.come_to_rest(70)


def is_cancelled_while_it_runs(world: World) -> None:
    world.run_a_pod()
    world.server.edit(lambda job: job.cancelled())
    world.come_to_rest(0)


def is_suspended_and_resumed(world: World) -> None:
    world.run_a_pod()
    world.server.edit(lambda job: job.suspended())
    world.come_to_rest(0)
    world.server.edit(lambda job: job.resumed())
    world.come_to_rest(0)


def is_disrupted(world: World) -> None:
    world.run_a_pod()
    world.moves["delete pod"](1)
    world.come_to_rest(0)


def dies_is_fixed_and_succeeds(world: World) -> None:
    world.come_to_rest(64)
    world.server.edit_template()
    world.come_to_rest(0)


def is_past_its_total(world: World) -> None:
    world.server.edit(lambda job: job.edited(timeouts={"attempt": 60.0, "total": 30.0}))
    world.come_to_rest(75, running=100.0)


SCENARIOS: list[Callable[[World], None]] = [
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


def outcome(world: World) -> object:
    """What a crash must not change."""
    job = world.server.job
    assert job is not None
    status = job.status
    entries = [(a.number, a.rule, a.exit_code, a.counted, a.pod_name) for a in status.attempts]
    letters = sorted((x.name, x.redrives, x.phase) for x in world.server.letters.values())
    pods = sorted(p.name for p in world.server.pods.values())
    return status.phase, status.reason, status.counters, entries, letters, pods


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda it: it.__name__)
def test_a_crash_before_or_after_any_write_changes_nothing_of_the_outcome(scenario: Callable[[World], None]) -> None:
    undisturbed = from_a_start_long_ago(JOB)
    scenario(undisturbed)
    undisturbed.check()
    expected = outcome(undisturbed)
    for write in range(1, undisturbed.operator.sent + 1):
        for after in (False, True):
            world = from_a_start_long_ago(JOB)
            world.operator.dies_at, world.operator.dies_after = write, after
            scenario(world)
            world.check()
            assert world.operator.dies_at == 0, "it did not die"
            assert outcome(world) == expected, f"died {'after' if after else 'before'} write {write}"
