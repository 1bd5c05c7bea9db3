"""SQL Server and Azure SQL: the numbers of errors. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after, by_code

SQL_SERVER: Final = Catalogue(
    system="SQL Server and Azure SQL",
    example="`Msg 1205, Level 13`, `Error Number:40613`",
    source="EF Core, SqlServerTransientExceptionDetector; SqlClient, SqlConfigurableRetryFactory; Azure SQL, "
    "Transient fault error codes; SQL Server, Database engine events and errors",
    names={
        "text-contention": ("has been chosen as the deadlock victim", "failed to resume the transaction"),
        "text-unavailable": (
            "is not currently available",
            "The service is currently busy",
            "The service has encountered an error processing your request",
            "is currently being restored",
        ),
        "text-connection-lost": (
            "A transport-level error has occurred",
            "A severe error occurred on the current command",
        ),
        "text-connect-timeout": ("Connection Timeout Expired",),
        "text-timeout": ("Execution Timeout Expired",),
    },
    codes=by_code(
        {
            "text-contention": (
                *(1203, 1204, 1205, 1222, 1807, 3935, 3960, 3966, 3971, 41301, 41302, 41305, 41325, 41339, 41839),
            ),
            "text-unavailable": (
                *(64, 121, 233, 601, 617, 669, 921, 997, 1421, 4060, 4221, 8628, 8645, 8651, 9515, 10922, 10928),
                *(10929, 10936, 14355, 17197, 17830, 17889, 18401, 20041, 25003, 25738, 25740, 35293, 40143, 40166),
                *(40197, 40540, 40544, 40545, 40549, 40550, 40551, 40552, 40553, 40613, 40615, 40627, 40671, 40675),
                *(40890, 42108, 42109, 45153, 45156, 45157, 45161, 45168, 45169, 45179, 45182, 45319, 47132, 49510),
                *(49918, 49919, 49920, 49977, 49983),
            ),
            "text-rate-limited": (40501, 40642, 40648),
            "text-connection-lost": (10053, 10054),
            "text-connect-timeout": (10060,),
            "text-disk-full": (1105, 9002),
            "text-credentials": (229, 230, 262, 916, 18452, 18456, 18470, 18487, 18488),
            "text-duplicate": (2601, 2627, 2714),
            "text-invalid": (220, 245, 515, 547, 2628, 8114, 8115, 8152),
            "text-program": (102, 156, 207, 208, 2812),
        }
    ),
    find=after(
        r"\bmsg (\d{2,5}), level \d",
        r"\berror number: ?(\d{2,5})\b",
        r"^\s*number: (\d{2,5})$",
        r"\[sql server\].*\((\d{2,5})\)",
        r"\bsql error: (\d{2,5}), sql ?state",
    ),
)
