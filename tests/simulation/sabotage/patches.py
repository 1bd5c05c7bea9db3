"""The patches beside this module: each makes the operator wrong in one way, and names the broken rule in its first
line."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]


class DoesNotApply(Exception):  # noqa: N818 - a state of a patch
    """The operator has changed since the patch was made; the patch must be made again."""


@dataclass(frozen=True, slots=True)
class Sabotage:
    """One wrong version of the operator."""

    name: str
    section: str
    """The heading in docs/protocol.md under which the rule is."""
    rule: str
    """The rule that does not hold any more."""
    patch: Path

    def apply(self, folder: Path) -> None:
        """Apply the patch to the copy of operator/ in `folder`. Raises DoesNotApply."""
        command = ["git", "apply", "--whitespace=nowarn", str(self.patch)]
        alone = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}  # git uses no repository around it
        done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DoesNotApply(f"{self.patch.name}: {done.stderr.strip()}")


def read(patch: Path) -> Sabotage:
    """Read the sabotage of a patch. The patch's first line is `Section: rule`. Raises ValueError."""
    section, colon, rule = patch.read_text().split("\n", 1)[0].partition(": ")
    if not colon:
        raise ValueError(f"{patch.name} does not begin with the rule that it breaks: 'Section: rule'")
    return Sabotage(patch.stem, section, rule.rstrip("."), patch)


def all_of_them() -> list[Sabotage]:
    """All sabotages, sorted by name."""
    return [read(patch) for patch in sorted(HERE.glob("*.patch"))]
