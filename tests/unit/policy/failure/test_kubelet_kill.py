from datetime import datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuedjob.policy.facts import KubeletEvent
from queuedjob.policy.failure.kubelet_kill import Kill, KillCause, kill_of, obstacle_in, telling
from tests.builders import NOON

ENDED: Final = NOON + timedelta(seconds=10)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def an_event(reason: str, message: str, *, second: float = 9, container: str = "main") -> KubeletEvent:
    return KubeletEvent(reason, message, container, at(second), at(second))


KILLING: Final = an_event("Killing", "Stopping container main")
FAILED: Final = an_event("Unhealthy", "Liveness probe failed: first\n", second=7)
AGAIN: Final = an_event("Unhealthy", "Liveness probe failed: second\n", second=8)
HOOK: Final = an_event("FailedPostStartHook", "PostStartHook failed", second=2)
STARTUP: Final = an_event("Unhealthy", "Startup probe failed: HTTP probe failed with statuscode: 500", second=8)


@pytest.mark.parametrize(
    ("events", "kill"),
    [
        pytest.param([], None, id="nothing"),
        pytest.param([FAILED, AGAIN], None, id="unhealthy, and not killed"),
        pytest.param(
            [AGAIN, KILLING, FAILED], Kill(KillCause.LIVENESS, "Liveness probe failed: second"), id="by what was last"
        ),
        pytest.param([STARTUP, KILLING], Kill(KillCause.STARTUP, STARTUP.message), id="by its startup probe"),
        pytest.param([HOOK, KILLING], Kill(KillCause.POST_START, "PostStartHook failed"), id="by its hook"),
        pytest.param(
            [an_event("Unhealthy", "Readiness probe failed: x"), KILLING],
            Kill(KillCause.UNTOLD, "Stopping container main"),
            id="readiness kills nothing",
        ),
        pytest.param([KILLING], Kill(KillCause.UNTOLD, "Stopping container main"), id="the cause was lost"),
        pytest.param(
            [an_event("Killing", "Container main failed startup probe")],
            Kill(KillCause.STARTUP, "Container main failed startup probe"),
            id="the kill itself says startup",
        ),
        pytest.param(
            [an_event("Killing", "Container main failed liveness probe")],
            Kill(KillCause.LIVENESS, "Container main failed liveness probe"),
            id="the kill itself says liveness",
        ),
        pytest.param(
            [an_event("Killing", "FailedPostStartHook")],
            Kill(KillCause.POST_START, "FailedPostStartHook"),
            id="the kill itself says hook",
        ),
        pytest.param([FAILED, an_event("Killing", "Stopping", container="proxy")], None, id="another's kill"),
        pytest.param(
            [an_event("Unhealthy", FAILED.message, container="proxy"), KILLING],
            Kill(KillCause.UNTOLD, "Stopping container main"),
            id="another's probe",
        ),
        pytest.param([FAILED, an_event("Killing", "Stopping", second=11)], None, id="a kill after its end"),
        pytest.param(
            [FAILED, an_event("Killing", "x", second=10)],
            Kill(KillCause.LIVENESS, "Liveness probe failed: first"),
            id="a kill in the second of its end",
        ),
        pytest.param(
            [KubeletEvent("Killing", "x", "main", at(9), at(40))], Kill(KillCause.UNTOLD, "x"), id="a kill tried again"
        ),
        pytest.param([KubeletEvent("Killing", "x", "main")], Kill(KillCause.UNTOLD, "x"), id="a kill without a time"),
    ],
)
def test_a_kill_is_a_killing_of_the_container_before_its_end_with_the_cause_that_was_told(
    events: list[KubeletEvent], kill: Kill | None
) -> None:
    assert kill_of(events, "main", ENDED) == kill


MOUNT: Final = an_event(
    "FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap "c" not found', container=""
)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        pytest.param([], ("", ""), id="nothing"),
        pytest.param([MOUNT], ("FailedMount", MOUNT.message), id="a volume"),
        pytest.param(
            [MOUNT, an_event("FailedMount", "Unable to attach or mount volumes: unmounted volumes=[v]", second=30)],
            ("FailedMount", MOUNT.message),
            id="the cause before the summary",
        ),
        pytest.param(
            [an_event("FailedMount", "Unable to attach or mount volumes: x")],
            ("FailedMount", "Unable to attach or mount volumes: x"),
            id="the summary alone",
        ),
        pytest.param(
            [an_event("FailedCreatePodSandBox", "no address"), an_event("Pulled", "x", second=20)],
            ("FailedCreatePodSandBox", "no address"),
            id="the network",
        ),
    ],
)
def test_what_kept_a_pod_from_starting_is_the_last_cause_that_the_kubelet_told(
    events: list[KubeletEvent], told: tuple[str, str]
) -> None:
    assert obstacle_in(events) == told


some_events = st.lists(
    st.builds(
        KubeletEvent,
        reason=st.sampled_from(["Killing", "Unhealthy", "FailedPostStartHook", "FailedMount", "Pulled", ""]),
        message=st.text(max_size=9) | st.sampled_from(["Liveness probe failed: x", "Startup probe failed: y"]),
        container=st.sampled_from(["main", "proxy", ""]),
        first=st.none() | st.integers(0, 20).map(at),
        last=st.none() | st.integers(0, 20).map(at),
    )
)


@given(some_events)
def test_a_kill_needs_a_killing_of_this_container_by_its_end(events: list[KubeletEvent]) -> None:
    kill = kill_of(events, "main", ENDED)
    kills = [e for e in events if (e.reason, e.container) == ("Killing", "main")]
    assert (kill is not None) == any(e.first is None or e.first <= ENDED for e in kills)
    others = [e for e in events if e.container != "main"]
    assert kill_of(others, "main", ENDED) is None


def test_the_latest_events_that_tell_something_are_kept_in_their_order() -> None:
    told = [KubeletEvent("Unhealthy", f"Liveness probe failed: {n}", "main", last=at(n)) for n in range(30)]
    others = [KubeletEvent("Pulled", "", "main", last=at(50))] * 5
    killing = KubeletEvent("Killing", "Stopping container main", "main", last=at(40))
    assert telling([killing, *told, *others], {"main"}) == (killing, *told[-24:])


def test_events_about_a_container_that_the_pod_does_not_have_tell_nothing() -> None:
    theirs = [an_event("Killing", "Stopping", container=f"c{n}") for n in range(30)]
    assert telling([KILLING, MOUNT, *theirs], {"main"}) == (KILLING, MOUNT)
