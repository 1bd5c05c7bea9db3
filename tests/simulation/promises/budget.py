"""Promises about cost: the requests for a job are bounded by what happened to the job."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Final

from queuedjob.policy.job.spec_warnings import TYPES
from tests.simulation.apiserver.parts import LOG
from tests.simulation.apiserver.resources import EVENTS, JOBS, TOLD, target_of
from tests.simulation.promises.history import Breach, History, ObjectHistory, Version, redrives_of
from tests.simulation.promises.leadership import terms_by_process
from tests.simulation.simulation import Simulation
from tests.simulation.troubles import UPDATE_DENIED
from tests.simulation.witness import OPERATOR, Asked

_OF_A_POD: Final = 8
"""Most changes for one pod, whatever the faults: created; shown as starting, as running, and as still run by other
containers; stop-reason; DELETE; settled; released. A 9th, the deletion beyond the history limit, happens only to a pod
that was not stopped."""

_OF_A_RUN: Final = 6
"""Most changes for one run of a job beside its pods: shown as waiting; ended; dead letter filed; its name in the
status; rerun; dead letter marked."""

_OF_A_CHANGE: Final = 4
"""Most changes that follow from one change by another client: labels restored, suspended, resumed, shown again."""

_RACES: Final = (409, 422)

_WORDS: Final = ("message", "lastTransitionTime")

_SETTLE: Final = 10.0
_SOON: Final = 0.5
"""Seconds after the LIST of a resync until it reads what is still missing, and those that this takes."""

_WHILE: Final = 5.0
_TIMES: Final = 40
"""A time in seconds, and the most equal requests in it: more than restarts, races and edits in sequence may need."""
_TRIES: Final = 6
"""The most tries of one refused request in this time: after 0.1 s, then twice as long each time."""


def writes_are_bounded(simulation: Simulation, history: History) -> Iterator[Breach]:
    """The operator's changes are bounded by the number of pods, runs, and changes by users and controllers."""
    pods, runs = len(history.pods), 0
    for job in history.jobs.values():
        runs += 1 + max(redrives_of(version.status) for version in job.versions)
    others = sum(noted.user not in (OPERATOR, "kubelet", "scheduler") for noted in simulation.witness.noted)
    waits = sum(remark.kind == "start" for remark in simulation.witness.remarks) * max(1, runs)
    bound = _OF_A_POD * pods + _OF_A_RUN * runs + _OF_A_CHANGE * others + waits + pods
    writes = [a for a in simulation.witness.writes if a.user == OPERATOR and not _is_event(a)]
    if len(writes) > bound:
        yield Breach("writes_are_bounded", simulation.loop.time(), 0, f"{len(writes)} changes, {bound} at most")


def nothing_is_asked_in_a_hurry(simulation: Simulation, history: History) -> Iterator[Breach]:
    """The same request is sent at most a few times in a few seconds: what fails is retried more and more slowly, and
    there is no state in which the operator loops without a pause.

    Each pod raises the limit by one: jobs that are created again leave orphans, and all of these ask for one name.
    Where the release of an orphan is refused, each of its tries asks, ever more slowly.
    """
    limit = _TIMES + len(history.pods) * (_TRIES if simulation.scenario.rate(UPDATE_DENIED) > 0 else 1)
    times: dict[tuple[str, str, str], deque[float]] = defaultdict(deque)
    told: set[tuple[str, str, str]] = set()
    for asked in simulation.witness.asked:
        if asked.user != OPERATOR or "watch" in asked.request.query:
            continue
        key = asked.request.method, asked.request.path, asked.request.query.get("labelSelector", "")
        recent = times[key]
        recent.append(asked.at)
        while recent[0] < asked.at - _WHILE:
            recent.popleft()
        if len(recent) > limit and key not in told and not _is_event(asked):
            told.add(key)
            words = f"{len(recent)} times in {_WHILE:.0f} s: {key[0]} {key[1]}"
            yield Breach("nothing_is_asked_in_a_hurry", asked.at, asked.revision, words)


def no_write_is_for_words_alone(_: Simulation, history: History) -> Iterator[Breach]:
    """Each status that the operator writes contains something new, not only a new message."""
    for job in history.jobs.values():
        for before, after in job.steps():
            if after.body is None or after.user != OPERATOR or after.status == before.status:
                continue
            if _without_words(before.status) == _without_words(after.status):
                words = f"{job.name}: {before.status.get('message')!r}, then {after.status.get('message')!r}"
                yield Breach("no_write_is_for_words_alone", after.at, after.revision, words)


def _without_words(status: object) -> object:
    match status:
        case dict():
            return {key: _without_words(value) for key, value in status.items() if key not in _WORDS}
        case list():
            return [_without_words(value) for value in status]
        case _:
            return status


def quiet_jobs_cost_what_the_design_says(simulation: Simulation, history: History) -> Iterator[Breach]:
    """Without troubles, a pod costs one read and three writes: four if it is shown as running or as starting, one more
    if other containers are shown to run on after the main one, two more if we stop it. More writes: two for a dead
    letter, one for a wait that is shown, one for a spec that cannot be meant, one for each pod beyond the history
    limit, one for an expired job.

    A write on an outdated state costs a read. So may a pod that we stopped and that disappears just when the next
    attempt is planned, a total that passes at that moment, and the end of the time in which a POST of an earlier
    operator may arrive: if it falls into the read before an attempt, the settled pod is released first, and the
    operator reads again. A resync reads what the watch has not brought 10 s after its LIST. Logs and Events belong to
    another promise.
    """
    if not simulation.scenario.quiet:
        return
    resyncs = [a.at for a in simulation.witness.asked if a.user == OPERATOR and _lists_jobs(a)]
    late = simulation.scenario.settings.late_bound
    bounds = [remark.at + late for remark in simulation.witness.remarks if remark.kind == "start"]
    for job in history.jobs.values():
        pods = history.pods_of(job.uid)
        asked = Counter(
            "race" if a.status in _RACES else "GET" if a.request.method == "GET" else "write"
            for a in simulation.witness.asked
            if a.user == OPERATOR and not (_is_event(a) or _is_trace(a)) and _is_about(a, job.namespace, job.name)
        )
        waits = sum(after.status.get("phase") == "Waiting" for _, after in job.steps())
        letters = sum(letter.first.spec["jobRef"]["uid"] == job.uid for letter in history.letters.values())
        others = sum(len(pod.first.spec["containers"]) > 1 for pod in pods)
        stops = sum(any(_is_stopped(version) for version in pod.versions) for pod in pods)
        concerned = any(_shows_concern(after) for _, after in job.steps())
        writes = 5 * len(pods) + others + 2 * stops + 2 * letters + waits + concerned + 1 + len(pods)
        passed = sum(after.status.get("reason") == "TotalTimeout" for _, after in job.steps())
        missed = sum(
            any(_SETTLE <= a.at - listed < _SETTLE + _SOON for listed in resyncs)
            for a in simulation.witness.asked
            if a.user == OPERATOR and a.request.method == "GET" and _is_about(a, job.namespace, job.name)
        )
        if asked["GET"] > len(pods) + stops + min(1, passed) + _outlasts(job, bounds) + missed + asked["race"]:
            words = f"{job.name}: {asked['GET']} reads for {len(pods)} pods"
            yield Breach("quiet_jobs_cost_what_the_design_says", job.last.at, job.last.revision, words)
        if asked["write"] > writes:
            words = f"{job.name}: {asked['write']} writes, {writes} at most"
            yield Breach("quiet_jobs_cost_what_the_design_says", job.last.at, job.last.revision, words)


def _outlasts(job: ObjectHistory, times: Sequence[float]) -> bool:
    """Return whether the job existed, and went on, at one of the `times` (simulated seconds)."""
    return any(job.first.at <= time <= job.last.at for time in times)


def _shows_concern(version: Version) -> bool:
    return any(condition["type"] in TYPES for condition in version.status.get("conditions") or ())


def _is_stopped(version: Version) -> bool:
    metadata = version.body["metadata"] if version.body is not None else {}
    return "queuedjob.dev/stop-reason" in (metadata.get("annotations") or {})


def traces_are_read_once(simulation: Simulation, _: History) -> Iterator[Breach]:
    """Each operator that has to settle a pod reads its log and its Events at most once a term, whatever the answer
    is."""
    operators = sum(remark.kind == "start" for remark in simulation.witness.remarks)
    operators += sum(map(len, terms_by_process(simulation.witness).values()))
    times = Counter(
        (a.request.path, a.request.query.get("fieldSelector", ""))
        for a in simulation.witness.asked
        if a.user == OPERATOR and _is_trace(a)
    )
    for (path, fields), count in times.items():
        if count > (1 if simulation.scenario.quiet else operators):
            words = f"{count} times: GET {path} {fields}"
            yield Breach("traces_are_read_once", simulation.loop.time(), 0, words)


def _is_trace(asked: Asked) -> bool:
    target = target_of(asked.request.path)
    return target is not None and (target.subresource == LOG or target.resource is TOLD)


def _is_event(asked: Asked) -> bool:
    target = target_of(asked.request.path)
    return target is not None and target.resource is EVENTS


def _lists_jobs(asked: Asked) -> bool:
    target = target_of(asked.request.path)
    if target is None or target.resource is not JOBS:
        return False
    return not target.name and asked.request.query.get("limit") != "1"


def _is_about(asked: Asked, namespace: str, name: str) -> bool:
    target = target_of(asked.request.path)
    if target is None or target.namespace != namespace:
        return False
    if target.name:
        return target.name == name or target.name.startswith(f"{name}-")
    return f'"{name}-' in (asked.request.body or b"").decode()


PROMISES: Final = (
    writes_are_bounded,
    nothing_is_asked_in_a_hurry,
    no_write_is_for_words_alone,
    quiet_jobs_cost_what_the_design_says,
    traces_are_read_once,
)
