from datetime import timedelta

import pytest

from queuedjob.controllers.job.refusals import Refusals
from queuedjob.policy.facts import JobId
from queuedjob.policy.job.inputs import Refusal, RefusalKind
from tests.builders import NOON, seconds
from tests.virtual_loop import SteadyRandom, VirtualClock

JOB = JobId("default", "u")


class Refused:
    """A job whose pod is refused again and again."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.refusals: Refusals[JobId] = Refusals(self.clock, SteadyRandom())
        self.times = 0

    def again(
        self, kind: RefusalKind = RefusalKind.WAIT, *, generation: int = 1, retry_after: float = 0, words: str = "no"
    ) -> Refusal:
        """Refuse once more, one second after the refusal before. Return the current refusal."""
        now = NOON + seconds(self.times)
        self.times += 1
        self.refusals.note(JOB, generation, kind, "QuotaExceeded", words, now, retry_after=retry_after)
        return self.standing()

    def standing(self) -> Refusal:
        found = self.refusals.of(JOB)
        assert found is not None
        return found


async def test_the_backoff_of_a_lasting_refusal_doubles_to_its_cap() -> None:
    it = Refused()
    pauses = [round(it.again().retry_in, 1) for _ in range(9)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


async def test_a_namespace_that_goes_is_tried_ever_more_seldom() -> None:
    it = Refused()
    pauses = [round(it.again(RefusalKind.NAMESPACE_GOING).retry_in, 1) for _ in range(12)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


async def test_a_lasting_refusal_keeps_its_first_time_and_its_last_message() -> None:
    it = Refused()
    it.again(words="first")
    last = it.again(words="last")
    assert (last.since, last.message) == (NOON, "last")


@pytest.mark.parametrize(
    ("kind", "generation"),
    [
        pytest.param(RefusalKind.RETRY, 1, id="of another kind"),
        pytest.param(RefusalKind.WAIT, 2, id="of another generation"),
    ],
)
async def test_a_refusal_of_another_kind_or_generation_starts_a_new_backoff(kind: RefusalKind, generation: int) -> None:
    it = Refused()
    for _ in range(5):
        it.again()
    other = it.again(kind, generation=generation)
    assert (other.since, other.generation) == (NOON + seconds(5), generation)
    assert other.retry_in == pytest.approx(0.5)


async def test_the_pause_that_the_api_server_asks_for_is_the_shortest_backoff() -> None:
    assert Refused().again(retry_after=7).retry_in == pytest.approx(7)
    assert Refused().again(retry_after=0.1).retry_in == pytest.approx(0.5)


async def test_of_what_was_asked_for_the_last_refusal_counts() -> None:
    refusals: Refusals[JobId] = Refusals(VirtualClock(), SteadyRandom())
    for kind, asked in ((RefusalKind.INVALID, ""), (RefusalKind.INVALID, "first"), (RefusalKind.RETRY, "second")):
        refusals.note(JOB, 1, kind, "Invalid", "no", NOON, retry_now=asked)
        found = refusals.of(JOB)
        assert found is not None
        assert found.retry_now == asked


async def test_the_wait_of_a_refusal_shrinks_to_zero_with_time() -> None:
    it = Refused()
    it.again(retry_after=7)
    await it.clock.sleep(5)
    assert it.standing().retry_in == pytest.approx(2)
    await it.clock.sleep(50)
    assert it.standing().retry_in == 0


async def test_a_forgotten_refusal_is_gone_and_the_next_one_starts_anew() -> None:
    it = Refused()
    it.again()
    it.refusals.forget(JOB)
    assert it.refusals.of(JOB) is None
    assert it.again().since == NOON + seconds(1)


async def test_an_answer_that_decides_nothing_does_not_end_what_is_called_invalid() -> None:
    refusals: Refusals[str] = Refusals(VirtualClock(), SteadyRandom())
    refusals.note("j", 1, RefusalKind.INVALID, "PodRejected", "no", NOON)
    refusals.note("j", 1, RefusalKind.RETRY, "ApiServerUnavailable", "busy", NOON + timedelta(seconds=30))
    refusals.note("j", 1, RefusalKind.INVALID, "PodRejected", "no", NOON + timedelta(seconds=60))
    found = refusals.of("j")
    assert found is not None
    assert (found.kind, found.confirmed_for) == (RefusalKind.INVALID, 60)
    refusals.note("j", 2, RefusalKind.RETRY, "ApiServerUnavailable", "busy", NOON + timedelta(seconds=61))
    edited = refusals.of("j")
    assert edited is not None
    assert (edited.kind, edited.generation) == (RefusalKind.RETRY, 2)
