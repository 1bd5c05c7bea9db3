"""Locks that tools keep in files, tables and services: held by another, or left behind by one that died. Pure.

No tool can tell the two apart, so a lock is waited for; one that stays ends the job by its attempts.
"""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

_GET: Final = "(acquire|obtain|get|take|create|create acquire|acquiring|obtaining|getting|taking|creating)"
_NOT: Final = "(could not|couldn t|cannot|can t|unable to|failed to|error|failed|trying to|attempting to)"
_A: Final = "(a |an |the |its |any |)"
_STILL: Final = "(already |currently |still |)"
_ON: Final = "(running|in progress|active)"
_OF_A_RUN: Final = "(process|instance|operation|update|migration|backup|deployment|run|job|session|client|command)"
_HELD: Final = (
    "(repository|repo|state|stack|frontend|stanza|changelog|cache|workspace|release|archive|store|environment)"
)

LOCKS: Final = Catalogue(
    system="Locks of tools: git, apt, dpkg, restic, borg, pgBackRest, Barman, Terraform, Pulumi, Helm, CloudFormation, "
    "Liquibase, Flyway, Rails, Alembic, pid files",
    example="`index.lock': File exists`, `already locked by PID 78`, `another operation is in progress`",
    source="the tools' own messages: git, lockfile.c; apt, fileutl.cc; restic, internal/restic/lock.go; borg, "
    "locking.py; terraform, internal/command/clistate; helm, pkg/action; liquibase, StandardLockService; Rails, "
    "ConcurrentMigrationError",
    phrases={
        "text-lock": (
            f"{_NOT} {_GET} {_A}lock",
            f"{_NOT} {_GET} ... lock",
            f"{_NOT} lock (the |)(administration|repository|state|directory|file|database)",
            "(state|advisory|repository|exclusive|change log|changelog|migration|file|write|archive) lock error",
            "locking failed",
            "lock (held|owned|taken|exists|failed|timeout|file exists|error|exception|is held) (by|$)",
            "lock (timed out|wait timed out)",
            "(lock|lock file|lockfile|pid file|pidfile) ... (exists|exist|held|in use|taken|is locked|is not empty)",
            "(lock|lck|pid) (file |)already exists",
            "already locked",
            "currently locked",
            "locked (exclusively |)by",
            "is locked by",
            f"{_HELD} (is|was|has been) (currently |already |)locked",
            "locked by another",
            f"another ... {_OF_A_RUN} (is|seems to be|appears to be|may be) {_STILL}{_ON}",
            f"another {_OF_A_RUN} (is|seems to be|appears to be|may be) {_STILL}{_ON}",
            f"another (instance|copy) of ... is {_STILL}{_ON}",
            "is another (process|instance) using it",
            "is another ... (already |still |)running",
            "(already|still) (running|in progress) ... pid",
            f"{_OF_A_RUN} (is|are) (already|still) (running|in progress)",
            "already running (with|as|on) pid",
            "another operation ... is in progress",
            "(create|update|delete|rollback|cleanup) in progress state",
            "concurrent (migration|update|modification) (error|exception|failed)",
            "(lock|lock failed|lock timeout|lock acquisition|lock held|lock busy|locked) (exception|error)",
            "lock (failed|timeout) exception",
            "locking (lock failed|lock timeout|lock error|not locked)",
            "lock timeout",
            "state lock",
            "there is (already|currently) a lease",
            "lease (is |)already (present|held|taken)",
        ),
    },
)
