import pytest

from queuedjob.kube.objects.events import event_body
from queuedjob.policy.job.steps import JobEvent
from queuedjob.ports import Body
from tests.builders import NOON, a_job, seconds


def event(message: str = "words", *, warning: bool = True, at: float = 0) -> Body:
    notice = JobEvent("AttemptFailed", message, warning=warning)
    return event_body(a_job("invoice-42"), notice, instance="operator-0", now=NOON + seconds(at), serial="1f")


def test_a_whole_event_body_is_as_expected() -> None:
    assert event() == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "invoice-42.1f", "namespace": "default"},
        "eventTime": "2026-03-01T12:00:00.000000Z",
        "reportingController": "queuedjob.dev/operator",
        "reportingInstance": "operator-0",
        "action": "Reconcile",
        "reason": "AttemptFailed",
        "regarding": {
            "apiVersion": "queuedjob.dev/v1alpha1",
            "kind": "QueuedJob",
            "name": "invoice-42",
            "namespace": "default",
            "uid": "invoice-42-uid",
        },
        "note": "words",
        "type": "Warning",
    }


@pytest.mark.parametrize(("warning", "kind"), [(True, "Warning"), (False, "Normal")])
def test_an_event_that_is_no_warning_has_the_type_normal(*, warning: bool, kind: str) -> None:
    assert event(warning=warning)["type"] == kind


@pytest.mark.parametrize(
    ("at", "time"),
    [(0.25, "2026-03-01T12:00:00.250000Z"), (61.000007, "2026-03-01T12:01:01.000007Z")],
)
def test_the_time_of_an_event_has_six_digits(at: float, time: str) -> None:
    assert event(at=at)["eventTime"] == time


def test_a_note_is_cut_between_characters_to_the_length_that_the_api_server_takes() -> None:
    note = event("x" + "é" * 1000)["note"]
    assert len(note.encode()) == 1023
    assert note == "x" + "é" * 511
