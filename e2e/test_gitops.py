"""What GitOps tools show of real jobs in every phase, and what their actions do."""

import json

import pytest

from dev.harness import argocd
from e2e.env import Env, Object, a_job, running_pod

_ONE_HOUR: dict[str, object] = {"backoff": {"initial": "1h", "max": "1h"}}


def act(env: Env, it: Object, action: str) -> None:
    """Do an action as Argo CD does: a merge patch of what it changes."""
    assert action in argocd.actions_of(it), argocd.actions_of(it)
    changed = argocd.after_action(it, action)
    patch = {"metadata": {"annotations": changed["metadata"].get("annotations")}, "spec": changed["spec"]}
    name = it["metadata"]["name"]
    env.kubectl.run("patch", it["kind"].lower(), name, "--type=merge", "-p", json.dumps(patch))


@pytest.mark.parametrize(
    ("script", "spec", "phase", "health"),
    [
        ("true", {}, "Succeeded", "Healthy"),
        ("exit 65", {}, "DeadLettered", "Degraded"),
        (
            "exit 75",
            {
                "poisonPill": {"crashes": 1},
                "failurePolicy": {"rules": [{"name": "mine", "exitCodes": [75], "class": "Crash"}]},
            },
            "Quarantined",
            "Degraded",
        ),
        ("true", {"cancel": True}, "Cancelled", "Healthy"),
        ("true", {"suspend": True}, "Waiting", "Suspended"),
        ("exit 75", {"retry": _ONE_HOUR}, "Waiting", "Progressing"),
        ("sleep 600", {}, "Running", "Progressing"),
    ],
)
def test_a_job_in_each_phase_has_its_health_in_argo_cd(
    env: Env, script: str, spec: dict[str, object], phase: str, health: str
) -> None:
    env.apply(a_job("j", script, **spec))
    job = env.reaches("j", phase)
    shown, message = argocd.health_of(job)
    assert (shown, bool(message)) == (health, True), message


def test_the_actions_of_argo_cd_suspend_resume_and_retry_a_job_now(env: Env) -> None:
    env.apply(a_job("j", "test $QUEUEDJOB_ATTEMPT -ge 2 || exit 75", retry=_ONE_HOUR))
    act(env, env.reaches("j", "Waiting", reason="Backoff"), "suspend")
    act(env, env.reaches("j", "Waiting", reason="Suspended"), "resume")
    resumed = env.reaches("j", "Waiting", reason="Backoff")
    act(env, resumed, "retry-now")
    env.reaches("j", "Succeeded", where={"counters.attempts": 2})


def test_the_action_of_argo_cd_resolves_a_dead_letter(env: Env) -> None:
    env.apply(a_job("j", "echo order 42 has no lines; exit 65"))
    env.reaches("j", "DeadLettered")
    letter = env.until(env.letters, "a letter is filed", lambda: "none", "j")[0]
    health, words = argocd.health_of(letter)
    assert health == "Degraded"
    assert "order 42 has no lines" in words
    act(env, letter, "resolve")

    def resolved() -> bool:
        return argocd.health_of(env.letters()[0])[0] == "Healthy"

    env.until(resolved, "Argo CD shows the letter as well", lambda: str(env.letters()[0].get("status")), "j")
    env.until(
        lambda: env.letters()[0].get("status", {}).get("phase") == "Resolved",
        "the letter is Resolved",
        lambda: str(env.letters()[0].get("status")),
        "j",
    )


def test_a_job_that_runs_offers_no_retry(env: Env) -> None:
    env.apply(a_job("j", "sleep 600"))
    running_pod(env, "j")
    assert argocd.actions_of(env.reaches("j", "Running")) == {"suspend"}
