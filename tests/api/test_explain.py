"""`kubectl explain` reads like documentation."""

from collections.abc import Iterator
from typing import Any

import pytest

from queuedjob.api.kinds import KINDS
from queuedjob.api.kinds.kind import Kind
from queuedjob.api.manifests.files import manifests
from tests.api.kubectl import Kubectl


def paths(schema: dict[str, Any], path: str) -> Iterator[str]:
    """The paths of all fields of a schema outside the template, in the form that `kubectl explain` takes."""
    for key, value in schema.get("properties", {}).items():
        here = f"{path}.{key}"
        yield here
        if key != "template":
            yield from paths(value, here)
            yield from paths(value.get("items", {}), here)


def of(kind: Kind) -> list[str]:
    (document,) = manifests()[f"crds/{kind.plural}.yaml"]
    root = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    return [*paths(root["spec"], f"{kind.kind.lower()}.spec"), *paths(root["status"], f"{kind.kind.lower()}.status")]


@pytest.mark.parametrize("path", [path for kind in KINDS for path in of(kind)])
def test_every_field_is_explained(kubectl: Kubectl, path: str) -> None:
    answer = kubectl("explain", path)
    answer.accepted()
    description = " ".join(answer.out.partition("DESCRIPTION:")[2].partition("FIELDS:")[0].split())
    assert description not in {"", "<empty>"}
    leaf = "FIELDS:" not in answer.out
    if path.startswith("queuedjob.spec.") and leaf:
        assert "Default: " in description or "Required." in description, description


@pytest.mark.parametrize("kind", [kind.kind.lower() for kind in KINDS])
def test_every_kind_is_explained(kubectl: Kubectl, kind: str) -> None:
    assert "<empty>" not in kubectl("explain", kind).out


def test_the_pods_fields_are_known(kubectl: Kubectl) -> None:
    kubectl("explain", "queuedjob.spec.template.spec.containers.resources.limits").accepted()
