from typing import Any

import pytest

from queuedjob.api import names
from queuedjob.api.canonical import spec_hash
from queuedjob.api.queuedjob import parse_spec
from queuedjob.kube.manifests import PAYLOAD_LIMIT, PayloadTooLarge, pod_body
from queuedjob.policy.steps import CreatePod
from queuedjob.ports import Body

STEP = CreatePod(number=3, name="j-3", redrives=1, deadline_seconds=60, deadline_by_total=False, attempts_left=2)


def a_job(template: Body | None = None, **spec: Any) -> Body:  # noqa: ANN401 - JSON
    template = template or {"spec": {"containers": [{"name": "main", "image": "busybox"}]}}
    metadata = {"uid": "u", "name": "j", "namespace": "n", "generation": 7}
    return {"metadata": metadata, "spec": {"template": template, **spec}}


def the_pod(job: Body, step: CreatePod = STEP) -> Body:
    return pod_body(job, parse_spec(job["spec"]), step)


def environment(pod: Body) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in pod["spec"]["containers"][0]["env"]}


def test_a_pod_is_held_owned_named_and_labelled() -> None:
    job = a_job(queue="billing", type="invoice")
    metadata = the_pod(job)["metadata"]
    assert (metadata["name"], metadata["namespace"]) == ("j-3", "n")
    assert metadata["finalizers"] == [names.FINALIZER]
    (owner,) = metadata["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("QueuedJob", "u", True)
    assert metadata["labels"] == {
        names.JOB_LABEL: "j",
        names.JOB_UID_LABEL: "u",
        names.REDRIVES_LABEL: "1",
        names.ATTEMPT_LABEL: "3",
        names.QUEUE_LABEL: "billing",
        names.TYPE_LABEL: "invoice",
    }
    assert metadata["annotations"] == {
        names.GENERATION_ANNOTATION: "7",
        names.SPEC_HASH_ANNOTATION: spec_hash(job["spec"]),
        names.DEADLINE_ANNOTATION: "attempt",
    }


def test_no_pod_runs_without_an_end_or_again_by_itself() -> None:
    spec = the_pod(a_job())["spec"]
    assert (spec["activeDeadlineSeconds"], spec["restartPolicy"]) == (60, "Never")


def test_the_environment_tells_the_attempt_who_it_is() -> None:
    told = environment(the_pod(a_job(retry={"maxAttempts": 5})))
    assert told == {
        "QUEUEDJOB_NAME": "j",
        "QUEUEDJOB_NAMESPACE": "n",
        "QUEUEDJOB_UID": "u",
        "QUEUEDJOB_QUEUE": "default",
        "QUEUEDJOB_TYPE": "default",
        "QUEUEDJOB_ATTEMPT": "3",
        "QUEUEDJOB_ATTEMPTS_LEFT": "2",
        "QUEUEDJOB_MAX_ATTEMPTS": "5",
        "QUEUEDJOB_IDEMPOTENCY_KEY": "u",
        "QUEUEDJOB_DEADLINE_SECONDS": "60",
    }


def test_the_idempotency_key_is_the_jobs_own_to_the_letter() -> None:
    told = environment(the_pod(a_job(idempotencyKey="order-$(QUEUEDJOB_UID)-$$")))
    assert told["QUEUEDJOB_IDEMPOTENCY_KEY"] == "order-$$(QUEUEDJOB_UID)-$$$$"


def test_what_a_template_says_stands_but_for_our_variables() -> None:
    env = [{"name": "QUEUEDJOB_ATTEMPT", "value": "99"}, {"name": "MINE", "value": "$(QUEUEDJOB_NAME)"}]
    container = {"name": "main", "image": "x", "env": env, "terminationMessagePolicy": "File"}
    template = {
        "metadata": {"labels": {"app": "x"}, "annotations": {"a": "b"}, "finalizers": ["example.com/other"]},
        "spec": {"containers": [container], "initContainers": [{"name": "first"}], "nodeSelector": {"a": "b"}},
    }
    pod = the_pod(a_job(template))
    assert pod["metadata"]["labels"]["app"] == "x"
    assert pod["metadata"]["annotations"]["a"] == "b"
    assert pod["metadata"]["finalizers"] == ["example.com/other", names.FINALIZER]
    assert pod["spec"]["nodeSelector"] == {"a": "b"}
    assert environment(pod)["QUEUEDJOB_ATTEMPT"] == "3"
    assert list(environment(pod))[-1] == "MINE"  # after ours, to which it refers
    assert pod["spec"]["containers"][0]["terminationMessagePolicy"] == "File"
    assert pod["spec"]["initContainers"][0]["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert container["env"] == env  # the job that was read stays as it was


def test_a_payload_travels_as_an_annotation_that_every_container_sees_as_a_file() -> None:
    pod = the_pod(a_job(payload={"order": 42}))
    assert pod["metadata"]["annotations"][names.PAYLOAD_ANNOTATION] == '{"order":42}'
    assert environment(pod)["QUEUEDJOB_PAYLOAD"] == names.PAYLOAD_PATH
    (mount,) = pod["spec"]["containers"][0]["volumeMounts"]
    assert [volume["name"] for volume in pod["spec"]["volumes"]] == [mount["name"]]


def test_a_payload_at_its_limit_is_carried_and_one_beyond_is_not() -> None:
    around = len('{"x":""}')
    assert the_pod(a_job(payload={"x": "y" * (PAYLOAD_LIMIT - around)}))
    with pytest.raises(PayloadTooLarge, match="131073 bytes"):
        the_pod(a_job(payload={"x": "y" * (PAYLOAD_LIMIT - around + 1)}))
