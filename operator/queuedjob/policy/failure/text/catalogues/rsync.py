"""rsync: exit values, which it repeats in its last line. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after

RSYNC: Final = Catalogue(
    system="rsync",
    example="`rsync error: ... (code 12) at io.c(605)`",
    source="rsync(1), Exit values",
    codes={
        "1": "text-not-runnable",
        "2": "text-not-runnable",
        "5": "text-connection-lost",
        "10": "text-connection-lost",
        "12": "text-connection-lost",
        "22": "text-out-of-memory",
        "24": "text-busy",
        "30": "text-timeout",
        "35": "text-connect-timeout",
    },
    find=after(r"\brsync (?:error|warning): .*\(code (\d{1,2})\)"),
)
"""23, a partial transfer, says nothing of its cause; 25 is the user's own limit."""
