from queuedjob.api.manifests.admission.policy import Check
from queuedjob.api.manifests.files import POLICIES
from queuedjob.api.manifests.rbac import operator_role, user_roles


def test_words_in_braces_are_evaluated_and_the_rest_is_quoted() -> None:
    assert Check("x", "plain").document == {"expression": "x", "message": "plain"}
    assert Check("x", "a {b.c} the job's").document["messageExpression"] == '"a " + b.c + " the job\'s"'
    assert Check("x", "{a}").document["messageExpression"] == "a"


def test_every_policy_is_bound_and_refuses_when_in_doubt() -> None:
    for policy, binding in (each.documents() for each in POLICIES):
        assert binding["spec"] == {"policyName": policy["metadata"]["name"], "validationActions": ["Deny"]}
        assert policy["spec"]["failurePolicy"] == "Fail"
        assert len(policy["metadata"]["name"]) <= 63


def test_no_policy_is_asked_about_a_status() -> None:
    asked = [next(policy.documents()) for policy in POLICIES]
    rules = [rule for policy in asked for rule in policy["spec"]["matchConstraints"]["resourceRules"]]
    assert [rule["resources"] for rule in rules] == [*[["queuedjobs"]] * 6, ["deadletters"]]


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
