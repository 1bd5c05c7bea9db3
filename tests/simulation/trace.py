"""Writes a history as readable text: one line for each action, with its time and its user; unimportant ones are left
out."""

from collections.abc import Iterator
from typing import Final

from tests.simulation.apiserver.resources import EVENTS, JOBS, PODS
from tests.simulation.apiserver.storage import Body
from tests.simulation.case import Case
from tests.simulation.promises import broken_promises
from tests.simulation.promises.history import Breach
from tests.simulation.simulation import Simulation
from tests.simulation.witness import OPERATOR, Noted

BEGIN: Final = 1000.0
"""The loop's time at the beginning of a history."""

_LINES: Final = 150
_WIDTH: Final = 200


def readable_trace(case: Case, *, lines: int = _LINES) -> str:
    """The trace of a case up to its first breach, and the broken promises. At most the last `lines` lines."""
    simulation = Simulation(case)
    simulation.run()
    breaches = broken_promises(simulation)
    until = breaches[0].at if breaches else float("inf")
    scenario = [line for at, line in sorted(_lines(simulation), key=lambda each: each[0]) if at <= until]
    left_out = [f"({len(scenario) - lines} lines left out)"] if len(scenario) > lines else []
    return "\n".join([*left_out, *scenario[-lines:], "", *(_of_breach(each) for each in breaches[:5])])


def _of_breach(breach: Breach) -> str:
    return f"BROKEN {breach.promise}\n  at {breach.at - BEGIN:.3f} s, revision {breach.revision}: {breach.words}"


def _lines(simulation: Simulation) -> Iterator[tuple[float, str]]:
    for noted in simulation.witness.noted:
        if noted.change.resource is not EVENTS:
            yield noted.at, _line(noted.at, noted.user, _of_change(noted))
    for asked in simulation.witness.asked:
        if asked.user == OPERATOR and asked.request.method != "GET" and not asked.changes:
            yield asked.at, _line(asked.at, OPERATOR, f"{asked.request.method} {asked.request.path}: {asked.status}")
    for remark in simulation.witness.remarks:
        if not remark.words.endswith("not served"):
            yield remark.at, _line(remark.at, remark.kind.upper() if remark.kind != "log" else "log", remark.words)


def _line(at: float, who: str, what: str) -> str:
    return f"{at - BEGIN:9.3f}  {who:<16} {what}"[:_WIDTH]


def _of_change(noted: Noted) -> str:
    change = noted.change
    subject = change.subject
    sign = "+" if change.before is None else "-" if change.after is None else "~"
    head = f"{sign} {change.resource.kind} {subject.name} (r{change.revision})"
    if change.after is None:
        return head
    if change.resource is JOBS:
        return f"{head} {_of_job(subject.body)}"
    if change.resource is PODS:
        return f"{head} {_of_pod(subject.body)}"
    return head


def _of_job(body: Body) -> str:
    status, spec = body["status"], body["spec"]
    flags = [key for key in ("suspend", "cancel") if spec.get(key)]
    if "deletionTimestamp" in body["metadata"]:
        flags.append("leaving")
    entries = [
        f"{e['number']}:{e.get('class') or 'ok'}" if e.get("finishTime") else f"{e['number']}:live"
        for e in status.get("attempts") or ()
    ]
    return " ".join([status.get("phase", ""), status.get("reason", ""), *flags, *entries])


def _of_pod(body: Body) -> str:
    metadata, status = body["metadata"], body["status"]
    words = [status.get("phase", ""), status.get("reason", ""), body["spec"].get("nodeName", "")]
    if "deletionTimestamp" in metadata:
        words.append(f"deleting(grace {metadata.get('deletionGracePeriodSeconds')})")
    words += [f"finalizers {len(metadata.get('finalizers') or ())}"]
    if stop := (metadata.get("annotations") or {}).get("queuedjob.dev/stop-reason"):
        words.append(f"stop-reason {stop}")
    ends = [
        c["state"]["terminated"]["exitCode"]
        for c in status.get("containerStatuses") or ()
        if "terminated" in c["state"]
    ]
    return " ".join([*filter(None, words), *(f"exit {code}" for code in ends)])
