import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.runtime.pacing import Gate, backoff
from tests.virtual_loop import SteadyRandom, VirtualClock, advance


def test_a_backoff_doubles_to_its_cap() -> None:
    delays = [backoff(n, first=0.1, longest=30, spread=1) for n in range(11)]
    assert delays == [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30]


@given(st.integers(1, 10_000), st.floats(-1, 1))
def test_a_backoff_with_jitter_is_between_half_and_all_of_its_full_length(failures: int, spread: float) -> None:
    full = backoff(failures, first=0.1, longest=30, spread=1)
    assert full / 2 <= backoff(failures, first=0.1, longest=30, spread=spread) <= full <= 30


class Gated:
    """A gate, and the moments at which requests pass it, in seconds from the test's start."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.gate = Gate(self.clock, SteadyRandom(1))
        self.start = self.clock.monotonic()

    async def request(self) -> float:
        await self.gate.enter()
        return self.clock.monotonic() - self.start

    async def requests(self, number: int) -> list[float]:
        return sorted(await asyncio.gather(*(self.request() for _ in range(number))))

    async def request_without_answer(self) -> float:
        moment = await self.request()
        self.gate.unanswered()
        return moment


async def test_an_open_gate_delays_no_request() -> None:
    gated = Gated()
    assert gated.gate.open
    assert await gated.requests(100) == [0] * 100


@pytest.mark.parametrize("status", [429, 503])
async def test_a_pause_that_the_api_server_asks_for_delays_all_requests(status: int) -> None:
    gated = Gated()
    gated.gate.answered(status, 7.0)
    gated.gate.answered(200, None)
    assert not gated.gate.open
    assert min(await gated.requests(10)) >= 7
    assert gated.gate.open


@pytest.mark.parametrize("status", [429, 503])
async def test_one_answer_delays_all_requests_for_half_a_minute_at_most(status: int) -> None:
    gated = Gated()
    gated.gate.answered(status, 600.0)
    assert await gated.request() <= 33


async def test_a_longer_pause_is_not_cut_by_a_shorter_one() -> None:
    gated = Gated()
    gated.gate.answered(429, 7.0)
    gated.gate.answered(429, 1.0)
    assert await gated.request() >= 7


async def test_a_429_without_retry_after_delays_no_other_request() -> None:
    gated = Gated()
    gated.gate.answered(429, None)
    assert await gated.request() == 0


async def test_few_failures_delay_no_request() -> None:
    gated = Gated()
    for _ in range(4):
        await gated.request_without_answer()
    gated.gate.answered(200, None)
    for _ in range(4):
        assert await gated.request_without_answer() == 0


@pytest.mark.parametrize("status", [0, 500, 504])
async def test_a_failing_api_server_is_asked_less_and_less_often(status: int) -> None:
    gated = Gated()
    moments = []
    for _ in range(14):
        moments.append(await gated.request())
        if status:
            gated.gate.answered(status, None)
        else:
            gated.gate.unanswered()
    gaps = [round(later - earlier, 3) for earlier, later in pairwise(moments)]
    assert gaps == [0, 0, 0, 0, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5, 5]


async def test_a_retry_after_with_a_500_delays_no_other_request() -> None:
    gated = Gated()
    gated.gate.answered(500, 60)
    assert await gated.request() == 0


async def test_requests_are_paced_while_an_earlier_request_hangs() -> None:
    gated = Gated()
    for _ in range(10):
        gated.gate.unanswered()
    moments = await gated.requests(4)
    assert [round(moment, 1) for moment in moments] == [5, 10, 15, 20]


async def test_many_waiting_requests_pass_the_gate_one_by_one() -> None:
    gated = Gated()
    for _ in range(5):
        gated.gate.unanswered()
    moments = await asyncio.gather(*(gated.request_without_answer() for _ in range(6)))
    gaps = [later - earlier for earlier, later in pairwise(sorted(moments))]
    assert min(gaps) >= 0.199


async def test_a_success_opens_the_gate_for_all_requests() -> None:
    gated = Gated()
    for _ in range(20):
        gated.gate.unanswered()
    waiting = asyncio.gather(*(gated.request() for _ in range(10)))
    await advance(1)
    gated.gate.answered(200, None)
    assert gated.gate.open
    assert max(await waiting) <= 1.51


async def test_a_refused_request_opens_the_gate() -> None:
    gated = Gated()
    for _ in range(20):
        gated.gate.unanswered()
    gated.gate.answered(403, None)
    assert await gated.request() == 0


async def test_a_request_cancelled_at_the_gate_does_not_block_the_next() -> None:
    gated = Gated()
    gated.gate.answered(429, 5)
    waiting = asyncio.create_task(gated.request())
    await advance(1)
    waiting.cancel()
    assert await gated.request() >= 5
