import json
from pathlib import Path

import pytest

from dev.bench.budgets import judge
from dev.bench.contenders import JOB, OPERATOR, SHIPPED
from dev.bench.results import Results, against_shipped, comparison, write
from tests.dev.bench.builders import MB, a_backlog, a_good_result, a_neighbourhood, a_run


def test_each_round_is_compared_with_its_own_job_runs() -> None:
    results = Results(
        settings={},
        runs=[
            a_run(JOB, 40.0, number=0),
            a_run(OPERATOR, 40.0, number=0),
            a_run(JOB, 40.0, number=0),
            a_run(JOB, 19.0, number=1, server=30.0),  # the machine was slower
            a_run(OPERATOR, 22.0, number=1, server=24.0),
            a_run(JOB, 21.0, number=1, server=30.0),
        ],
    )
    found = comparison(results)
    assert found is not None
    assert found.rate == pytest.approx((1.0 + 1.1) / 2)
    assert found.server_cpu == pytest.approx((1.0 + 0.8) / 2)
    assert found.job_spread == pytest.approx(0.1)


def test_without_a_whole_round_nothing_is_compared() -> None:
    assert comparison(Results({}, runs=[a_run(OPERATOR, 40.0)])) is None
    assert against_shipped(Results({}, runs=[a_run(OPERATOR, 40.0)])) is None


def test_job_as_shipped_is_compared_with_the_median() -> None:
    rates = [30.0, 90.0, 40.0]
    runs = [a_run(OPERATOR, rate, number=number) for number, rate in enumerate(rates)]
    assert against_shipped(Results({}, runs=[*runs, a_run(SHIPPED, 4.0)])) == pytest.approx(10.0)


def test_every_budget_of_what_was_measured_is_judged() -> None:
    assert [budget.met for budget in judge(a_good_result())] == [True] * 18
    assert judge(Results({})) == []


@pytest.mark.parametrize(
    ("part", "worse", "short"),
    [
        ("runs", [a_run(JOB, 40.0), a_run(OPERATOR, 37.9)], "throughput against batch/v1 Job, tuned"),
        ("runs", [a_run(OPERATOR, 40.0, writes=3.01)], "operator writes per job, draining"),
        (
            "neighbours",
            a_neighbourhood(hung=2000.0),
            "apply to pod created, beside 100 jobs that hang, longest",
        ),
        (
            "neighbours",
            a_neighbourhood(compiled=500.0),
            "answer of the operator, beside 50 jobs with patterns slow to compile, longest",
        ),
        (
            "neighbours",
            a_neighbourhood(searched=500.0),
            "answer of the operator, beside 50 jobs with patterns slow to search, longest",
        ),
        ("neighbours", a_neighbourhood(peak=350 * MB), "memory, started beside 500 jobs large in lists"),
        ("neighbours", a_neighbourhood(ready=60.0), "start to ready, beside 500 jobs large in lists"),
        ("backlog", a_backlog(peak=351 * MB), "memory, 50,000 waiting jobs, start included"),
        ("backlog", a_backlog(steady=301 * MB), "memory per job, 50,000 waiting jobs"),
        ("backlog", a_backlog(whole=12.1), "cost per job beside 50,000 against 1,000"),
        ("backlog", a_backlog(dispatch=60.0), "start to first dispatch, 50,000 waiting jobs"),
    ],
)
def test_a_missed_budget_is_reported(part: str, worse: object, short: str) -> None:
    results = a_good_result()
    setattr(results, part, worse)
    assert [budget.what for budget in judge(results) if not budget.met] == [short]


def test_machines_read_settings_every_run_and_the_budgets(tmp_path: Path) -> None:
    results = a_good_result()
    path = tmp_path / "deep/bench.json"
    write(results, [{"what": "b"}], path)
    read = json.loads(path.read_text())
    assert read["settings"] == {"machine": "2 cores"}
    assert [run["rate"] for run in read["throughput"]] == pytest.approx([38.0, 44.0, 42.0])
    assert read["throughput"][1]["operator"]["writes"] == 3.0
    assert read["backlog"]["bytes_per_job"] == 3000.0
    assert read["backlog"]["memory_started"] == {"now": 200 * MB, "peak": 300 * MB}
    assert read["neighbours"]["hanging"]["beside"]["longest"] == 90.0
    assert read["admission"][0]["latency_ratio"] == 1.25
    assert read["budgets"] == [{"what": "b"}]
    assert [each.name for each in path.parent.iterdir()] == ["bench.json"]
