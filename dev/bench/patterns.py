"""A tenant whose jobs have the worst patterns, and the time that the operator takes to answer meanwhile.

The operator compiles the patterns of a job before its first plan, and searches with them when an attempt has failed. So
each job goes through both. No kubelet runs here: the bench writes the end of each pod.
"""

from dataclasses import dataclass

from dev.bench.arena import Arena
from dev.bench.contenders import BARE, HOSTILE, OPERATOR, Object
from dev.bench.figures import percentile
from dev.bench.hostile_jobs import LAST_WORDS, NO_PATTERNS, SLOW_TO_COMPILE, SLOW_TO_SEARCH, Patterns, patterned_job
from dev.bench.probing import probing

_KINDS = (NO_PATTERNS, SLOW_TO_COMPILE, SLOW_TO_SEARCH)
"""Jobs without patterns come first, for comparison: they show what 50 jobs at once cost on this machine."""

_UNFINISHED = "status.phase!=DeadLettered"


@dataclass(frozen=True, slots=True)
class Answers:
    """The milliseconds until an answer to GET /livez, while `jobs` jobs go from their creation to their end."""

    patterns: str
    jobs: int
    answers: int
    p50: float
    longest_created: float
    """The longest answer until the pods of all jobs existed. The patterns are compiled meanwhile."""

    longest_ended: float
    """The longest answer after that, until all jobs had ended. The patterns are searched with meanwhile."""

    @property
    def longest(self) -> float:
        """The longest answer of all."""
        return max(self.longest_created, self.longest_ended)


async def measure(arena: Arena, jobs: int) -> list[Answers]:
    """Measure each kind of patterns. The operator must run, past its late bound."""
    return [await _answers(arena, kind, jobs) for kind in _KINDS]


async def _answers(arena: Arena, kind: Patterns, jobs: int) -> Answers:
    api, path, pods = arena.api, OPERATOR.collection(HOSTILE), BARE.collection(HOSTILE)

    async def started() -> bool:
        return len(await api.list(pods)) == jobs

    async def ended() -> bool:
        return not await api.any(path, _UNFINISHED)

    url = f"{arena.operator.url}/livez"
    async with probing(url) as created:
        await api.create_all(path, (patterned_job(f"job-{at:03}", kind.of(at)) for at in range(jobs)))
        await arena.until(f"{jobs} jobs with {kind.name} have their pods", started)
    async with probing(url) as after:
        for pod in await api.list(pods):
            await api.patch(f"{pods}/{pod['name']}/status", _failure())
        await arena.until(f"{jobs} jobs with {kind.name} have ended", ended)
    await arena.clean(HOSTILE)
    seen = [*created, *after]
    return Answers(kind.name, jobs, len(seen), percentile(seen, 0.5), max(created), max(after))


def _failure() -> Object:
    """Return the status of a pod that failed, as a kubelet writes it."""
    now = "2026-01-01T00:00:00Z"
    terminated = {"exitCode": 1, "reason": "Error", "message": LAST_WORDS, "startedAt": now, "finishedAt": now}
    main = {"name": "main", "image": "busybox:1.36", "imageID": "", "ready": False, "restartCount": 0}
    return {"status": {"phase": "Failed", "containerStatuses": [{**main, "state": {"terminated": terminated}}]}}
