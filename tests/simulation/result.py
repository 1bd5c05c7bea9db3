"""Runs a case and checks the promises."""

import hashlib
import traceback
from dataclasses import dataclass

from tests.simulation.case import Case
from tests.simulation.coverage import Coverage
from tests.simulation.promises import broken_promises
from tests.simulation.promises.history import Breach
from tests.simulation.simulation import Simulation
from tests.simulation.witness import Witness


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one case. It is small enough to be sent from process to process."""

    case: Case
    breaches: tuple[Breach, ...]
    coverage: Coverage
    attempts: int
    """Number of POSTs of pods by operators."""
    kills: int
    trace: str
    """A hash of all that happened: the same case gives the same hash in every run and on every machine."""
    digest: str
    """A hash of requests and answers alone (digest.py): the same before and after code was moved or renamed."""

    @property
    def broke(self) -> str:
        """The promise that was broken first; empty: none was broken."""
        return self.breaches[0].promise if self.breaches else ""


def run_case(case: Case) -> Result:
    """Run the case. An error in the simulation itself is a breach, too, so that it is not overlooked."""
    simulation = Simulation(case)
    try:
        simulation.run()
        breaches = broken_promises(simulation)
    except Exception as error:  # noqa: BLE001 - whatever the error is, the seed must be reported
        words = "".join(traceback.format_exception(error, limit=-6))
        breaches = [Breach(f"simulation: {type(error).__name__}", simulation.loop.time(), 0, words)]
    witness = simulation.witness
    return Result(
        case=case,
        breaches=tuple(breaches),
        coverage=simulation.coverage,
        attempts=len(witness.sent),
        kills=sum(remark.kind == "kill" for remark in witness.remarks),
        trace=hash_of(witness),
        digest=witness.digest.text,
    )


def hash_of(witness: Witness) -> str:
    """A hash over every remark and every request, each with its time."""
    digest = hashlib.sha256()
    for remark in witness.remarks:
        digest.update(repr(remark).encode())
    for asked in witness.asked:
        request = asked.request
        said = f"{asked.at!r} {asked.user} {request.method} {request.path} {asked.status} {asked.revision}"
        digest.update(said.encode())
        digest.update(request.body or b"")
    return digest.hexdigest()
