from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from queuedjob.api.identity import name_hash
from queuedjob.policy.job.pods import JobPods, in_hand, run_in_name, run_of, sort_pods
from tests.builders import NOON, AJob, APod, a_job, an_attempt, seconds

JOB = a_job().in_run(2)


def what_it_is(pods: JobPods) -> str:
    """Return the name of the only list that holds the only pod."""
    kinds = ("attempts", "settled", "strays", "ahead")
    (found,) = (kind for kind in kinds if getattr(pods, kind))
    return found


@pytest.mark.parametrize(
    ("pod", "kind"),
    [
        pytest.param(JOB.pod(1), "attempts", id="of this run and not settled: the attempt in hand"),
        pytest.param(JOB.pod(1).succeeded(), "attempts", id="ended, but not settled: still in hand"),
        pytest.param(JOB.pod(1, run=1), "strays", id="of the run before"),
        pytest.param(JOB.pod(1, run=0), "strays", id="of the run before that"),
        pytest.param(JOB.pod(1, run=3), "ahead", id="of the next run: the store is behind"),
        pytest.param(JOB.pod(1, run=5), "ahead", id="of a run after the next: it is far behind"),
        pytest.param(JOB.pod(1, run=18), "ahead", id="sixteen runs ahead: the furthest"),
        pytest.param(JOB.pod(1, run=19), "strays", id="of a run beyond that: it is not recognised"),
        pytest.param(replace(JOB.pod(1), name_hash="aaaaaaaaaa"), "strays", id="of a hash that belongs to no run"),
        pytest.param(replace(JOB.pod(1), number=None), "strays", id="of a name that is none of ours"),
    ],
)
def test_a_pod_is_known_by_its_name(pod: APod, kind: str) -> None:
    assert what_it_is(sort_pods(JOB, (pod,))) == kind


@pytest.mark.parametrize(
    ("pod", "kind"),
    [
        pytest.param(JOB.pod(1).exited(75), "settled", id="settled under its UID"),
        pytest.param(replace(JOB.pod(1), uid="another"), "strays", id="its number was settled under another UID"),
        pytest.param(JOB.pod(2), "attempts", id="the next one"),
    ],
)
def test_a_settled_number_is_never_an_attempt_again(pod: APod, kind: str) -> None:
    assert what_it_is(sort_pods(JOB.having_settled(JOB.pod(1)), (pod,))) == kind


def test_an_entry_without_a_finish_time_settles_nothing() -> None:
    assert what_it_is(sort_pods(JOB.showing(JOB.pod(1)), (JOB.pod(1).succeeded(),))) == "attempts"


def test_an_entry_that_has_left_the_list_of_the_last_twenty_still_counts() -> None:
    pods = [JOB.pod(number) for number in range(1, 25)]
    job = JOB.having_settled(*pods)
    short = job.saying(attempts=job.status.attempts[-20:])
    assert what_it_is(sort_pods(short, (pods[0].exited(75),))) == "strays"


@pytest.mark.parametrize("job", [JOB.succeeded(), JOB.dead(), JOB.saying(phase="Cancelled")])
def test_a_pod_that_turns_up_after_the_end_is_a_stray(job: AJob) -> None:
    assert what_it_is(sort_pods(job, (JOB.pod(7),))) == "strays"


def test_a_settled_pod_stays_settled_after_the_end() -> None:
    job = JOB.having_settled(JOB.pod(1)).dead()
    assert what_it_is(sort_pods(job, (JOB.pod(1).exited(75),))) == "settled"


def test_two_pods_with_one_number_are_in_the_order_of_their_resource_versions() -> None:
    first, second = JOB.pod(1).vanished(), replace(JOB.pod(1), uid="another", resource_version=900)
    assert sort_pods(JOB, (second, first)).attempts == (first, second)


def test_attempts_stand_in_the_order_of_their_numbers() -> None:
    second, first = JOB.pod(2), replace(JOB.pod(1), resource_version=900)
    nameless = replace(JOB.pod(1), uid="nameless", number=None)
    assert sort_pods(JOB, (second, nameless, first)).attempts == (first, second)


def test_the_highest_number_covers_all_pods_of_this_run_and_no_others() -> None:
    job = JOB.having_settled(JOB.pod(1))
    pods = (JOB.pod(9, run=1), JOB.pod(1).exited(75), JOB.pod(3))
    assert sort_pods(job, pods).highest_number == 3
    assert sort_pods(job, ()).highest_number == 0


def test_a_refused_attempt_without_a_pod_uid_settles_no_pod() -> None:
    refused = an_attempt(JOB.pod(1)).model_copy(update={"pod_uid": ""})
    job = JOB.saying(attempts=(refused,))
    assert what_it_is(sort_pods(job, (replace(JOB.pod(1), uid=""),))) == "attempts"


@pytest.mark.parametrize("run", [0, 1, 2])
def test_the_run_of_a_pod_is_read_from_its_name(run: int) -> None:
    assert run_of(JOB, JOB.pod(1, run=run)) == run


def test_a_pod_of_an_unknown_run_counts_for_the_present_run() -> None:
    assert run_of(JOB, JOB.pod(1, run=3)) == 2
    assert run_of(JOB, replace(JOB.pod(1), name_hash="aaaaaaaaaa")) == 2


# --- the run in a pod's name


@pytest.mark.parametrize(("run", "found"), [(0, None), (1, 1), (17, 17), (33, 33), (34, None)])
def test_the_run_in_a_name_is_found_up_to_sixteen_runs_away(run: int, found: int | None) -> None:
    assert run_in_name(JOB.pod(1, run=run).name_hash, JOB.uid, 17) == found


def test_the_name_of_another_jobs_pod_carries_no_run_of_this_job() -> None:
    assert run_in_name(a_job("other").pod(1).name_hash, JOB.uid, 2) is None


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs for which a hash is computed."""
    runs: list[int] = []

    def counted(uid: str, redrives: int) -> str:
        runs.append(redrives)
        return name_hash(uid, redrives)

    monkeypatch.setattr("queuedjob.policy.job.pods.name_hash", counted)
    return runs


def test_sorting_a_stray_costs_the_same_for_any_redrive_count(hashed: list[int]) -> None:
    """A tool that edits a dead job every second redrives it a hundred thousand times a day."""
    job = JOB.in_run(100_000)
    stray = replace(job.pod(1), name_hash="aaaaaaaaaa")
    assert what_it_is(sort_pods(job, (stray,))) == "strays"
    assert len(hashed) < 20


def test_the_run_of_a_pod_costs_the_same_for_any_redrive_count(hashed: list[int]) -> None:
    job = JOB.in_run(100_000)
    assert run_of(job, replace(job.pod(1), name_hash="aaaaaaaaaa")) == 100_000
    assert run_in_name("aaaaaaaaaa", job.uid, 100_000) is None
    assert len(hashed) < 60


OVER: Final = 50
"""How many pods that are over a plan looks at."""


def a_crowd(kind: Callable[[APod], APod], count: int = 300) -> tuple[APod, ...]:
    """Pods of the run before, the youngest first."""
    made = (kind(JOB.pod(number + 1, run=1).exited(75)) for number in range(count))
    return tuple(replace(pod, created=NOON - seconds(number)) for number, pod in enumerate(made))


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        pytest.param(lambda pod: pod, OVER, id="held: to be released"),
        pytest.param(lambda pod: pod.unheld(), OVER + 3, id="to be deleted, but for podHistoryLimit"),
        pytest.param(lambda pod: pod.unheld().deleted(), OVER + 3, id="being deleted: a finalizer of a user keeps it"),
    ],
)
def test_a_plan_looks_at_the_oldest_of_the_pods_that_are_over(kind: Callable[[APod], APod], most: int) -> None:
    seen = in_hand(JOB, a_crowd(kind))
    assert [pod.created for pod in seen] == [NOON - seconds(299 - number) for number in range(most)]


def test_those_to_be_deleted_come_before_those_that_are_being_deleted() -> None:
    deleted = a_crowd(lambda pod: pod.unheld().deleted())
    kept = tuple(replace(pod, uid=f"kept-{pod.uid}") for pod in a_crowd(lambda pod: pod.unheld(), 10))
    assert {pod.uid for pod in kept} <= {pod.uid for pod in in_hand(JOB, (*deleted, *kept))}


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(JOB.pod(1, run=1).running(), id="it runs"),
        pytest.param(JOB.pod(1).exited(75), id="it is not counted"),
        pytest.param(JOB.pod(1).exited(75).unheld().deleted(), id="it is not counted, and another client released it"),
        pytest.param(JOB.pod(1, run=3).exited(75), id="of a run that the status does not know yet"),
        pytest.param(replace(JOB.pod(1, run=1).exited(75), missing_from_watch=True), id="a GET has to look for it"),
        pytest.param(replace(JOB.pod(1, run=1).exited(75), confirmed_gone=True), id="it is gone"),
    ],
)
def test_a_plan_looks_at_each_pod_that_is_not_over(pod: APod) -> None:
    young = replace(pod, uid="young", created=NOON + seconds(1))
    assert young in in_hand(JOB, (*a_crowd(lambda pod: pod), *a_crowd(lambda pod: pod.unheld()), young))


def test_a_plan_looks_at_all_pods_of_a_usual_job() -> None:
    few = a_crowd(lambda pod: pod, OVER)
    assert in_hand(JOB, few) == few
