import json
import re
from typing import Final

import pytest

from queuedjob.api.manifests.admission.marks import KEYS
from queuedjob.api.manifests.admission.operator_confined import CONFINED, FORBIDDEN, OPERATE
from queuedjob.api.manifests.admission.policy import Check
from queuedjob.api.manifests.files import POLICIES
from queuedjob.api.manifests.rbac import operator_role, user_roles
from queuedjob.api.names import JOB_LABEL, STOP_DETAIL_ANNOTATION, STOP_REASON_ANNOTATION
from queuedjob.kube.objects.pod_body import pod_body
from queuedjob.policy.job.steps import CreatePod
from tests.unit.kube.objects.bodies import a_job_body, terms_of

KUBE_SYSTEM_ACCOUNTS: Final = "system:serviceaccount:kube-system:"


def test_words_in_braces_are_evaluated_and_the_rest_is_quoted() -> None:
    assert Check("x", "plain").document == {"expression": "x", "message": "plain"}
    assert Check("x", "a {b.c} the job's").document["messageExpression"] == '"a " + b.c + " the job\'s"'
    assert Check("x", "{a}").document["messageExpression"] == "a"


def test_every_policy_is_bound_and_refuses_when_in_doubt() -> None:
    for policy, binding in (each.documents() for each in POLICIES):
        param = binding["spec"].pop("paramRef", None)
        assert binding["spec"] == {"policyName": policy["metadata"]["name"], "validationActions": ["Deny"]}
        assert policy["spec"]["failurePolicy"] == "Fail"
        assert (param is None) == ("paramKind" not in policy["spec"])
        assert param is None or param["parameterNotFoundAction"] == "Deny"
        assert len(policy["metadata"]["name"]) <= 63


def test_no_policy_is_asked_about_a_status_but_of_pods_that_carry_our_label() -> None:
    asked = [next(policy.documents())["spec"]["matchConstraints"] for policy in POLICIES]
    of_statuses = [
        each for each in asked for rule in each["resourceRules"] if any("/status" in x for x in rule["resources"])
    ]
    assert [each["objectSelector"] for each in of_statuses] == [
        {"matchExpressions": [{"key": JOB_LABEL, "operator": "Exists"}]}
    ]


def test_the_policies_about_pods_name_no_user() -> None:
    told = json.dumps([[*policy.documents()] for policy in POLICIES if policy.scope.file == "pods"])
    assert set(re.findall(r"system:[a-z:-]*", told)) == {"system:", "system:serviceaccount:", KUBE_SYSTEM_ACCOUNTS}


def test_every_key_that_is_written_on_a_pod_is_kept() -> None:
    job = a_job_body(payload={"a": 1})
    made = pod_body(job, terms_of(job["spec"]), CreatePod(1, "p", 0, 1, deadline_by_total=False, attempts_left=0))
    written = {*made["metadata"]["labels"], *made["metadata"]["annotations"]}
    assert len(written) > 6
    assert {*written, STOP_REASON_ANNOTATION, STOP_DETAIL_ANNOTATION} <= {*KEYS}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_namespaces_of_the_cluster_are_closed_to_an_operator(name: str) -> None:
    assert f"'{name}'" in CONFINED.checks[0].holds


@pytest.mark.parametrize("field", ["labels", "annotations", "finalizers"])
def test_what_a_tenant_writes_in_thousands_is_not_compared_one_by_one(field: str) -> None:
    """CEL's budget would run out, and the operator could not release the pod any more."""
    foreign = CONFINED.variables["foreign"]
    loops = [at.start() for at in re.finditer(rf"metadata\.\?{field}\S* ?\.?filter|{field}\S+\.filter", foreign)]
    guard = re.search(rf"size\(\w+\.metadata\.\?{field}\S*\) > 500 \?", foreign)
    assert guard is not None
    assert loops
    assert guard.start() < min(loops)


def test_only_the_operators_role_has_the_verb_by_which_an_operator_is_known() -> None:
    having = [
        role["metadata"]["name"]
        for role in (operator_role(), *user_roles())
        for rule in role["rules"]
        if OPERATE in rule["verbs"]
    ]
    assert having == ["queuedjob-operator"]


def test_the_operator_may_not_write_a_spec_and_no_role_has_a_wildcard() -> None:
    for role in (operator_role(), *user_roles()):
        for rule in role["rules"]:
            assert "*" not in (*rule["apiGroups"], *rule["resources"], *rule["verbs"])
    may = {
        (resource, verb)
        for rule in operator_role()["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert not may & {("queuedjobs", verb) for verb in ("create", "update", "patch")}
    assert not may & {("deadletters", verb) for verb in ("update", "patch")}
    assert not may & {("secrets", "get"), ("configmaps", "get")}
