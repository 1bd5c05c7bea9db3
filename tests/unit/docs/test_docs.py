"""Compare the documentation with the code: fields, defaults, rules, states, links."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel, PlainSerializer
from pydantic.fields import FieldInfo

from queuedjob.api.kinds import queuedjob_phases as phases
from queuedjob.api.kinds.deadletter import LetterSpec
from queuedjob.api.kinds.queuedjob import JobSpec
from queuedjob.api.kinds.queuedjob_status import Attempt, Counters, JobStatus
from queuedjob.api.types.durations import format_duration
from queuedjob.kube.objects.pod_body import pod_body
from queuedjob.policy.failure.classes import CLASSES
from queuedjob.policy.failure.classification import FIXED_RULES, RULES
from queuedjob.policy.failure.rules import Action
from queuedjob.policy.failure.termination_message import KEYS, read_termination_message
from queuedjob.policy.job import reasons
from queuedjob.policy.job.ends import ENDS
from queuedjob.policy.job.spec_warnings import spec_warnings_of
from queuedjob.policy.job.steps import CreatePod
from queuedjob.policy.retry.backoff import delay
from queuedjob.policy.retry.per_class import schedule_of

ROOT: Final = Path(__file__).parents[3]
DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
API: Final = (ROOT / "docs/api.md").read_text()
FAILURES: Final = (ROOT / "docs/failure-classes.md").read_text()
STATES: Final = (ROOT / "docs/states.md").read_text()


def table(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its first two lines."""
    after = text.split(f"\n{heading}\n", 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", after, re.MULTILINE)
    assert rows is not None, f"no table below {heading!r}"
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[0].splitlines()[2:]]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def model_in(annotation: object) -> tuple[type[BaseModel] | None, str]:
    """The model that a field holds, and the separator before the names of the model's fields."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, "."
    several = get_origin(annotation) is tuple
    if several or get_origin(annotation) in {Union, UnionType}:
        inner = next((model_in(each)[0] for each in get_args(annotation)), None)
        return inner, "[]." if several else "."
    return None, ""


def fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field that a user can write, with its path. A model's fields replace it; a list of models stays too."""
    for field in model.model_fields.values():
        inner, on = model_in(field.annotation)
        name = f"{path}{field.alias}"
        if inner is None or on == "[].":
            yield name, field
        if inner is not None:
            yield from fields(inner, name + on)


def shown(field: FieldInfo) -> str | None:
    """A field's default as the table shows it; None if the table describes it in words."""
    default = field.default
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float) and format_duration(default) in _serialised(default, field):
        return format_duration(default)
    if isinstance(default, float | int):
        return f"{default:g}"
    return default if isinstance(default, str) else None


def _serialised(value: float, field: FieldInfo) -> list[object]:
    return [each.func(value) for each in field.metadata if isinstance(each, PlainSerializer)]  # type: ignore[call-arg] # of one value


def written(value: object, path: str = "") -> Iterator[str]:
    """The paths of the fields in a manifest; a template or a payload counts as one field."""
    if isinstance(value, dict) and path not in {"template", "payload"}:
        for key, inner in value.items():
            yield from written(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for inner in value:
            yield from written(inner, f"{path}[]")
    else:
        yield path


SPEC_ROWS: Final = table(API, "### Spec")


def test_every_field_of_the_spec_is_documented_and_no_other() -> None:
    assert {name for row in SPEC_ROWS for name in named(row[0])} == {path for path, _ in fields(JobSpec)}


@pytest.mark.parametrize(("path", "field"), [pytest.param(p, f, id=p) for p, f in fields(JobSpec) if shown(f)])
def test_the_default_that_is_documented_is_the_one_that_applies(path: str, field: FieldInfo) -> None:
    (cell,) = (row[1] for row in SPEC_ROWS if row[0] == f"`{path}`")
    assert cell == f"`{shown(field)}`"


def test_required_fields_are_documented_as_required() -> None:
    required = {path for path, field in fields(JobSpec) if field.is_required()}
    assert {named(row[0])[0] for row in SPEC_ROWS if row[1] == "required"} == required


@pytest.mark.parametrize(
    ("heading", "model"), [("### Status", JobStatus), ("## DeadLetter", LetterSpec)], ids=["status", "letter"]
)
def test_every_key_is_documented_and_no_other(heading: str, model: type[BaseModel]) -> None:
    documented = {name for row in table(API, heading) for name in named(row[0])}
    assert documented == {field.alias for field in model.model_fields.values()}


@pytest.mark.parametrize(("key", "model"), [("attempts", Attempt), ("counters", Counters)])
def test_the_keys_of_an_entry_are_documented(key: str, model: type[BaseModel]) -> None:
    (meaning,) = (row[1] for row in table(API, "### Status") if row[0] == f"`{key}`")
    assert set(named(meaning)) == {field.alias for field in model.model_fields.values()}


def test_the_environment_of_a_pod_is_documented_and_no_other() -> None:
    spec = {
        "payload": {"order": 42},
        "timeouts": {"heartbeat": "1m"},
        "template": {"spec": {"containers": [{"name": "main"}]}},
    }
    metadata = {"uid": "u", "name": "j", "namespace": "n", "generation": 1}
    job = {"metadata": metadata, "spec": spec, "status": {"checkpoint": 800}}
    step = CreatePod(number=1, name="j-1", redrives=0, deadline_seconds=60, deadline_by_total=False, attempts_left=4)
    pod = pod_body(job, JobSpec.model_validate(spec), step)
    given = [variable["name"] for variable in pod["spec"]["containers"][0]["env"]]
    assert [named(row[0])[0] for row in table(API, "### What an attempt is given")] == given


def test_the_keys_of_a_termination_message_are_documented_and_no_other() -> None:
    assert {named(row[0])[0] for row in table(API, "### What a job can say")} == KEYS


def test_the_termination_messages_that_are_shown_can_be_read() -> None:
    said = re.findall(r"echo '(\{.*\})'", API)
    assert said
    for line in said:
        spoken = read_termination_message(line)
        assert (spoken.ignored, spoken.text) == ((), "")


def test_the_rules_are_documented_in_the_order_in_which_they_are_asked() -> None:
    rows = [*table(FAILURES, "### Beyond doubt"), *table(FAILURES, "### Built in")]
    chain = [(f"`{rule.name}`", rule.failure.name if rule.failure else "") for rule in (*FIXED_RULES, *RULES)]
    assert [(row[0], row[1]) for row in rows] == chain
    assert f"after `{FIXED_RULES[-1].name}` and before `{RULES[0].name}`" in " ".join(FAILURES.split())


def blocks(document: str) -> list[dict[str, Any]]:
    """The YAML blocks of a document."""
    return [yaml.safe_load(x) for x in re.findall(r"```yaml\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)]


@pytest.mark.parametrize("document", ["README.md", "docs/api.md", "docs/profiles.md", "docs/writing-jobs.md"])
def test_the_jobs_that_are_shown_are_jobs(document: str) -> None:
    jobs = [job for job in blocks(document) if job.get("kind") == "QueuedJob"]
    assert jobs
    for job in jobs:
        assert JobSpec.model_validate(job["spec"]).template["spec"]["containers"]
        assert set(written(job["spec"])) <= {path for path, _ in fields(JobSpec)}


def test_the_parts_of_specs_that_are_shown_are_parts_of_specs() -> None:
    parts = [part for part in blocks("docs/api.md") if "kind" not in part]
    assert [list(part) for part in parts] == [["failurePolicy"], ["retry"]]
    for part in parts:
        assert spec_warnings_of(JobSpec.model_validate({"template": {}, **part})) == ()
        assert set(written(part)) <= {path for path, _ in fields(JobSpec)}


PROFILES: Final = {job["spec"]["type"]: job for job in blocks("docs/profiles.md")}


@pytest.mark.parametrize(("profile", "least", "most"), [("api-call", 3, 5), ("background", 10, 1000)])
def test_a_profile_has_as_many_attempts_as_its_kind_of_work_is_worth(profile: str, least: int, most: int) -> None:
    assert least <= JobSpec.model_validate(PROFILES[profile]["spec"]).retry.max_attempts <= most


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_waits_as_documented_and_has_no_spec_warnings(profile: str) -> None:
    spec = JobSpec.model_validate(PROFILES[profile]["spec"])
    schedule = schedule_of(spec.retry, "Transient")
    waits = [format_duration(delay(schedule, number, 0)) for number in range(1, spec.retry.max_attempts)]
    assert f"Waits: {', '.join(waits)}." in (ROOT / "docs/profiles.md").read_text()
    assert spec_warnings_of(spec) == ()


def test_every_failure_class_is_documented_with_what_it_costs() -> None:
    rows = {name: row[2] for row in table(FAILURES, "## Classes") for name in named(row[0])}
    assert {name: cost.startswith("an attempt") for name, cost in rows.items()} == {c.name: c.counted for c in CLASSES}


def test_every_action_is_documented() -> None:
    assert [named(row[0]) for row in table(FAILURES, "## What to do")] == [[str(action)] for action in Action]


def arrows() -> list[tuple[str, str]]:
    diagram = re.search(r"```mermaid\nstateDiagram-v2\n(.*?)```", STATES, re.DOTALL)
    assert diagram is not None
    lines = [line.strip() for line in diagram[1].splitlines()]
    parsed = [re.fullmatch(r"(\S+) --> (\S+)(?: : .+)?", line) for line in lines]
    assert all(parsed), "one arrow a line"
    return [(arrow[1], arrow[2]) for arrow in parsed if arrow is not None]


def test_the_diagram_of_states_knows_every_phase() -> None:
    known = {phases.PENDING, phases.WAITING, phases.RUNNING, *phases.TERMINAL}
    assert {phase for arrow in arrows() for phase in arrow} - {"[*]"} == known


def test_in_the_diagram_only_dead_jobs_leave_their_end() -> None:
    left = {before for before, after in arrows() if before in phases.TERMINAL and after != "[*]"}
    assert left == phases.DEAD
    assert {before for before, after in arrows() if after == "[*]"} == phases.TERMINAL


def test_ends_that_are_true_at_once_are_documented_in_their_order() -> None:
    assert ", ".join(end.reason for end in ENDS) + "." in " ".join(STATES.split())


def test_every_reason_of_a_wait_is_documented() -> None:
    words = set(re.findall(r"\w+", " ".join(row[0] for row in table(STATES, "## Why a job waits"))))
    waits = {value for name, value in vars(phases).items() if name.isupper() and isinstance(value, str)}
    running = {reasons.CONTAINER_CREATING, reasons.ATTEMPT_RUNNING}
    states = {phases.PENDING, phases.WAITING, phases.RUNNING, *phases.TERMINAL}
    assert waits - running - states <= words


def test_refusals_of_pods_that_are_documented_are_those_of_waits() -> None:
    refusals = {named(row[0])[0] for row in table(API, "## When the API server refuses the pod")}
    words = set(re.findall(r"\w+", " ".join(row[0] for row in table(STATES, "## Why a job waits"))))
    assert refusals - {"PodRejected", "PayloadTooLarge"} <= words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_have_existing_targets(document: Path) -> None:
    text = document.read_text()
    linked = [target for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) if "//" not in target]
    mentioned = re.findall(r"\bdocs/[\w/-]+\.md\b", text)
    missing = [t for t in linked if not (document.parent / t).exists()] + [
        t for t in mentioned if not (ROOT / t).exists()
    ]
    assert missing == []


def test_decisions_are_numbered_without_gaps() -> None:
    names = [path.name for path in sorted((ROOT / "docs/decisions").iterdir())]
    assert [int(name[:3]) for name in names] == list(range(1, len(names) + 1))
