import pytest

from queuedjob.policy.deadletter.phase import phase_of
from tests.builders import a_job


@pytest.mark.parametrize(
    ("phase", "resolved", "next_phase"),
    [
        pytest.param("Dead", False, "Dead", id="nobody has looked at it"),
        pytest.param("Dead", True, "Resolved", id="somebody resolved it"),
        pytest.param("Resolved", True, "Resolved", id="it stays resolved"),
        pytest.param("Resolved", False, "Dead", id="the resolution was taken back"),
        pytest.param("Redriven", False, "Redriven", id="a rerun is for good"),
        pytest.param("Redriven", True, "Redriven", id="whatever is written on it later"),
        pytest.param("", False, "Dead", id="it has no status yet"),
    ],
)
def test_a_dead_letter_follows_spec_resolution_until_its_job_runs_again(
    phase: str, *, resolved: bool, next_phase: str
) -> None:
    assert phase_of(a_job().letter(phase=phase, resolved=resolved)) == next_phase
