"""Whether the promises were kept for one job: compares witness, status, pods and dead letters. Pure.

Each check yields sentences about what is wrong with a job; no sentences mean that all is well.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from dev.chaos.load import Expected
from dev.chaos.witness import Line, PodRun, contradictions, pod_runs

Object: TypeAlias = dict[str, Any]

FINALIZER: Final = "queuedjob.dev/outcome"
_ENDED: Final = frozenset({"Succeeded", "Failed"})
_KEPT: Final = 20
"""The number of attempts that a status lists; older ones are only counted."""

_UNSEEN: Final = frozenset({"StartFailure", "Timeout"})
"""Classes of counted attempts whose container may have written nothing: a deadline runs from the pod's start."""

_SLACK: Final = 2.0
"""Seconds after an attempt's finishTime in which lines may still come: finishTime is in whole seconds."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The objects and lines of one job at the end."""

    expected: Expected
    job: Object | None
    """The job of the API server; None: it is gone."""
    pods: Sequence[Object] = ()
    letters: Sequence[Object] = ()
    lines: Sequence[Line] = ()
    """The lines of its witness."""

    pod_runs: Sequence[PodRun] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pod_runs", pod_runs(self.lines))

    @property
    def status(self) -> Object:
        found: Object = (self.job or {}).get("status", {})
        return found

    @property
    def redrives(self) -> int:
        return int(self.status.get("counters", {}).get("redrives", 0))

    @property
    def attempts(self) -> list[Object]:
        """The entries of the job's latest run."""
        found: list[Object] = self.status.get("attempts", [])
        return found

    @property
    def counted(self) -> list[Object]:
        return [each for each in self.attempts if each.get("counted")]

    @property
    def told_of(self) -> dict[str, Object]:
        """Every settled attempt by its pod's UID; those of earlier runs come from the dead letters."""
        earlier = [each for letter in self.letters for each in letter["spec"].get("attempts", [])]
        return {each["podUID"]: each for each in (*earlier, *self.attempts) if each.get("podUID")}


def judge(evidence: Evidence) -> list[str]:
    """Return what is wrong, in sentences."""
    return [wrong for check in CHECKS for wrong in check(evidence)]


def _never_two_at_a_time(evidence: Evidence) -> Iterator[str]:
    yield from contradictions(evidence.lines)


def _ended_as_it_must(evidence: Evidence) -> Iterator[str]:
    expected, status = evidence.expected, evidence.status
    if evidence.job is None:
        if expected.phase:
            yield f"it is gone; it should be {_words(expected.phase, expected.reason)}"
        return
    seen = status.get("phase"), status.get("reason", "")
    if not expected.phase:
        yield f"it is still there, as {_words(*seen)}; its owner deleted it"
    elif seen[0] != expected.phase or expected.reason not in {"", seen[1]}:
        yield f"it is {_words(*seen)}; it should be {_words(expected.phase, expected.reason)}"
    if evidence.redrives != expected.redrives:
        yield f"it was started over {evidence.redrives} times; its owner did so {expected.redrives} times"


def _spent_what_its_script_needs(evidence: Evidence) -> Iterator[str]:
    """Check that only the script spends attempts: one spent otherwise is our fault, or at least not its owner's."""
    if evidence.job is None:
        return
    expected = evidence.expected
    spent = _classes(evidence.counted)
    excused = [each for each in evidence.counted if expected.short_deadline and _is_the_deadlines(each)]
    by_itself = _classes(each for each in evidence.counted if each not in excused)
    out_of_attempts = expected.reason == "MaxAttempts" and len(spent) == len(expected.spent)
    cut_short = out_of_attempts and by_itself == expected.spent[: len(by_itself)]
    if by_itself != expected.spent and not cut_short:
        yield f"it spent attempts on {_named(spent)}; its script asks for {_named(expected.spent)}"


def _is_the_deadlines(entry: Object) -> bool:
    """Whether a short deadline may have spent this attempt, whatever the script did.

    It may pass before the container starts. Or the script ends well in the very second of the deadline: whole seconds
    leave open which of the two came first, and the operator assumes the deadline (policy/failure/pod_end.py,
    _deadline_struck). With another exit code the container was killed, or failed, and nothing is left open.
    """
    return entry.get("class") == "StartFailure" or (entry.get("class") == "Timeout" and entry.get("exitCode") == 0)


def _counters_are_what_is_listed(evidence: Evidence) -> Iterator[str]:
    counters = evidence.status.get("counters", {})
    entries = evidence.attempts
    numbers = [each["number"] for each in entries]
    pods = counters.get("pods", 0)
    if numbers != list(range(max(1, pods - _KEPT + 1), pods + 1)):
        yield f"{pods} attempts are counted as settled, and numbers {numbers} are listed"
    uids = [each["podUID"] for each in entries if each.get("podUID")]
    if len(set(uids)) != len(uids):
        yield f"a pod is listed twice: {uids}"
    if pods > _KEPT:
        return
    listed = {
        "attempts": len(evidence.counted),
        "disruptions": sum(each.get("class") == "Disruption" for each in entries),
        "crashes": sum(each.get("class") == "Crash" for each in entries),
        "timeouts": sum(each.get("class") == "Timeout" for each in entries),
    }
    for name, count in listed.items():
        if counters.get(name, 0) != count:
            yield f"counters.{name} is {counters.get(name, 0)}, and {count} are listed"


def _status_and_witness_tell_the_same(evidence: Evidence) -> Iterator[str]:
    if evidence.job is None or evidence.status.get("counters", {}).get("pods", 0) > _KEPT:
        return
    told_of = evidence.told_of
    for pod_run in evidence.pod_runs:
        entry = told_of.get(pod_run.pod)
        if entry is None or "finishTime" not in entry:
            yield f"LOST: attempt {pod_run.attempt} ran in pod {pod_run.pod}, and nothing tells how it ended"
        elif entry["number"] != pod_run.attempt:
            yield f"pod {pod_run.pod} was attempt {pod_run.attempt}, and is listed as {entry['number']}"
        else:
            yield from _same_end(pod_run, entry)
    heard = {pod_run.pod for pod_run in evidence.pod_runs}
    for pod, entry in told_of.items():
        if entry.get("counted") and pod not in heard and entry.get("class", "") not in _UNSEEN:
            yield f"attempt {entry['number']} is counted ({entry.get('rule')}), and its pod {pod} never said a word"


def _same_end(pod_run: PodRun, entry: Object) -> Iterator[str]:
    by_itself = pod_run.code is not None and not pod_run.told
    if by_itself and (not entry.get("counted") or entry.get("exitCode") != pod_run.code):
        yield (
            f"attempt {pod_run.attempt} ended by itself with {pod_run.code}, and is listed as {entry.get('rule')}, "
            f"exit code {entry.get('exitCode')}, {'' if entry.get('counted') else 'not '}counted"
        )
    if "exitCode" in entry and pod_run.last / 1e9 > _seconds(entry["finishTime"]) + _SLACK:
        yield f"attempt {pod_run.attempt} was heard at {pod_run.last / 1e9:.3f}, after its end at {entry['finishTime']}"


def _nothing_is_left_behind(evidence: Evidence) -> Iterator[str]:
    over = evidence.job is None or evidence.status.get("phase") == evidence.expected.phase
    for pod in evidence.pods:
        name, phase = pod["metadata"]["name"], pod["status"].get("phase")
        if over and phase not in _ENDED:
            yield f"pod {name} is {phase}, though the job is over"
        if phase in _ENDED and FINALIZER in pod["metadata"].get("finalizers", []):
            yield f"pod {name} is {phase}, and still has our finalizer"
        if evidence.job is None:
            yield f"pod {name} is there, though its job is gone"


def _one_letter_for_each_bad_end(evidence: Evidence) -> Iterator[str]:
    deaths = sorted(letter["spec"]["jobRef"].get("redrives", 0) for letter in evidence.letters)
    if deaths != list(range(evidence.expected.letters)):
        yield f"it has letters of its runs {deaths}; it died {evidence.expected.letters} times"
    for letter in evidence.letters:
        redriven = letter["spec"]["jobRef"].get("redrives", 0) < evidence.redrives
        phase = letter.get("status", {}).get("phase")
        if phase != ("Redriven" if redriven else "Dead"):
            yield f"letter {letter['metadata']['name']} is {phase}, its job {'' if redriven else 'not '}started over"
    if evidence.job is not None and evidence.expected.letters > evidence.expected.redrives:
        ref = evidence.status.get("deadLetterRef", {})
        known = [(each["metadata"]["name"], each["metadata"]["uid"]) for each in evidence.letters]
        if (ref.get("name"), ref.get("uid")) not in known:
            yield f"its letter should be {ref}; there are {known}"


Check: TypeAlias = Callable[[Evidence], Iterator[str]]

CHECKS: Final[tuple[Check, ...]] = (
    _never_two_at_a_time,
    _ended_as_it_must,
    _spent_what_its_script_needs,
    _counters_are_what_is_listed,
    _status_and_witness_tell_the_same,
    _nothing_is_left_behind,
    _one_letter_for_each_bad_end,
)


def _classes(entries: Iterable[Object]) -> tuple[str, ...]:
    return tuple(each.get("class", "") for each in entries)


def _named(classes: Sequence[str]) -> list[str]:
    return [each or "success" for each in classes]


def _words(*words: str | None) -> str:
    return " ".join(word for word in words if word)


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
