"""The Lease: who may write, from when on and until when."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from queuedjob.policy.leadership.election import (
    LONGEST,
    RENEWED_EVERY,
    SHORTEST,
    Create,
    Election,
    Read,
    Record,
    Renew,
    Take,
    Wait,
    Write,
)

HELD = Record(7, "other", 20.0, held_before=True)


def candidate(record: Record | None = HELD, at: float = 100.0) -> Election:
    return Election(duration=20.0).saw(record, at)


def holder(at: float = 100.0) -> Election:
    """One that took the free Lease at 100."""
    free = Record(7)
    return candidate(free, at).wrote(Take(free), Record(8, "me-1", 20.0, held_before=True), at, at + 0.1)


def test_whoever_knows_nothing_reads_first() -> None:
    assert Election(duration=20.0).next_move(0.0) == Read()


def test_a_held_lease_is_taken_once_it_has_not_changed_for_the_duration_that_it_names() -> None:
    waits = candidate()
    assert waits.next_move(119.9) == Wait(120.0)
    assert waits.next_move(120.0) == Take(HELD)


def test_each_renewal_that_is_seen_starts_the_count_again() -> None:
    renewed = replace(HELD, version=8)
    assert candidate().saw(renewed, 119.0).next_move(120.0) == Wait(139.0)


def test_seeing_the_same_record_again_does_not_start_the_count_again() -> None:
    assert candidate().saw(HELD, 119.0).next_move(120.0) == Take(HELD)


@pytest.mark.parametrize(("named", "counted"), [(-5.0, 20.0), (5.0, 20.0), (30.0, 30.0), (1e9, LONGEST)])
def test_the_duration_that_a_record_names_is_counted_up_to_a_minute_and_never_less_than_ours(
    named: float, counted: float
) -> None:
    """Another client may have shortened it, and its holder goes by our settings."""
    assert candidate(replace(HELD, duration=named)).next_move(100.0) == Wait(100.0 + counted)


@pytest.mark.parametrize(("named", "ends"), [(0.0, 100.0 + SHORTEST), (5.0, 105.0), (30.0, 120.0)])
def test_a_term_is_never_longer_than_the_record_says(named: float, ends: float) -> None:
    free = Record(7)
    held = candidate(free).wrote(Take(free), Record(8, "me-1", named, held_before=True), 100.0, 100.1)
    assert held.term is not None
    assert held.term.ends == ends


def test_a_released_lease_is_taken_at_once_and_what_may_still_be_late_is_known() -> None:
    released = Record(9, duration=20.0, late_for=4.0, held_before=True)
    waits = candidate(released)
    assert waits.next_move(100.0) == Take(released)
    term = waits.wrote(Take(released), replace(HELD, version=10, holder="me-1"), 100.0, 100.2).term_at(101.0)
    assert term is not None
    assert term.late_until == 104.0


def test_a_lease_that_was_never_held_is_taken_at_once() -> None:
    assert candidate(Record(1)).next_move(100.0) == Take(Record(1))


def test_a_lease_from_which_the_holders_name_was_only_wiped_is_waited_for() -> None:
    assert candidate(replace(HELD, holder="")).next_move(100.0) == Wait(120.0)


def test_a_deleted_lease_is_created_and_nothing_is_written_until_its_holder_must_have_ended() -> None:
    gone = candidate().saw(None, 105.0)
    assert gone.next_move(105.0) == Create()
    term = gone.wrote(Create(), Record(12, "me-1", 20.0, held_before=True), 105.0, 105.5).term_at(106.0)
    assert term is not None
    assert term.quiet_until == 105.0 + LONGEST, "this process may never have seen the record that was deleted"


def test_who_takes_a_lease_that_was_created_anew_is_quiet_too_until_a_term_has_been_for_long_enough() -> None:
    gone = candidate().saw(None, 105.0)
    created = gone.to_write(Create(), "me-1", 105.0)
    holds = gone.wrote(Create(), replace(created, version=12), 105.0, 105.0)
    released = replace(holds.to_release(1.0, 110.0), version=13)
    other = Election(duration=20.0).saw(released, 110.0)
    taken = other.to_write(Take(released), "other-1", 110.0)
    term = other.wrote(Take(released), taken, 110.0, 110.0).term
    assert term is not None
    assert term.quiet_until == 110.0 + LONGEST
    assert holds.to_write(Renew(created), "me-1", 164.9).follows_deletion
    assert not holds.to_write(Renew(created), "me-1", 165.0).follows_deletion
    assert not holds.to_release(1.0, 165.0).follows_deletion


def test_a_term_counts_from_the_sending_of_its_last_renewal() -> None:
    holds = holder()
    assert holds.next_move(100.0) == Wait(100.0 + RENEWED_EVERY)
    assert holds.record is not None
    assert holds.next_move(102.0) == Renew(holds.record)
    renewed = holds.wrote(Renew(holds.record), replace(holds.record, version=9), 102.0, 108.0)
    assert renewed.term is not None
    assert (renewed.term.began, renewed.term.ends) == (100.0, 122.0)
    assert renewed.term_at(121.9) is not None
    assert renewed.term_at(122.0) is None


def test_a_renewal_without_an_answer_makes_no_term_longer() -> None:
    failed = holder().failed()
    assert failed.next_move(103.0) == Read()
    late = replace(HELD, version=9, holder="me-1")
    read = failed.saw(late, 104.0)
    assert read.term is not None
    assert read.term.ends == 120.0, "only an answer tells when the renewal that holds was sent"
    assert read.next_move(104.0) == Renew(late)


@pytest.mark.parametrize("there", [None, replace(HELD, version=9)])
def test_a_holder_that_reads_another_name_or_no_lease_ends_its_term_at_once(there: Record | None) -> None:
    assert holder().saw(there, 101.0).term_at(101.0) is None


def test_a_process_that_takes_its_own_lease_again_still_knows_its_lost_requests() -> None:
    ended = holder()
    assert ended.record is not None
    assert ended.next_move(130.0) == Take(ended.record), "its own name: nobody else can hold it"
    again = ended.wrote(Take(ended.record), replace(HELD, version=9, holder="me-2"), 130.0, 130.1).term
    assert again is not None
    assert again.continued
    other = ended.saw(replace(HELD, version=9), 131.0)
    taken = other.wrote(Take(HELD), replace(HELD, version=11, holder="me-2"), 160.0, 160.1).term
    assert taken is not None
    assert not taken.continued


def test_a_holder_whose_write_was_refused_ends_its_term_at_once_and_reads() -> None:
    refused = holder().lost()
    assert refused.term_at(101.0) is None
    assert refused.next_move(101.0) == Read()


def test_an_answer_to_a_renewal_that_comes_after_the_term_has_ended_begins_no_term() -> None:
    holds = holder()
    assert holds.record is not None
    ended = holds.saw(None, 101.0).wrote(Renew(holds.record), replace(HELD, version=9), 100.5, 102.0)
    assert ended.term_at(102.0) is None
    assert ended.next_move(102.0) == Read()


class TwoCandidates(RuleBasedStateMachine):
    """Two processes and one Lease. Answers come late or never, requests are carried out late, clients delete it."""

    @initialize(durations=st.tuples(st.sampled_from([3.0, 8.0]), st.sampled_from([3.0, 8.0])))
    def begin(self, durations: tuple[float, float]) -> None:
        self.now = 0.0
        self.version = 1
        self.lease: Record | None = Record(1)
        self.known = [Election(duration=each) for each in durations]
        self.late: list[tuple[Write, Record]] = []
        self.answers: dict[int, tuple[Write, Record, float]] = {}
        self.terms = 0
        self.meddling = 2

    def written(self, move: Write, record: Record) -> Record | None:
        """Carry out a write, if the Lease is as the write expects."""
        expected = None if isinstance(move, Create) else move.record.version
        if (self.lease.version if self.lease is not None else None) != expected:
            return None
        self.version += 1
        self.lease = replace(record, version=self.version)
        return self.lease

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.5]))
    def passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(seconds=st.sampled_from([2.0, 3.0]), who=st.integers(0, 1))
    def passes_for_one_that_works(self, seconds: float, who: int) -> None:
        """One process does what is to be done while the time passes, the other is stuck."""
        until = self.now + seconds
        while self.now < until:
            self.moves(who, "answered")
            self.now += 0.5

    @rule(who=st.integers(0, 1))
    def looks(self, who: int) -> None:
        self.known[who] = self.known[who].saw(self.lease, self.now)

    @rule(who=st.integers(0, 1))
    def is_refused_a_write(self, who: int) -> None:
        self.known[who] = self.known[who].lost()

    @rule(who=st.integers(0, 1), fate=st.sampled_from(["answered"] * 5 + ["slow", "slow", "lost", "late"]))
    def moves(self, who: int, fate: str) -> None:
        known = self.known[who]
        move = known.next_move(self.now)
        if isinstance(move, Wait) or who in self.answers:
            return
        if isinstance(move, Read):
            self.known[who] = known.saw(self.lease, self.now)
            return
        if isinstance(move, Renew):
            assert known.term is not None
            name = known.term.identity
        else:
            self.terms += 1
            name = f"{who}-{self.terms}"
        record = known.to_write(move, name, self.now)
        if fate == "late":
            self.late.append((move, record))
        made = self.written(move, record) if fate in ("answered", "slow") else None
        if made is None:
            self.known[who] = known.failed()
        elif fate == "slow":
            self.answers[who] = (move, made, self.now)
        else:
            self.known[who] = known.wrote(move, made, self.now, self.now)

    @precondition(lambda self: self.answers)
    @rule()
    def a_slow_answer_arrives(self) -> None:
        who, (move, made, sent) = self.answers.popitem()
        self.known[who] = self.known[who].wrote(move, made, sent, self.now)

    @precondition(lambda self: self.late)
    @rule()
    def a_late_write_arrives(self) -> None:
        self.written(*self.late.pop(0))

    @rule(who=st.integers(0, 1))
    def releases(self, who: int) -> None:
        known = self.known[who]
        if known.term_at(self.now) is None or known.record is None or who in self.answers:
            return
        made = self.written(Renew(known.record), known.to_release(1.0, self.now))
        self.known[who] = known.failed() if made is None else known.released(made, self.now)

    @precondition(lambda self: self.meddling)
    @rule()
    def somebody_deletes_it(self) -> None:
        self.meddling -= 1
        self.version += 1
        self.lease = None

    @precondition(lambda self: self.meddling)
    @rule()
    def somebody_wipes_the_name(self) -> None:
        self.meddling -= 1
        if self.lease is not None and self.lease.holder:
            self.version += 1
            self.lease = replace(self.lease, version=self.version, holder="", late_for=None)

    @invariant()
    def at_most_one_may_write(self) -> None:
        terms = (known.term_at(self.now) for known in self.known)
        writing = [term.identity for term in terms if term is not None and self.now >= term.quiet_until]
        assert len(writing) <= 1, f"both may write: {writing}"


TwoCandidates.TestCase.settings = settings(max_examples=400, stateful_step_count=50, deadline=None)
TestTwoCandidates = TwoCandidates.TestCase
