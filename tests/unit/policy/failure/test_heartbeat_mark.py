import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.failure.heartbeat_mark import mark, read_mark


def test_the_mark_says_how_long_the_silence_was() -> None:
    assert mark(90) == "queuedjob: no heartbeat for 1m30s"


@pytest.mark.parametrize(
    ("message", "silence", "rest"),
    [
        pytest.param("", "", "", id="nothing"),
        pytest.param("done\n", "", "done\n", id="no mark"),
        pytest.param(mark(30), "30s", "", id="alone"),
        pytest.param(f'{{"progress": 1}}\n{mark(30)}\n', "30s", '{"progress": 1}\n', id="after what the job said"),
        pytest.param(f"{mark(2)}\nbye\n", "2s", "bye\n", id="and the job went on"),
        pytest.param(f"\n{mark(3)}\n\n{mark(3)}\n", "3s", "\n\n", id="twice"),
        pytest.param(f"I saw {mark(3)}", "", f"I saw {mark(3)}", id="within a line"),
        pytest.param(f"{mark(3)} or so", "", f"{mark(3)} or so", id="a line that goes on"),
        pytest.param("queuedjob: no heartbeat for ever", "", "queuedjob: no heartbeat for ever", id="for no time"),
        pytest.param("queuedjob: no heartb\nx", "", "queuedjob: no heartb\nx", id="half written over"),
    ],
)
def test_a_mark_is_a_line_of_its_own(message: str, silence: str, rest: str) -> None:
    assert read_mark(message) == (silence, rest)


@given(st.text(), st.floats(0.001, 1e8), st.text())
def test_a_mark_is_found_and_removed_whatever_is_around_it(before: str, silence: float, after: str) -> None:
    line = mark(silence)
    found, rest = read_mark(f"{before}\n{line}\n{after}")
    assert found == line.removeprefix("queuedjob: no heartbeat for ")
    assert rest == f"{before}\n{after}"
