"""Only `api/` and `kube/` know where a Kubernetes object keeps its values: other modules get facts and give patches."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import queuedjob

PACKAGE = Path(queuedjob.__path__[0])
THEIR_PLACE = ("api", "kube")
KEYS = {
    "annotations",
    "apiVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "finalizers",
    "generation",
    "items",
    "labels",
    "metadata",
    "ownerReferences",
    "resourceVersion",
    "spec",
    "uid",
}
POINTERS = ("/metadata/", "/spec/", "/status/")


def keys(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)) if text in KEYS or text.startswith(POINTERS):
                yield f"line {node.lineno}: {text}"


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] not in THEIR_PLACE],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_a_module_outside_api_and_kube_reads_no_key_of_an_object(path: Path) -> None:
    assert list(keys(path.read_text())) == []


@pytest.mark.parametrize(
    "source", ['body["metadata"]["name"]', 'body.get("spec")', 'add("/status/phase", phase)', '{"labels": {}}']
)
def test_a_key_of_an_object_is_found(source: str) -> None:
    assert list(keys(source))


def test_the_modules_of_kube_read_keys() -> None:
    assert list(keys((PACKAGE / "kube" / "objects" / "pods.py").read_text()))
