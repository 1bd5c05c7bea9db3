"""Writes the generated files: `python -m dev.generate.generated_files`; with `--check` it only compares. No cluster."""

import sys
from pathlib import Path
from typing import Final

import yaml

from dev.generate import argocd, failure_classes, golden_pairs
from queuedjob.api.manifests.files import manifests

ROOT: Final = Path(__file__).parents[2]
HEADER: Final = "# Generated from operator/queuedjob/api by `make generate`: change it there.\n"


def generated() -> dict[Path, str]:
    """Return the text of every generated file."""
    return {
        ROOT / failure_classes.PATH: failure_classes.text(),
        ROOT / argocd.PATH: argocd.text(),
        **{ROOT / path: text for path, text in golden_pairs.texts().items()},
        **{
            ROOT / path: HEADER + yaml.safe_dump_all(documents, sort_keys=False, width=110, allow_unicode=True)
            for path, documents in manifests().items()
        },
    }


def leftovers(expected: dict[Path, str]) -> list[Path]:
    """Return files in the folders of the generated ones that nothing generates any more.

    All files of tests/golden are expected: people write them, and only their end is generated.
    """
    folders = {path.parent for path in expected}
    return sorted(path for folder in folders for path in folder.glob("*.yaml") if path not in expected)


def main(arguments: list[str]) -> int:
    """Write the files; with `--check` print which files differ and return 1."""
    expected = generated()
    differing = [path for path, text in expected.items() if not path.exists() or path.read_text() != text]
    if "--check" in arguments:
        stale = [path.relative_to(ROOT) for path in (*differing, *leftovers(expected))]
        for path in stale:
            print(f"{path} is not what operator/queuedjob says: run `make generate` and commit")
        return 1 if stale else 0
    for path in differing:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(expected[path])
        print(f"{path.relative_to(ROOT)}: written")
    for path in leftovers(expected):
        path.unlink()
        print(f"{path.relative_to(ROOT)}: removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
