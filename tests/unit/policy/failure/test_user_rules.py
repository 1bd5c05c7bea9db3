"""A job's own rules: what each matcher looks at, and that all matchers must match."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.kinds.queuedjob import FailurePolicy
from queuedjob.policy.facts import ContainerRole, Pod
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.evidence import evidence_of
from queuedjob.policy.failure.rules import Action, Verdict
from queuedjob.policy.failure.user_rules import user_rules
from tests.builders import a_pod, own_rule
from tests.unit.policy.failure.test_classification import evidences

DNS = "dial tcp: lookup db on 10.0.0.10:53: no such host"
WITH_PROXY = (
    a_pod()
    .exited(1, message="upstream closed")
    .beside(ContainerRole.SIDECAR, 7, reason="OOMKilled", name="proxy", message="cannot reach the mesh")
)
SAYS_NOTHING_OF_ITSELF = a_pod().waiting("ImagePullBackOff", "not found").deadline_exceeded()


def verdict_on(pod: Pod, **said: object) -> Verdict:
    return classify(evidence_of(pod), [own_rule("mine", "RateLimited", **said)])


@pytest.mark.parametrize(
    ("pod", "said", "decides"),
    [
        # --- exit codes
        pytest.param(a_pod().exited(3), {"exit_codes": [3, 4]}, True, id="the exit code"),
        pytest.param(a_pod().exited(5), {"exit_codes": [3, 4]}, False, id="another exit code"),
        pytest.param(
            a_pod().init_failed(3), {"exit_codes": [3]}, True, id="the code of the init container that failed"
        ),
        pytest.param(a_pod().lost(), {"exit_codes": [137]}, False, id="a made up code is none"),
        # --- reasons
        pytest.param(a_pod().oom_killed(), {"reasons": ["Foo", "OOMKilled"]}, True, id="the container's reason"),
        pytest.param(a_pod().oom_killed(), {"reasons": ["oomkilled"]}, False, id="in another case"),
        pytest.param(a_pod().oom_killed(), {"reasons": ["OOM"]}, False, id="a part of a reason"),
        pytest.param(a_pod().rejected("OutOfcpu"), {"reasons": ["OutOfcpu"]}, True, id="the pod's reason"),
        pytest.param(
            a_pod().running().disrupted("PreemptionByScheduler").exited(143),
            {"reasons": ["PreemptionByScheduler"]},
            True,
            id="the disruption's reason",
        ),
        pytest.param(SAYS_NOTHING_OF_ITSELF, {"reasons": ["ImagePullBackOff"]}, True, id="the waiting reason"),
        pytest.param(a_pod().lost(), {"reasons": ["ContainerStatusUnknown"]}, True, id="the reason of a made up end"),
        # --- last words
        pytest.param(a_pod().exited(1, message=DNS), {"message_matches": "no such host"}, True, id="in the last words"),
        pytest.param(a_pod().exited(1, message=DNS), {"message_matches": "^no such"}, False, id="anchored elsewhere"),
        pytest.param(a_pod().exited(1), {"message_matches": "no such host"}, False, id="nothing was said"),
        pytest.param(a_pod().exited(1), {"message_matches": "^$"}, True, id="nothing was said, and that is meant"),
        # --- several matchers
        pytest.param(
            a_pod().exited(3, message=DNS), {"exit_codes": [3], "message_matches": "host"}, True, id="code and words"
        ),
        pytest.param(
            a_pod().exited(4, message=DNS), {"exit_codes": [3], "message_matches": "host"}, False, id="words alone"
        ),
        pytest.param(
            a_pod().exited(3, message=DNS), {"exit_codes": [3], "message_matches": "port"}, False, id="code alone"
        ),
        pytest.param(
            a_pod().oom_killed(), {"exit_codes": [137], "reasons": ["Error"]}, False, id="code, but another reason"
        ),
        # --- another container
        pytest.param(WITH_PROXY, {"container": "proxy", "exit_codes": [7]}, True, id="a sidecar's code"),
        pytest.param(WITH_PROXY, {"container": "proxy", "exit_codes": [1]}, False, id="not the main container's then"),
        pytest.param(WITH_PROXY, {"exit_codes": [7]}, False, id="a sidecar's code unless it is named"),
        pytest.param(WITH_PROXY, {"container": "proxy", "reasons": ["OOMKilled"]}, True, id="a sidecar's reason"),
        pytest.param(WITH_PROXY, {"container": "proxy", "reasons": ["Error"]}, False, id="not main's reason then"),
        pytest.param(WITH_PROXY, {"container": "proxy", "message_matches": "mesh"}, True, id="a sidecar's words"),
        pytest.param(WITH_PROXY, {"container": "proxy", "message_matches": "upstream"}, False, id="not main's then"),
        pytest.param(
            WITH_PROXY,
            {"container": "proxy", "exit_codes": [7], "message_matches": "upstream"},
            False,
            id="all of one and the same container",
        ),
        pytest.param(WITH_PROXY, {"container": "main", "exit_codes": [1]}, True, id="main by its name"),
        pytest.param(
            a_pod().init_failed(9, name="fetch"),
            {"container": "fetch", "exit_codes": [9]},
            True,
            id="an init container",
        ),
        pytest.param(
            a_pod().exited(1).beside(ContainerRole.REGULAR, name="other"),
            {"container": "other", "message_matches": ".*"},
            False,
            id="a container that runs on has no end",
        ),
        pytest.param(
            a_pod().rejected(), {"container": "main", "reasons": ["OutOfcpu"]}, False, id="not the pod's reason"
        ),
        pytest.param(
            a_pod().lost(), {"container": "main", "reasons": ["ContainerStatusUnknown"]}, True, id="its made up end"
        ),
        pytest.param(a_pod().lost(), {"container": "main", "exit_codes": [137]}, False, id="whose code is none"),
        # --- certain facts
        pytest.param(a_pod().succeeded(), {"message_matches": ".*"}, False, id="no rule overrides success"),
    ],
)
def test_a_user_rule_decides_if_all_its_matchers_match(pod: Pod, said: dict[str, Any], *, decides: bool) -> None:
    assert (verdict_on(pod, **said).rule == "mine") is decides


@pytest.mark.parametrize(
    ("pod", "said", "reason", "message"),
    [
        pytest.param(
            a_pod().exited(1, message=DNS),
            {"message_matches": "host"},
            "Error",
            f"Container main exited with 1: {DNS}",
            id="by its words",
        ),
        pytest.param(
            SAYS_NOTHING_OF_ITSELF,
            {"reasons": ["ImagePullBackOff"]},
            "ImagePullBackOff",
            "Pod was active on the node longer than the specified deadline",
            id="by why it waited",
        ),
        pytest.param(
            a_pod().rejected("OutOfcpu"),
            {"reasons": ["OutOfcpu"]},
            "OutOfcpu",
            "Pod was rejected: OutOfcpu",
            id="by the pod's reason",
        ),
        pytest.param(
            WITH_PROXY,
            {"container": "proxy", "reasons": ["OOMKilled"]},
            "OOMKilled",
            "Container proxy exited with 7 (OOMKilled): cannot reach the mesh\n"
            "Container main exited with 1: upstream closed",
            id="by another container, in its words",
        ),
        pytest.param(
            a_pod().exited(1).beside(ContainerRole.REGULAR, 7, reason="Error", name="proxy"),
            {"container": "proxy", "exit_codes": [7]},
            "Error",
            "Container proxy exited with 7",
            id="by another one's code, where its reason says no more",
        ),
        pytest.param(
            a_pod().lost(),
            {"container": "main", "reasons": ["ContainerStatusUnknown"]},
            "ContainerStatusUnknown",
            "Container main exited with an unknown code (ContainerStatusUnknown)",
            id="by an end that nobody saw",
        ),
        pytest.param(
            a_pod().waiting("ErrImagePull", "no such image").vanished(),
            {"reasons": ["ErrImagePull"]},
            "ErrImagePull",
            "no such image",
            id="by why it did not start, of which the kubelet alone speaks",
        ),
        pytest.param(
            a_pod().waiting("ErrImagePull", "no such image").disrupted(),
            {"reasons": ["ErrImagePull"]},
            "ErrImagePull",
            "EvictionByEvictionAPI: words",
            id="and by what then came over its pod",
        ),
    ],
)
def test_the_verdict_of_a_user_rule_names_the_end(pod: Pod, said: dict[str, Any], reason: str, message: str) -> None:
    verdict = verdict_on(pod, **said)
    assert (verdict.reason, verdict.message) == (reason, message)


def test_a_permanent_rule_without_an_action_alerts_the_developer() -> None:
    assert own_rule("p", "Permanent", exit_codes=[3]).action is Action.ALERT_DEVELOPER
    assert own_rule("p", "Permanent", exit_codes=[3], action="skip").action is Action.SKIP
    assert own_rule("t", "Transient", exit_codes=[3]).action is None


def test_the_wait_of_a_user_rule_is_part_of_its_verdict() -> None:
    assert verdict_on(a_pod().exited(3), exit_codes=[3], retry_after="90s").retry_after == 90
    assert verdict_on(a_pod().exited(3), exit_codes=[3]).retry_after == 0


def test_a_rule_whose_pattern_cannot_be_read_is_left_out_and_the_others_decide() -> None:
    policy = FailurePolicy.model_validate(
        {
            "rules": [
                {"name": "broken", "exit_codes": [3], "message_matches": r"\pL{1000}", "class": "Permanent"},
                {"name": "sound", "exit_codes": [3], "class": "Transient"},
            ]
        }
    )
    assert classify(evidence_of(a_pod().exited(3)), user_rules(policy)).rule == "sound"


# --- properties of any evidence and any rules

matchers = st.fixed_dictionaries(
    {},
    optional={
        "exit_codes": st.lists(st.sampled_from([1, 3, 75, 137, 143]), min_size=1, max_size=3),
        "reasons": st.lists(st.sampled_from(["Error", "OOMKilled", "Evicted", "ImagePullBackOff"]), min_size=1),
        "message_matches": st.sampled_from(["a", "[0-9]", "^$", "(?i)x|y", "(broken"]),
    },
).filter(bool)
rules = st.lists(st.tuples(matchers, st.sampled_from(["Crash", "Transient", "Permanent"])), max_size=6).map(
    lambda many: [{"name": f"r{i}", "class": class_, **said} for i, (said, class_) in enumerate(many)]
)


def of(*asked: dict[str, Any]) -> FailurePolicy:
    return FailurePolicy.model_validate({"rules": asked})


@given(evidences, rules)
def test_the_first_user_rule_that_matches_decides(evidence: Any, asked: list[dict[str, Any]]) -> None:  # noqa: ANN401 - of a strategy
    alone = [one["name"] for one in asked if classify(evidence, user_rules(of(one))).rule == one["name"]]
    together = classify(evidence, user_rules(of(*asked)))
    assert together == classify(evidence, user_rules(of(*(r for r in asked if r["name"] in alone[:1]))))


@given(evidences, matchers)
def test_a_rule_matches_where_each_of_its_matchers_would_alone(evidence: Any, said: dict[str, Any]) -> None:  # noqa: ANN401 - of a strategy
    def decides(matcher: dict[str, Any]) -> bool:
        return classify(evidence, user_rules(of({"name": "mine", "class": "Crash", **matcher}))).rule == "mine"

    assert decides(said) == all(decides({key: value}) for key, value in said.items())


# --- what the job reported about itself


LOG_LINE = '{"level": "error", "message": "boom", "code": "E42"}'


@pytest.mark.parametrize(
    ("pod", "said"),
    [
        pytest.param(a_pod().saying("Permanent", reason="no route"), {"reasons": ["NoRoute"]}, id="its reason"),
        pytest.param(a_pod().saying("Permanent", message="at b"), {"message_matches": "^at b$"}, id="its message"),
        pytest.param(a_pod().exited(1, message=LOG_LINE), {"message_matches": '"code": "E42"'}, id="a line of a log"),
    ],
)
def test_a_user_rule_sees_what_a_job_reports_and_outranks_its_class(pod: Pod, said: dict[str, Any]) -> None:
    assert verdict_on(pod, **said).rule == "mine"


def test_the_longer_of_two_waits_stands() -> None:
    pod = a_pod().saying(retryAfter="30s")
    assert verdict_on(pod, exit_codes=[1], retry_after=20.0).retry_after == 30
    assert verdict_on(pod, exit_codes=[1], retry_after=40.0).retry_after == 40


def test_the_verdict_of_a_rule_about_another_container_quotes_that_container() -> None:
    said = '{"message": "no mesh", "reason": "Meshless"}'
    beside = (
        a_pod().exited(1, message='{"reason": "Mine"}').beside(ContainerRole.SIDECAR, 7, name="proxy", message=said)
    )
    verdict = verdict_on(beside, container="proxy", exit_codes=[7])
    assert (verdict.reason, verdict.message) == ("Unknown", "Container proxy exited with 7: no mesh")


def test_a_rule_about_another_container_keeps_the_last_words_of_main() -> None:
    pod = (
        a_pod()
        .exited(1, message="cannot reach 127.0.0.1:15001")
        .beside(ContainerRole.REGULAR, 137, reason="OOMKilled", name="proxy", message="out of buffers")
    )
    verdict = verdict_on(pod, container="proxy", reasons=["OOMKilled"])
    assert verdict.message == (
        "Container proxy exited with 137 (OOMKilled): out of buffers\n"
        "Container main exited with 1: cannot reach 127.0.0.1:15001"
    )
    silent = a_pod().exited(1, message="cannot reach it").beside(ContainerRole.REGULAR, 7, name="proxy")
    assert verdict_on(silent, container="proxy", exit_codes=[7]).message == (
        "Container proxy exited with 7: Container main exited with 1: cannot reach it"
    )
