import pytest

from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.policy.job.inputs import Late
from tests.virtual_loop import VirtualClock

BOUND = 20.0
HOME = ("default", "j")


class Waiting:
    """An operator that has just started, and the time of its last LIST of pods."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.listed = -1.0
        self.late = LatePosts(self.clock, BOUND, lambda since: self.listed >= since)

    async def settle(self) -> None:
        """Wait until no POST of a predecessor can arrive any more, and a later LIST has shown all pods."""
        await self.clock.sleep(BOUND)
        self.listed = self.clock.monotonic()

    async def pass_(self, seconds: float) -> Late:
        await self.clock.sleep(seconds)
        return self.late.of("j-uid")


async def test_pod_names_stay_occupied_for_the_bound_after_a_start() -> None:
    it = Waiting()
    assert it.late.of("j-uid").occupied_for == pytest.approx(BOUND)
    assert (await it.pass_(15)).occupied_for == pytest.approx(5)
    await it.settle()
    assert it.late.of("j-uid") == Late(occupied_for=0.0, listed=True, lost=frozenset())


async def test_no_pod_is_surely_absent_before_a_list_that_began_after_the_start_bound() -> None:
    it = Waiting()
    it.listed = it.clock.monotonic() + BOUND - 1
    late = await it.pass_(BOUND + 100)
    assert (late.listed, late.surely_absent("j-1")) == (False, False)
    assert late.occupied_for > 0
    it.listed = it.late.start_bound
    assert it.late.of("j-uid").surely_absent("j-1")


async def test_a_lost_post_occupies_its_jobs_pod_names_for_the_bound() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost("j-uid", HOME, "j-1")
    late = await it.pass_(12)
    assert late.occupied_for == pytest.approx(8)
    assert it.late.of("other-uid").occupied_for == 0


async def test_the_end_of_the_bound_alone_does_not_confirm_that_a_pod_is_absent() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost("j-uid", HOME, "j-1")
    late = await it.pass_(BOUND + 1)
    assert late.occupied_for == 0
    assert (late.surely_absent("j-1"), late.surely_absent("j-2")) == (False, True)


async def test_a_get_that_was_sent_before_the_bound_does_not_confirm_that_a_pod_is_absent() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost("j-uid", HOME, "j-1")
    asked_at = it.clock.monotonic() + BOUND - 1
    await it.pass_(BOUND + 1)
    it.late.absent("j-uid", "j-1", asked_at)
    assert not it.late.of("j-uid").surely_absent("j-1")


async def test_a_get_that_was_sent_after_the_bound_confirms_that_a_pod_is_absent() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost("j-uid", HOME, "j-1")
    await it.pass_(BOUND + 1)
    it.late.absent("j-uid", "j-1", it.clock.monotonic())
    assert it.late.of("j-uid").surely_absent("j-1")


async def test_a_post_that_is_lost_again_starts_the_bound_again() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost("j-uid", HOME, "j-1")
    await it.pass_(15)
    it.late.lost("j-uid", HOME, "j-1")
    assert it.late.of("j-uid").occupied_for == pytest.approx(BOUND)


async def test_a_lost_post_whose_pod_was_seen_is_forgotten_after_the_bound() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost("j-uid", HOME, "j-1")
    assert it.late.of("j-uid", {"j-1"}).lost == {"j-1"}
    await it.pass_(BOUND + 1)
    assert it.late.of("j-uid", {"j-1"}).lost == frozenset()


async def test_a_later_job_of_the_same_name_waits_for_the_lost_posts_of_the_earlier_job() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost("j-uid", HOME, "j-1")
    assert it.late.of_predecessors(HOME, "new-uid") == pytest.approx(BOUND)
    assert it.late.of_predecessors(HOME, "j-uid") == 0
    assert it.late.of_predecessors(("default", "other"), "new-uid") == 0
    await it.pass_(BOUND + 1)
    assert it.late.of_predecessors(HOME, "new-uid") <= 0


async def test_a_post_that_may_arrive_late_is_not_forgotten_with_its_job() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost("j-uid", HOME, "j-1")
    it.late.forget("j-uid")
    assert it.late.of("j-uid").lost == {"j-1"}
    await it.pass_(BOUND + 1)
    it.late.forget("j-uid")
    assert it.late.of("j-uid").lost == frozenset()
