"""Hangs, on a real kubelet: silence ends the pod, whatever its exit code; Events and logs supply the details."""

from e2e.env import Env, Object, a_job, with_container, with_pod

_QUICK = {"timeouts": {"heartbeat": "3s"}, "retry": {"maxAttempts": 1}}
_HANGS = "while :; do sleep 0.1; done"
_UNHEALTHY = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 2}


def _end(job: Object) -> tuple[str, str]:
    """Return class and rule of the only attempt."""
    (attempt,) = job["status"]["attempts"]
    return attempt.get("class", ""), attempt["rule"]


def test_a_silent_job_is_killed_and_its_last_words_are_its_logs(env: Env) -> None:
    env.apply(a_job("silent", f"echo record 800 of 1000; {_HANGS}", **_QUICK))
    job = env.reaches("silent", "DeadLettered", reason="MaxAttempts", where={"counters.crashes": 1})
    assert _end(job) == ("HeartbeatLost", "heartbeat-mark")
    (attempt,) = job["status"]["attempts"]
    assert attempt["message"] == "Killed after 3s without a heartbeat: record 800 of 1000"
    assert attempt["exitCode"] == 137


def test_a_job_that_sends_heartbeats_is_not_killed(env: Env) -> None:
    script = 'for i in 1 2 3 4 5 6 7 8; do touch "$QUEUEDJOB_HEARTBEAT"; sleep 1; done'
    env.apply(a_job("alive", script, **_QUICK))
    assert _end(env.reaches("alive", "Succeeded")) == ("", "succeeded")


def test_a_killed_job_that_answers_with_0_did_not_finish(env: Env) -> None:
    env.apply(a_job("polite", f"trap 'exit 0' TERM; {_HANGS}", **_QUICK))
    job = env.reaches("polite", "DeadLettered")
    assert _end(job) == ("HeartbeatLost", "heartbeat-mark")
    assert env.pods("polite")[0]["status"]["phase"] == "Succeeded"


def test_where_the_job_wrote_over_the_mark_the_event_decides(env: Env) -> None:
    script = f"trap 'echo saved > /dev/termination-log; exit 0' TERM; {_HANGS}"
    env.apply(a_job("loud", script, **_QUICK))
    job = env.reaches("loud", "DeadLettered")
    assert _end(job) == ("HeartbeatLost", "liveness-event")
    message = job["status"]["attempts"][0]["message"]
    assert message.startswith("Killed by the kubelet (Liveness probe failed: last heartbeat ")
    assert message.endswith(": saved")


def test_a_kill_by_the_jobs_own_liveness_probe_is_recognised(env: Env) -> None:
    job = a_job("own", f"echo waiting for a lock; {_HANGS}", retry={"maxAttempts": 1})
    env.apply(with_container(job, livenessProbe=_UNHEALTHY))
    dead = env.reaches("own", "DeadLettered")
    assert _end(dead) == ("HeartbeatLost", "liveness-event")
    assert "waiting for a lock" in dead["status"]["attempts"][0]["message"]


def test_a_liveness_probe_of_the_jobs_own_stands_beside_a_heartbeat(env: Env) -> None:
    probe = _UNHEALTHY | {"exec": {"command": ["sh", "-c", 'test -e "$QUEUEDJOB_HEARTBEAT"']}}
    env.apply(with_container(a_job("both", 'touch "$QUEUEDJOB_HEARTBEAT"; sleep 6', **_QUICK), livenessProbe=probe))
    env.reaches("both", "Succeeded")
    assert env.pods("both")[0]["spec"]["containers"][0]["livenessProbe"]["exec"] == probe["exec"]


def test_a_job_that_ends_by_itself_under_a_failing_probe_was_not_killed(env: Env) -> None:
    probe = _UNHEALTHY | {"failureThreshold": 100}
    env.apply(with_container(a_job("ill", "sleep 3; exit 65"), livenessProbe=probe))
    assert _end(env.reaches("ill", "DeadLettered")) == ("Permanent", "exit-data")


def test_three_hangs_are_a_poison_pill(env: Env) -> None:
    quick = {"timeouts": {"heartbeat": "3s"}, "retry": {"backoff": {"initial": "100ms"}}}
    env.apply(a_job("stuck", _HANGS, **quick))
    job = env.reaches("stuck", "Quarantined", reason="PoisonPill", where={"counters.crashes": 3})
    assert {a["class"] for a in job["status"]["attempts"]} == {"HeartbeatLost"}


def test_a_job_of_another_user_with_a_read_only_root_is_watched_all_the_same(env: Env) -> None:
    job = with_container(a_job("nobody", _HANGS, **_QUICK), securityContext={"readOnlyRootFilesystem": True})
    env.apply(with_pod(job, securityContext={"runAsUser": 65534, "runAsGroup": 65534}))
    assert _end(env.reaches("nobody", "DeadLettered")) == ("HeartbeatLost", "heartbeat-mark")


def test_a_failure_without_a_message_gets_the_end_of_its_log(env: Env) -> None:
    job = a_job("wordless", "echo order 42 has no lines; exit 65")
    env.apply(with_container(job, terminationMessagePolicy="File"))
    dead = env.reaches("wordless", "DeadLettered")
    assert dead["status"]["attempts"][0]["message"].endswith("order 42 has no lines")
