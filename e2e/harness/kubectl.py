"""kubectl, as a person at a terminal runs it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any


class KubectlError(RuntimeError):
    """kubectl said no; the message is its own."""


class Kubectl:
    """Runs kubectl against one cluster, in one namespace unless the arguments say otherwise."""

    def __init__(self, program: Path, kubeconfig: Path, namespace: str = "") -> None:
        self._program = program
        self._kubeconfig = kubeconfig
        self._namespace = namespace

    def within(self, namespace: str) -> "Kubectl":
        """The same, in another namespace."""
        return Kubectl(self._program, self._kubeconfig, namespace)

    def run(self, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        """What it prints. Raises KubectlError with what it prints to stderr."""
        command = [str(self._program), "--kubeconfig", str(self._kubeconfig)]
        if self._namespace:
            command += ["--namespace", self._namespace]
        done = subprocess.run(
            [*command, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env={**os.environ, "KUBECONFIG": str(self._kubeconfig)},
        )
        if done.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, *manifests: dict[str, Any]) -> str:
        """`kubectl apply` of objects."""
        return self.run("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """One object."""
        found: dict[str, Any] = json.loads(self.run("get", kind, name, "-o", "json"))
        return found

    def list(self, kind: str, *arguments: str) -> list[dict[str, Any]]:
        """Objects of a kind."""
        found: list[dict[str, Any]] = json.loads(self.run("get", kind, "-o", "json", *arguments))["items"]
        return found
