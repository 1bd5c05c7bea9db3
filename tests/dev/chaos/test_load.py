import subprocess
from itertools import islice
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dev.chaos import load
from dev.chaos.load import KINDS, WAITING, Kind, endless, manifest, template
from dev.chaos.scenarios import SCENARIOS
from dev.chaos.witness import PodRun, pod_runs, read


def run(kind: Kind, folder: Path, attempt: int) -> tuple[int, PodRun]:
    """Run one attempt; return its exit code and its lines. bash understands the whole script, as busybox does."""
    command = template(kind.script, str(folder))["spec"]["containers"][0]["command"]
    script = command[2].replace(load.WITNESS, str(folder))
    environment = {"QUEUEDJOB_UID": "job", "QUEUEDJOB_ATTEMPT": str(attempt), "REDRIVES": "0", "POD": f"pod-{attempt}"}
    code = subprocess.run(["bash", "-c", script], env=environment, check=False).returncode
    return code, pod_runs(read((folder / "job").read_text()))[-1]


def named(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


@given(st.integers(0, 10**6))
def test_a_seed_gives_the_same_jobs_and_soon_one_of_each_kind(seed: int) -> None:
    pack = sum(kind.weight for kind in KINDS)
    first = list(islice(endless(seed), pack))
    assert first == list(islice(endless(seed), pack))
    assert {kind.name for kind in first} == {kind.name for kind in KINDS}


def test_every_kind_of_job_with_a_story_of_its_own_is_in_the_load() -> None:
    assert set(SCENARIOS) <= {kind.name for kind in KINDS}


def test_names_of_kinds_differ() -> None:
    assert len({kind.name for kind in (*KINDS, *WAITING)}) == len(KINDS) + len(WAITING)


def test_a_manifest_names_its_kind_as_the_type_of_work() -> None:
    job = manifest(named("flaky"), "flaky-1", "chaos", "/somewhere")
    assert (job["spec"]["type"], job["spec"]["retry"]["maxAttempts"]) == ("flaky", 3)


def test_a_flaky_script_fails_twice_whatever_number_its_attempts_have(tmp_path: Path) -> None:
    ends = [run(named("flaky"), tmp_path, attempt) for attempt in (1, 4, 7)]
    assert [(code, pod_run.code, pod_run.attempt) for code, pod_run in ends] == [(75, 75, 1), (75, 75, 4), (0, 0, 7)]


def test_a_script_writes_ten_times_a_second_and_tells_its_start_and_end(tmp_path: Path) -> None:
    _, pod_run = run(named("hopeless"), tmp_path, 1)
    assert [line.word for line in pod_run.lines] == ["start", "tick", "tick", "tick", "end"]
    assert pod_run.last - pod_run.first >= 3 * 0.1 * 1e9
