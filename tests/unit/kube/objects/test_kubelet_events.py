from datetime import UTC, datetime

import pytest

from queuedjob.kube.objects.kubelet_events import kubelet_event_from, selecting
from queuedjob.policy.facts import KubeletEvent
from queuedjob.ports import Body

UNHEALTHY: Body = {
    "metadata": {"name": "j-abcdefghij-1.18a9"},
    "involvedObject": {"kind": "Pod", "uid": "u", "fieldPath": "spec.containers{main}"},
    "reason": "Unhealthy",
    "message": "Liveness probe failed: last heartbeat 31 s ago\n",
    "firstTimestamp": "2026-03-01T12:00:30Z",
    "lastTimestamp": "2026-03-01T12:00:31Z",
    "count": 2,
}


def at(second: int) -> datetime:
    return datetime(2026, 3, 1, 12, 0, second, tzinfo=UTC)


def test_an_event_of_the_kubelet_is_read_with_its_container() -> None:
    words = "Liveness probe failed: last heartbeat 31 s ago\n"
    assert kubelet_event_from(UNHEALTHY) == KubeletEvent("Unhealthy", words, "main", at(30), at(31))


def test_an_event_of_the_newer_kind_has_its_time_in_event_time() -> None:
    newer = {**UNHEALTHY, "firstTimestamp": None, "lastTimestamp": None, "eventTime": "2026-03-01T12:00:32.5Z"}
    event = kubelet_event_from(newer)
    assert (event.first, event.last) == (at(32), at(32))  # a container's times have whole seconds, too


@pytest.mark.parametrize(
    "field",
    ["", "spec.initContainers{main}", "spec", 7, None, "spec.containers{%s}" % ("m" * 64), "spec.containers{\x1b[31m}"],
)
def test_an_event_about_no_regular_container_has_no_container_name(field: object) -> None:
    assert kubelet_event_from({**UNHEALTHY, "involvedObject": {"fieldPath": field}}).container == ""


def test_an_event_with_fields_of_the_wrong_type_has_no_facts() -> None:
    assert kubelet_event_from({"involvedObject": [], "reason": 1, "lastTimestamp": "soon"}) == KubeletEvent("", "")


def test_of_a_long_message_the_start_is_kept_which_names_the_cause() -> None:
    words = "Liveness probe failed: " + "x" * 10_000
    assert kubelet_event_from({**UNHEALTHY, "message": words}).message == words[:2048]


@pytest.mark.parametrize("reason", ["Unhealthy" * 20_000, "\x1b[31mUnhealthy", "Unhealthy again"])
def test_an_event_whose_reason_is_not_one_word_has_none(reason: str) -> None:
    assert kubelet_event_from({**UNHEALTHY, "reason": reason}).reason == ""


def test_events_are_selected_by_the_uid_of_the_involved_object_and_the_kubelet_as_their_source() -> None:
    assert selecting("u") == "involvedObject.uid=u,reportingComponent=kubelet"
