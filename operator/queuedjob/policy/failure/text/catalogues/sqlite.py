"""SQLite: the names of its result codes. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

SQLITE: Final = Catalogue(
    system="SQLite",
    example="`SQLITE_BUSY`, `database is locked`",
    source="SQLite, Result and error codes",
    names={
        "text-contention": ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL", "Database busy"),
        "text-busy": ("SQLITE_IOERR", "disk I/O error"),
        "text-disk-full": ("SQLITE_FULL", "database or disk is full"),
        "text-duplicate": ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"),
    },
)
"""SQLITE_READONLY, SQLITE_CANTOPEN and SQLITE_CORRUPT belong to none: a moment as often as for good."""
