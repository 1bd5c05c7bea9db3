from typing import Never

import pytest

from queuedjob.controllers.job.late_posts import LatePosts
from queuedjob.policy.facts import JobId
from queuedjob.policy.job.inputs import Late
from tests.virtual_loop import VirtualClock

BOUND = 20.0
JOB = JobId("default", "j-uid")
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
        return self.late.of(JOB)


async def test_pod_names_stay_occupied_for_the_bound_after_a_start() -> None:
    it = Waiting()
    assert it.late.of(JOB).occupied_for == pytest.approx(BOUND)
    assert (await it.pass_(15)).occupied_for == pytest.approx(5)
    await it.settle()
    assert it.late.of(JOB) == Late(occupied_for=0.0, listed=True, lost=frozenset())


async def test_no_pod_is_surely_absent_before_a_list_that_began_after_the_start_bound() -> None:
    it = Waiting()
    it.listed = it.clock.monotonic() + BOUND - 1
    late = await it.pass_(BOUND + 100)
    assert (late.listed, late.surely_absent("j-1")) == (False, False)
    assert late.occupied_for > 0
    it.listed = it.late.start_bound
    assert it.late.of(JOB).surely_absent("j-1")


async def test_a_lost_post_occupies_its_jobs_pod_names_for_the_bound() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost(JOB, HOME, "j-1")
    late = await it.pass_(12)
    assert late.occupied_for == pytest.approx(8)
    assert it.late.of(JobId("default", "other-uid")).occupied_for == 0


async def test_the_end_of_the_bound_alone_does_not_confirm_that_a_pod_is_absent() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost(JOB, HOME, "j-1")
    late = await it.pass_(BOUND + 1)
    assert late.occupied_for == 0
    assert (late.surely_absent("j-1"), late.surely_absent("j-2")) == (False, True)


async def test_a_get_that_was_sent_before_the_bound_does_not_confirm_that_a_pod_is_absent() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost(JOB, HOME, "j-1")
    asked_at = it.clock.monotonic() + BOUND - 1
    await it.pass_(BOUND + 1)
    it.late.absent(JOB, "j-1", asked_at)
    assert not it.late.of(JOB).surely_absent("j-1")


async def test_a_get_that_was_sent_after_the_bound_confirms_that_a_pod_is_absent() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost(JOB, HOME, "j-1")
    await it.pass_(BOUND + 1)
    it.late.absent(JOB, "j-1", it.clock.monotonic())
    assert it.late.of(JOB).surely_absent("j-1")


async def test_a_post_that_is_lost_again_starts_the_bound_again() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost(JOB, HOME, "j-1")
    await it.pass_(15)
    it.late.lost(JOB, HOME, "j-1")
    assert it.late.of(JOB).occupied_for == pytest.approx(BOUND)


async def test_a_lost_post_whose_pod_was_seen_is_forgotten_after_the_bound() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost(JOB, HOME, "j-1")
    assert it.late.of(JOB, {"j-1"}).lost == {"j-1"}
    await it.pass_(BOUND + 1)
    assert it.late.of(JOB, {"j-1"}).lost == frozenset()


async def test_a_later_job_of_the_same_name_waits_for_the_lost_posts_of_the_earlier_job() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost(JOB, HOME, "j-1")
    assert it.late.of_predecessors(HOME, JobId("default", "new-uid")) == pytest.approx(BOUND)
    assert it.late.of_predecessors(HOME, JOB) == 0
    assert it.late.of_predecessors(("default", "other"), JobId("default", "new-uid")) == 0
    await it.pass_(BOUND + 1)
    assert it.late.of_predecessors(HOME, JobId("default", "new-uid")) <= 0


async def test_a_post_that_may_arrive_late_is_not_forgotten_with_its_job() -> None:
    it = Waiting()
    await it.settle()
    it.late.lost(JOB, HOME, "j-1")
    assert it.late.forget(JOB) == pytest.approx(BOUND)
    assert it.late.of(JOB).lost == {"j-1"}
    await it.pass_(BOUND + 1)
    assert it.late.forget(JOB) == 0
    assert it.late.of(JOB).lost == frozenset()
    assert len(it.late) == 0


async def test_only_the_lost_posts_of_jobs_of_its_name_are_looked_at_for_a_job() -> None:
    """Each plan asks. An outage loses the POSTs of thousands of jobs."""
    it = Waiting()
    await it.settle()
    for number in range(100):
        it.late.lost(JobId("default", f"{number}-uid"), ("default", f"j{number}"), f"j{number}-1")
    looked_at: list[JobId] = []

    class Told(dict[JobId, object]):
        def __getitem__(self, job: JobId) -> object:
            looked_at.append(job)
            return super().__getitem__(job)

        def values(self) -> Never:
            raise AssertionError("all lost POSTs were walked")

        items = values

    it.late._lost = Told(it.late._lost)  # type: ignore[assignment]
    assert it.late.of_predecessors(("default", "j7"), JobId("default", "new-uid")) == pytest.approx(BOUND)
    assert looked_at == [JobId("default", "7-uid")]
