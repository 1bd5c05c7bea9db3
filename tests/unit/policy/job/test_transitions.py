import pytest

from queuedjob.api.kinds.queuedjob_phases import TERMINAL
from tests.transitions import written_transitions

UNFINISHED = ("Pending", "Waiting", "Running")

TABLE = {
    *((before, after) for before in UNFINISHED for after in TERMINAL),
    ("Pending", "Waiting"),
    ("Pending", "Running"),
    ("Waiting", "Running"),
    ("Running", "Waiting"),
    ("DeadLettered", "Waiting"),
    ("Quarantined", "Waiting"),
}


def test_the_code_writes_these_transitions_and_no_others() -> None:
    assert written_transitions() == TABLE


@pytest.mark.parametrize("phase", ["Succeeded", "Cancelled"])
def test_good_ends_are_for_ever(phase: str) -> None:
    assert [after for before, after in written_transitions() if before == phase] == []
