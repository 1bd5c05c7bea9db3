"""The checked-in schema of a pod template equals that of the API server of these tests."""

from dev.generate.pod_schema import CHECKED_IN, fetch, serialised
from tests.api.kubectl import Kubectl


def test_the_checked_in_pod_schema_is_the_api_servers_own(kubectl: Kubectl) -> None:
    assert CHECKED_IN.read_text() == serialised(fetch(*kubectl.command)), "run `make pod-schema generate`"
