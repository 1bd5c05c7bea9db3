"""Terms for single classes, and terms that cannot be meant: a running operator with a real API server."""

from collections import Counter
from typing import Final

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.policy.job.spec_warnings import spec_warnings_of
from queuedjob.ports import Body
from tests.api.conftest import ApiCluster
from tests.api.env.api_server import UNSHOWN, ApiServerEnv
from tests.api.env.audit import AuditLog
from tests.api.env.env import Env
from tests.api.env.run_scenario import a_job
from tests.api.env.scripted_pods import SUCCEEDS, PodScript, by_number, exited
from tests.api.env.users import USERS
from tests.api.kubectl import Kubectl
from tests.api.manifests import a_job as a_manifest

TOO_LARGE: Final = r"\pL{1000}"
SLOW: Final = {"backoff": {"initial": "1h", "max": "12h", "jitterPercent": 0}}


def concerns_in(job: Body) -> dict[str, str]:
    """The concerns in a job's status: condition type -> message."""
    conditions = (job.get("status") or {}).get("conditions") or []
    return {
        c["type"]: c["message"]
        for c in conditions
        if c["type"] in {"FailurePolicyInvalid", "PoisonPillCannotFire", "SpecIneffective"}
    }


async def test_attempts_of_one_class_end_a_job_that_has_others_left(api_server_env: ApiServerEnv) -> None:
    scripts = by_number(PodScript(exited(1)), PodScript(exited(75)), PodScript(exited(1)))
    retry = {"maxAttempts": 9, "perClass": [{"class": "Unknown", "maxAttempts": 2}]}
    async with api_server_env.env(scripts, UNSHOWN) as env:
        await env.steady_operator()
        await env.apply(a_job(retry=retry))
        status = (await env.reaches("job", "DeadLettered", "MaxAttempts"))["status"]
        assert status["counters"]["byClass"] == {"Unknown": 2, "Transient": 1}
        assert status["attemptsSummary"] == "3/9"
        assert status["message"].startswith("2 Unknown attempts spent of retry.perClass maxAttempts (2); attempt 3:")
        await env.is_at_rest()
        env.check()


async def test_a_concern_costs_one_write_and_one_event_and_no_more_after_a_restart(
    api_server_env: ApiServerEnv, cluster: ApiCluster
) -> None:
    scripts = by_number(PodScript(SUCCEEDS, once=lambda job: bool((job["metadata"].get("labels") or {}).get("go"))))
    async with api_server_env.env(scripts, UNSHOWN) as env:
        await env.steady_operator()
        log = AuditLog(cluster.audit_log)
        await env.apply(a_job(retry=SLOW))
        told = await env.until("the concern is shown", lambda: concerns_in(env.history.job("job") or {}))
        assert "1h + 2h = 3h; poisonPill.window is 1h" in told["PoisonPillCannotFire"]
        await env.history.calm(0.5)
        env.kill_operator()
        await env.steady_operator()
        await env.history.calm(0.5)
        spent = log.requests_of(f"system:serviceaccount:{USERS}:{env.namespace}")
        once = Counter({"update queuedjobs/status": 1, "create events": 1})
        assert {key: spent[key] for key in once} == once, env.tell()
        assert [(e["reason"], e["type"], e["note"]) for e in await events(env)] == [
            ("PoisonPillCannotFire", "Warning", told["PoisonPillCannotFire"])
        ]


async def events(env: Env) -> list[Body]:
    """The Events of the namespace that are about its job."""
    found = await env.admin.get(f"/apis/events.k8s.io/v1/namespaces/{env.namespace}/events")
    return [event for event in found["items"] if event["regarding"]["kind"] == "QueuedJob"]


async def test_a_pattern_that_only_we_cannot_read_lets_the_other_rules_decide_and_is_told(
    api_server_env: ApiServerEnv,
) -> None:
    rules = [
        {"name": "letters", "messageMatches": TOO_LARGE, "class": "Transient"},
        {"name": "known", "exitCodes": [1], "class": "Permanent"},
    ]
    async with api_server_env.env(by_number(PodScript(exited(1))), UNSHOWN) as env:
        await env.steady_operator()
        await env.apply(a_job(failurePolicy={"rules": rules}))
        job = await env.reaches("job", "DeadLettered", "Permanent")
        assert job["status"]["attempts"][0]["rule"] == "known"
        assert "letters (pattern too large - compile failed)" in concerns_in(job)["FailurePolicyInvalid"]
        await env.is_at_rest()
        assert [e["reason"] for e in await events(env)].count("FailurePolicyInvalid") == 1
        env.check()


async def test_a_concern_goes_once_its_reason_is_gone(api_server_env: ApiServerEnv) -> None:
    async with api_server_env.env(by_number(PodScript()), UNSHOWN) as env:
        await env.steady_operator()
        await env.apply(a_job(retry=SLOW))
        await env.until("the concern is shown", lambda: concerns_in(env.history.job("job") or {}))
        await env.change("job", retry={"maxAttempts": 2})
        await env.until("it is gone", lambda: not concerns_in(env.history.job("job") or {}))


async def test_labels_that_mean_nothing_on_a_job_are_told_until_they_are_taken_off(
    api_server_env: ApiServerEnv,
) -> None:
    """Labels change without the job's generation."""
    async with api_server_env.env(by_number(PodScript()), UNSHOWN) as env:
        await env.steady_operator()
        job = a_job(failurePolicy={"rules": [{"name": "oom-killed", "exitCodes": [9], "class": "Crash"}]})
        job["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": "team-a", "queuedjob.dev/queue": "x"}
        await env.apply(job)
        told = await env.until("it is told", lambda: concerns_in(env.history.job("job") or {}))
        assert "rule oom-killed has the name of a built-in rule" in told["SpecIneffective"]
        assert "labels of the job below queuedjob.dev/ mean nothing" in told["SpecIneffective"]
        assert "put it into spec.template.metadata.labels" in told["SpecIneffective"]
        await env.patch_job("job", {"op": "remove", "path": "/metadata/labels"})
        await env.until(
            "the labels are told no more",
            lambda: "labels" not in concerns_in(env.history.job("job") or {}).get("SpecIneffective", "labels"),
        )


def test_what_go_reads_and_re2_does_not_gets_in(kubectl: Kubectl) -> None:
    """If the API server refused such a pattern, only jobs older than this check could have the condition."""
    rules = [{"name": "letters", "messageMatches": TOO_LARGE, "class": "Transient"}]
    job = a_manifest(failurePolicy={"rules": rules})
    stored = kubectl.apply(job).object
    terms = JobTerms.model_validate({k: v for k, v in stored["spec"].items() if k != "template"})
    assert [each.kind for each in spec_warnings_of(terms)] == ["FailurePolicyInvalid"]
