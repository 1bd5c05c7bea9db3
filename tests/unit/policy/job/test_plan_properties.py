"""Test the promises (docs/protocol.md) with random events in a random order, in a small simulation."""

from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import AJob, a_job
from tests.model.model import Model, Move, run_moves
from tests.transitions import written_transitions

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
CATCH_UP, WORKS = ("watches catch up", 0), ("operator works", 8)
LATE, EXITS_75, EXITS_64 = 4, 2, 3  # the variant of a move
SUSPEND, RESUME, CANCEL, ONE_ATTEMPT = 0, 1, 3, 4
A_PAUSE, THE_BOUND = 2, 4
RUNS = [("operator", 0), ("kubelet", 0), ("kubelet", 0), CATCH_UP]
ASKED_FOR_TWICE = [("operator", LATE), ("time", 1), *RUNS]
FREED = [("strip finalizer", 0), ("operator", 0), ("delete pod", 1)]

PHRASES: list[list[Move]] = [
    RUNS,
    ASKED_FOR_TWICE,
    [("operator", LATE)],
    [("kubelet", EXITS_64), CATCH_UP, WORKS],
    [("kubelet", EXITS_75), CATCH_UP, WORKS, ("time", A_PAUSE)],
    [("kubelet", EXITS_75), CATCH_UP, *FREED, ("time", A_PAUSE)],
    [("kubelet", EXITS_64), CATCH_UP, *FREED, WORKS],
    [("delete pod", 0), CATCH_UP, ("operator", 0)],
    [("delete pod", 1), CATCH_UP],
    [("late request", 0), CATCH_UP],
    [("time", THE_BOUND), ("list", 0)],
    [("edit", SUSPEND), CATCH_UP, ("operator", 0)],
    [("edit", RESUME), CATCH_UP, ("operator", 0)],
    [("edit", CANCEL), CATCH_UP, ("operator", 0)],
    [("edit", ONE_ATTEMPT), CATCH_UP, ("operator", 0)],
    [("fix", 0), CATCH_UP, WORKS],
    [("strip label", 0), CATCH_UP, ("operator", 0)],
    [("strip finalizer", 0), ("delete pod", 0), CATCH_UP],
    [("operator", 3), ("restart", 0)],
    [("restart", 2)],
]
"""Sequences of several moves, which random single moves would rarely produce."""

SINGLE = st.tuples(st.sampled_from(list(Model(a_job()).moves)), st.integers(0, 41)).map(lambda move: [move])
MOVES = st.lists(st.one_of(st.sampled_from(PHRASES), SINGLE), max_size=25).map(
    lambda parts: list(chain.from_iterable(parts))
)
CODES = st.sampled_from([0, 1, 64, 75])


@settings(max_examples=200, deadline=None)
@given(JOBS, MOVES, CODES)
def test_whatever_happens_no_work_is_lost_or_doubled(job: AJob, moves: list[Move], exit_code: int) -> None:
    model = run_moves(job, moves, exit_code)
    assert model.server.ledger.transitions <= written_transitions()
