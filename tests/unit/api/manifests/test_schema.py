"""Properties that the generated CRDs must have, whatever the models contain."""

from collections.abc import Iterator
from typing import Any

import pytest

from queuedjob.api.kinds.deadletter import DEADLETTER
from queuedjob.api.kinds.kind import Kind
from queuedjob.api.kinds.queuedjob import QUEUEDJOB
from queuedjob.api.manifests.files import manifests
from queuedjob.api.types import limits

Schema = dict[str, Any]


def crd(kind: Kind) -> Schema:
    (document,) = manifests()[f"crds/{kind.plural}.yaml"]
    return document


def version(kind: Kind) -> Schema:
    found: Schema = crd(kind)["spec"]["versions"][0]
    return found


def field(kind: Kind, name: str) -> Schema:
    found: Schema = version(kind)["schema"]["openAPIV3Schema"]["properties"][name]
    return found


def fields(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Yield the path and the schema of every field outside the template."""
    for key, value in schema.get("properties", {}).items():
        yield (here := f"{path}.{key}"), value
        if here != "spec.template":
            yield from fields(value, here)
            yield from fields(value.get("items", {}), f"{here}[]")


def leaves(schema: Schema) -> Iterator[Schema]:
    yield schema
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from leaves(schema[key])
    for value in schema.get("properties", {}).values():
        yield from leaves(value)


@pytest.mark.parametrize(
    ("kind", "part"), [(kind, part) for kind in (QUEUEDJOB, DEADLETTER) for part in ("spec", "status")]
)
def test_every_field_outside_the_template_is_described(kind: Kind, part: str) -> None:
    assert [path for path, schema in fields(field(kind, part), part) if not schema.get("description")] == []


def test_a_dead_letter_names_its_job_by_a_uid_of_bounded_length() -> None:
    ref = field(DEADLETTER, "spec")["properties"]["jobRef"]["properties"]
    assert ref["uid"]["maxLength"] == 64


def test_every_field_that_people_write_tells_its_default_or_that_it_is_required() -> None:
    silent = [
        path
        for path, schema in fields(field(QUEUEDJOB, "spec"), "spec")
        if "properties" not in schema
        and "Default: " not in schema["description"]
        and "Required." not in schema["description"]
    ]
    assert silent == []


def test_every_duration_names_an_example_and_every_number_its_unit() -> None:
    for path, schema in fields(field(QUEUEDJOB, "spec"), "spec"):
        if schema.get("maxLength") == 32:
            assert "A duration such as" in schema["description"], path
        if schema.get("type") == "integer":
            assert "A number of" in schema["description"] or "percent" in schema["description"], path


@pytest.mark.parametrize("kind", [QUEUEDJOB, DEADLETTER], ids=["QueuedJob", "DeadLetter"])
def test_no_schema_writes_a_default_into_a_spec(kind: Kind) -> None:
    assert [schema for schema in leaves(field(kind, "spec")) if "default" in schema] == []


@pytest.mark.parametrize("kind", [QUEUEDJOB, DEADLETTER], ids=["QueuedJob", "DeadLetter"])
def test_every_list_is_atomic_but_the_one_that_is_keyed(kind: Kind) -> None:
    for part in ("spec", "status"):
        for path, schema in fields(field(kind, part), part):
            if schema.get("type") == "array":
                keys = schema.get("x-kubernetes-list-map-keys")
                wanted = ("map", ["class"]) if path == "spec.retry.perClass" else ("atomic", None)
                assert (schema["x-kubernetes-list-type"], keys) == wanted, path


def test_a_fresh_job_is_shown_as_pending_and_not_observed() -> None:
    assert field(QUEUEDJOB, "status")["default"] == {"observedGeneration": -1, "phase": "Pending"}
    assert field(DEADLETTER, "status")["default"] == {"phase": "Dead"}


def test_the_template_is_atomic_and_knows_the_pods_fields() -> None:
    template = field(QUEUEDJOB, "spec")["properties"]["template"]
    assert template["x-kubernetes-map-type"] == "atomic"
    metadata = {"annotations", "creationTimestamp", "finalizers", "labels"}
    assert set(template["properties"]["metadata"]["properties"]) == metadata
    pod = template["properties"]["spec"]["properties"]
    assert "ephemeralContainers" not in pod
    command = {"type": "array", "items": {"type": "string"}, "maxItems": limits.LIST}
    assert pod["containers"]["items"]["properties"]["command"] == command


def test_every_list_that_a_user_writes_has_a_bound() -> None:
    """The API server compares entries of lists in admission policies, at a cost that grows with their number."""
    lists = [schema for schema in leaves(field(QUEUEDJOB, "spec")) if schema.get("type") == "array"]
    assert len(lists) > 100
    assert [each for each in lists if "maxItems" not in each] == []


def test_the_template_is_described_once_and_stays_small() -> None:
    template = field(QUEUEDJOB, "spec")["properties"]["template"]
    assert [schema for schema in list(leaves(template))[1:] if "description" in schema] == []


def test_columns_and_selectable_fields_exist_in_the_schema() -> None:
    for kind in (QUEUEDJOB, DEADLETTER):
        paths = {
            f".{part}{path[len(part) :]}" for part in ("spec", "status") for path, _ in fields(field(kind, part), part)
        }
        asked = [column["jsonPath"] for column in version(kind)["additionalPrinterColumns"]]
        asked += [selectable["jsonPath"] for selectable in version(kind)["selectableFields"]]
        unknown = {path.replace("[-1:]", "[]") for path in asked} - paths - {".metadata.creationTimestamp"}
        assert unknown == set()
