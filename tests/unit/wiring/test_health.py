"""Liveness and readiness."""

import pytest

from queuedjob.health import Health
from queuedjob.kube.client.observed import Exchange
from queuedjob.runtime.pacing import Gate
from tests.virtual_loop import SteadyRandom, VirtualClock, advance


class Queue:
    """Stands for the workqueue: how many keys are due, and how many of them wait only for a worker."""

    def __init__(self, due: int, startable: int) -> None:
        self.due = due
        self.startable = startable

    def __len__(self) -> int:
        return self.due


def health(queue: Queue, gate: Gate | None = None, *, has_time: bool = True) -> Health:
    clock = VirtualClock()
    made = Health(clock, gate or Gate(clock, SteadyRandom()), lambda: queue, dict, lambda: has_time)
    made.started = True
    return made


@pytest.mark.parametrize(
    ("due", "startable", "seconds", "alive"),
    [
        pytest.param(9, 9, 119, True, id="keys may wait for a while"),
        pytest.param(9, 9, 121, False, id="no key gets a worker"),
        pytest.param(9, 0, 121, True, id="the calls of one namespace hang, and its own keys wait for them"),
        pytest.param(9, 0, 901, False, id="calls hang for longer than any call can"),
        pytest.param(0, 0, 9000, True, id="nothing is due"),
    ],
)
async def test_an_operator_is_stuck_if_no_key_gets_a_worker(
    due: int,
    startable: int,
    seconds: float,
    alive: bool,  # noqa: FBT001 - a column of the table
) -> None:
    it = health(Queue(due, startable))
    await advance(seconds)
    assert (not it.liveness_problems()) == alive


async def test_a_pause_that_the_api_server_asks_for_is_no_reason_for_a_restart() -> None:
    gate = Gate(VirtualClock(), SteadyRandom())
    it = health(Queue(9, 9), gate)
    await advance(125)
    gate.answered(429, 5)
    assert it.liveness_problems() == []


async def test_an_answer_makes_the_operator_ready_again() -> None:
    it = health(Queue(0, 0))
    await advance(31)
    assert it.readiness_problems() == ["the API server has not answered for 31 s"]
    now = VirtualClock().monotonic()
    it.exchanged(Exchange("get", "pods", 200, now, now, ""))
    assert it.readiness_problems() == []


@pytest.mark.parametrize(
    ("code", "seconds", "problem"),
    [
        pytest.param(403, 29, "", id="another namespace may serve it"),
        pytest.param(403, 31, "the API server has refused every request for 31 s, the last with 403 to list pods"),
        pytest.param(401, 40, "the API server has refused every request for 40 s, the last with 401 to list pods"),
        pytest.param(500, 31, "the API server has not answered for 31 s", id="it serves nothing"),
        pytest.param(0, 31, "the API server has not answered for 31 s", id="no answer"),
    ],
)
async def test_an_api_server_that_refuses_every_request_is_named_where_the_operator_is_not_ready(
    code: int, seconds: int, problem: str
) -> None:
    it = health(Queue(0, 0))
    await advance(seconds)
    now = VirtualClock().monotonic()
    it.exchanged(Exchange("list", "pods", 403, now, now, ""))
    it.exchanged(Exchange("list", "pods", code, now, now, ""))
    assert it.readiness_problems() == [problem] * bool(problem)


async def test_an_api_server_whose_answers_tell_no_time_makes_the_operator_not_ready() -> None:
    it = health(Queue(0, 0), has_time=False)
    await advance(31)
    now = VirtualClock().monotonic()
    it.exchanged(Exchange("get", "pods", 200, now, now, ""))
    (problem,) = it.readiness_problems()
    assert problem.startswith("the API server's time has been unknown for 31 s, and no job is worked on")
