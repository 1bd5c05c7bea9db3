"""A scenario: one job, the scripts of its pods, and the actions of users. It runs without faults first, then with."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from queuedjob.ports import Body
from queuedjob.settings import Settings
from tests.api.env.api_server import SETTINGS, ApiServerEnv
from tests.api.env.env import PATIENCE, Env
from tests.api.env.faults import Fault, Write
from tests.api.env.scripted_pods import PodScripts
from tests.api.env.snapshot import Snapshot, differences

Play: TypeAlias = Callable[[Env], Awaitable[object]]

_SIDE_BY_SIDE: Final = 12
"""Environments at the same time: they mostly wait, but an overloaded API server disturbs the scenario."""
_TRIES: Final = 3
"""Most runs of a scenario until one is undisturbed."""
_CALM: Final = 1.0
"""Seconds without any change after which an undisturbed run is over."""
_STILL: Final = 0.2
"""The same for a run with a fault, once its state is the expected one."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`play` does what users do and waits. It returns when the job has reached the expected state."""

    job: Body
    scripts: PodScripts
    play: Play
    settings: Settings = SETTINGS
    varying: frozenset[str] = frozenset()
    """Keys whose values may differ from run to run."""

    through_kopf: bool = False

    def end(self, env: Env) -> Snapshot:
        """The state at the end, for comparison."""
        return env.snapshot(self.varying)


@dataclass(frozen=True, slots=True)
class Run:
    """One undisturbed run."""

    writes: tuple[Write, ...]
    end: Snapshot


@dataclass(slots=True)
class Tally:
    """The results of all points of a scenario. A point is a fault at one write."""

    run: Run
    points: int = 0
    unreached: int = 0
    """Points whose write came in no run: what is shown to users depends on how long each state lasts, and a run at
    another pace may have one write less."""
    failures: list[str] = field(default_factory=list)


def a_job(name: str = "job", **spec: Any) -> Body:  # noqa: ANN401 - any JSON
    """A minimal job, with `spec` beside its template. It has no jitter and no long waits."""
    container = {"name": "main", "image": "busybox"}
    retry = {"backoff": {"initial": "50ms", "multiplier": 1, "jitterPercent": 0}, **spec.pop("retry", {})}
    return {
        "apiVersion": "queuedjob.dev/v1alpha1",
        "kind": "QueuedJob",
        "metadata": {"name": name},
        "spec": {"template": {"spec": {"containers": [container]}}, "retry": retry, **spec},
    }


async def run_undisturbed(api_server_env: ApiServerEnv, scenario: Scenario) -> Run:
    """Run the scenario without faults. Return its writes and its end."""
    for _ in range(_TRIES):
        async with api_server_env.env(scenario.scripts, scenario.settings, through_kopf=scenario.through_kopf) as env:
            operator = await env.steady_operator()
            await env.apply(scenario.job)
            await scenario.play(env)
            await env.until("nothing is left to be done", lambda: env.at_rest)
            await env.history.calm(_CALM)
            env.check()
            assert env.at_rest, f"something has begun anew\n{env.tell()}"
            if not operator.lifetime.troubled:
                return Run(tuple(operator.lifetime.writes), scenario.end(env))
    raise AssertionError(f"the API server is too busy to tell it undisturbed: {operator.lifetime.troubled}")


_ENCORES: Final = 3
"""Most runs of one point until its fault strikes."""


async def run_with_faults(
    api_server_env: ApiServerEnv, scenario: Scenario, faults: Collection[Fault], *, side_by_side: int = _SIDE_BY_SIDE
) -> Tally:
    """Run the scenario again for each of its writes and each of `faults`. Return the runs that did not end the same
    way."""
    tally = Tally(await run_undisturbed(api_server_env, scenario))
    room = asyncio.Semaphore(side_by_side)

    async def one(number: int, fault: Fault) -> None:
        async with room:
            try:
                for _ in range(_ENCORES):
                    if await _disturbed(api_server_env, scenario, tally.run, number, fault):
                        return
                tally.unreached += 1
            except (AssertionError, TimeoutError) as failure:
                write = tally.run.writes[number - 1]
                tally.failures.append(f"=== write {number} ({write}): {fault.value}\n{failure}")

    points = [(number, fault) for number in range(1, len(tally.run.writes) + 1) for fault in faults]
    tally.points = len(points)
    async with asyncio.TaskGroup() as tasks:
        for number, fault in points:
            tasks.create_task(one(number, fault))
    return tally


async def _disturbed(api_server_env: ApiServerEnv, scenario: Scenario, told: Run, number: int, fault: Fault) -> bool:
    """Run the scenario with one fault. Return whether the fault struck: users and kubelets are not always equally
    quick, and a run at another pace may have one write less. Such a run has ended the same way, too.
    """
    async with api_server_env.env(scenario.scripts, scenario.settings, through_kopf=scenario.through_kopf) as env:
        operator = await env.steady_operator({number: fault})
        heir = asyncio.create_task(_succeed(env))
        try:
            await env.apply(scenario.job)
            await scenario.play(env)
            await operator.lifetime.landed()
            await _ends_as(env, scenario, told.end)
        finally:
            heir.cancel()
            with suppress(asyncio.CancelledError):
                await heir
        env.check()
        return operator.lifetime.struck == [number]


async def _succeed(env: Env) -> None:
    """Start another operator as soon as the current one is dead."""
    await env.operator.lifetime.over.wait()
    env.start_operator()


async def _ends_as(env: Env, scenario: Scenario, end: Snapshot) -> None:
    """Wait until the state equals `end` and stays so."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                await env.history.until(lambda: env.at_rest and scenario.end(env) == end, PATIENCE)
                await env.history.calm(_STILL)
                if scenario.end(env) == end:
                    return
    except TimeoutError:
        found = "\n".join(differences(scenario.end(env), end))
        raise AssertionError(f"it does not end as the undisturbed one:\n{found}\n{env.tell()}") from None
