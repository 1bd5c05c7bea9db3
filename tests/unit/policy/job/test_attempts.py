from dataclasses import replace
from typing import Final

import pytest

from queuedjob.api.kinds.queuedjob_status import Attempt, JobStatus, Progress
from queuedjob.api.types.json_value import Json
from queuedjob.policy.failure.classification import classify
from queuedjob.policy.failure.evidence import evidence_of
from queuedjob.policy.failure.termination_message import NO_MESSAGE, TerminationMessage
from queuedjob.policy.job.attempts import (
    ended_entry,
    ignored_events,
    live_entry,
    pod_from_entry,
    with_entry,
    with_reported,
)
from queuedjob.policy.job.steps import JobEvent
from tests.builders import NOON, APod, a_job, a_pod, seconds


def ended(pod: APod) -> Attempt:
    evidence = evidence_of(pod)
    return ended_entry(pod, evidence, classify(evidence))


def entry(number: int, *, live: bool = False, message: str = "", uid: str = "") -> Attempt:
    finish = None if live else NOON
    return Attempt(number=number, pod_uid=uid or f"uid-{number}", finish_time=finish, message=message)


def test_a_live_entry_names_pod_node_and_start_and_settles_nothing() -> None:
    pod = a_pod(number=3).running(since=NOON + seconds(7))
    assert live_entry(pod) == Attempt(
        number=3,
        pod_name=pod.name,
        pod_uid=pod.uid,
        node_name="node",
        generation=1,
        create_time=NOON,
        start_time=NOON + seconds(7),
        active_deadline_seconds=1800,
    )
    assert not live_entry(pod).settled


def test_the_start_of_a_pod_without_a_started_container_is_when_the_kubelet_accepted_it() -> None:
    assert live_entry(a_pod()).start_time is None
    assert live_entry(a_pod().waiting("ContainerCreating")).start_time == NOON


@pytest.mark.parametrize(
    ("pod", "start"),
    [
        pytest.param(a_pod().running(since=NOON + seconds(7)).exited(1), NOON + seconds(7), id="its container"),
        pytest.param(a_pod().waiting("ContainerCreating").evicted(), NOON, id="else the kubelet's word"),
    ],
)
def test_when_an_ended_attempt_started(pod: APod, start: object) -> None:
    assert ended(pod).start_time == start


def test_an_ended_entry_names_the_end_and_the_rule_that_decided() -> None:
    told = ended(a_pod(number=2).exited(75, message="come back later"))
    assert (told.number, told.pod_uid, told.exit_code) == (2, "j-pod-2", 75)
    assert (told.start_time, told.finish_time) == (NOON, NOON + seconds(10))
    assert (told.class_, told.rule, told.reason) == ("Transient", "exit-temporary", "TemporaryFailure")
    assert told.message.endswith("come back later")
    assert told.counted
    assert told.settled


@pytest.mark.parametrize(
    ("pod", "counted"),
    [
        pytest.param(a_pod().succeeded(), True, id="a success is spent, too"),
        pytest.param(a_pod().exited(1), True, id="a failure"),
        pytest.param(a_pod().evicted(), False, id="a disruption is not"),
        pytest.param(a_pod().running().stopped_by_us("suspended").exited(143), False, id="nor our own stop"),
    ],
)
def test_failures_and_successes_count_as_attempts_and_disruptions_and_stops_do_not(pod: APod, *, counted: bool) -> None:
    assert ended(pod).counted == counted


def test_a_success_has_no_class() -> None:
    assert ended(a_pod().succeeded()).class_ == ""


@pytest.mark.parametrize("make", [live_entry, ended], ids=["live", "ended"])
def test_an_attempt_whose_pod_lost_its_annotations_still_gets_an_entry(make: object) -> None:
    assert callable(make)
    assert make(replace(a_pod().exited(1), generation=None, spec_hash="")).generation == 0


def test_an_ended_entry_takes_the_place_of_its_live_one() -> None:
    assert with_entry((entry(1), entry(2, live=True)), entry(2)) == (entry(1), entry(2))


def test_a_live_entry_that_moved_on_takes_the_place_of_the_earlier_one() -> None:
    moved = entry(1, live=True).model_copy(update={"node_name": "node"})
    assert with_entry((entry(1, live=True),), moved) == (moved,)


def test_a_live_entry_of_another_number_stays() -> None:
    assert with_entry((entry(2, live=True),), entry(1)) == (entry(2, live=True), entry(1))


def test_a_settled_entry_is_never_replaced() -> None:
    again = entry(1, uid="another")
    assert with_entry((entry(1),), again) == (entry(1), again)


def test_the_last_twenty_entries_are_kept() -> None:
    many: tuple[Attempt, ...] = ()
    for number in range(1, 26):
        many = with_entry(many, entry(number))
    assert [each.number for each in many] == list(range(6, 26))


def test_the_last_three_entries_keep_longer_messages_than_the_others() -> None:
    words = "a" * 2000 + "the end"
    many: tuple[Attempt, ...] = ()
    for number in range(1, 6):
        many = with_entry(many, entry(number, message=words))
    assert [len(each.message) for each in many] == [256, 256, 2007, 2007, 2007]
    assert many[0].message.endswith("the end")


def test_words_are_cut_between_characters() -> None:
    many: tuple[Attempt, ...] = ()
    for number in range(1, 5):
        many = with_entry(many, entry(number, message="é" * 200 + "x"))
    assert many[0].message == "é" * 127 + "x"


def test_a_pod_built_from_its_entry_is_the_same_attempt() -> None:
    job = a_job()
    pod = job.pod(4).running()
    again = pod_from_entry(live_entry(pod), namespace="default", owner_uid=job.uid, owner_name="j")
    same = (
        *("uid", "name", "namespace", "created", "owner_uid", "owner_name"),
        *("number", "name_hash", "generation", "node", "phase"),
    )
    assert [getattr(again, key) for key in same] == [getattr(pod, key) for key in same]
    assert (again.resource_version, again.start_time, again.deadline_seconds) == (0, NOON, 1800)
    assert again.live


def test_a_pod_is_built_from_an_entry_whose_pod_name_has_no_hash() -> None:
    again = pod_from_entry(entry(4, live=True), namespace="default", owner_uid="j-uid", owner_name="j")
    assert (again.number, again.name_hash, again.generation) == (4, "", None)


AT_800: Final = Json.of({"at": 800})
AT_900: Final = Json.of({"at": 900})
SUM: Final = Json.of({"sum": 3})
BEFORE: Final = with_reported(
    JobStatus(), TerminationMessage(checkpoint=AT_800, progress=Progress(done=800, total=1000)), succeeded=False
)


def test_the_status_holds_what_the_attempt_reported() -> None:
    assert BEFORE.checkpoint == AT_800
    assert BEFORE.progress == Progress(done=800, total=1000)
    assert BEFORE.progress_summary == "800/1000"


def test_an_attempt_that_reports_nothing_changes_nothing() -> None:
    assert with_reported(BEFORE, NO_MESSAGE, succeeded=False) == BEFORE


def test_a_later_report_replaces_the_earlier_report() -> None:
    later = with_reported(
        BEFORE, TerminationMessage(checkpoint=AT_900, progress=Progress(done=900, total=1000)), succeeded=False
    )
    assert (later.checkpoint, later.progress_summary) == (AT_900, "900/1000")


def test_a_success_removes_the_progress_of_an_earlier_attempt() -> None:
    done = with_reported(BEFORE, NO_MESSAGE, succeeded=True)
    assert (done.progress, done.progress_summary) == (None, "")
    assert done.checkpoint == AT_800


def test_the_progress_that_a_success_reports_is_kept() -> None:
    assert (
        with_reported(BEFORE, TerminationMessage(progress=Progress(done=9, total=9)), succeeded=True).progress_summary
        == "9/9"
    )


@pytest.mark.parametrize(("succeeded", "result"), [(True, SUM), (False, None)])
def test_only_a_success_has_a_result(*, succeeded: bool, result: object) -> None:
    assert with_reported(JobStatus(), TerminationMessage(result=SUM), succeeded=succeeded).result == result


def test_all_ignored_parts_of_a_message_are_reported_in_one_event() -> None:
    (notice,) = ignored_events(3, TerminationMessage(ignored=("class: no such class", "progress: not a number")))
    words = (
        "of what attempt 3 said in its termination message was ignored: class: no such class; progress: not a number"
    )
    assert notice == JobEvent("MessageIgnored", words)


def test_a_message_without_ignored_parts_posts_no_event() -> None:
    assert ignored_events(3, NO_MESSAGE) == ()
