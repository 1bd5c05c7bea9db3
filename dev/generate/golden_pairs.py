"""tests/golden: jobs and pods as Kubernetes objects, and the step that the plan asks for.

People write the comment and `given` of each file. This module writes `then`: it projects the objects with the
adapters of the store, and asks the plan.
"""

from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from queuedjob.api.kinds.queuedjob_status import Attempt, JobStatus
from queuedjob.api.types.base import Model
from queuedjob.api.types.times import parse_time
from queuedjob.kube.objects.deadletters import letter_from
from queuedjob.kube.objects.pods import pod_from
from queuedjob.kube.objects.queuedjobs import job_from, status_body
from queuedjob.policy.facts import Letter, Pod
from queuedjob.policy.job.earlier_pods import with_main_container
from queuedjob.policy.job.inputs import JobFacts
from queuedjob.policy.job.plan import plan
from queuedjob.policy.job.steps import JobEvent, Step, WriteStatus
from queuedjob.policy.time_math import ServerNow
from queuedjob.settings import Settings

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = "tests/golden"

Mapped: TypeAlias = dict[str, Any]

_GIVEN: Final = "given:\n"
_THEN: Final = "then:\n"
_KEYS: Final = {"now", "job", "pods", "deadLetters"}


class _Loader(yaml.SafeLoader):
    """Reads times as texts, as kubectl does."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def texts() -> dict[str, str]:
    """The text that each file of the folder should have, by its path."""
    return {f"{FOLDER}/{path.name}": text(path.name, path.read_text()) for path in paths()}


def paths() -> list[Path]:
    """The files, in the order in which people read them."""
    return sorted((ROOT / FOLDER).glob("*.yaml"))


def text(name: str, written: str) -> str:
    """`written` with `then` as the plan says; its comment and `given` stay as they are."""
    by_hand = _by_hand(written)
    comment, found, _ = by_hand.partition(_GIVEN)
    if not found or not comment.strip() or any(not line.startswith("#") for line in comment.splitlines()):
        raise ValueError(f"{FOLDER}/{name}: a comment comes first, then `given:`, and nothing else before `then:`")
    try:
        then = then_of(given_of(by_hand))
    except (LookupError, TypeError, ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{FOLDER}/{name}: {error!r}") from error
    return by_hand + yaml.safe_dump({"then": then}, sort_keys=False, width=110, allow_unicode=True)


def given_of(written: str) -> Mapped:
    """The objects and the time of one file."""
    given: Mapped = _Loader(written).get_single_data()["given"]
    return given


def then_of(given: Mapped) -> Mapped:
    """The step that the plan asks for, and after a status write the step that follows it."""
    if unknown := given.keys() - _KEYS:
        raise ValueError(f"given has keys that nothing reads: {sorted(unknown)}")
    step = step_of(given)
    if not isinstance(step, WriteStatus):
        return _told(step)
    stored = job_from(given["job"])
    status = status_body(stored, stored.read().status, step.status)["status"]
    following = step_of({**given, "job": {**given["job"], "status": status}})
    return {**_told(step), "status": _in_order(status), "next": _told(following)}


def step_of(given: Mapped) -> Step:
    """The plan's answer for these objects, at this time."""
    job, now, settings = job_from(given["job"]).read(), parse_time(given["now"]), Settings()
    facts = JobFacts(
        job=job,
        now=ServerNow(early=now, late=now),
        pods=tuple(with_main_container(pod_from(body), job.terms) for body in given.get("pods") or ()),
        letters=tuple(letter_from(body) for body in given.get("deadLetters") or ()),
        show_after=settings.show_after,
        limits=settings.limits,
    )
    return plan(facts)


def _by_hand(written: str) -> str:
    """The text before the line `then:`."""
    lines = written.splitlines(keepends=True)
    end = lines.index(_THEN) if _THEN in lines else len(lines)
    return "".join(lines[:end])


def _in_order(status: Mapped) -> Mapped:
    """The status with its keys, and those of its attempts, in the order of the models: all files read alike."""
    ordered = _as_in(JobStatus, status)
    if attempts := status.get("attempts"):
        ordered["attempts"] = [_as_in(Attempt, each) for each in attempts]
    return ordered


def _as_in(model: type[Model], body: Mapped) -> Mapped:
    order = {str(field.alias): index for index, field in enumerate(model.model_fields.values())}
    return dict(sorted(body.items(), key=lambda item: order.get(item[0], len(order))))


def _told(step: Step) -> Mapped:
    """The step as YAML: its class, and its fields that are not empty. The status of a write is left out."""
    return {"step": type(step).__name__, **dict(_fields_of(step))}


def _fields_of(step: Step) -> Iterator[tuple[str, object]]:
    for field in fields(step):
        value = getattr(step, field.name)
        if field.name != "status" and value not in (None, "", ()):
            yield _camel(field.name), _value(value)


def _value(value: object) -> object:
    match value:
        case Pod() | Letter():
            return value.name
        case Attempt():
            return value.number
        case JobEvent():
            kind = "Warning" if value.warning else "Normal"
            return {"type": kind, "reason": value.reason, "note": value.message}
        case tuple():
            return [_value(each) for each in value]
        case Enum():
            return value.value
        case float():
            return int(value) if value.is_integer() else value
        case _:
            return value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
