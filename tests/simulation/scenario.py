"""The scenario of a seed: its jobs, its settings, and which troubles happen how often.

Not every trouble happens in every history: a few frequent troubles find more than all troubles at low rates. So each
seed draws which troubles it has. Some seeds draw none (quiet histories, in which every request is counted).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from queuedjob.settings import Settings
from tests.simulation import troubles
from tests.simulation.case import Case
from tests.simulation.crowd import crowd, rates_of_a_crowd
from tests.simulation.job_scenario import JobScenario
from tests.simulation.rng import Rng
from tests.simulation.scripted_pods import Character

NAMESPACES: Final = ("red", "blue")
LEASES_IN: Final = "queuedjob-system"
"""The namespace of the Lease. Users do not delete it."""

# fmt: off
_THEMES: Final = (
    (troubles.LATE_REQUEST, troubles.FAILED_EARLY, troubles.SLOW, troubles.KILL, troubles.POD_GC, troubles.DELETE_POD),
    (
        troubles.RECREATE, troubles.STRIP_LABELS, troubles.STRIP_OWNER, troubles.FOREIGN_POD, troubles.FORCE_DELETE,
        troubles.KILL,
    ),
    (
        troubles.LAGGING_START, troubles.WATCH_LAG, troubles.WATCH_GONE, troubles.FORCE_DELETE, troubles.RECREATE,
        troubles.SLOW, troubles.KILL,
    ),
    (troubles.FIX, troubles.DELETE_LETTER, troubles.LOST_ANSWER, troubles.WATCH_LAG, troubles.KILL),
    (troubles.SUSPEND, troubles.RESUME, troubles.CANCEL, troubles.RETUNE, troubles.LOST_ANSWER, troubles.KILL),
)
_HOSTILE: Final = (*troubles.OF_TENANTS, troubles.STRIP_OWNER, troubles.STRIP_LABELS, troubles.KILL)
# fmt: on
"""Troubles that are worst in combination: late writes and freed names; names and owners; caches that lag; ends of jobs
and dead letters; users who change a spec again and again."""

_THEMED: Final = 0.4
"""Share of the seeds that have a theme."""

_MEANT_HARM: Final = 0.12
"""Share of the seeds in which tenants mean harm."""

_EMPTIED: Final = 0.1
"""Share of the seeds in which users delete everything at the end."""

_QUIET: Final = 0.06
"""Share of the seeds without any trouble."""

_GUARDED: Final = 0.3
"""Share of the clusters that have the admission policies on pods and dead letters. The operator must do without them,
too: a cluster may lack them, and an administrator may do what they forbid."""

_CROWDED: Final = 0.03
"""Share of the seeds with a crowd, and with no other trouble."""
_REFUSING: Final = 0.06
"""Share of the seeds in which writes to pods are refused, and nothing else goes wrong."""

_ODD: Final = 0.08
"""Share of the seeds in which tenants write odd objects."""
_RELEASES: Final = 0.08
"""Share of the seeds for each trouble of OF_RELEASES."""
_STOPPING: Final = 0.1
"""Share of the seeds with the troubles of OF_STOPS, and with operators that are killed meanwhile."""
_HELD: Final = 0.05
"""Share of the seeds with the troubles of OF_FINALIZERS."""

_IMPATIENT: Final = 0.05
"""Share of the seeds with the troubles of OF_VERBS."""
_IMPATIENT_ALONE: Final = 0.3
"""The same of the seeds in which nothing but writes to pods goes wrong."""

_LED: Final = 0.1
"""Share of the seeds with a Lease, mostly with two operators."""
# fmt: off
_THEMES_OF_LEASES: Final = (
    (
        troubles.TERMINATE, troubles.LATE_REQUEST, troubles.FAILED_EARLY, troubles.SLOW, troubles.CANCEL,
        troubles.SUSPEND, troubles.RESUME,
    ),
    (troubles.STALL, troubles.ISOLATED, troubles.SLOW, troubles.LOST_ANSWER),
    (troubles.LEASE_DELETED, troubles.LEASE_EDITED, troubles.STALL, troubles.ISOLATED),
    (troubles.PAUSED, troubles.KILL, troubles.DELETE_POD, troubles.SUSPEND, troubles.RESUME),
    (troubles.ISOLATED, troubles.LATE_REQUEST, troubles.FAILED_EARLY, troubles.OUTAGE, troubles.CANCEL),
)
# fmt: on
"""Handing over while requests are late; processes that stand still; people at the Lease; the fence; one's own Lease."""
_TWO: Final = 0.75
"""Share of these seeds with a standby; in the others a process takes its own Lease again."""
_ALONE: Final = 0.7
"""Share of these seeds that have no other troubles than those of their theme."""

_BUSY: Final = 5
"""Jobs in histories with a Lease."""

_BESIDE_REFUSALS: Final = (troubles.SUSPEND, troubles.RESUME, troubles.CANCEL)


@dataclass(frozen=True, slots=True)
class Scenario:
    """All that is drawn before the first step of a history."""

    case: Case
    quiet: bool
    guarded: bool
    """The admission policies hold users back from what is the operator's."""
    refusing: bool
    """Nothing happens but that writes to pods are refused, that nodes are silent, and that users suspend and cancel."""
    storm: float
    """Seconds from the start in which troubles happen; after that, none happens."""
    jobs: tuple[JobScenario, ...]
    rates: dict[str, float]
    """By trouble: the probability that it happens, each time that it is possible. A missing trouble never happens."""
    settings: Settings
    fenced: bool = False
    """Admission compares the term of what an operator creates with the Lease. A cluster may lack that policy."""
    emptied: bool = False
    """Once all is at rest, users delete everything, and nothing may be left in the operator's memory."""

    def rate(self, trouble: str) -> float:
        return self.rates.get(trouble, 0.0)


def scenario_of(case: Case) -> Scenario:
    """The scenario of a case."""
    rng = Rng(f"{case.seed}/scenario")
    quiet = rng.chance(_QUIET)
    storm = rng.one_of((20.0, 60.0, 150.0, 400.0))
    theme = rng.named("theme").one_of(_THEMES) if rng.named("themed").chance(_THEMED) else ()
    if rng.named("harm").chance(_MEANT_HARM):
        theme = _HOSTILE
    rates = {} if quiet else _rates(rng.named("rates"), theme)
    refusing = not quiet and rng.named("refusing").chance(_REFUSING)
    if refusing:
        rates = {**dict.fromkeys(troubles.OF_PLATFORM, 0.3), **dict.fromkeys(_BESIDE_REFUSALS, 0.03)}
        rates |= _rates_of_verbs(rng.named("verbs"), _IMPATIENT_ALONE)
    elif not quiet:
        rates |= _rates_of_platform(rng.named("platform"))
        rates |= _rates_of_odd_objects(rng.named("odd"))
        rates |= _rates_of_releases(rng.named("releases"))
        rates = _rates_of_stops(rng.named("stops")) | rates
        rates |= _rates_of_finalizers(rng.named("finalizers"))
        rates |= _rates_of_verbs(rng.named("verbs"), _IMPATIENT)
        rates = _rates_of_leases(rng.named("leases"), rates)
    count = rng.weighed({1: 5.0, 2: 3.0, 3: 1.0})
    jobs = tuple(_job(rng.named(f"job{index}"), index, storm) for index in range(count))
    if rates.get(troubles.MOVE_MAIN):
        jobs = tuple(_with_a_second_container(job) for job in jobs)
    if rates.get(troubles.TAKEN_BACK):
        jobs = tuple(_long(job, 60, 90.0) for job in jobs)
    if rates.get(troubles.HELD_DELETION):
        jobs = tuple(_long(job, 300, 200.0) for job in jobs)
    if rates.get(troubles.ELECTION):
        storm = max(storm, 150.0)
        jobs = tuple(_busy(_job(rng.named(f"job{index}"), index, storm)) for index in range(_BUSY))
    if rates.get(troubles.RETRY_NOW):
        jobs = tuple(_patient(job) for job in jobs)
    if rng.named("a crowd").chance(_CROWDED):
        quiet, refusing, storm = False, False, 60.0
        rates, jobs = rates_of_a_crowd(rng.named("crowd/rates")), crowd(rng.named("crowd"))
    settings = _settings(rng.named("settings"))
    if rates.get(troubles.ELECTION):
        settings = _with_leader_election(rng.named("election"), settings)
    return Scenario(
        case=case,
        quiet=quiet,
        guarded=rng.named("guarded").chance(_GUARDED),
        refusing=refusing,
        storm=storm,
        jobs=tuple(job for job in jobs if case.jobs is None or job.index in case.jobs),
        rates={trouble: rate for trouble, rate in rates.items() if trouble not in case.without},
        settings=settings,
        fenced=bool(rates.get(troubles.PAUSED)) or rng.named("fenced").chance(0.5),
        emptied=not quiet and rng.named("emptied").chance(_EMPTIED),
    )


def _rates(rng: Rng, theme: tuple[str, ...]) -> dict[str, float]:
    share = 0.05 if theme else rng.one_of((0.1, 0.25, 0.5))
    rates, among = _drawn(rng, troubles.EARLIER, share)
    rest = _drawn(rng.named("tenants"), troubles.OF_TENANTS, share)
    rates, among = rates | rest[0], among | rest[1]
    for trouble in troubles.LATER:
        own = rng.named(trouble)
        rates[trouble] = own.about(0.2, 0.9)
        if own.chance(share):
            among[trouble] = rates[trouble]
    return {trouble: rates[trouble] for trouble in troubles.DRAWN if trouble in among or trouble in theme}


def _drawn(rng: Rng, those: Sequence[str], share: float) -> tuple[dict[str, float], dict[str, float]]:
    """Rates for all of `those`, whichever of them are used, and the rates of those that are used."""
    rates = {trouble: rng.about(0.02, 0.4) for trouble in those}
    return rates, {trouble: rate for trouble, rate in rates.items() if rng.chance(share)}


def _rates_of_platform(rng: Rng) -> dict[str, float]:
    rates = {trouble: rng.about(0.02, 0.4) for trouble in troubles.OF_PLATFORM}
    return {trouble: rate for trouble, rate in rates.items() if rng.chance(0.1)}


def _rates_of_odd_objects(rng: Rng) -> dict[str, float]:
    if not rng.chance(_ODD):
        return {}
    return {trouble: rng.about(0.05, 0.5) for trouble in troubles.ODD if rng.chance(0.7)}


def _rates_of_releases(rng: Rng) -> dict[str, float]:
    return {trouble: rng.about(0.2, 0.9) for trouble in troubles.OF_RELEASES if rng.named(trouble).chance(_RELEASES)}


def _rates_of_stops(rng: Rng) -> dict[str, float]:
    if not rng.chance(_STOPPING):
        return {}
    rates = {trouble: rng.between(0.5, 0.9) for trouble in troubles.OF_STOPS}
    return {**rates, troubles.KILL: rng.between(0.2, 0.5)}


def _rates_of_finalizers(rng: Rng) -> dict[str, float]:
    return {trouble: rng.between(0.1, 0.4) for trouble in troubles.OF_FINALIZERS} if rng.chance(_HELD) else {}


def _rates_of_verbs(rng: Rng, share: float) -> dict[str, float]:
    return {trouble: rng.between(0.1, 0.4) for trouble in troubles.OF_VERBS} if rng.chance(share) else {}


def _rates_of_leases(rng: Rng, rates: dict[str, float]) -> dict[str, float]:
    if not rng.chance(_LED):
        return rates
    own = {trouble: rng.about(0.05, 0.4) for trouble in rng.one_of(_THEMES_OF_LEASES)}
    standby = {troubles.STANDBY: 1.0} if rng.named("standby").chance(_TWO) else {}
    return {troubles.ELECTION: 1.0, **standby, **({} if rng.chance(_ALONE) else rates), **own}


def _with_a_second_container(job: JobScenario) -> JobScenario:
    template = job.spec["template"]["spec"]
    containers = [template["containers"][0], {"name": "beside", "image": "y"}]
    return replace(job, spec={**job.spec, "template": {"spec": {**template, "containers": containers}}})


def _long(job: JobScenario, deadline: int, longest: float) -> JobScenario:
    """Return a job that mostly runs until it is stopped. `deadline` and `longest` are in seconds."""
    timeouts = {**job.spec["timeouts"], "attempt": f"{deadline}s", "growth": 1}
    character = replace(job.character, hangs=0.8, longest=longest)
    return replace(job, spec={**job.spec, "timeouts": timeouts}, character=character)


def _patient(job: JobScenario) -> JobScenario:
    """Return a job that mostly fails soon, and waits for long before each attempt but the first."""
    retry = {**job.spec["retry"], "maxAttempts": 4, "backoff": {"initial": "90s", "max": "3m"}, "perClass": []}
    character = replace(job.character, codes={75: 4.0, 0: 1.0}, hangs=0.0, longest=3.0)
    return replace(job, spec={**job.spec, "retry": retry}, character=character)


def _busy(job: JobScenario) -> JobScenario:
    """Return a job that has one short attempt after the other: a leader that is replaced is always about to write."""
    retry = {"maxAttempts": 13, "maxDisruptions": 5, "backoff": {"initial": "500ms", "max": "4s"}}
    spec = {key: value for key, value in job.spec.items() if key not in {"poisonPill", "failurePolicy"}}
    timeouts = {**job.spec["timeouts"], "attempt": "10s", "growth": 1}
    character = replace(job.character, codes={75: 30.0, 0: 1.0}, hangs=0.0, longest=1.0)
    return replace(job, spec={**spec, "retry": retry, "timeouts": timeouts, "podHistoryLimit": 0}, character=character)


def _settings(rng: Rng) -> Settings:
    post_timeout = rng.one_of((1.0, 5.0, 15.0))
    return Settings(
        workers=rng.one_of((1, 2, 16)),
        post_timeout=post_timeout,
        late_margin=rng.one_of((0.5, 5.0)),
        running_after=rng.one_of((0.0, 1.0, 1.0)),
        starting_after=rng.one_of((0.5, 5.0)),
        main_ended_after=rng.named("main-ended").one_of((1.0, 30.0)),
        deadline_slack=rng.named("deadline-slack").one_of((5.0, 60.0)),
        resync_interval=rng.one_of((30.0, 120.0)),
        sweep_interval=rng.one_of((60.0, 300.0)),
        shutdown_grace=rng.one_of((0.5, 4.0)),
    )


def _with_leader_election(rng: Rng, settings: Settings) -> Settings:
    post_timeout = rng.one_of((1.0, 5.0))
    duration = max(post_timeout + 5.0, rng.one_of((6.0, 20.0)))
    lease = {
        "lease_namespace": LEASES_IN,
        "lease_duration": duration,
        "leader_elect": True,
        "post_timeout": post_timeout,
    }
    return Settings.model_validate({**settings.model_dump(), **lease})


def _job(rng: Rng, index: int, storm: float) -> JobScenario:
    spec: dict[str, Any] = {"template": {"spec": {"containers": _containers(rng)}}}
    if rng.named("hook").chance(0.15):
        spec["template"]["spec"]["containers"][0]["lifecycle"] = {"postStart": {"exec": {"command": ["register"]}}}
    retry: dict[str, Any] = {
        "maxAttempts": rng.whole(1, 4),
        "backoff": {"initial": f"{rng.one_of((100, 1000, 5000))}ms", "max": f"{rng.one_of((5, 20))}s"},
    }
    if rng.chance(0.4):
        retry["maxDisruptions"] = rng.whole(0, 4)
    if rng.named("per-class").chance(0.3):
        retry["perClass"] = [_of_a_class(rng.named("per-class/terms"), retry["maxAttempts"])]
    spec["retry"] = retry
    spec["timeouts"] = {"attempt": f"{rng.one_of((2, 10, 60))}s"}
    if rng.named("start").chance(0.3):
        spec["timeouts"]["start"] = f"{rng.named('start/length').one_of((1, 2))}s"
    if rng.chance(0.25):
        spec["timeouts"]["total"] = f"{rng.one_of((5, 30, 120))}s"
    if spec["timeouts"]["attempt"] != "2s" and rng.named("heartbeat").chance(0.3):
        spec["timeouts"]["heartbeat"] = "4s"
    if rng.chance(0.5):
        spec["poisonPill"] = {"crashes": rng.whole(1, 3), "window": f"{rng.one_of((10, 600))}s"}
    if rng.chance(0.5):
        spec["podHistoryLimit"] = rng.one_of((0, 0, 1, 2))
    if rng.chance(0.15):
        spec["ttlAfterFinished"] = f"{rng.one_of((1, 30))}s"
    if rng.chance(0.4):
        rule = {"name": "mine", "exitCodes": [3], "class": rng.one_of(("Permanent", "Transient", "Crash", "Timeout"))}
        spec["failurePolicy"] = {"rules": [rule]}
    if rng.chance(0.1):
        spec["suspend"] = True
    if rng.chance(0.1):
        spec["payload"] = {"order": index}
    return JobScenario(
        index=index,
        namespace=rng.one_of(NAMESPACES),
        name=f"job{index}",
        at=rng.one_of((0.0, 1.0, 15.0)) + rng.share() * storm * rng.one_of((0.0, 0.5)),
        spec=spec,
        not_before=rng.one_of((0.5, 5.0, 30.0)) if rng.chance(0.15) else None,
        character=Character.drawn(rng),
    )


def _of_a_class(rng: Rng, most: int) -> dict[str, Any]:
    """An entry of perClass: its own maxAttempts, its own backoff, or both, for a failure class that occurs here."""
    attempts: dict[str, Any] = {"maxAttempts": rng.whole(1, most)}
    backoff: dict[str, Any] = {"backoff": {"initial": "3s", "multiplier": 3, "max": "40s"}}
    terms = rng.one_of((attempts, backoff, attempts | backoff))
    return {"class": rng.one_of(("Transient", "Timeout", "Crash", "StartFailure", "Unknown")), **terms}


def _containers(rng: Rng) -> list[dict[str, Any]]:
    containers = [{"name": "main", "image": "x"}]
    if rng.chance(0.15):
        containers.append({"name": "beside", "image": "y"})
    return containers
