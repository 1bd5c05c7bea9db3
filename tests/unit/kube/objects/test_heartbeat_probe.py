import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import pytest

from queuedjob.api import names
from queuedjob.kube.objects.heartbeat_probe import checks_of, with_heartbeat_probe
from queuedjob.kube.objects.pod_body import pod_body
from queuedjob.policy.facts import Checks
from queuedjob.policy.failure.heartbeat_mark import mark, read_mark
from queuedjob.policy.job.steps import CreatePod
from queuedjob.ports import Body
from tests.unit.kube.objects.bodies import a_job_body, terms_of

MAIN: Final[Body] = {"name": "main", "image": "busybox"}
SHELLS: Final = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


def probe_of(silence: float, **container: Any) -> Any:  # noqa: ANN401 - JSON
    return with_heartbeat_probe({**MAIN, **container}, silence)["livenessProbe"]


# --- the probe in the pod's body


def pod_of(*containers: Body, **spec: Any) -> Any:  # noqa: ANN401 - JSON
    job = a_job_body(template={"spec": {"containers": [*containers]}}, **spec)
    step = CreatePod(1, "invoice-42-x-1", 0, 60, deadline_by_total=False, attempts_left=4)
    return pod_body(job, terms_of(job["spec"]), step)["spec"]


def test_a_job_without_a_heartbeat_timeout_gets_no_probe() -> None:
    for given in ({}, {"timeouts": {"heartbeat": "off"}}):
        spec = pod_of(MAIN, **given)
        assert "volumes" not in spec
        assert spec["containers"][0].keys() == {"name", "image", "env", "terminationMessagePolicy"}


def test_only_the_main_container_gets_the_heartbeat_file_its_variable_and_the_probe() -> None:
    other = {"name": "proxy", "image": "envoy"}
    spec = pod_of(MAIN, other, mainContainer="proxy", timeouts={"heartbeat": "1m"}, payload={})
    assert [volume["name"] for volume in spec["volumes"]] == ["queuedjob-payload", "queuedjob-heartbeat"]
    assert spec["volumes"][1]["emptyDir"] == {}
    first, main = spec["containers"]
    assert "livenessProbe" not in first
    assert "QUEUEDJOB_HEARTBEAT" not in {e["name"] for e in first["env"]}
    assert {"name": "QUEUEDJOB_HEARTBEAT", "value": "/var/run/queuedjob-heartbeat/beat"} in main["env"]
    assert {"name": "queuedjob-heartbeat", "mountPath": "/var/run/queuedjob-heartbeat"} in main["volumeMounts"]
    assert "livenessProbe" in main


def test_the_templates_own_variables_may_refer_to_the_heartbeat_file() -> None:
    own = {"name": "BEAT", "value": "$(QUEUEDJOB_HEARTBEAT)"}
    (main,) = pod_of({**MAIN, "env": [own]}, timeouts={"heartbeat": "1m"})["containers"]
    assert [e["name"] for e in main["env"][-2:]] == ["QUEUEDJOB_HEARTBEAT", "BEAT"]


def test_the_templates_own_probes_are_not_changed() -> None:
    own = {"httpGet": {"path": "/", "port": 80}}
    kept = with_heartbeat_probe({**MAIN, "livenessProbe": own, "startupProbe": own, "readinessProbe": own}, 30)
    assert (kept["livenessProbe"], kept["startupProbe"], kept["readinessProbe"]) == (own, own, own)
    assert kept["env"][-1]["name"] == "QUEUEDJOB_HEARTBEAT"
    assert kept["volumeMounts"][-1]["name"] == "queuedjob-heartbeat"
    beside = with_heartbeat_probe({**MAIN, "startupProbe": own, "readinessProbe": own}, 30)
    assert (beside["startupProbe"], beside["readinessProbe"]) == (own, own)
    assert "exec" in beside["livenessProbe"]


@pytest.mark.parametrize(
    ("silence", "period", "tolerated"),
    [(3, 1, "2"), (4.5, 1, "4"), (30, 10, "20"), (60, 10, "50"), (3600, 10, "3590")],
)
def test_the_second_failed_probe_in_a_row_comes_just_after_the_heartbeat_timeout(
    silence: float, period: int, tolerated: str
) -> None:
    probe = probe_of(silence)
    assert (probe["periodSeconds"], probe["failureThreshold"]) == (period, 2)
    assert probe["exec"]["command"][4] == tolerated
    assert silence <= int(tolerated) + period < silence + 1
    assert probe["timeoutSeconds"] == 10
    assert "terminationGracePeriodSeconds" not in probe


def test_the_probe_writes_its_mark_to_the_termination_message_path() -> None:
    assert probe_of(5)["exec"]["command"][5:] == [mark(5), "/dev/termination-log"]
    assert probe_of(5, terminationMessagePath="/last words")["exec"]["command"][6] == "/last words"


# --- how a pod's probe is read


@pytest.mark.parametrize(
    ("probe", "checks"),
    [
        pytest.param(None, None, id="none"),
        pytest.param("odd", None, id="odd"),
        pytest.param({"httpGet": {}}, Checks(20), id="the API server's defaults"),
        pytest.param(
            {"initialDelaySeconds": 60, "periodSeconds": 5, "failureThreshold": 4},
            Checks(75),
            id="its own",
        ),
        pytest.param({"failureThreshold": 1, "exec": {"command": ["sh", "-c", "x"]}}, Checks(0), id="a command"),
        pytest.param({"exec": {}, "failureThreshold": "x", "periodSeconds": None}, Checks(20), id="odd figures"),
        pytest.param(probe_of(30), Checks(30, marks=True, marks_all=True), id="ours"),
        pytest.param(
            {"exec": {"command": ["sh", "-c", "true", names.HEARTBEAT_VOLUME, "9" * 5_000]}},
            Checks(20),
            id="one like ours, with a number that Python does not read",
        ),
    ],
)
def test_a_probe_is_read_with_its_shortest_time_to_a_kill_and_whether_it_is_ours(
    probe: object, checks: Checks | None
) -> None:
    assert checks_of({"livenessProbe": probe}) == checks
    assert checks_of({}) is None


HOOK: Final[Body] = {"postStart": {"exec": {"command": ["true"]}}}
SLOW: Final[Body] = {"httpGet": {}, "initialDelaySeconds": 7, "periodSeconds": 1, "failureThreshold": 2}


@pytest.mark.parametrize(
    ("container", "checks"),
    [
        pytest.param({"startupProbe": SLOW}, Checks(8), id="a startup probe"),
        pytest.param({"lifecycle": HOOK}, Checks(0), id="a hook"),
        pytest.param({"lifecycle": {"preStop": {}}}, None, id="a hook before the stop kills nothing"),
        pytest.param({"lifecycle": [1], "startupProbe": 3}, None, id="odd ones"),
        pytest.param({"startupProbe": SLOW, "livenessProbe": {"httpGet": {}}}, Checks(8), id="the sooner of two"),
        pytest.param(
            {"livenessProbe": probe_of(30), "startupProbe": SLOW}, Checks(8, marks=True), id="ours and another"
        ),
    ],
)
def test_a_startup_probe_and_a_post_start_hook_may_have_a_container_killed_too(
    container: Body, checks: Checks | None
) -> None:
    assert checks_of(container) == checks


# --- runs of the script


class Watch:
    """A container with a probe for 30 s of silence: its heartbeat folder and its termination message."""

    def __init__(self, folder: Path, shell: str) -> None:
        self.message = folder / "termination log"
        self.message.write_text('{"progress": {"done": 8}}')
        self.folder = folder / "heartbeat"
        self.folder.mkdir()
        self.command = ["busybox", "sh"] if shell == "busybox" else [shell]

    def runs(self) -> bool:
        """Run the probe. Return whether it succeeds."""
        _, *arguments = probe_of(30, terminationMessagePath=str(self.message))["exec"]["command"]
        environment = {"QUEUEDJOB_HEARTBEAT": f"{self.folder}/beat", "PATH": os.environ["PATH"]}
        done = subprocess.run([*self.command, *arguments], env=environment, capture_output=True, text=True, check=False)
        assert not done.stderr
        assert (done.returncode, bool(done.stdout)) in {(0, False), (1, True)}
        return done.returncode == 0

    def aged(self, file: str, seconds: float) -> None:
        """Create `file`, last modified `seconds` ago."""
        path = self.folder / file
        path.touch()
        os.utime(path, (time.time() - seconds,) * 2)


@pytest.fixture(params=SHELLS)
def watch(request: pytest.FixtureRequest, tmp_path: Path) -> Watch:
    return Watch(tmp_path, request.param)


def test_the_start_counts_as_the_last_heartbeat_before_the_first_heartbeat(watch: Watch) -> None:
    assert watch.runs()
    watch.aged("started", 100)
    assert not watch.runs()


def test_a_fresh_heartbeat_passes_the_probe_of_a_container_that_started_long_ago(watch: Watch) -> None:
    watch.aged("started", 100)
    watch.aged("beat", 5)
    assert watch.runs()
    watch.aged("beat", 100)
    assert not watch.runs()


def test_the_second_failed_probe_writes_the_mark_as_a_separate_line(watch: Watch) -> None:
    watch.aged("beat", 100)
    assert not watch.runs()
    assert watch.message.read_text() == '{"progress": {"done": 8}}'
    assert not watch.runs()
    assert read_mark(watch.message.read_text()) == ("30s", '{"progress": {"done": 8}}\n')


def test_a_heartbeat_between_two_failed_probes_resets_the_count(watch: Watch) -> None:
    for _ in range(2):
        watch.aged("beat", 100)
        assert not watch.runs()
        watch.aged("beat", 0)
        assert watch.runs()
    assert read_mark(watch.message.read_text())[0] == ""


def test_a_silence_that_cannot_be_measured_passes_the_probe(watch: Watch) -> None:
    watch.folder.rmdir()
    _, *arguments = probe_of(30)["exec"]["command"]
    shell = [shutil.which(watch.command[0]) or "", *watch.command[1:]]
    for folder, path in ((watch.folder, os.environ["PATH"]), (watch.folder.parent, "/nowhere")):
        environment = {"QUEUEDJOB_HEARTBEAT": f"{folder}/beat", "PATH": path}
        done = subprocess.run([*shell, *arguments], env=environment, capture_output=True, check=False)
        assert done.returncode == 0
