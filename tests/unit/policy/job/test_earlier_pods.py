from dataclasses import replace

import pytest

from queuedjob.policy.facts import Container, ContainerRole
from queuedjob.policy.job.earlier_pods import with_main_container
from tests.builders import a_job

MAIN, REGULAR, INIT = ContainerRole.MAIN, ContainerRole.REGULAR, ContainerRole.INIT
CONTAINERS = (Container("fetch", INIT), Container("first", MAIN), Container("second", REGULAR))


@pytest.mark.parametrize(
    ("named_by_pod", "named_by_job", "main"),
    [
        pytest.param("", "second", "second", id="the one that the job names"),
        pytest.param("", "first", "first", id="it may be the first"),
        pytest.param("", None, "first", id="the job names none"),
        pytest.param("", "gone", "first", id="the pod has no such container"),
        pytest.param("", "fetch", "first", id="an init container is never the main one"),
        pytest.param("first", "second", "first", id="the pod knows better"),
    ],
)
def test_the_main_container_of_a_pod_is_its_own_then_the_jobs_then_the_first(
    named_by_pod: str, named_by_job: str | None, main: str
) -> None:
    job = a_job().asking(main_container=named_by_job)
    pod = job.pod(1)
    found = with_main_container(replace(pod, containers=CONTAINERS, main_container=named_by_pod), job.terms).containers
    assert {each.name: each.role for each in found} == {
        "fetch": INIT,
        **{name: MAIN if name == main else REGULAR for name in ("first", "second")},
    }
