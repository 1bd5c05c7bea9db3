"""The Lease: who may write, from when on and until when. Pure.

No clock is compared with another one. A candidate counts the duration that the record names on its own monotonic clock,
from the moment when it saw the record change. A holder counts from the moment when it *sent* the renewal that
succeeded, so its term ends before any candidate's count does. All times here are seconds of one such clock, which must
go on while the machine sleeps.
"""

from dataclasses import dataclass, replace
from typing import Final, Self, TypeAlias

SHORTEST: Final = 1.0
LONGEST: Final = 60.0
"""Bounds, in seconds, of the duration that a record may name: whoever may edit the Lease may write anything."""

RENEWED_EVERY: Final = 2.0
"""Seconds from the sending of one renewal to the next."""


@dataclass(frozen=True, slots=True)
class Record:
    """A Lease, as it was read."""

    version: int
    """Its resourceVersion: it changes with each write."""
    holder: str = ""
    """The identity of the term that holds it; empty: none does."""
    duration: float = LONGEST
    """Seconds for which its holder may go on after the last renewal."""
    late_for: float | None = None
    """Seconds for which requests of the last holder may still arrive after its release; None: it was not released."""
    held_before: bool = False
    """Whether it shows that it was ever held."""
    follows_deletion: bool = False
    """It was created in the place of one that was deleted, whose holder may not know yet: no term has been quiet long
    enough since. It outlives the terms that end before."""

    @property
    def free(self) -> bool:
        """Nobody holds it, and whoever held it has said so. An empty name alone may be another client's doing."""
        return not self.holder and (self.late_for is not None or not self.held_before)

    @property
    def counted(self) -> float:
        """The seconds to count for this record."""
        return min(max(self.duration, SHORTEST), LONGEST)


@dataclass(frozen=True, slots=True)
class Term:
    """The time in which this process may write. It is an object: what belongs to a term ends with it."""

    identity: str
    """The name of this term in the Lease, and of no other term."""
    began: float
    """When the write that took the Lease was sent."""
    renewed: float
    """When the last write that succeeded was sent."""
    ends: float
    """When every request that writes must have ended."""
    quiet_until: float
    """No write is sent before. The Lease had been deleted, and its holder may not know yet."""
    late_until: float | None
    """Until when requests of the last term may arrive; None: for the start bound, for its holder did not tell."""
    continued: bool
    """Whether this process held the last term, too, and nobody in between: it still knows its own lost requests."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until then, unless the Lease is seen to change."""

    until: float


@dataclass(frozen=True, slots=True)
class Read:
    """GET the Lease."""


@dataclass(frozen=True, slots=True)
class Create:
    """POST the Lease: there is none."""


@dataclass(frozen=True, slots=True)
class Take:
    """PUT this candidate's name onto the record. Refused if the record has changed."""

    record: Record


@dataclass(frozen=True, slots=True)
class Renew:
    """PUT the holder's name again."""

    record: Record


Write: TypeAlias = Create | Take | Renew
Move: TypeAlias = Wait | Read | Write


@dataclass(frozen=True, slots=True)
class Election:
    """What one process knows of the Lease. Each method returns what it knows afterwards."""

    duration: float
    """Seconds of our own terms, as written into the Lease."""
    record: Record | None = None
    """The Lease as it was last read or written; None if there is none."""
    known: bool = False
    """Whether `record` is what the API server has answered, as far as this process knows."""
    changed: float = 0.0
    """When this process saw the record become what it is."""
    term: Term | None = None
    """The term that this process holds, or held last."""
    holds: bool = False

    def saw(self, record: Record | None, now: float) -> Self:
        """Take in what a GET has answered at `now`."""
        if self.known and record == self.record:
            return self
        if self.holds and not self._is_mine(record):
            return replace(self._with(record, now), holds=False)
        return self._with(record, now)

    def next_move(self, now: float) -> Move:
        """What to do now."""
        if not self.known:
            return Read()
        if self.record is None:
            return Create()
        if self._holds_at(now) and self.term is not None:
            due = self.term.renewed + RENEWED_EVERY
            return Renew(self.record) if now >= due else Wait(due)
        if self.record.free or self._is_mine(self.record):
            return Take(self.record)
        # Whoever edits the Lease may shorten it: no holder with our settings has a shorter term.
        over = self.changed + max(self.record.counted, self.duration)
        return Take(self.record) if now >= over else Wait(over)

    def to_write(self, move: Write, identity: str, now: float) -> Record:
        """Return the record that a write makes of the Lease, but for its version. `identity` is that of the term."""
        match move:
            case Create():
                follows_deletion = True
            case Take(before):
                follows_deletion = before.follows_deletion
            case Renew(before):
                follows_deletion = before.follows_deletion and self._is_quiet(now)
        return Record(0, identity, self.duration, held_before=True, follows_deletion=follows_deletion)

    def to_release(self, late_for: float, now: float) -> Record:
        """Return the record of a Lease that this process gives up, but for its version. `late_for` is in seconds."""
        follows_deletion = self.record is not None and self.record.follows_deletion and self._is_quiet(now)
        return Record(0, "", self.duration, late_for, held_before=True, follows_deletion=follows_deletion)

    def wrote(self, move: Write, record: Record, sent: float, answered: float) -> Self:
        """A write that was sent at `sent` has succeeded, and made the Lease this record."""
        known = self._with(record, answered)
        ends = sent + min(record.counted, self.duration)
        match move:
            case Renew() if self.term is not None and self.holds:
                return replace(known, term=replace(self.term, renewed=sent, ends=ends))
            case Renew():
                return replace(known, known=False)
            case Take(before):
                late = sent + before.late_for if before.late_for is not None and before.free else None
                quiet = sent + LONGEST if before.follows_deletion else sent
                term = Term(record.holder, sent, sent, ends, quiet, late, self._is_mine(before))
            case Create():
                quiet = sent + LONGEST  # the deleted Lease may have named any duration
                term = Term(record.holder, sent, sent, ends, quiet, None, continued=False)
        return replace(known, term=term, holds=True)

    def failed(self) -> Self:
        """A write was refused, or had no answer: it may have been carried out. So the Lease must be read."""
        return replace(self, known=False)

    def term_at(self, now: float) -> Term | None:
        """The term that this process holds at `now`."""
        return self.term if self._holds_at(now) else None

    def released(self, record: Record, now: float) -> Self:
        """This process has given the Lease up, which made it this record."""
        return replace(self._with(record, now), holds=False)

    def lost(self) -> Self:
        """The API server has refused a write of the term: another process holds the Lease, whatever was read last."""
        return replace(self, holds=False, known=False)

    def _holds_at(self, now: float) -> bool:
        return self.holds and self.term is not None and now < self.term.ends

    def _is_quiet(self, now: float) -> bool:
        return self.term is None or now < self.term.quiet_until

    def _is_mine(self, record: Record | None) -> bool:
        return self.term is not None and record is not None and record.holder == self.term.identity

    def _with(self, record: Record | None, now: float) -> Self:
        changed = self.changed if self.known and record == self.record else now
        return replace(self, record=record, known=True, changed=changed)
