from pathlib import Path

import pytest

from dev.harness.kubectl import Kubectl, KubectlError

SAYS = """#!/bin/sh
cat > /dev/null
echo x >> "$0.calls"
[ "$(wc -l < "$0.calls")" -gt %d ] && exit 0
echo 'Error from server (%s): no' >&2
exit 1
"""


def a_kubectl(folder: Path, reason: str, failures: int) -> Kubectl:
    """Return a kubectl that fails `failures` times, for this reason."""
    program = folder / "kubectl"
    program.write_text(SAYS % (failures, reason))
    program.chmod(0o755)
    return Kubectl(program, folder / "kubeconfig")


def calls(folder: Path) -> int:
    return len((folder / "kubectl.calls").read_text().splitlines())


def test_an_object_that_another_client_has_created_meanwhile_is_applied_again(tmp_path: Path) -> None:
    a_kubectl(tmp_path, "AlreadyExists", 1).apply({"kind": "Namespace"})
    assert calls(tmp_path) == 2


@pytest.mark.parametrize(("reason", "failures", "tries"), [("Forbidden", 1, 1), ("AlreadyExists", 9, 2)])
def test_what_stays_refused_is_an_error(tmp_path: Path, reason: str, failures: int, tries: int) -> None:
    with pytest.raises(KubectlError, match=reason):
        a_kubectl(tmp_path, reason, failures).apply({"kind": "Namespace"})
    assert calls(tmp_path) == tries
