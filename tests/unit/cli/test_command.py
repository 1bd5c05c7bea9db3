"""The command line: questions that need no cluster, wrong calls, exit codes, output forms."""

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from click.testing import CliRunner, Result
from pydantic import BaseModel
from rich.console import Console
from rich.text import Text

from queuedjob.cli.explain import models
from queuedjob.cli.main import queuedjob
from queuedjob.cli.output import as_text
from queuedjob.cli.problems import Problem
from queuedjob.cli.release.models import Release, ReleasedPod

ROOT: Final = Path(__file__).parents[3]
DOCUMENT: Final = (ROOT / "docs/cli.md").read_text()
MANIFEST: Final = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: beside}
---
apiVersion: queuedjob.dev/v1alpha1
kind: QueuedJob
metadata: {name: invoice-42}
spec:
  retry: {maxAttempts: 1}
  failurePolicy: {rules: [{name: no-stock, exitCodes: [3], class: Transient}]}
  template: {spec: {containers: [{name: main, image: busybox}]}}
"""


ODD: Final = "apiVersion: queuedjob.dev/v1alpha1\nkind: QueuedJob\n{}\n"


def call(*arguments: str, given: str | None = None, **environment: str) -> Result:
    return CliRunner(env={"COLUMNS": "110", **environment}).invoke(queuedjob, list(arguments), input=given)


def explained(*arguments: str, given: str | None = None) -> dict[str, Any]:
    done = call("explain", *arguments, "-o", "json", given=given)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_an_end_is_decided_on_without_a_cluster() -> None:
    done = call("explain", "--exit-code", "75", "--message", "no database", KUBECONFIG="/nowhere")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[:2] == [
        "Transient by the rule exit-temporary (built-in)",
        "Exit 75, EX_TEMPFAIL: try again later.",
    ]
    assert "Container main exited with 75: no database" in done.stdout
    assert "Waiting (Backoff)  The next attempt follows after 1s" in done.stdout


def test_no_line_is_padded() -> None:
    lines = call("explain", "--exit-code", "75").stdout.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []


def test_words_of_a_job_are_never_taken_for_markup() -> None:
    assert "[red]no[/red] :bug:" in call("explain", "--message", "[red]no[/red] :bug:").stdout


HOSTILE: Final = "disk \x1b]52;c;cm0gLXJmIC8=\x07full\x1b[2J\x9b31m\u202e"


def test_words_of_a_job_do_not_act_on_the_terminal() -> None:
    done = call("explain", "--exit-code", "75", "--message", HOSTILE)
    assert "Container main exited with 75: disk full" in done.stdout
    assert all(each.isprintable() or each == "\n" for each in done.stdout)


def test_words_in_a_stored_status_do_not_act_on_the_terminal() -> None:
    console = Console(force_terminal=True, width=80, color_system="standard", legacy_windows=False)
    shown = as_text(Text(HOSTILE, "red"), console)
    assert shown == "\x1b[31mdisk 52;c;cm0gLXJmIC8=full\x1b[0m\n"  # rich itself drops the BEL that ends it


def test_words_of_a_job_do_not_act_on_the_terminal_as_json() -> None:
    done = call("explain", "--exit-code", "75", "--message", HOSTILE, "-o", "json")
    assert all(each.isprintable() or each == "\n" for each in done.stdout)
    assert json.loads(done.stdout)["message"].startswith("Container main exited with 75: disk")


def test_words_of_an_api_server_do_not_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Problem(f"cannot read it: {HOSTILE}").show()
    assert capsys.readouterr().err == "queuedjob: cannot read it: disk full\n"


def test_the_json_answer_has_the_rule_and_the_outcome() -> None:
    found = explained("--exit-code", "65")
    assert (found["rule"]["name"], found["rule"]["class"], found["rule"]["action"]) == (
        "exit-data",
        "Permanent",
        "fix-spec",
    )
    assert found["outcome"]["phase"] == "DeadLettered"


def test_a_file_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_bytes(b"# f\xfcr\n")
    done = call("explain", "--exit-code", "1", "--job-file", str(file))
    assert done.exit_code == 2
    assert f"{file}: no YAML in UTF-8" in done.stderr


@pytest.mark.parametrize("payload", ["2026-01-01", "{1: 2}", "{at: 2026-01-01T00:00:00Z}"])
def test_a_manifest_may_have_what_kubectl_makes_json_of(payload: str) -> None:
    given = ODD.replace("{}", f"spec: {{payload: {payload}}}")
    assert explained("--exit-code", "65", "--job-file", "-", given=given)["rule"]["name"] == "exit-data"


@pytest.mark.parametrize("by", ["file", "stdin"])
def test_a_manifests_own_rules_and_limits_decide(by: str, tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(MANIFEST)
    name, given = ("-", MANIFEST) if by == "stdin" else (str(file), None)
    found = explained("--exit-code", "3", "--job-file", name, given=given)
    assert (found["rule"]["name"], found["rule"]["origin"]) == ("no-stock", "job")
    assert found["outcome"]["reason"] == "MaxAttempts"


@pytest.mark.parametrize(
    ("named", "container"),
    [
        pytest.param("", "work", id="the first container"),
        pytest.param("mainContainer: helper", "helper", id="the one that the job names"),
    ],
)
def test_the_container_that_ended_is_the_main_one(named: str, container: str) -> None:
    template = "template: {spec: {containers: [{name: work}, {name: helper}]}}"
    given = f"apiVersion: queuedjob.dev/v1alpha1\nkind: QueuedJob\nspec:\n  {template}\n  {named}\n"
    message = explained("--exit-code", "75", "--job-file", "-", given=given)["message"]
    assert message == f"Container {container} exited with 75"


@pytest.mark.parametrize(
    ("arguments", "given", "words"),
    [
        pytest.param([], None, "Name a JOB", id="nothing asked"),
        pytest.param(["--job-file", "-"], MANIFEST, "Name a JOB", id="a manifest alone has no history"),
        pytest.param(["j", "--exit-code", "1", "--job-file", "-"], MANIFEST, "name one of them", id="two jobs"),
        pytest.param(["--exit-code", "256"], None, "256", id="no exit code"),
        pytest.param(["--signal", "65"], None, "65", id="no signal"),
        pytest.param(["--exit-code", "1", "-o", "yaml"], None, "yaml", id="no form of ours"),
        pytest.param(["--exit-code", "1", "--job-file", "-"], "kind: Job", "no queuedjob.dev/v1alpha1", id="no job"),
        pytest.param(["--exit-code", "1", "--job-file", "-"], "a: [", "no YAML", id="no YAML"),
        *(
            pytest.param(["--exit-code", "1", "--job-file", "-"], ODD.replace("{}", lines), words, id=lines[:12])
            for lines, words in (
                ("metadata: x", "metadata: it is no object"),
                ("spec: [1]", "spec: it is no object"),
                ("spec: {payload: !!binary aGVsbG8=}", "no JSON"),
                ("spec: &all {payload: *all}", "no JSON"),
                ("spec: " + "[" * 20_000, "nested too deep"),
            )
        ),
        pytest.param(
            ["--exit-code", "1", "--job-file", "-"],
            MANIFEST.replace("maxAttempts: 1", "maxAttempts: many"),
            "retry.maxAttempts",
            id="a job that the API server would refuse",
        ),
    ],
)
def test_a_wrong_call_ends_with_2(arguments: Sequence[str], given: str | None, words: str) -> None:
    done = call("explain", *arguments, given=given)
    assert done.exit_code == 2
    assert words in done.stderr


def test_no_kubeconfig_is_a_problem_and_ends_with_1(tmp_path: Path) -> None:
    done = call("explain", "j", "--kubeconfig", str(tmp_path / "missing"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("queuedjob: no cluster to ask: ")


def a_kubeconfig(folder: Path, namespace: str | None) -> Path:
    """A kubeconfig for a cluster on a port where no process listens."""
    context = {"cluster": "c", "user": "u"} | ({"namespace": namespace} if namespace else {})
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [
            {"name": "one", "context": context},
            {"name": "two", "context": {"cluster": "c", "user": "u", "namespace": "of-two"}},
        ],
        "current-context": "one",
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return file


@pytest.mark.parametrize(
    ("namespace", "arguments", "meant"),
    [
        pytest.param("of-one", [], "of-one", id="the context's"),
        pytest.param(None, [], "default", id="default, where it has none"),
        pytest.param("of-one", ["--context", "two"], "of-two", id="another context's"),
        pytest.param("of-one", ["--context", "two", "-n", "billing"], "billing", id="the one that is named"),
    ],
)
def test_the_namespace_comes_from_the_option_or_the_context(
    namespace: str | None, arguments: list[str], meant: str, tmp_path: Path
) -> None:
    done = call("explain", "j", "--kubeconfig", str(a_kubeconfig(tmp_path, namespace)), *arguments)
    assert done.exit_code == 1
    assert f"cannot read QueuedJob j in namespace {meant}: http://127.0.0.1:9 does not answer" in done.stderr


def test_a_context_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    done = call("explain", "j", "--kubeconfig", str(a_kubeconfig(tmp_path, None)), "--context", "three")
    assert done.exit_code == 1
    assert "three" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_the_command(shell: str) -> None:
    done = call(_QUEUEDJOB_COMPLETE=f"{shell}_source")
    assert done.exit_code == 0
    assert "_QUEUEDJOB_COMPLETE" in done.stdout


def keys(model: type[BaseModel]) -> set[str]:
    return {str(field.alias) for field in model.model_fields.values()}


def documented(heading: str) -> set[str]:
    part = DOCUMENT.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    return {
        name for cell in re.findall(r"^\| ([^|]+) \|", part, re.MULTILINE) for name in re.findall(r"`([^`]+)`", cell)
    }


SHAPES: Final[dict[str, type[BaseModel]]] = {
    "#### A release": Release,
    "#### A released pod": ReleasedPod,
    "#### A job": models.JobExplanation,
    "#### An attempt": models.AttemptExplanation,
    "#### A rule": models.RuleExplanation,
    "#### Limits": models.Limits,
    "#### A decision": models.Decision,
}


@pytest.mark.parametrize("heading", SHAPES)
def test_the_shape_of_the_json_is_documented(heading: str) -> None:
    assert documented(heading) == keys(SHAPES[heading])


COMMANDS: Final = re.findall(r"^    (queuedjob explain .+)$", DOCUMENT, re.MULTILINE)


def test_the_document_shows_commands() -> None:
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("command", [each for each in COMMANDS if " --" in each.split(" -n ")[0]])
def test_commands_that_need_no_cluster_do_as_shown(command: str, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(MANIFEST)
    path = f"PATH={ROOT / 'bin'}:$PATH"
    done = subprocess.run(["sh", "-c", f"{path}; {command}"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
