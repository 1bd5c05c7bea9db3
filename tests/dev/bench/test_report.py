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
