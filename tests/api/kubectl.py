"""kubectl against the test cluster: what a user types, and what the user reads."""

import json
import subprocess
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from dev.cluster.waiting import tries

Object: TypeAlias = dict[str, Any]

PATIENCE: Final = 30.0
"""Seconds to wait for an expected condition before the test fails."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The exit status and the output of one call."""

    status: int
    out: str
    err: str

    @property
    def object(self) -> Object:
        """The object that was printed with `-o json`. Fails if kubectl failed."""
        assert self.status == 0, self.err
        found: Object = json.loads(self.out)
        return found

    def refused_with(self, *words: str) -> None:
        """Assert that the call was refused, with all of `words` in the error output."""
        assert self.status != 0, f"accepted: {self.out}"
        missing = [word for word in words if word not in self.err]
        assert not missing, f"{missing} is not in what kubectl says:\n{self.err}"

    def accepted(self) -> None:
        """Assert that the call was accepted."""
        assert self.status == 0, self.err


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl, as an administrator, in one namespace."""

    program: Path
    kubeconfig: Path
    namespace: str = field(default_factory=lambda: f"api-{uuid.uuid4().hex[:8]}")

    @property
    def command(self) -> list[str]:
        """The first arguments of every call."""
        return [str(self.program), f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}"]

    def __call__(self, *arguments: str, given: str | None = None) -> Answer:
        """Run kubectl once. `given` is its standard input."""
        done = subprocess.run([*self.command, *arguments], input=given, capture_output=True, text=True, check=False)
        return Answer(done.returncode, done.stdout, done.stderr)

    def apply(self, manifest: Object | str, *options: str) -> Answer:
        """Apply YAML or an object, like a file."""
        given = manifest if isinstance(manifest, str) else json.dumps(manifest)
        return self("apply", "--filename=-", "--output=json", *options, given=given)

    def patch(self, kind: str, name: str, patch: Object, *options: str) -> Answer:
        """Send a merge patch."""
        return self("patch", kind, name, "--type=merge", "--output=json", f"--patch={json.dumps(patch)}", *options)

    def write_status(self, kind: str, name: str, status: Mapping[str, Any]) -> Object:
        """Write a status, as the operator does, and return the object."""
        return self.patch(kind, name, {"status": status}, "--subresource=status").object

    def get(self, kind: str, name: str) -> Object:
        """Return one object."""
        return self("get", kind, name, "--output=json").object


def wait_for(what: str, holds: Callable[[], bool]) -> None:
    """Wait until `holds()` is true. After PATIENCE, fail and name `what` was missing."""
    for _ in tries(PATIENCE):
        if holds():
            return
    raise AssertionError(f"not within {PATIENCE} s: {what}")
