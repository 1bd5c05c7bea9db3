"""A case, lived through and judged."""

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
    """What became of one case. Small enough to be handed from process to process."""

    case: Case
    breaches: tuple[Breach, ...]
    coverage: Coverage
    attempts: int
    """Pods that operators made."""
    kills: int
    trace: str
    """A hash of all that happened: the same case has the same, always and everywhere."""
    digest: str
    """A hash of requests and answers alone (digest.py): the same before and after code was moved or renamed."""

    @property
    def broke(self) -> str:
        """The promise that was broken first; empty: none."""
        return self.breaches[0].promise if self.breaches else ""


def run_case(case: Case) -> Result:
    """Live it through. An error of the simulation's own is a breach, too: nobody may overlook it."""
    simulation = Simulation(case)
    try:
        simulation.run()
        breaches = broken_promises(simulation)
    except Exception as error:  # noqa: BLE001 - whatever it is, the seed must be told
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
    """A hash over every request, change and remark, with the moment of each."""
    digest = hashlib.sha256()
    for remark in witness.remarks:
        digest.update(repr(remark).encode())
    for asked in witness.asked:
        request = asked.request
        said = f"{asked.at!r} {asked.user} {request.method} {request.path} {asked.status} {asked.revision}"
        digest.update(said.encode())
        digest.update(request.body or b"")
    return digest.hexdigest()
