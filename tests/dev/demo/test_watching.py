from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dev.cluster import Cluster, Where
from dev.demo import show as demo
from dev.demo import watching
from dev.demo.lessons import CURE, LESSONS, SUCCESS, Expected, Lesson
from dev.demo.screen import PlainScreen
from dev.demo.watching import surprises, watch
from dev.harness import Kubectl
from tests.dev.demo.jobs import FILED, a_job, ended

EXPECTED = {"good": Expected("Succeeded", "Succeeded", (SUCCESS,)), "held": Expected("Waiting", "Suspended", ())}
GOOD = a_job("good", "Succeeded", "Succeeded", attempts=ended(SUCCESS))
BAD = a_job("good", "Cancelled", "Cancelled", message="somebody cancelled it")
HELD = a_job("held", "Waiting", "Suspended")

Jobs = Sequence[dict[str, Any]]
Play = Callable[[Kubectl], int]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_EVERY", 0.0)


def silent() -> PlainScreen:
    return PlainScreen(lambda _: None)


def test_watch_looks_until_no_job_is_on_its_way() -> None:
    looks: Iterator[Jobs] = iter([[], [a_job("good"), HELD], [GOOD, HELD, a_job("a persons own")]])
    rows = watch(lambda: next(looks), EXPECTED, silent())
    assert next(looks, None) is None
    assert surprises(rows, EXPECTED) == []


def test_a_job_that_ends_elsewhere_is_named_with_what_was_expected_and_what_was_seen() -> None:
    rows = watch(lambda: [BAD, HELD], EXPECTED, silent())
    assert [str(each) for each in surprises(rows, EXPECTED)] == [
        "good: expected Succeeded after 1 attempt (success); seen Cancelled after no attempt; somebody cancelled it"
    ]


def test_a_job_that_never_ends_is_a_surprise_too() -> None:
    rows = watch(lambda: [GOOD], EXPECTED, silent(), patience=0.0)
    assert [each.job for each in surprises(rows, EXPECTED)] == ["held"]


def end_of(lesson: Lesson) -> dict[str, Any]:
    end = lesson.expected
    return a_job(
        lesson.job,
        end.phase,
        end.reason,
        attempts=ended(*end.attempts),
        deadLetterRef=FILED,
        counters={"redrives": end.redrives},
    )


class Scripted(Kubectl):
    """Returns the ends of jobs; `apply` of the cure runs the dead job again."""

    def __init__(self, *ends: dict[str, Any], cured: dict[str, Any] | None = None) -> None:
        super().__init__(Path("kubectl"), Path("kubeconfig"))
        self._cured = cured or end_of(CURE)
        self._ends = {end["metadata"]["name"]: end for end in ends}
        self.ran: list[str] = []

    def run(self, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:  # noqa: ARG002
        self.ran.append(" ".join(arguments))
        if str(CURE.file) in arguments:
            self._ends[CURE.job] = self._cured
        return f"what kubectl {arguments[0]} prints"

    def list(self, kind: str, *arguments: str) -> list[dict[str, Any]]:  # noqa: ARG002
        return [*self._ends.values()]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """The whole demo, in an environment without a real cluster."""
    operator = SimpleNamespace(
        process=SimpleNamespace(pid=4711), url="http://here", log="operator.log", tail=lambda: "its last words"
    )
    cluster = Cluster("other", Where.KIND, Path("kubeconfig"), Path("kubectl"))

    def played(kubectl: Kubectl) -> int:
        stage = SimpleNamespace(cluster=cluster, kubectl=kubectl, operator=operator)
        monkeypatch.setattr(demo, "set_up", lambda *_: stage)
        return demo.play("other", Where.KIND)

    return played


def test_status_0_when_all_ended_where_they_should_and_the_cure_worked(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl = Scripted(*(end_of(lesson) for lesson in LESSONS))
    assert play(kubectl) == 0
    assert "get qj,dl" in kubectl.ran
    assert f"describe dl {FILED['name']}" in kubectl.ran
    shown = capsys.readouterr().out
    assert "what kubectl describe prints" in shown
    for then in ("pid 4711", "operator.log", 'eval "$(make -s env NAME=other)"', "make cluster-down NAME=other"):
        assert then in shown


def test_status_1_when_one_ended_elsewhere_with_all_that_is_needed_to_see_why(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = a_job("flaky", "DeadLettered", "MaxAttempts", attempts=ended("Unknown"), deadLetterRef=FILED)
    kubectl = Scripted(*(wrong if lesson.job == "flaky" else end_of(lesson) for lesson in LESSONS))
    assert play(kubectl) == 1
    assert "get qj flaky -o yaml" in kubectl.ran
    shown = capsys.readouterr().out
    assert "flaky: expected Succeeded after 3 attempts" in shown
    assert "its last words" in shown
    assert "make cluster-down" in shown


def test_status_1_when_the_cure_does_not_work(play: Play) -> None:
    dead_again = a_job(
        CURE.job,
        "DeadLettered",
        "Permanent",
        attempts=ended("Permanent"),
        deadLetterRef=FILED,
        counters={"redrives": 1},
    )
    kubectl = Scripted(*(end_of(lesson) for lesson in LESSONS), cured=dead_again)
    assert play(kubectl) == 1
    assert f"get qj {CURE.job} -o yaml" in kubectl.ran
