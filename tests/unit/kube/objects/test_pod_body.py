import copy
import json

import pytest

from queuedjob.api import names
from queuedjob.api.canonical import spec_hash
from queuedjob.api.identity import pod_name
from queuedjob.api.types import limits
from queuedjob.kube.objects.carried import NotCarried
from queuedjob.kube.objects.pod_body import labels, pod_body
from queuedjob.policy.job.steps import CreatePod
from queuedjob.ports import Body
from tests.unit.kube.objects.bodies import TEMPLATE, a_job_body, golden, terms_of

UID = a_job_body()["metadata"]["uid"]


def a_step(*, by_total: bool = False) -> CreatePod:
    return CreatePod(
        number=2,
        name=pod_name("invoice-42", UID, 1, 2),
        redrives=1,
        deadline_seconds=3600,
        deadline_by_total=by_total,
        attempts_left=3,
    )


def made(job: Body, step: CreatePod | None = None) -> Body:
    return pod_body(job, terms_of(job["spec"]), step or a_step())


def with_template(**spec: object) -> Body:
    return a_job_body(template={"spec": {**TEMPLATE["spec"], **spec}})


def environment(container: Body) -> dict[str, str]:
    return {e["name"]: e.get("value", "") for e in container["env"]}


def main(pod: Body) -> Body:
    container: Body = pod["spec"]["containers"][0]
    return container


def test_the_whole_pod_of_an_attempt_matches_its_golden_file() -> None:
    job = a_job_body(type="invoice", queue="nightly", payload={"order": 42}, retry={"maxAttempts": 5})
    assert made(job) == golden("pod")


def test_a_pod_keeps_the_labels_containers_and_volumes_of_its_template() -> None:
    template = {
        "metadata": {"labels": {"team": "billing"}, "annotations": {"note": "x"}, "finalizers": ["example.com/own"]},
        "spec": {
            "serviceAccountName": "invoices",
            "initContainers": [{"name": "fetch", "image": "busybox"}],
            "containers": [
                {
                    "name": "main",
                    "image": "busybox",
                    "env": [{"name": "MODE", "value": "fast"}],
                    "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}],
                    "terminationMessagePolicy": "File",
                },
                {"name": "proxy", "image": "envoy"},
            ],
            "volumes": [{"name": "scratch", "emptyDir": {}}],
        },
    }
    pod = made(a_job_body(template=template, payload={}))
    assert pod["metadata"]["labels"]["team"] == "billing"
    assert pod["metadata"]["annotations"]["note"] == "x"
    assert pod["metadata"]["finalizers"] == ["example.com/own", names.FINALIZER]
    assert pod["spec"]["serviceAccountName"] == "invoices"
    assert [v["name"] for v in pod["spec"]["volumes"]] == ["scratch", names.PAYLOAD_VOLUME]
    assert [m["name"] for m in main(pod)["volumeMounts"]] == ["scratch", names.PAYLOAD_VOLUME]
    assert environment(main(pod))["MODE"] == "fast"
    assert main(pod)["terminationMessagePolicy"] == "File"
    others = [pod["spec"]["containers"][1], pod["spec"]["initContainers"][0]]
    for other in others:
        assert other["terminationMessagePolicy"] == "FallbackToLogsOnError"
        assert environment(other)["QUEUEDJOB_ATTEMPT"] == "2"
        assert [m["name"] for m in other["volumeMounts"]] == [names.PAYLOAD_VOLUME]


def test_the_job_from_which_a_pod_is_made_is_not_changed() -> None:
    job = with_template(volumes=[{"name": "v", "emptyDir": {}}])
    job["spec"]["payload"] = {"order": 42}
    before = copy.deepcopy(job)
    made(job)
    assert job == before


def test_the_operators_own_pod_fields_override_the_template() -> None:
    job = with_template(restartPolicy="Always", activeDeadlineSeconds=1)
    job["spec"]["template"]["metadata"] = {
        "name": "mine",
        "namespace": "elsewhere",
        "labels": {names.JOB_LABEL: "another"},
        "annotations": {names.SPEC_HASH_ANNOTATION: "another"},
    }
    pod = made(job)
    assert (pod["metadata"]["name"], pod["metadata"]["namespace"]) == (a_step().name, "billing")
    assert pod["metadata"]["labels"][names.JOB_LABEL] == "invoice-42"
    assert pod["metadata"]["annotations"][names.SPEC_HASH_ANNOTATION] == spec_hash(job["spec"])
    assert (pod["spec"]["restartPolicy"], pod["spec"]["activeDeadlineSeconds"]) == ("Never", 3600)


def test_our_variables_come_first_and_replace_those_of_the_template() -> None:
    own = [
        {"name": "URL", "value": "/jobs/$(QUEUEDJOB_NAME)"},
        {"name": "QUEUEDJOB_ATTEMPT", "value": "7"},
        {"name": "QUEUEDJOB_MINE", "value": "x"},
    ]
    pod = made(with_template(containers=[{"name": "main", "image": "busybox", "env": own}]))
    order = [e["name"] for e in main(pod)["env"]]
    assert order[-1] == "URL"
    assert order.count("QUEUEDJOB_ATTEMPT") == 1
    assert environment(main(pod))["QUEUEDJOB_ATTEMPT"] == "2"
    assert "QUEUEDJOB_MINE" not in order


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        pytest.param({}, UID, id="the UID"),
        pytest.param({"idempotencyKey": "order-42"}, "order-42", id="its own"),
        pytest.param({"idempotencyKey": "a$(B)$"}, "a$$(B)$$", id="which the kubelet must not take for references"),
    ],
)
def test_an_attempt_is_given_the_idempotency_key_of_its_job(spec: Body, key: str) -> None:
    assert environment(main(made(a_job_body(**spec))))["QUEUEDJOB_IDEMPOTENCY_KEY"] == key


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (800, "800"),
        (0, "0"),
        (False, "false"),
        ("", ""),
        ('page 8 of "x"', 'page 8 of "x"'),
        ({"at": 800, "of": ["a", None]}, '{"at":800,"of":["a",null]}'),
        ("costs $(HOME) or $$", "costs $$(HOME) or $$$$"),
        ({"cost": "$5"}, '{"cost":"$$5"}'),
    ],
)
def test_an_attempt_is_given_the_last_reported_checkpoint(said: object, shown: str) -> None:
    job = a_job_body({"checkpoint": said})
    assert environment(main(made(job)))["QUEUEDJOB_CHECKPOINT"] == shown


def test_an_attempt_without_a_checkpoint_has_no_checkpoint_variable() -> None:
    own = [{"name": "QUEUEDJOB_CHECKPOINT", "value": "mine"}]
    template = {"spec": {"containers": [{**TEMPLATE["spec"]["containers"][0], "env": own}]}}
    for status in (None, {}, {"phase": "Waiting"}):
        assert "QUEUEDJOB_CHECKPOINT" not in environment(main(made(a_job_body(status, template=template))))


@pytest.mark.parametrize(("by_total", "said"), [(False, "attempt"), (True, "total")])
def test_a_pod_says_which_timeout_set_its_deadline(*, by_total: bool, said: str) -> None:
    pod = made(a_job_body(), a_step(by_total=by_total))
    assert pod["metadata"]["annotations"][names.DEADLINE_ANNOTATION] == said


# --- the payload


def test_a_pod_without_a_payload_has_no_payload_file() -> None:
    pod = made(a_job_body())
    assert names.PAYLOAD_ANNOTATION not in pod["metadata"]["annotations"]
    assert "volumes" not in pod["spec"]
    assert "volumeMounts" not in main(pod)
    assert "QUEUEDJOB_PAYLOAD" not in environment(main(pod))


def test_a_pod_with_an_empty_payload_has_a_payload_file() -> None:
    pod = made(a_job_body(payload={}))
    assert pod["metadata"]["annotations"][names.PAYLOAD_ANNOTATION] == "{}"
    assert environment(main(pod))["QUEUEDJOB_PAYLOAD"] == "/var/run/queuedjob/payload.json"


def a_payload(size: int) -> Body:
    """A payload of `size` bytes as JSON."""
    return {"data": "é" + "x" * (size - len('{"data":"é"}'.encode()))}


def test_a_payload_of_the_limit_is_accepted() -> None:
    pod = made(a_job_body(payload=a_payload(limits.PAYLOAD)))
    annotation = pod["metadata"]["annotations"][names.PAYLOAD_ANNOTATION]
    assert len(annotation.encode()) == limits.PAYLOAD == 131072
    assert json.loads(annotation) == a_payload(limits.PAYLOAD)


def test_a_payload_over_the_limit_is_refused_with_advice() -> None:
    with pytest.raises(NotCarried, match="131073 bytes as JSON, over the limit of 131072; put the data where"):
        made(a_job_body(payload=a_payload(limits.PAYLOAD + 1)))


# --- labels


def test_the_labels_of_a_new_pod_are_those_that_are_restored_later() -> None:
    job = a_job_body(type="invoice", queue="nightly")
    ours = labels(terms_of(job["spec"]), job="invoice-42", uid=UID, redrives=1, number=2)
    assert made(job)["metadata"]["labels"] == ours
