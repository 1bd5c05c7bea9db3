"""`python -m dev.release_notes v0.1.0`: the notes of a release, from CHANGELOG.md.

A tag and the code have to name the same version, and the changelog has to have a section for it.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
_VERSION: Final = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_HEADING: Final = re.compile(r"^## \[([^\]]+)\].*\n", re.MULTILINE)


class NoNotes(Exception):  # noqa: N818 - named after what is missing
    """There are no notes for this tag; the message says what to mend."""


def notes(tag: str, version: str, changelog: str) -> str:
    """Return the section of `changelog` for `tag`, such as v0.1.0. `version` is that of the code. Raises NoNotes."""
    if tag != f"v{version}":
        raise NoNotes(
            f"the tag is {tag}, and operator/queuedjob/__init__.py says {version}: the tag must be v{version}"
        )
    headings = list(_HEADING.finditer(changelog))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        if heading[1] == version:
            text = changelog[heading.end() : following.start() if following else None].strip()
            if text:
                return f"{text}\n"
    raise NoNotes(f"CHANGELOG.md has no section [{version}] with a text: rename [Unreleased], and begin a new one")


def version_of(source: str) -> str:
    """Return the version that the package's source names. Raises NoNotes."""
    if (found := _VERSION.search(source)) is None:
        raise NoNotes("operator/queuedjob/__init__.py names no __version__")
    return found[1]


def main(arguments: Sequence[str]) -> int:
    """Print the notes of the tag. Return 1, with what to mend on stderr, where there are none."""
    (tag,) = arguments
    try:
        version = version_of((_ROOT / "operator/queuedjob/__init__.py").read_text())
        print(notes(tag, version, (_ROOT / "CHANGELOG.md").read_text()), end="")
    except NoNotes as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
