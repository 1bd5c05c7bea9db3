"""Standing for the Lease, renewing it, losing it, and giving it up."""

import re

from queuedjob.api.names import LATE_FOR
from queuedjob.policy.leadership.election import LONGEST
from tests.unit.leadership.candidates import PATH, Candidates
from tests.until import until
from tests.virtual_loop import advance


async def test_the_first_candidate_leads_and_the_second_does_not() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a, world.standing("b") as b:
        await advance(100)
        assert (a.works, b.works) == (True, False)
        assert (len(a.terms), len(b.terms)) == (1, 0)
        lease = world.lease
        assert lease is not None
        assert lease["spec"]["holderIdentity"] == a.terms[0].term.identity
        assert lease["spec"]["leaseDurationSeconds"] == 20
        assert lease["spec"]["leaseTransitions"] == 1
        assert lease["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "Helm"}, "the installation's"


async def test_a_term_is_renewed_every_two_seconds() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a:
        await advance(0.5)
        renewed = len(a.line.sent)
        await advance(20)
        assert len(a.line.sent) - renewed == 10
        assert a.terms[0].left() > 17


async def test_a_standby_leads_once_the_leader_has_been_silent_for_the_duration() -> None:
    world = Candidates()
    world.create()
    async with world.standing("b"):
        await advance(1)
        async with world.standing("c") as c:
            await advance(10)
            world.all[0].line.down = True
            silent = world.clock.monotonic()
            await until(lambda: c.works, "the standby leads", within=60)
            assert 18.0 <= world.clock.monotonic() - silent <= 25.0, "20 s after the last renewal"
            assert not world.all[0].works


async def test_a_term_ends_with_its_time_although_a_renewal_hangs() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a:
        await advance(1)
        a.line.hangs = 1000.0
        await until(lambda: not a.works, "the term is over", within=60)
        assert a.terms[0].left() <= 0
        a.line.hangs = 0.0
        await until(lambda: a.works, "the process leads again, without a restart", within=30)
        assert len(a.terms) == 2
        assert a.terms[1].term.continued
        assert a.terms[0].term.identity != a.terms[1].term.identity


async def test_a_released_lease_is_taken_within_three_seconds_and_says_what_may_be_late() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a, world.standing("b") as b:
        await advance(5)
        await a.leadership.release(7.5)
        released = world.clock.monotonic()
        await until(lambda: b.works, "the standby leads", within=30)
        assert world.clock.monotonic() - released <= 3.0
        assert not a.works
        late = b.terms[0].term.late_until
        assert late is not None
        assert released + 7.5 <= late <= world.clock.monotonic() + 7.5
        lease = world.lease
        assert lease is not None
        assert LATE_FOR not in lease["metadata"].get("annotations", {}), "it was about the term before"


async def test_a_process_that_gave_the_lease_up_does_not_take_it_again() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a:
        await advance(5)
        await a.leadership.release(0.0)
        await advance(100)
        assert not a.works
        assert world.lease is not None
        assert world.lease["spec"]["holderIdentity"] == ""


async def test_a_release_that_is_refused_leaves_the_lease_to_its_time() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a, world.standing("b") as b:
        await advance(5)
        a.line.down = True
        await a.leadership.release(0.0)
        gone = world.clock.monotonic()
        await until(lambda: b.works, "the standby leads", within=60)
        assert world.clock.monotonic() - gone > 15


async def test_after_a_deletion_nobody_works_for_the_longest_duration() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a:
        await advance(5)
        world.delete()
        deleted = world.clock.monotonic()
        await until(lambda: not a.works, "the holder has seen it", within=5)
        await until(lambda: a.works, "a process works again", within=100)
        assert world.clock.monotonic() - deleted >= LONGEST
        await advance(10)
        lease = world.lease
        assert lease is not None
        assert not lease["metadata"].get("annotations"), "a term has been quiet for long enough"


async def test_a_lease_that_somebody_deletes_before_its_first_term_is_created() -> None:
    world = Candidates()
    async with world.standing("a") as a:
        await until(lambda: a.works, "it leads", within=100)
        lease = world.lease
        assert lease is not None
        assert lease["metadata"]["labels"] == {"app.kubernetes.io/part-of": "queuedjob"}


async def test_a_holder_whose_name_was_overwritten_stops_within_two_seconds() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a:
        await advance(5)
        world.edit(lambda lease: lease["spec"].update(holderIdentity="c"))
        await until(lambda: not a.works, "its term is over", within=3)
        await until(lambda: a.works, "it leads again once nobody has renewed", within=30)
        assert not a.terms[1].term.continued


async def test_a_holder_goes_on_where_another_client_only_adds_a_label() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a:
        await advance(5)
        world.edit(lambda lease: lease["metadata"].update(labels={"team": "x"}))
        await advance(60)
        assert len(a.terms) == 1
        assert a.works
        assert world.lease is not None
        assert world.lease["metadata"]["labels"] == {"team": "x"}


async def test_a_term_that_admission_has_refused_ends_and_the_process_stands_again() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a:
        await advance(5)
        a.terms[0].lose()
        await until(lambda: len(a.terms) == 2, "another term", within=10)


async def test_a_write_of_the_lease_that_changes_nothing_renews_nothing() -> None:
    """The wall clock stands still, so the body of a renewal is the same: no standby would see it."""
    world = Candidates()
    world.create()
    world.clock.wall = lambda: 1.0  # type: ignore[method-assign]  # a clock that stands
    async with world.standing("a") as a:
        await until(lambda: a.works, "it leads", within=10)
        await advance(a.terms[0].left())
        assert a.terms[0].left() <= 0, "the term has not become longer"


async def test_each_request_about_the_lease_is_given_up_after_five_seconds() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a") as a:
        await advance(10)
        assert {request.timeout for request in a.line.sent} == {5.0}
        assert {request.path for request in a.line.sent} == {PATH}


async def test_the_identity_of_a_term_is_a_label_whatever_the_name_of_its_process() -> None:
    world = Candidates()
    world.create()
    async with world.standing("a-" * 40) as a:
        await until(lambda: a.works, "it leads", within=10)
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9_.]{0,61}[a-z0-9])?", a.terms[0].term.identity)
