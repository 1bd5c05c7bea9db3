"""kubectl, run as a user runs it at a terminal."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dev.cluster import Cluster
from dev.cluster.environment import variables


class KubectlError(RuntimeError):
    """kubectl failed, or did not end in time; the message is kubectl's own."""


class Kubectl:
    """Runs kubectl against one cluster, in one namespace unless the arguments name another."""

    def __init__(
        self, program: Path, kubeconfig: Path, namespace: str = "", *, environment: Mapping[str, str] | None = None
    ) -> None:
        self._program = program
        self._kubeconfig = kubeconfig
        self._namespace = namespace
        self._environment = {**(os.environ if environment is None else environment), "KUBECONFIG": str(kubeconfig)}

    @classmethod
    def of(cls, cluster: Cluster) -> "Kubectl":
        """Return the administrator's kubectl, which uses no proxy of this shell."""
        return cls(cluster.kubectl, cluster.kubeconfig, environment=variables(cluster, os.environ))

    def within(self, namespace: str) -> "Kubectl":
        """Return the same kubectl for another namespace."""
        return Kubectl(self._program, self._kubeconfig, namespace, environment=self._environment)

    def run(self, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        """Return what kubectl prints. Raises KubectlError with what it prints to stderr, or after `timeout` seconds."""
        command = [str(self._program), "--kubeconfig", str(self._kubeconfig)]
        if self._namespace:
            command += ["--namespace", self._namespace]
        said = f"kubectl {' '.join(arguments)}"
        try:
            done = subprocess.run(
                [*command, *arguments],
                input=stdin,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
                env=self._environment,
            )
        except subprocess.TimeoutExpired as late:
            raise KubectlError(f"{said}: no answer within {timeout:.0f} s") from late
        if done.returncode != 0:
            raise KubectlError(f"{said}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, *manifests: dict[str, Any]) -> str:
        """Run `kubectl apply`, and again when another client creates an object between its read and its create."""
        all_of_them = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
        try:
            return self.run("apply", "-f", "-", stdin=all_of_them)
        except KubectlError as refused:
            if "(AlreadyExists)" not in str(refused):
                raise
        return self.run("apply", "-f", "-", stdin=all_of_them)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Return one object."""
        found: dict[str, Any] = json.loads(self.run("get", kind, name, "-o", "json"))
        return found

    def list(self, kind: str, *arguments: str) -> list[dict[str, Any]]:
        """Return the objects of a kind."""
        found: list[dict[str, Any]] = json.loads(self.run("get", kind, "-o", "json", *arguments))["items"]
        return found
