"""Every class of failure, each with a pod that a real kubelet ran or refused, not only with a written status.

The jobs run at the same time, one attempt each, in one namespace; each test checks one of them.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from dev.cluster import Cluster
from dev.harness import Kubectl
from e2e.conftest import an_env
from e2e.env import Env, Object, a_job, with_container
from queuedjob.policy.failure.classes import CLASSES

ONCE: Final[dict[str, Any]] = {"maxAttempts": 1, "maxDisruptions": 0}
HANGS: Final = "while :; do sleep 0.1; done"


def once(name: str, script: str, **spec: Any) -> Object:  # noqa: ANN401 - fields of the spec
    return a_job(name, script, retry=ONCE, **spec)


JOBS: Final = {
    ("Disruption", "kubelet-rejection"): with_container(
        once("disruption", "true"), resources={"limits": {"cpu": "100000"}}
    ),
    ("Stopped", "stopped-total deadline-total"): once("stopped", HANGS, timeouts={"total": "3s"}),
    ("Timeout", "deadline"): once("timeout", HANGS, timeouts={"attempt": "3s"}),
    ("HeartbeatLost", "heartbeat-mark"): once("heartbeat-lost", HANGS, timeouts={"heartbeat": "3s"}),
    ("Crash", "fatal-signal"): once("crash", "sh -c 'kill -SEGV $$$$'; exit $?"),
    ("RateLimited", "text-rate-limited"): once("rate-limited", "echo HTTP 429 Too Many Requests; exit 1"),
    ("Transient", "says-transient"): once(
        "transient", """echo '{"class": "Transient", "reason": "BankClosed"}' > /dev/termination-log; exit 1"""
    ),
    ("Permanent", "start-error"): with_container(once("permanent", "true"), command=["no-such-command"]),
    ("StartFailure", "stopped-start"): with_container(
        once("start-failure", "true", timeouts={"start": "2s"}), image="localhost/no-such-image:1"
    ),
    ("Unknown", "unknown"): once("unknown", "exit 1"),
}
"""The jobs by class and rule. For the total deadline, either the operator or the kubelet stops the pod first."""


@pytest.fixture(scope="module")
def env(cluster: Cluster, administrator: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Env]:
    """The namespace in which all these jobs run."""
    node = next(each for each in administrator.list("nodes") if "taints" not in each["spec"])["metadata"]["name"]
    JOBS["Disruption", "kubelet-rejection"]["spec"]["template"]["spec"]["nodeName"] = node
    with an_env(cluster, administrator, tmp_path_factory.mktemp("world")) as env:
        env.start_operator()
        env.apply(*JOBS.values())
        yield env


@pytest.mark.parametrize("told", JOBS, ids=lambda told: told[0])
def test_a_real_pod_ends_in(env: Env, told: tuple[str, str]) -> None:
    job = env.reaches(JOBS[told]["metadata"]["name"], "DeadLettered")
    (attempt,) = job["status"]["attempts"]
    name, rules = told
    assert attempt["class"] == name
    assert attempt["rule"] in rules.split()
    assert job["status"]["counters"]["byClass"] == {name: 1}


def test_no_class_is_without_a_real_pod() -> None:
    assert [name for name, _ in JOBS] == [each.name for each in CLASSES]
