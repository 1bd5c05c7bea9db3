from queuedjob.ports import Clock, Random
from queuedjob.runtime.clock import RealClock, RealRandom


def test_the_real_clock_does_not_go_back() -> None:
    clock: Clock = RealClock()
    first, second = clock.monotonic(), clock.monotonic()
    assert second >= first
    assert clock.wall() > 1_700_000_000


async def test_the_real_clock_sleeps() -> None:
    clock = RealClock()
    await clock.sleep(0)


def test_real_random_numbers_have_both_signs() -> None:
    dice: Random = RealRandom()
    thrown = [dice.spread() for _ in range(200)]
    assert -1 <= min(thrown) < 0 < max(thrown) <= 1
