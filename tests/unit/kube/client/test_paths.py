from collections.abc import Callable
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.kube.client import paths
from queuedjob.kube.client.errors import NotFound
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


NO_NAMES = [
    pytest.param("../../victim/queuedjobs/j", id="up the path"),
    pytest.param("..", id="only up"),
    pytest.param("a..b", id="two dots in a row"),
    pytest.param("j?watch=1", id="a query"),
    pytest.param("j#", id="a fragment"),
    pytest.param("%2e%2e", id="escaped dots"),
    pytest.param("a/b", id="two segments"),
    pytest.param("Job", id="capitals"),
    pytest.param("-j", id="a hyphen first"),
    pytest.param("j\n", id="a line break after it"),
    pytest.param("", id="nothing"),
    pytest.param("j" * 254, id="254 characters"),
]
NAMERS: list[Callable[[str], str]] = [
    lambda name: paths.pod("n", name),
    lambda name: paths.pod_log("n", name),
    lambda name: paths.job("n", name),
    lambda name: paths.job_status("n", name),
    lambda name: paths.letter("n", name),
    lambda name: paths.letter_status("n", name),
    paths.pods,
    paths.jobs,
    paths.letters,
    paths.events,
    paths.core_events,
]


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_no_object_can_have_gets_into_no_path_and_counts_as_not_found(name: str) -> None:
    for path_of in NAMERS:
        with pytest.raises(paths.NoSuchName, match="no object can be named") as no:
            path_of(name)
        assert isinstance(no.value, NotFound)
        assert len(str(no.value)) < 250


@given(st.text(alphabet=st.sampled_from("abz09-./%?#~ \n"), max_size=20))
def test_a_name_is_exactly_one_segment_of_its_path_or_is_refused(name: str) -> None:
    try:
        path = paths.job("n", name)
    except paths.NoSuchName:
        return
    assert [*map(unquote, path.split("/"))] == [*paths.jobs("n").split("/"), name]
    assert name not in {".", ".."}


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
