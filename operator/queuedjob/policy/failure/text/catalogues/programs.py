"""Exit codes of single programs. A code counts only where the last words name the program. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import re2


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


PROGRAMS: Final = (
    Program(
        "curl",
        r"\bcurl: ",
        "curl(1), Exit codes",
        {6: "text-dns", 7: "text-connection-refused", 18: "text-connection-lost", 28: "text-timeout"}
        | {35: "text-tls-handshake", 52: "text-connection-lost", 56: "text-connection-lost", 60: "text-certificate"},
    ),
    Program(
        "wget",
        r"\bwget: |--\d{4}-\d\d-\d\d \d\d:\d\d:\d\d--  ",
        "wget(1), Exit status",
        {4: "text-network", 5: "text-certificate", 6: "text-credentials"},
    ),
    Program(
        "rsync",
        r"\brsync(?: error| warning)?: ",
        "rsync(1), Exit values",
        {5: "text-connection-lost", 10: "text-connection-lost", 12: "text-connection-lost", 24: "text-busy"}
        | {30: "text-timeout", 35: "text-connect-timeout"},
    ),
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
