"""Promises about two operators and their Lease: the terms come one after the other, and so do their writes."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from tests.simulation import troubles
from tests.simulation.apiserver.resources import LEASES
from tests.simulation.promises.history import Breach, History
from tests.simulation.seat import instance_of
from tests.simulation.simulation import Simulation
from tests.simulation.witness import ELECTION, Noted, Witness

_HANDED_OVER: Final = 3.0
"""Seconds in which a standby without troubles takes a Lease that was released."""


def terms_write_one_after_the_other(simulation: Simulation, history: History) -> Iterator[Breach]:
    """No process sends a write in a term once a later term has written, and none before it has held the Lease."""
    if not simulation.scenario.settings.leader_elect:
        return
    terms, latest = terms_by_process(history.witness), -1
    for wrote in history.witness.wrote:
        began = terms.get(instance_of(wrote.owner), [])
        known = bisect_right(began, (wrote.at, len(history.witness.noted)))
        term = began[known - 1][1] if known else -1
        if term < 0 or term < latest:
            words = f"{wrote.owner} sent {wrote.words} " + ("after another term had" if known else "without the Lease")
            yield Breach("terms_write_one_after_the_other", wrote.at, wrote.revision, words)
        latest = max(latest, term)


def a_released_lease_is_taken(simulation: Simulation, history: History) -> Iterator[Breach]:
    """A standby that nothing disturbs takes a released Lease within three seconds."""
    disturbed = (*troubles.OF_NETWORK, *troubles.OF_WATCHES, *troubles.OF_LEASES, troubles.STALL, troubles.KILL)
    if not simulation.scenario.settings.leader_elect or any(map(simulation.scenario.rate, disturbed)):
        return
    changes = _changes(history.witness)
    for released, after in zip(changes, [*changes[1:], None], strict=True):
        if released.user != ELECTION or _holder(released) or not _starts(history.witness, before=released.at - 30.0):
            continue
        taken = after.at if after is not None else simulation.loop.time()
        if taken > released.at + _HANDED_OVER:
            words = f"the Lease was released, and not taken for {taken - released.at:.1f} s"
            yield Breach("a_released_lease_is_taken", taken, released.change.revision, words)


def _changes(witness: Witness) -> list[Noted]:
    return [noted for noted in witness.noted if noted.change.resource is LEASES]


def _holder(noted: Noted) -> str:
    after = noted.change.after
    holder: str = (after.body.get("spec") or {}).get("holderIdentity") or "" if after is not None else ""
    return holder


def terms_by_process(witness: Witness) -> dict[str, list[tuple[float, int]]]:
    """By process: when each of its terms began, and the number of the term."""
    terms: dict[str, list[tuple[float, int]]] = {}
    holder = ""
    for number, noted in enumerate(_changes(witness)):
        if (now := _holder(noted)) and now != holder and noted.user == ELECTION:
            terms.setdefault(now.partition("_")[0], []).append((noted.at, number))
        holder = now
    return terms


def _starts(witness: Witness, *, before: float) -> bool:
    """Whether two processes started before this time, and none since: both had the time to list everything."""
    starts = [remark.at for remark in witness.remarks if remark.kind == "start"]
    return len(starts) > 1 and max(starts) <= before


PROMISES: Final = (terms_write_one_after_the_other, a_released_lease_is_taken)
