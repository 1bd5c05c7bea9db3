"""SQLSTATE: five characters that standard SQL gives to an error; the first two are its class. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after

_STATE: Final = "[0-9a-z]{5}"

SQLSTATE: Final = Catalogue(
    system="SQLSTATE (PostgreSQL, and all databases behind ODBC, JDBC and PDO)",
    example="`SQLSTATE[40001]`, `(SQLSTATE 57P01)`, `psycopg2.errors.LockNotAvailable`",
    source="PostgreSQL, src/backend/utils/errcodes.txt, and its messages where a state says less; ISO/IEC 9075-2, "
    "SQLSTATE class and subclass codes; ODBC, SQLSTATE mappings",
    names={
        "text-contention": (
            "serialization_failure",
            "lock_not_available",
            "deadlock_detected",
            "object_in_use",
            "canceling statement due to conflict with recovery",
        ),
        "text-connection-lost": (
            "admin_shutdown",
            "crash_shutdown",
            "idle_session_timeout",
            "idle_in_transaction_session_timeout",
            "connection_does_not_exist",
            "connection_failure",
        ),
        "text-connection-refused": ("sqlclient_unable_to_establish_sqlconnection",),
        "text-unavailable": ("cannot_connect_now", "read_only_sql_transaction"),
        "text-pool-exhausted": ("too_many_connections",),
        "text-busy": ("cached plan must not change result type",),
        "text-duplicate": ("unique_violation", "duplicate_table", "duplicate_object", "duplicate_column"),
        "text-credentials": ("insufficient_privilege", "invalid_authorization_specification"),
        "text-invalid": (
            "not_null_violation",
            "foreign_key_violation",
            "check_violation",
            "exclusion_violation",
            "invalid_text_representation",
            "string_data_right_truncation",
            "numeric_value_out_of_range",
            "character_not_in_repertoire",
            "invalid byte sequence for encoding",
            "untranslatable_character",
        ),
        "text-program": ("undefined_table", "undefined_column", "undefined_function"),
    },
    codes={
        "08": "text-connection-lost",
        "08001": "text-connection-refused",
        "08004": "text-connection-refused",
        "08p01": "",  # protocol violation: either side may be at fault
        "22": "text-invalid",
        "23": "text-invalid",
        "23505": "text-duplicate",
        "25006": "text-unavailable",  # read-only: the primary has moved
        "25p03": "text-connection-lost",
        "28": "text-credentials",
        "3d000": "text-program",
        "3f000": "text-program",
        "40": "text-contention",
        "40002": "text-invalid",
        "42": "text-program",
        "42000": "",  # MySQL uses it for what has no state of its own, as a limit of connections
        "42501": "text-credentials",
        "42701": "text-duplicate",
        "42710": "text-duplicate",
        "42p04": "text-duplicate",
        "42p06": "text-duplicate",
        "42p07": "text-duplicate",
        "53": "text-unavailable",  # the server is short of something
        "53100": "text-disk-full",
        "53300": "text-pool-exhausted",
        "55006": "text-contention",
        "55p03": "text-contention",
        "57014": "text-read-timeout",
        "57p": "text-connection-lost",
        "57p03": "text-unavailable",
        "57p04": "text-program",
        "58": "text-busy",  # a system call of the server failed
        "58p": "",
        "hyt00": "text-timeout",
        "hyt01": "text-connect-timeout",
    },
    by_prefix=True,
    find=after(
        rf"\bsql ?state:?[ =\[(\"']{{1,3}}({_STATE})\b",
        rf"\berror:? {{1,2}}({_STATE}) ?[:(]",
        rf"\berror:? \d{{4}} \(({_STATE})\)",
        rf"\('({_STATE})', ?[\"']\[",
        rf"\b\d{{6}} \(({_STATE})\):",  # Snowflake
    ),
)
