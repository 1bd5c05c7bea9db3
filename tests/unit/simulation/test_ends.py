"""The simulation's own classification of a pod's end, with which the operator's is compared."""

from queuedjob.ports import Body
from tests.simulation.apiserver.timestamps import stamp
from tests.simulation.ports import EPOCH
from tests.simulation.promises.ends import classes_of
from tests.simulation.promises.history import Pod, Version
from tests.simulation.witness import OPERATOR

BEGIN = 1000.0


class PodHistory:
    """The history of one pod, version by version. Times are in seconds after its beginning."""

    def __init__(self, deadline: int | None = None) -> None:
        self._deadline = deadline
        self.pod = Pod("uid", "n", "p", job="job")
        self._metadata: Body = {"name": "p"}
        self._status: Body = {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}}]}
        self._tell(0, OPERATOR)

    def ends(
        self, at: float, code: int, reason: str = "", *, ended: float | None = None, says: str = ""
    ) -> "PodHistory":
        """The kubelet reports an end at this time. The report may be later than the end (`ended`)."""
        finished = at if ended is None else ended
        ended_state = {"exitCode": code, "reason": "Error", "finishedAt": stamp(int(EPOCH + BEGIN + finished))}
        states = [{"name": "main", "state": {"terminated": {**ended_state, **({"message": says} if says else {})}}}]
        self._status = {"phase": "Failed", "containerStatuses": states, **({"reason": reason} if reason else {})}
        return self._tell(at, "kubelet")

    def never_started(self, at: float) -> "PodHistory":
        states = [{"name": "main", "state": {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}}]
        self._status = {"phase": "Failed", "containerStatuses": states}
        return self._tell(at, "kubelet")

    def is_deleted(self, at: float, by: str = "person") -> "PodHistory":
        self._metadata = {**self._metadata, "deletionTimestamp": stamp(int(EPOCH + BEGIN + at))}
        return self._tell(at, by)

    def is_let_go(self, at: float) -> "PodHistory":
        """The kubelet's last DELETE, with grace 0."""
        self._metadata = {**self._metadata, "deletionGracePeriodSeconds": 0}
        return self.is_deleted(at, "kubelet")

    def is_marked(self, at: float, reason: str = "cancelled") -> "PodHistory":
        self._metadata = {**self._metadata, "annotations": {"queuedjob.dev/stop-reason": reason}}
        return self._tell(at, OPERATOR)

    def _tell(self, at: float, user: str) -> "PodHistory":
        spec: Body = {"nodeName": "node", "containers": [{"name": "main"}]}
        status = self._status
        if self._deadline is not None:
            spec["activeDeadlineSeconds"] = self._deadline
            status = {**status, "startTime": stamp(int(EPOCH + BEGIN))}
        body = {"metadata": self._metadata, "spec": spec, "status": status}
        self.pod.versions.append(Version(BEGIN + at, len(self.pod.versions), user, body))
        return self

    def classes(self) -> set[str]:
        return set(classes_of(self.pod) or ())


def test_what_ends_by_itself_is_what_its_exit_code_says() -> None:
    assert PodHistory().ends(10, 75).classes() == {"Transient"}
    assert PodHistory().ends(10, 65).classes() == {"Permanent"}


def test_what_ends_long_after_somebody_deleted_it_was_disrupted() -> None:
    assert PodHistory().is_deleted(10).ends(20, 1).classes() == {"Disruption", "Stopped"}


def test_a_late_last_delete_hides_that_somebody_deleted_the_pod_before_its_end() -> None:
    deleted = {"Disruption", "Stopped"}
    assert PodHistory().is_deleted(10).ends(20, 1).is_let_go(21).classes() == deleted
    assert PodHistory().is_deleted(10).ends(30, 1, ended=20).is_let_go(30).classes() == {"Unknown", *deleted}


def test_what_we_asked_to_end_is_our_stop_or_a_disruption_if_the_spec_asks_no_more() -> None:
    assert PodHistory().is_marked(10).ends(20, 1).classes() == {"Unknown", "Stopped", "Disruption"}


def test_an_end_that_is_told_after_our_mark_may_be_either() -> None:
    """The kubelet reported late: until then, the API server had seen a pod that ran and that we stopped."""
    assert PodHistory().is_marked(40).ends(50, 75, ended=10).classes() == {"Transient", "Stopped", "Disruption"}


def test_an_end_that_was_told_before_our_mark_is_its_own() -> None:
    assert PodHistory().ends(10, 75).is_marked(40).classes() == {"Transient"}


def test_a_deletion_right_after_the_end_leaves_open_which_came_first() -> None:
    assert PodHistory().ends(10, 65).is_deleted(13).classes() == {"Permanent", "Disruption", "Stopped"}


def test_a_deletion_long_after_the_end_changes_nothing() -> None:
    assert PodHistory().ends(10, 65).is_deleted(40).classes() == {"Permanent"}


def test_a_deadline_outranks_the_exit_code_that_follows() -> None:
    assert PodHistory().ends(10, 143, "DeadlineExceeded").classes() == {
        "Timeout",
        "StartFailure",
        "Stopped",
        "Disruption",
    }


def test_an_end_well_before_the_deadline_is_its_own_though_both_are_reported_together() -> None:
    pod = PodHistory(deadline=30).ends(60, 75, "DeadlineExceeded", ended=10)
    assert pod.classes() == {"Transient"}
    assert PodHistory(deadline=30).ends(60, 75, "DeadlineExceeded", ended=29).classes() >= {"Timeout", "Transient"}
    assert "Transient" not in PodHistory(deadline=30).ends(60, 75, "DeadlineExceeded", ended=30).classes()
    killed = PodHistory(deadline=30).ends(60, 143, "DeadlineExceeded", ended=29)
    assert killed.classes() == set(), "undecided: whose signal it was"


def test_an_end_at_the_deadline_by_the_jobs_own_rule_is_left_to_that() -> None:
    assert PodHistory().ends(10, 3, "DeadlineExceeded").classes() == set(), "undecided"


def test_our_stop_past_the_deadline_is_a_timeout() -> None:
    assert "Timeout" in PodHistory().is_marked(40, "deadline").ends(50, 75).classes()


def test_an_exit_code_that_says_nothing_leaves_it_to_the_words() -> None:
    assert PodHistory().ends(10, 1, says="HTTP 429: too many requests").classes() == {"RateLimited"}
    assert PodHistory().ends(10, 1, says="processed 4000 rows").classes() == {"Unknown"}


def test_words_say_nothing_against_an_exit_code() -> None:
    assert PodHistory().ends(10, 65, says="HTTP 429: too many requests").classes() == {"Permanent"}


def test_the_jobs_own_word_counts_more_than_its_exit_code() -> None:
    says = '{"class": "Permanent", "reason": "NoSuchOrder"}'
    assert PodHistory().ends(10, 75, says=says).classes() == {"Permanent"}


def test_the_mark_of_a_liveness_probe_counts_more_than_anything() -> None:
    assert PodHistory().ends(10, 0, says="\nqueuedjob: no heartbeat for 4s\n").classes() == {"HeartbeatLost"}


def test_a_stop_after_the_main_container_has_ended_does_not_change_its_class() -> None:
    assert PodHistory().is_marked(10, "main-ended").ends(10, 75).classes() == {"Transient"}


def test_what_did_not_start_in_its_time_is_a_failure_to_start() -> None:
    assert PodHistory().is_marked(10, "start").never_started(11).classes() == {"StartFailure"}
