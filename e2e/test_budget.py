"""The exact number of requests that a job costs the API server: those of the operator's own user in its audit log."""

import json
from collections import Counter

import pytest

from dev.cluster import LocalCluster
from e2e.env import Env, a_job, with_container

pytestmark = pytest.mark.local

_NEVER = "--running-after=3600"
_AT_ONCE = "--running-after=0"

# The paths of the budget table, as verbs and resources of the audit log.
POD, STATUS, RELEASE, EVENT = "create pods", "update queuedjobs/status", "patch pods", "create events"
LETTER, DELETION = "create deadletters", "delete pods"


def asked(env: Env, job: str) -> list[str]:
    """Return the operator's requests for a job's objects so far; not LISTs and watches, which all jobs share."""
    user = f"system:serviceaccount:queuedjob-system:{env.namespace}"
    found = []
    assert isinstance(env.cluster, LocalCluster)
    for line in env.cluster.audit_log.read_text().splitlines():
        event = json.loads(line)
        what = event.get("objectRef", {})
        ours = event["user"]["username"] == user and event["stage"] == "ResponseComplete"
        if ours and what.get("name", "").replace(".", "-").split("-")[0] == job:
            resource = "/".join(part for part in (what["resource"], what.get("subresource")) if part)
            found.append(f"{event['verb']} {resource}")
    return found


def is_read(word: str) -> bool:
    """Return whether the request changes nothing."""
    return word.startswith(("get ", "list ", "watch "))


@pytest.fixture
def quiet_world(idle_env: Env) -> Env:
    """An environment whose operator does not wait for late requests of an earlier one; the test starts the operator."""
    idle_env.options = ["--post-timeout=1", "--late-margin=0"]
    return idle_env


def start(env: Env, option: str) -> None:
    """Start the operator and wait until it releases pods: from then on its predecessor's requests cannot arrive."""
    env.start_operator(option)
    env.apply(a_job("first", "true"))
    env.reaches("first", "Succeeded")
    env.until(lambda: "finalizers" not in env.pods("first")[0]["metadata"], "its pod is let go", lambda: "")


@pytest.mark.parametrize(
    ("option", "job", "end", "reads", "writes"),
    [
        pytest.param(_NEVER, a_job("a", "true"), "Succeeded", 1, [POD, STATUS, RELEASE], id="success under a second"),
        pytest.param(
            _AT_ONCE, a_job("a", "sleep 3"), "Succeeded", 1, [POD, STATUS, STATUS, RELEASE], id="success over a second"
        ),
        pytest.param(
            _NEVER,
            a_job("a", "test $QUEUEDJOB_ATTEMPT = 2 || exit 75"),
            "Succeeded",
            2,
            [POD, STATUS, EVENT, RELEASE, POD, STATUS, RELEASE],
            id="a further attempt",
        ),
        pytest.param(
            _NEVER,
            a_job("a", "exit 65"),
            "DeadLettered",
            1,
            [POD, STATUS, EVENT, LETTER, STATUS, RELEASE],
            id="a bad end",
        ),
        pytest.param(
            _NEVER,
            with_container(a_job("a", "echo no lines; exit 65"), terminationMessagePolicy="File"),
            "DeadLettered",
            2,
            [POD, STATUS, EVENT, LETTER, STATUS, RELEASE],
            id="a bad end without a word: and its log",
        ),
        pytest.param(_NEVER, a_job("a", "true", suspend=True), "Waiting", 0, [STATUS], id="suspended before it began"),
        pytest.param(
            _NEVER,
            a_job("a", "true", podHistoryLimit=0),
            "Succeeded",
            1,
            [POD, STATUS, RELEASE, DELETION],
            id="a pod beyond history",
        ),
    ],
)
def test_a_job_costs(
    quiet_world: Env, option: str, job: dict[str, object], end: str, reads: int, writes: list[str]
) -> None:
    env = quiet_world
    start(env, option)
    env.apply(job)
    env.reaches("a", end)

    def spent() -> Counter[str]:
        return Counter(word for word in asked(env, "a") if not is_read(word))

    env.until(lambda: spent() >= Counter(writes), f"it costs {writes}", lambda: str(dict(spent())), "a")
    assert spent() == Counter(writes)
    assert sum(map(is_read, asked(env, "a"))) == reads
