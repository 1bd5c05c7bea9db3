"""Exit codes of single programs. A code counts only where the last words name the program. Pure.

Where a program also writes its codes into its words, a catalogue has them (curl.py, rsync.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import re2

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue
from queuedjob.policy.failure.text.catalogues.curl import CURL
from queuedjob.policy.failure.text.catalogues.rsync import RSYNC

_OF_ANY_SCRIPT: Final = frozenset({1, 2})
"""Codes with which a script ends for reasons of its own: they are a program's only where its words say them."""


@dataclass(frozen=True, slots=True)
class Program:
    """The exit codes of one program."""

    name: str
    named: str
    """How last words name the program: a pattern of RE2, for a line in lower case."""
    source: str
    codes: Mapping[int, str]
    """Text rules by exit code."""

    def rule_for(self, exit_code: int | None, text: str) -> str:
        """The rule of an exit code, if the text names the program; else empty. The text is in lower case."""
        rule = self.codes.get(exit_code, "") if exit_code is not None else ""
        return rule if rule and _compiled(self.named).search(text) is not None else ""


_compiled: Final = cache(re2.compile)


def _as_exit_codes(catalogue: Catalogue) -> dict[int, str]:
    """Text rules by exit code, of a program that ends with the codes which it writes into its words."""
    return {int(code): rule for code, rule in catalogue.codes.items() if int(code) not in _OF_ANY_SCRIPT}


PROGRAMS: Final = (
    Program("curl", r"\bcurl: ", "curl(1), Exit codes", _as_exit_codes(CURL)),
    Program(
        "wget",
        r"\bwget: |--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--  ",
        "wget(1), Exit status",
        {4: "text-network", 5: "text-certificate", 6: "text-credentials"},
    ),
    Program("rsync", r"\brsync(?: error| warning)?: ", RSYNC.source, _as_exit_codes(RSYNC)),
    Program(
        "restic",
        r"\brestic\b|\brepository [0-9a-z]{8} opened\b",
        "restic, Scripting, Exit codes",
        {11: "text-lock", 12: "text-credentials"},
    ),
    Program(
        "borg",
        r"\bborg\b|\bterminating with (?:error|warning) status\b",
        "BorgBackup, docs/internals/frontends.rst, Message IDs (modern exit codes)",
        {70: "text-lock", 71: "text-lock", 72: "text-lock", 73: "text-lock", 74: "text-lock", 75: "text-lock"}
        | {80: "text-connection-lost", 81: "text-connection-lost", 82: "text-connection-lost"},
    ),
    Program(
        "rclone",
        r"\brclone\b|\bfailed to (?:copy|sync|move)\b.*\b(?:remote|googleapi|s3)\b",
        "rclone, Documentation, Exit code",
        {5: "text-unavailable"},
    ),
    Program(
        "pgbackrest",
        r"\bpgbackrest\b|\berror:? \[\d{3}\]:",
        "pgbackrest/pgbackrest, src/build/error/error.yaml",
        {50: "text-lock", 56: "text-connection-refused", 82: "text-timeout"},
    ),
    Program(
        "ansible",
        r"\bplay recap\b|\bunreachable!? =>",
        "ansible/ansible, lib/ansible/executor/task_queue_manager.py (RUN_UNREACHABLE_HOSTS)",
        {4: "text-network"},
    ),
    Program("psql", r"\bpsql:", "psql(1), Exit status", {2: "text-connection-lost"}),
)
"""git, apt, mysqldump, helm, terraform and tar end with one code for everything: their words decide."""
