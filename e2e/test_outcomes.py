"""How jobs end, with pods of a real kubelet: the demo's lessons, and more."""

from e2e.env import Env, a_job, with_container, with_pod


def test_a_job_that_exits_0_succeeds_and_its_pod_is_let_go(env: Env) -> None:
    env.apply(a_job("ok", "echo done"))
    job = env.reaches("ok", "Succeeded")
    assert job["status"]["attemptsSummary"] == "1/10"
    assert job["status"]["attempts"][0]["rule"] == "succeeded"
    env.until(lambda: "finalizers" not in env.pods("ok")[0]["metadata"], "the pod is released", lambda: "", "ok")


def test_a_job_that_fails_twice_for_now_succeeds_on_the_third_attempt(env: Env) -> None:
    env.apply(a_job("flaky", "test $QUEUEDJOB_ATTEMPT -ge 3 || exit 75"))
    job = env.reaches("flaky", "Succeeded", where={"counters.attempts": 3, "counters.byClass.Transient": 2})
    assert [a["exitCode"] for a in job["status"]["attempts"]] == [75, 75, 0]
    assert env.letters() == []


def test_a_job_that_hangs_is_ended_by_its_deadline_and_gets_a_longer_one(env: Env) -> None:
    env.apply(a_job("slow", "sleep 4", timeouts={"attempt": "2s", "growth": 4}))
    job = env.reaches("slow", "Succeeded", where={"counters.timeouts": 1})
    assert [a.get("class", "") for a in job["status"]["attempts"]] == ["Timeout", ""]
    assert [a["activeDeadlineSeconds"] for a in job["status"]["attempts"]] == [2, 8]


def test_a_job_that_runs_out_of_memory_three_times_is_quarantined(env: Env) -> None:
    job = a_job("hungry", "exec tail /dev/zero", retry={"backoff": {"initial": "100ms"}})
    env.apply(with_container(job, resources={"limits": {"memory": "24Mi"}}))
    dead = env.reaches("hungry", "Quarantined", reason="PoisonPill", where={"counters.crashes": 3})
    assert {a["rule"] for a in dead["status"]["attempts"]} == {"oom-killed"}
    letter = env.until(env.letters, "a letter is filed", lambda: "none", "hungry")[0]
    assert (letter["spec"]["reason"], letter["spec"]["class"]) == ("PoisonPill", "Crash")


def test_bad_input_is_dead_lettered_after_one_attempt_with_its_last_words(env: Env) -> None:
    env.apply(a_job("bad", "echo order 42 has no lines; exit 65", payload={"order": 42}))
    env.reaches("bad", "DeadLettered", reason="Permanent", where={"counters.attempts": 1})
    letter = env.until(env.letters, "a letter is filed", lambda: "none", "bad")[0]["spec"]
    assert letter["action"] == "fix-spec"
    assert "order 42 has no lines" in letter["attempts"][0]["message"]
    assert letter["job"]["spec"]["payload"] == {"order": 42}


_PANIC = "panic: cannot ship 42\\n\\ngoroutine 1 [running]:\\nmain.main()\\n\\t/app/main.go:8 +0x18\\n"


def test_last_words_decide_where_the_exit_code_says_nothing(env: Env) -> None:
    env.apply(a_job("gone", "echo 'error: GET /orders/42: 404 Not Found' >&2; echo closing; exit 1"))
    env.apply(a_job("panics", f"printf '{_PANIC}' >&2; exit 2", retry={"maxAttempts": 1}))
    gone = env.reaches("gone", "DeadLettered", reason="Permanent")
    panics = env.reaches("panics", "DeadLettered", reason="MaxAttempts", where={"counters.crashes": 1})
    assert [job["status"]["attempts"][0]["rule"] for job in (gone, panics)] == ["text-not-found", "go-panic"]


def test_a_command_that_does_not_exist_is_not_tried_again(env: Env) -> None:
    env.apply(with_container(a_job("typo", "true"), command=["no-such-command"]))
    job = env.reaches("typo", "DeadLettered", reason="Permanent")
    assert job["status"]["attempts"][0]["rule"] == "start-error"


def test_a_job_that_always_fails_stops_after_its_attempts(env: Env) -> None:
    env.apply(a_job("never", "exit 1", retry={"maxAttempts": 2, "backoff": {"initial": "100ms"}}))
    job = env.reaches("never", "DeadLettered", reason="MaxAttempts")
    assert job["status"]["attemptsSummary"] == "2/2"


def test_a_dead_job_runs_again_once_its_manifest_is_fixed(env: Env) -> None:
    env.apply(a_job("mend", "exit 65"))
    env.reaches("mend", "DeadLettered")
    env.until(lambda: env.job("mend")["status"]["deadLetterRef"].get("uid"), "filed", lambda: "not yet", "mend")
    env.apply(a_job("mend", "true"))
    job = env.reaches("mend", "Succeeded", where={"counters.redrives": 1, "counters.attempts": 1})
    assert job["status"]["attempts"][0]["number"] == 1
    redriven = env.until(
        lambda: [x for x in env.letters() if x["status"]["phase"] == "Redriven"], "marked", lambda: "Dead", "mend"
    )
    assert redriven[0]["status"]["redrivenGeneration"] == 2


def test_the_users_rule_outranks_the_built_in_ones(env: Env) -> None:
    rules = [{"name": "odd-but-fine-later", "exitCodes": [65], "class": "Transient"}]
    script = "test $QUEUEDJOB_ATTEMPT -ge 2 || exit 65"
    env.apply(a_job("own", script, failurePolicy={"rules": rules}, retry={"backoff": {"initial": "100ms"}}))
    job = env.reaches("own", "Succeeded")
    assert job["status"]["attempts"][0]["rule"] == "odd-but-fine-later"


def test_a_rule_of_the_jobs_own_decides_by_the_message(env: Env) -> None:
    rules = [
        {"name": "mesh-died", "container": "mesh", "reasons": ["OOMKilled"], "class": "Crash"},
        {
            "name": "out-of-stock",
            "messageMatches": r"(?i)\bsku \d+ is out of stock",
            "class": "Permanent",
            "action": "skip",
        },
        {"name": "stock-is-counted", "messageMatches": "inventory", "exitCodes": [3], "class": "Transient"},
    ]
    script = (
        "test $QUEUEDJOB_ATTEMPT -ge 2 || { echo inventory is locked; exit 3; }; echo SKU 42 is out of stock; exit 3"
    )
    job = a_job("stock", script, failurePolicy={"rules": rules}, retry={"backoff": {"initial": "100ms"}})
    env.apply(with_pod(job, initContainers=[{"name": "mesh", "image": "busybox:1.36", "command": ["true"]}]))
    dead = env.reaches("stock", "DeadLettered", reason="Permanent", where={"counters.attempts": 2})
    assert [a["rule"] for a in dead["status"]["attempts"]] == ["stock-is-counted", "out-of-stock"]
    letter = env.until(env.letters, "a letter is filed", lambda: "none", "stock")[0]["spec"]
    assert (letter["rule"], letter["action"]) == ("out-of-stock", "skip")
    assert "SKU 42 is out of stock" in letter["message"]


def test_a_pod_that_no_node_takes_is_a_visible_wait(idle_env: Env) -> None:
    env = idle_env
    env.start_operator("--starting-after=0.5")
    env.apply(with_pod(a_job("nowhere", "true"), nodeSelector={"no": "where"}))
    job = env.reaches("nowhere", "Waiting", reason="Unschedulable")
    assert "node" in job["status"]["message"]


def test_an_image_that_cannot_be_pulled_is_shown_with_its_reason(env: Env) -> None:
    env.apply(with_container(a_job("noimage", "true"), image="localhost/no-such-image:1"))
    env.reaches("noimage", "Running", reason="ImagePullBackOff")


def test_a_payload_arrives_as_a_file_and_the_attempt_in_the_environment(env: Env) -> None:
    script = 'grep -q \'"order":42\' "$QUEUEDJOB_PAYLOAD" && test "$QUEUEDJOB_ATTEMPTS_LEFT" = 4'
    env.apply(a_job("paid", script, payload={"order": 42}))
    env.reaches("paid", "Succeeded")
