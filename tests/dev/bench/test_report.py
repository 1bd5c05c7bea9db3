from rich.console import Console

from dev.bench.budgets import judge
from dev.bench.contenders import OPERATOR
from dev.bench.report import report
from dev.bench.results import Results
from tests.dev.bench.builders import a_good_result, a_run


def printed(results: Results) -> str:
    console = Console(width=200, record=True, file=None, force_terminal=False)
    with console.capture() as capture:
        console.print(report(results, judge(results)))
    return capture.get()


def test_a_contender_stands_with_its_rate_and_what_each_process_spent() -> None:
    (line,) = [line for line in printed(a_good_result()).splitlines() if line.startswith("│ QueuedJob (1 x 100)")]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[1:] == ["44.0", "44.0 - 44.0", "10.0", "", "", "", "", "1.5", "11.5", "1.00", "6.00"]


def test_figures_beside_a_hostile_tenant_stand_with_those_without_it() -> None:
    text = printed(a_good_result())
    lines = [" ".join(line.replace("│", " ").split()) for line in text.splitlines()]
    assert "apply to pod created, idle p50 18 ms longest 30 ms" in lines
    assert "apply to pod created, beside 100 jobs that hang p50 18 ms longest 90 ms" in lines
    assert "operator started beside no jobs ready after 2.0 s 60 MB, peak 80 MB" in lines
    assert "operator started beside 500 jobs large in lists ready after 20.0 s 100 MB, peak 300 MB" in lines


def test_the_cost_of_policies_is_shown_as_figures_and_ratios() -> None:
    (line,) = [line for line in printed(a_good_result()).splitlines() if line.startswith("│ create a foreign pod")]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[1:] == ["2.00", "10%", "2.50", "1.25x", "1.00", "1.50", "1.50x"]


def test_what_falls_short_stands_in_the_table() -> None:
    results = a_good_result()
    assert "FALLS SHORT" not in printed(results)
    results.runs = [a_run(OPERATOR, 44.0, writes=4.0)]
    (line,) = [line for line in printed(results).splitlines() if "FALLS SHORT" in line]
    assert "operator writes per job" in line
    assert "4.00" in line


def test_what_was_not_measured_is_not_shown() -> None:
    text = printed(Results({"machine": "2 cores"}))
    assert "2 cores" in text
    assert "Jobs drained" not in text
    assert "waiting jobs" not in text
    assert "hostile" not in text
    assert "Policies" not in text
    assert "Budgets" not in text
