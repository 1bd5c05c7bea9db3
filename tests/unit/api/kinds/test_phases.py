import pytest

from queuedjob.api.kinds import queuedjob_phases as phases

FINAL = {"Succeeded", "DeadLettered", "Quarantined", "Cancelled"}


@pytest.mark.parametrize("phase", ["Pending", "Waiting", "Running", ""])
def test_a_job_that_goes_on_has_not_ended(phase: str) -> None:
    assert not phases.is_terminal(phase)


@pytest.mark.parametrize("phase", sorted(FINAL))
def test_a_job_of_a_final_phase_has_ended(phase: str) -> None:
    assert phases.is_terminal(phase)


def test_only_dead_jobs_owe_a_letter() -> None:
    assert sorted(phases.DEAD) == ["DeadLettered", "Quarantined"]


def test_the_phases_that_programs_read_stay_as_they_are() -> None:
    assert phases.TERMINAL == FINAL
    assert {"Pending", "Waiting", "Running"} == {phases.PENDING, phases.WAITING, phases.RUNNING}
