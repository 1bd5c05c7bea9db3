import pytest

from queuedjob.kube.client import paths
from queuedjob.kube.objects import patches


def test_every_path_is_where_the_api_server_has_it() -> None:
    assert [
        paths.pods(),
        paths.pods("n"),
        paths.pod("n", "p"),
        paths.jobs(),
        paths.job_status("n", "j"),
        paths.letters("n"),
        paths.letter_status("n", "d"),
        paths.events("n"),
    ] == [
        "/api/v1/pods",
        "/api/v1/namespaces/n/pods",
        "/api/v1/namespaces/n/pods/p",
        "/apis/queuedjob.dev/v1alpha1/queuedjobs",
        "/apis/queuedjob.dev/v1alpha1/namespaces/n/queuedjobs/j/status",
        "/apis/queuedjob.dev/v1alpha1/namespaces/n/deadletters",
        "/apis/queuedjob.dev/v1alpha1/namespaces/n/deadletters/d/status",
        "/apis/events.k8s.io/v1/namespaces/n/events",
    ]


@pytest.mark.parametrize(
    ("path", "resource", "named"),
    [
        (paths.pods(), "pods", False),
        (paths.pods("n"), "pods", False),
        (paths.pod("n", "p"), "pods", True),
        (paths.pod_log("n", "p"), "pods/log", True),
        (paths.core_events("n"), "events", False),
        (paths.job_status("n", "j"), "queuedjobs/status", True),
        (paths.letters(), "deadletters", False),
        ("/api/v1/namespaces", "namespaces", False),
        ("/api/v1/namespaces/n", "namespaces", True),
        ("/version", "version", False),
        ("/apis/queuedjob.dev", "apis", False),
    ],
)
def test_the_resource_of_a_path_contains_no_object_name(
    path: str,
    resource: str,
    named: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert paths.resource_of(path) == (resource, named)


def test_a_json_pointer_escapes_slash_and_tilde() -> None:
    assert (
        patches.pointer("metadata", "annotations", "queuedjob.dev/a~b") == "/metadata/annotations/queuedjob.dev~1a~0b"
    )


def test_the_patch_operations_are_those_of_the_rfc() -> None:
    assert [patches.require("/a", 1), patches.add("/a", 2), patches.remove("/a")] == [
        {"op": "test", "path": "/a", "value": 1},
        {"op": "add", "path": "/a", "value": 2},
        {"op": "remove", "path": "/a"},
    ]
