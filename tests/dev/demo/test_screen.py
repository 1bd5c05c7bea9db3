import io
from typing import Any

import pytest
from rich.console import Console

from dev.demo.lessons import LESSONS
from dev.demo.screen import LiveScreen, PlainScreen, Row, line, screen, table, trail
from dev.demo.seen import Standing, seen
from tests.dev.demo.jobs import FILED, OWED, a_job, ended, runs


def row(job: dict[str, Any], standing: Standing = Standing.ON_THE_WAY) -> Row:
    return Row(seen(job), standing)


def test_plain_lines_show_each_change_once() -> None:
    lines: list[str] = []
    plain = PlainScreen(lines.append)
    running, done = a_job("flaky", "Running", "AttemptRunning"), a_job("flaky", "Succeeded", "Succeeded")

    plain.show(0.1, [row(a_job("flaky")), row(a_job("other"))])
    plain.show(1.0, [row(running), row(a_job("other"))])
    plain.show(1.5, [row(running), row(a_job("other"))])
    plain.show(2.0, [row(done, Standing.THERE), row(a_job("other"))])

    assert [each.split() for each in lines] == [
        ["1.0", "s", "flaky", "Running"],
        ["2.0", "s", "ok", "flaky", "Succeeded"],
    ]


def test_a_death_is_shown_once_its_dead_letter_is_filed_and_not_twice() -> None:
    lines: list[str] = []
    plain = PlainScreen(lines.append)
    plain.show(1.0, [row(a_job("bad", "DeadLettered", "Permanent", deadLetterRef=OWED))])
    plain.show(1.5, [row(a_job("bad", "DeadLettered", "Permanent", deadLetterRef=FILED), Standing.THERE)])
    assert [each.split()[:3] for each in lines] == [["1.5", "s", "ok"]]


@pytest.mark.parametrize(
    ("job", "standing", "said"),
    [
        (
            a_job("flaky", "Waiting", "Backoff", attemptsSummary="1/5", message="the next attempt starts soon"),
            Standing.ON_THE_WAY,
            "  12.3 s    flaky           Waiting: Backoff          1/5  the next attempt starts soon",
        ),
        (
            a_job("bad", "DeadLettered", "Permanent", attemptsSummary="1/5", message="exited with 65"),
            Standing.ELSEWHERE,
            "  12.3 s !! bad             DeadLettered: Permanent   1/5  exited with 65",
        ),
    ],
)
def test_a_plain_line_has_all_that_the_status_says(job: dict[str, Any], standing: Standing, said: str) -> None:
    assert line(12.34, row(job, standing)) == said


@pytest.mark.parametrize(
    ("attempts", "said"),
    [
        ([], ""),
        ([*ended("Transient"), runs()], "Transient, runs"),
        ([*ended("Crash", "Crash", "")], "Crash, Crash, success"),
        ([*ended("Timeout", deadline=10), runs(30)], "Timeout (10s), runs (30s)"),
        ([*ended("Timeout", deadline=10), *ended("", deadline=30)], "Timeout (10s), success (30s)"),
    ],
)
def test_the_trail_shows_how_attempts_ended_and_deadlines_where_they_matter(
    attempts: list[dict[str, Any]], said: str
) -> None:
    assert trail(seen(a_job("j", attempts=attempts)).attempts) == said


def test_the_table_of_all_lessons_fits_into_80_columns() -> None:
    rows = [
        row(
            a_job(
                lesson.job,
                lesson.expected.phase,
                lesson.expected.reason,
                attempts=ended(*lesson.expected.attempts, deadline=10),
                attemptsSummary="3/5",
            ),
            Standing.THERE,
        )
        for lesson in LESSONS
    ]
    console = Console(file=io.StringIO(), width=80)
    console.print(table(31.0, rows))
    shown = console.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO above
    assert "…" not in shown
    for lesson in LESSONS:
        assert lesson.expected.reason in shown
    assert "Transient, Transient, success" in shown
    assert f"31 s: {len(LESSONS)} of {len(LESSONS)} are where they should be" in shown


@pytest.mark.parametrize(
    ("terminal", "environment", "kind"),
    [
        pytest.param(True, {}, LiveScreen, id="a terminal"),
        pytest.param(True, {"PLAIN": "1"}, PlainScreen, id="a terminal, plain lines asked for"),
        pytest.param(False, {}, PlainScreen, id="a pipe"),
    ],
)
def test_a_table_lives_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool, environment: dict[str, str], kind: type
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert isinstance(screen(environment), kind)
