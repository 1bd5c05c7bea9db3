"""The operator's user, tested with a kubectl that returns a list of bindings and remembers its calls."""

import json
from pathlib import Path
from typing import Any

import pytest

from dev.harness import Kubectl, kubeconfig_of_operator


class Remembering(Kubectl):
    def __init__(self, *bindings: dict[str, Any]) -> None:
        super().__init__(Path("kubectl"), Path("kubeconfig"))
        self._bindings = bindings
        self.deleted: list[tuple[str, ...]] = []
        self.bound: list[tuple[str, str]] = []

    def run(self, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:  # noqa: ARG002
        match arguments:
            case ("get", *_):
                return json.dumps({"items": self._bindings})
            case ("delete", *what):
                self.deleted.append(tuple(what))
            case ("apply", *_):
                items = json.loads(stdin or "")["items"]
                self.bound += [place(it) for it in items if it["kind"].endswith("Binding")]
            case ("create", "token", *_):
                return "the-token\n"
            case ("config", *_):
                users = [{"name": "admin", "user": {"token": "the-admins"}}]
                return json.dumps({"clusters": [{"name": "c", "cluster": {"server": "https://c"}}], "users": users})
        return ""


def place(binding: dict[str, Any]) -> tuple[str, str]:
    return binding["kind"], binding["metadata"].get("namespace", "")


def binding(kind: str, namespace: str = "") -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "it", "namespace": namespace} if namespace else {"name": "it"}}


def test_the_operator_is_bound_in_the_whole_cluster_unless_namespaces_are_named(tmp_path: Path) -> None:
    kubectl = Remembering()
    kubeconfig_of_operator(kubectl, tmp_path, "it", [], tmp_path)
    assert kubectl.bound == [("ClusterRoleBinding", "")]


def test_a_confined_operator_keeps_no_right_that_it_had_before(tmp_path: Path) -> None:
    kubectl = Remembering(binding("ClusterRoleBinding"), binding("RoleBinding", "a"), binding("RoleBinding", "old"))
    kubeconfig_of_operator(kubectl, tmp_path, "it", ["a", "b"], tmp_path)
    assert kubectl.bound == [("RoleBinding", "a"), ("RoleBinding", "b")]
    assert kubectl.deleted == [("ClusterRoleBinding", "it"), ("RoleBinding", "it", "--namespace=old")]


def test_the_operators_kubeconfig_holds_its_own_token_and_nothing_of_the_administrators(tmp_path: Path) -> None:
    path = kubeconfig_of_operator(Remembering(), tmp_path, "it", [], tmp_path)
    text = path.read_text()
    assert "the-token" in text
    assert "the-admins" not in text
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kept", ["read by somebody", ""])
def test_the_operators_kubeconfig_replaces_an_earlier_one(tmp_path: Path, kept: str) -> None:
    (tmp_path / "it.kubeconfig").write_text(kept)
    (tmp_path / "it.part").write_text("left by a crash")
    assert "the-token" in kubeconfig_of_operator(Remembering(), tmp_path, "it", [], tmp_path).read_text()
