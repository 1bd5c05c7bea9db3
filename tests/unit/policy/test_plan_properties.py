"""Promises that hold whatever happens, in whatever order (docs/protocol.md), in a world in small."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import AJob, a_job
from tests.transitions import written_transitions
from tests.world.world import World, lived

JOBS = st.builds(
    lambda total, ttl, history, attempts: a_job().asking(
        retry={"max_attempts": attempts, "max_disruptions": 4, "backoff": {"initial": 2.0}},
        timeouts={"attempt": 60.0, "total": total},
        poison_pill={"crashes": 2, "window": 600.0},
        pod_history_limit=history,
        ttl_after_finished=ttl,
    ),
    total=st.sampled_from([None, None, 300.0]),
    ttl=st.sampled_from([None, None, 50.0]),
    history=st.integers(0, 2),
    attempts=st.integers(1, 3),
)
LATE, EXITS_75, EXITS_64 = 4, 2, 3  # which of the move's kinds
FREED = [("strip finalizer", 0), ("operator", 0), ("delete pod", 1)]
OFTEN = ["operator"] * 3 + ["operator works"] * 3 + ["watch", "watches catch up", "kubelet", "kubelet", "kubelet"]
NAMES = st.sampled_from(OFTEN + [name for name in World(a_job()).moves if name not in OFTEN])
MOVES = st.lists(st.tuples(NAMES, st.integers(0, 41)), max_size=60)
WORKS = ("operator works", 8)
RUNS = [("kubelet", 0), ("kubelet", 0)]
TWICE_ASKED_FOR = [("operator", LATE), ("time", 1), ("operator", 0), *RUNS]
BEGINNINGS = st.sampled_from(
    [
        [],
        [],
        [("operator", 0), *RUNS, ("watches catch up", 0)],
        [("operator", 0), *RUNS, ("kubelet", EXITS_64), ("watches catch up", 0), WORKS, ("fix", 0), ("operator", 0)],
        # The name comes free again, and the first POST arrives after all: a stray in a life that goes on ...
        [*TWICE_ASKED_FOR, ("kubelet", EXITS_75), ("watches catch up", 0), *FREED, ("late request", 0)],
        # ... and one of a life that is over, with another to come.
        [*TWICE_ASKED_FOR, ("kubelet", EXITS_64), ("watches catch up", 0), *FREED, ("late request", 0), WORKS],
    ]
)
CODES = st.sampled_from([0, 1, 64, 75])


@settings(max_examples=150, deadline=None)
@given(JOBS, BEGINNINGS, MOVES, CODES)
def test_whatever_happens_no_work_is_lost_or_doubled(
    job: AJob, beginning: list[tuple[str, int]], moves: list[tuple[str, int]], exit_code: int
) -> None:
    world = lived(job, [*beginning, *moves], exit_code)
    assert world.server.ledger.transitions <= written_transitions()
