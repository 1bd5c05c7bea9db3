"""The code in the guide for authors of jobs, as it stands there: what is tested is what is read."""

import re
from pathlib import Path
from typing import Any, Final

import yaml

GUIDE: Final = (Path(__file__).parents[2] / "docs/writing-jobs.md").read_text()


def blocks(language: str) -> list[str]:
    """Every block of code in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def shell_job() -> dict[str, Any]:
    """The manifest of the job in shell."""
    (job,) = [found for found in map(yaml.safe_load, blocks("yaml")) if found.get("kind") == "QueuedJob"]
    return dict(job)


def python_job() -> str:
    """The program of the job in Python."""
    (program,) = blocks("python")
    return program
