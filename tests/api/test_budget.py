"""The exact number of requests that a job costs the API server, from its audit log. One undisturbed job at a time."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

import pytest

from queuedjob.ports import Body
from tests.api.conftest import ApiCluster
from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.audit import AuditLog, Requests
from tests.api.env.env import Env
from tests.api.env.run_scenario import Scenario, a_job
from tests.api.env.scripted_pods import SUCCEEDS, PodScript, by_number, ends, exited
from tests.api.env.users import USERS
from tests.api.scenarios import SCENARIOS, dies, succeeds

ATTEMPT: Final = Counter({"get queuedjobs": 1, "create pods": 1, "update queuedjobs/status": 1, "patch pods": 1})
"""A live read of the job, the POST of the pod, the write of the outcome, the removal of the finalizer."""

SHOWN: Final = Counter({"update queuedjobs/status": 1})
EVENT: Final = Counter({"create events": 1})
WAIT: Final = Counter({"update queuedjobs/status": 1})
LETTER: Final = Counter({"create deadletters": 1, "update queuedjobs/status": 1})
STOP: Final = Counter({"patch pods": 1, "delete pods": 1})
RERUN: Final = Counter({"update queuedjobs/status": 1, "patch deadletters/status": 1})
LOG: Final = Counter({"get pods/log": 1})
EVENTS: Final = Counter({"list events": 1})
POD_GONE: Final = Counter({"delete pods": 1})
JOB_GONE: Final = Counter({"delete queuedjobs": 1})


@dataclass(frozen=True, slots=True)
class Budget:
    """A scenario and its exact cost in requests."""

    scenario: Scenario
    cost: Requests = field(default_factory=Counter)


async def _start_suspended(env: Env) -> None:
    await env.reaches("job", "Waiting", "Suspended")
    await env.change("job", suspend=False)
    await succeeds(env)


def _with_container(**fields: object) -> Body:
    job = a_job()
    job["spec"]["template"]["spec"]["containers"][0].update(fields)
    return job


_SLOW: Final = {"backoff": {"initial": "1h", "max": "1h"}}
_ONCE_TOLD: Final = PodScript(SUCCEEDS, once=lambda job: "conditions" in (job.get("status") or {}))

_QUICK_PROBE: Final = {"exec": {"command": ["true"]}, "failureThreshold": 1}


BUDGETS: Final = {
    "success under a second": Budget(SCENARIOS["a short job"], ATTEMPT),
    "success over a second": Budget(SCENARIOS["a job that is shown running"], ATTEMPT + SHOWN),
    "two further attempts": Budget(SCENARIOS["two retries"], ATTEMPT + ATTEMPT + EVENT + ATTEMPT + EVENT),
    "a bad end": Budget(SCENARIOS["a permanent failure"], ATTEMPT + LETTER + EVENT),
    "a bad end without a pod": Budget(
        replace(SCENARIOS["a refused pod"], settings=UNSHOWN.model_copy(update={"spec_fault_after": 0.0})),
        Counter({"get queuedjobs": 1, "create pods": 1, "update queuedjobs/status": 1}) + LETTER + EVENT,
    ),
    "a stop": Budget(SCENARIOS["cancelled while it runs"], ATTEMPT + SHOWN + STOP),
    "a pod that does not start": Budget(SCENARIOS["a pod that does not start"], ATTEMPT + STOP + EVENT + ATTEMPT),
    "others that run on": Budget(SCENARIOS["others run on after success"], ATTEMPT + STOP),
    "others that run on for long": Budget(
        replace(
            SCENARIOS["others run on after success"],
            settings=UNSHOWN.model_copy(update={"starting_after": 3.0, "main_ended_after": 8.0}),
        ),
        ATTEMPT + SHOWN + STOP,
    ),
    "a deadline that comes near": Budget(SCENARIOS["a deadline that comes near"], ATTEMPT + EVENT + STOP),
    "a rerun": Budget(SCENARIOS["run again after a fix"], ATTEMPT + LETTER + EVENT + RERUN + ATTEMPT),
    "two pods beyond the history": Budget(
        SCENARIOS["a short history"], ATTEMPT + ATTEMPT + EVENT + POD_GONE + ATTEMPT + EVENT + POD_GONE
    ),
    "expiry": Budget(SCENARIOS["deleted by its ttl"], ATTEMPT + JOB_GONE),
    "a wait for the scheduler": Budget(
        Scenario(
            a_job(),
            by_number(PodScript(SUCCEEDS).unscheduled_until_shown()),
            succeeds,
            UNSHOWN.model_copy(update={"starting_after": 3.0}),
        ),
        ATTEMPT + WAIT,
    ),
    "success of a job with a heartbeat": Budget(
        Scenario(a_job(timeouts={"heartbeat": "3s"}), ends(SUCCEEDS), succeeds, UNSHOWN), ATTEMPT
    ),
    "a failure without a word, of which the kubelet did not look into the log": Budget(
        Scenario(_with_container(terminationMessagePolicy="File"), ends(exited(64)), dies, UNSHOWN),
        ATTEMPT + LOG + LETTER + EVENT,
    ),
    "the same, of which it did": Budget(Scenario(a_job(), ends(exited(64)), dies, UNSHOWN), ATTEMPT + LETTER + EVENT),
    "a failure that a liveness probe may have caused": Budget(
        Scenario(_with_container(livenessProbe=_QUICK_PROBE), ends(exited(64, "no such option")), dies, UNSHOWN),
        ATTEMPT + EVENTS + LETTER + EVENT,
    ),
    "success of a job with a concern": Budget(
        Scenario(a_job(poisonPill={"window": "1s"}, retry=_SLOW), by_number(_ONCE_TOLD), succeeds, UNSHOWN),
        ATTEMPT + SHOWN + EVENT,
    ),
    "a suspension, and its end": Budget(
        Scenario(a_job(suspend=True), ends(SUCCEEDS), _start_suspended, UNSHOWN), WAIT + WAIT + ATTEMPT
    ),
}


@pytest.mark.parametrize("path", BUDGETS)
async def test_a_job_costs_exactly(api_server_env: ApiServerEnv, cluster: ApiCluster, path: str) -> None:
    scenario = BUDGETS[path].scenario
    async with api_server_env.env(scenario.scripts, scenario.settings) as env:
        await env.steady_operator()
        log = AuditLog(cluster.audit_log)
        await env.apply(scenario.job)
        await scenario.play(env)
        await env.is_at_rest()
        await env.history.calm(1.0)
        spent = log.requests_of(f"system:serviceaccount:{USERS}:{env.namespace}")
        assert spent == BUDGETS[path].cost, env.tell()
