from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.api.kinds.queuedjob import JobTerms
from queuedjob.kube.objects.main_container import main_container
from queuedjob.kube.objects.pod_body import pod_body
from queuedjob.kube.objects.pods import pod_from
from queuedjob.policy.facts import ContainerRole
from queuedjob.policy.job.earlier_pods import with_main_container
from queuedjob.policy.job.steps import CreatePod
from queuedjob.ports import Body
from tests.unit.kube.objects.bodies import a_job_body, terms_of

BY_DEFAULT: Final = "kubectl.kubernetes.io/default-container"


def a_template(*containers: str, by_default: str = "") -> Body:
    named = [{"name": each, "image": "busybox"} for each in containers]
    return {"metadata": {"annotations": {BY_DEFAULT: by_default}}, "spec": {"containers": named}}


@pytest.mark.parametrize(
    ("named", "template", "main"),
    [
        pytest.param(None, a_template("work", "proxy"), "work", id="the first"),
        pytest.param("proxy", a_template("work", "proxy"), "proxy", id="the one that the job names"),
        pytest.param(None, a_template("proxy", "work", by_default="work"), "work", id="kubectl's default container"),
        pytest.param("proxy", a_template("proxy", "work", by_default="work"), "proxy", id="the job before kubectl's"),
        pytest.param(None, a_template("work", "proxy", by_default="nobody"), "work", id="a default that is not there"),
        pytest.param(None, {}, "", id="no container"),
        pytest.param(None, {"spec": {"containers": [3, {"name": 4}, {}, {"name": "b"}]}}, "b", id="odd containers"),
        pytest.param(None, {**a_template("work"), "metadata": {"annotations": ["x"]}}, "work", id="odd annotations"),
        pytest.param(None, "template", "", id="no template"),
    ],
)
def test_the_main_container_is_the_named_one_or_kubectls_default_or_the_first(
    named: str | None, template: object, main: str
) -> None:
    assert main_container(JobTerms(main_container=named), template) == main


# --- what admission adds to the pod, and what users edit, later


def built(template: Body, **spec: Any) -> Body:  # noqa: ANN401 - JSON
    job = a_job_body(template=template, **spec)
    step = CreatePod(1, "invoice-42-x-1", 0, 60, deadline_by_total=False, attempts_left=4)
    body = pod_body(job, terms_of(job["spec"]), step)
    body["metadata"]["uid"] = "pod-uid"
    return body


def with_statuses(pod: Body) -> Body:
    """The pod with a status of each container; the kubelet sorts them by name."""
    ran = sorted(each["name"] for each in pod["spec"]["containers"])
    return {**pod, "status": {"containerStatuses": [{"name": name, "state": {"running": {}}} for name in ran]}}


NAMES: Final = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1, max_size=4)


@given(own=NAMES, before=NAMES, after=NAMES, by_default=st.sampled_from("abcdefgh"), edited=st.sampled_from("abcdefgh"))
def test_containers_that_admission_adds_anywhere_and_later_edits_do_not_change_what_is_main(
    own: list[str], before: list[str], after: list[str], by_default: str, edited: str
) -> None:
    template = a_template(*own, by_default=by_default)
    pod = built(template)
    pod["spec"]["containers"] = [
        *({"name": f"x-{name}", "image": "proxy"} for name in before),
        *pod["spec"]["containers"],
        *({"name": f"y-{name}", "image": "proxy"} for name in after),
    ]
    pod["metadata"]["annotations"][BY_DEFAULT] = f"x-{before[0]}"  # as Istio does
    main = with_main_container(pod_from(with_statuses(pod)), JobTerms(main_container=edited)).main
    assert main is not None
    assert main.name == (by_default if by_default in own else own[0])


def test_a_pod_that_names_its_main_container_wrongly_has_none() -> None:
    pod = built(a_template("work", "proxy"))
    pod["metadata"]["annotations"]["queuedjob.dev/main-container"] = "nobody"
    found = with_main_container(pod_from(with_statuses(pod)), JobTerms(main_container="work"))
    assert {each.role for each in found.containers} == {ContainerRole.REGULAR}


def test_a_pod_of_an_earlier_version_has_the_main_container_that_the_job_names_or_its_first() -> None:
    pod = with_statuses(built(a_template("work", "proxy")))
    del pod["metadata"]["annotations"]["queuedjob.dev/main-container"]
    for named, main in ((None, "work"), ("proxy", "proxy"), ("gone", "work")):
        found = with_main_container(pod_from(pod), JobTerms(main_container=named))
        assert (found.main.name if found.main else "", found.main_container) == (main, "")


def test_the_heartbeat_is_looked_for_on_the_main_container_that_kubectl_would_choose() -> None:
    pod = built(a_template("proxy", "work", by_default="work"), timeouts={"heartbeat": "1m"})
    assert [each["name"] for each in pod["spec"]["containers"] if "livenessProbe" in each] == ["work"]
