"""Hangs, by a real kubelet: silence kills, whatever the job answers; what the pod does not tell is read elsewhere."""

from e2e.env import Object, World, a_job, with_container, with_pod

_QUICK = {"timeouts": {"heartbeat": "3s"}, "retry": {"maxAttempts": 1}}
_HANGS = "while :; do sleep 0.1; done"
_UNHEALTHY = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 2}


def _end(job: Object) -> tuple[str, str]:
    """Class and rule of the only attempt."""
    (attempt,) = job["status"]["attempts"]
    return attempt.get("class", ""), attempt["rule"]


def test_a_silent_job_is_killed_and_its_last_words_are_its_logs(world: World) -> None:
    world.apply(a_job("silent", f"echo record 800 of 1000; {_HANGS}", **_QUICK))
    job = world.reaches("silent", "DeadLettered", reason="MaxAttempts", where={"counters.crashes": 1})
    assert _end(job) == ("HeartbeatLost", "heartbeat-mark")
    (attempt,) = job["status"]["attempts"]
    assert attempt["message"] == "Killed after 3s without a heartbeat: record 800 of 1000"
    assert attempt["exitCode"] == 137


def test_a_job_that_gives_signs_of_life_is_left_alone(world: World) -> None:
    script = 'for i in 1 2 3 4 5 6 7 8; do touch "$QUEUEDJOB_HEARTBEAT"; sleep 1; done'
    world.apply(a_job("alive", script, **_QUICK))
    assert _end(world.reaches("alive", "Succeeded")) == ("", "succeeded")


def test_a_killed_job_that_answers_with_0_did_not_finish(world: World) -> None:
    world.apply(a_job("polite", f"trap 'exit 0' TERM; {_HANGS}", **_QUICK))
    job = world.reaches("polite", "DeadLettered")
    assert _end(job) == ("HeartbeatLost", "heartbeat-mark")
    assert world.pods("polite")[0]["status"]["phase"] == "Succeeded"


def test_where_the_job_wrote_over_the_mark_the_event_decides(world: World) -> None:
    script = f"trap 'echo saved > /dev/termination-log; exit 0' TERM; {_HANGS}"
    world.apply(a_job("loud", script, **_QUICK))
    job = world.reaches("loud", "DeadLettered")
    assert _end(job) == ("HeartbeatLost", "liveness-event")
    message = job["status"]["attempts"][0]["message"]
    assert message.startswith("Killed by the kubelet (Liveness probe failed: last heartbeat ")
    assert message.endswith(": saved")


def test_a_kill_by_the_jobs_own_liveness_probe_is_recognised(world: World) -> None:
    job = a_job("own", f"echo waiting for a lock; {_HANGS}", retry={"maxAttempts": 1})
    world.apply(with_container(job, livenessProbe=_UNHEALTHY))
    dead = world.reaches("own", "DeadLettered")
    assert _end(dead) == ("HeartbeatLost", "liveness-event")
    assert "waiting for a lock" in dead["status"]["attempts"][0]["message"]


def test_a_liveness_probe_of_the_jobs_own_stands_beside_a_heartbeat(world: World) -> None:
    probe = _UNHEALTHY | {"exec": {"command": ["sh", "-c", 'test -e "$QUEUEDJOB_HEARTBEAT"']}}
    world.apply(with_container(a_job("both", 'touch "$QUEUEDJOB_HEARTBEAT"; sleep 6', **_QUICK), livenessProbe=probe))
    world.reaches("both", "Succeeded")
    assert world.pods("both")[0]["spec"]["containers"][0]["livenessProbe"]["exec"] == probe["exec"]


def test_a_job_that_ends_by_itself_under_a_failing_probe_was_not_killed(world: World) -> None:
    probe = _UNHEALTHY | {"failureThreshold": 100}
    world.apply(with_container(a_job("ill", "sleep 3; exit 65"), livenessProbe=probe))
    assert _end(world.reaches("ill", "DeadLettered")) == ("Permanent", "exit-data")


def test_three_hangs_are_a_poison_pill(world: World) -> None:
    quick = {"timeouts": {"heartbeat": "3s"}, "retry": {"backoff": {"initial": "100ms"}}}
    world.apply(a_job("stuck", _HANGS, **quick))
    job = world.reaches("stuck", "Quarantined", reason="PoisonPill", where={"counters.crashes": 3})
    assert {a["class"] for a in job["status"]["attempts"]} == {"HeartbeatLost"}


def test_a_job_of_another_user_with_a_read_only_root_is_watched_all_the_same(world: World) -> None:
    job = with_container(a_job("nobody", _HANGS, **_QUICK), securityContext={"readOnlyRootFilesystem": True})
    world.apply(with_pod(job, securityContext={"runAsUser": 65534, "runAsGroup": 65534}))
    assert _end(world.reaches("nobody", "DeadLettered")) == ("HeartbeatLost", "heartbeat-mark")


def test_a_failure_without_a_word_is_told_by_the_end_of_its_log(world: World) -> None:
    job = a_job("wordless", "echo order 42 has no lines; exit 65")
    world.apply(with_container(job, terminationMessagePolicy="File"))
    dead = world.reaches("wordless", "DeadLettered")
    assert dead["status"]["attempts"][0]["message"].endswith("order 42 has no lines")
