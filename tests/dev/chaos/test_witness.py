import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.chaos.witness import Line, condensed, contradictions, pod_runs, read
from tests.dev.chaos.builders import a_pod_run, at

PODS = ("one", "two", "three")


def test_a_line_is_read_as_its_pod_wrote_it() -> None:
    [line] = read("1800000000500000000 1 2 pod-uid end 75\n")
    assert line == Line(at(0.5), 1, 2, "pod-uid", "end", 75)


def test_a_line_that_is_still_being_written_is_left_for_later() -> None:
    assert len(read("1 0 1 p start\n1 0 1 p ti")) == 1


@pytest.mark.parametrize("text", ["1 0 1 p sneeze\n", "1 0 1 p end\n", "1 0 1 p tick 3\n", "hello\n"])
def test_what_no_pod_of_ours_wrote_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read(text)


def test_attempts_one_after_the_other_are_no_contradiction() -> None:
    lines = [*a_pod_run("one", 1, ends=75), *a_pod_run("two", 2, begins=2, ends=None, told=True)]
    assert list(contradictions(lines)) == []


def test_a_rerun_begins_again_at_attempt_1() -> None:
    assert list(contradictions([*a_pod_run("one", 1, ends=65), *a_pod_run("two", 1, redrives=1, begins=2)])) == []


def test_one_line_of_the_first_attempt_after_the_second_has_begun_is_reported() -> None:
    first, second = a_pod_run("one", 1, ends=None), a_pod_run("two", 2, begins=1)
    told = list(contradictions([*first, *second[:2], first[-1], *second[2:]]))
    assert told[0].startswith("RAN TWICE AT THE SAME TIME: pod one wrote again")
    assert told[0].endswith("; 1 more times")


def test_two_pods_of_the_same_number_are_reported() -> None:
    assert any("two pods were the same attempt" in w for w in contradictions([*a_pod_run("one"), *a_pod_run("two")]))


def test_attempts_in_the_wrong_order_are_reported() -> None:
    assert any("wrong order" in wrong for wrong in contradictions([*a_pod_run("two", 2), *a_pod_run("one", 1)]))


def test_a_container_that_ran_twice_is_reported() -> None:
    assert any("started 2 times" in wrong for wrong in contradictions([*a_pod_run("one"), *a_pod_run("one", begins=2)]))


@given(st.permutations([0] * 4 + [1] * 4 + [2] * 4))
def test_every_interleaving_but_one_after_the_other_is_reported(order: list[int]) -> None:
    waiting = [iter(a_pod_run(pod, n + 1, ticks=2, ends=0)) for n, pod in enumerate(PODS)]
    lines = [next(waiting[n]) for n in order]
    in_a_row = [pod for n, pod in enumerate(order) if n == 0 or order[n - 1] != pod]
    doubled = any("AT THE SAME TIME" in wrong for wrong in contradictions(lines))
    assert doubled == (len(in_a_row) > len(PODS))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=5))
def test_lines_that_are_written_and_read_again_give_the_same_pods(ticks: list[int]) -> None:
    lines = [line for n, count in enumerate(ticks) for line in a_pod_run(f"pod-{n}", n + 1, begins=9 * n, ticks=count)]
    text = "".join(
        f"{x.at} {x.redrives} {x.attempt} {x.pod} {x.word}{'' if x.code is None else f' {x.code}'}\n" for x in lines
    )
    assert [(pod_run.pod, len(pod_run.lines) - 2, pod_run.code) for pod_run in pod_runs(read(text))] == [
        (f"pod-{n}", count, 0) for n, count in enumerate(ticks)
    ]


def test_ticks_are_condensed_for_users_and_no_other_line_is() -> None:
    shown = "\n".join(condensed(a_pod_run("one", ticks=50, ends=143, told=True)))
    assert "48 more, the longest pause 0.1 s" in shown
    assert [word in shown for word in ("start", "told", "end 143")] == [True, True, True]
