import pytest

from queuedjob.controllers.job.blind_reads import BlindReads
from queuedjob.policy.facts import JobId
from tests.virtual_loop import VirtualClock

J = JobId("default", "j-uid")
PODS = ("a", "b")


async def reads_until(seconds: float, reads: BlindReads, clock: VirtualClock) -> list[float]:
    """Return when pod `a` is read, in seconds from now, if each read comes as soon as it is due."""
    begin, at = clock.monotonic(), list[float]()
    while clock.monotonic() - begin < seconds:
        if "a" in reads.due(J, PODS):
            at.append(clock.monotonic() - begin)
        left = reads.left(J)
        assert left is not None
        await clock.sleep(left)
    return at


async def test_the_wait_for_the_next_read_of_a_pod_doubles_up_to_five_minutes() -> None:
    clock = VirtualClock()
    at = await reads_until(1600, BlindReads(clock), clock)
    assert [round(each) for each in at] == [5, 15, 35, 75, 155, 315, 615, 915, 1215, 1515]


async def test_a_look_between_two_reads_neither_brings_one_forward_nor_puts_one_off() -> None:
    clock = VirtualClock()
    reads = BlindReads(clock)
    assert reads.due(J, PODS) == frozenset()
    await clock.sleep(4)
    assert reads.due(J, PODS) == frozenset()
    assert reads.left(J) == pytest.approx(1)
    await clock.sleep(1.001)
    assert reads.due(J, PODS) == {"a", "b"}
    assert reads.due(J, PODS) == frozenset()


async def test_a_pod_that_comes_later_is_read_soon_whatever_the_others_wait() -> None:
    clock = VirtualClock()
    reads = BlindReads(clock)
    await reads_until(100, reads, clock)
    reads.due(J, (*PODS, "late"))
    assert reads.left(J) == pytest.approx(5)


async def test_a_pod_that_is_concerned_no_longer_is_forgotten() -> None:
    clock = VirtualClock()
    reads = BlindReads(clock)
    await reads_until(100, reads, clock)
    assert reads.due(J, ()) == frozenset()
    assert (reads.left(J), len(reads)) == (None, 0)
