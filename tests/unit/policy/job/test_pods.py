from dataclasses import replace

import pytest

from queuedjob.api.identity import name_hash
from queuedjob.policy.job.pods import JobPods, is_named_for, run_of, sort_pods
from tests.builders import AJob, APod, a_job, an_attempt

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


# --- pods that name no owner


@pytest.mark.parametrize("run", [0, 2, 3, 17])
def test_a_pod_of_any_run_has_the_name_of_its_job(run: int) -> None:
    assert is_named_for(JOB.pod(1, run=run), JOB)


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(replace(JOB.pod(1), spec_hash=""), id="our finalizer"),
        pytest.param(JOB.pod(1).unheld(), id="our annotation"),
    ],
)
def test_our_finalizer_or_our_annotation_beside_the_name_is_proof(pod: APod) -> None:
    assert is_named_for(pod, JOB)


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(replace(JOB.pod(1).unheld(), spec_hash=""), id="with nothing of ours on it"),
        pytest.param(replace(JOB.pod(1), namespace="another"), id="in another namespace"),
        pytest.param(replace(JOB.pod(1), name_hash="aaaaaaaaaa"), id="of no run of this job"),
        pytest.param(a_job("other").pod(1), id="of another job"),
    ],
)
def test_a_name_alone_proves_nothing(pod: APod) -> None:
    assert not is_named_for(pod, JOB)


def test_sorting_a_stray_costs_the_same_for_any_redrive_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that edits a dead job every second redrives it a hundred thousand times a day."""
    hashed: list[int] = []

    def counted(uid: str, redrives: int) -> str:
        hashed.append(redrives)
        return name_hash(uid, redrives)

    monkeypatch.setattr("queuedjob.policy.job.pods.name_hash", counted)
    job = JOB.in_run(100_000)
    stray = replace(job.pod(1), name_hash="aaaaaaaaaa")
    assert what_it_is(sort_pods(job, (stray,))) == "strays"
    assert len(hashed) < 20
