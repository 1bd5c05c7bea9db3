"""The code in the guide for authors of jobs, read from the document: the tested code is the documented code."""

import re
from pathlib import Path
from typing import Any, Final

import yaml

GUIDE: Final = (Path(__file__).parents[2] / "docs/writing-jobs.md").read_text()


def blocks(language: str) -> list[str]:
    """Return every block of code in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def shell_job() -> dict[str, Any]:
    """Return the manifest of the job in shell."""
    (job,) = [found for found in map(yaml.safe_load, blocks("yaml")) if found.get("kind") == "QueuedJob"]
    return dict(job)


def python_job() -> str:
    """Return the program of the job in Python."""
    (program,) = blocks("python")
    return program
