import pytest

from queuedjob.kube.client.errors import error_of
from queuedjob.kube.objects.write_refusals import refusal_reason
from queuedjob.ports import NoAnswer, Response
from tests.unit.kube.client.scripted import answer, failure

HOOK = 'Internal error occurred: failed calling webhook "mpod.kb.io": failed to call webhook: no route'
POLICY = "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'v' with binding 'b' denied request: no"


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        pytest.param(failure(500, "InternalError", HOOK), "WebhookFailed", id="a dead webhook decides"),
        pytest.param(failure(422, "Invalid", POLICY), "Refused", id="a policy"),
        pytest.param(failure(403, "Forbidden", "no"), "Refused", id="any other refusal"),
        pytest.param(
            failure(403, "Forbidden", 'pods "p" is forbidden: User "op" cannot delete resource'),
            "OperatorNotPermitted",
            id="no role",
        ),
        pytest.param(
            failure(403, "Forbidden", 'deadletters.queuedjob.dev "d" is forbidden: User "op" cannot patch'),
            "OperatorNotPermitted",
            id="no role for a kind of ours",
        ),
        pytest.param(failure(401, "Unauthorized", "Unauthorized"), "OperatorNotPermitted", id="a bad token"),
        pytest.param(failure(500, "InternalError", "etcd is down"), "ApiServerUnavailable", id="its own trouble"),
        pytest.param(answer(429, b"slow"), "ApiServerUnavailable", id="overload"),
    ],
)
def test_a_failed_write_has_a_reason(response: Response, reason: str) -> None:
    error = error_of(response)
    assert error is not None
    assert refusal_reason(error) == reason


def test_a_write_without_an_answer_is_not_decided() -> None:
    assert refusal_reason(NoAnswer("reset")) == "ApiServerUnavailable"
