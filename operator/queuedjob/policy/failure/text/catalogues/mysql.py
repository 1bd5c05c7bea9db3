"""MySQL and MariaDB: the numbers of errors of the server (1xxx, 3xxx, 4xxx) and of the client (2xxx). Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after, by_code

MYSQL: Final = Catalogue(
    system="MySQL and MariaDB",
    example="`ERROR 1213 (40001)`, `(2006, 'MySQL server has gone away')`, `SQLSTATE[HY000] [2002]`",
    source="MySQL, Server error message reference and Client error message reference; MariaDB, Error codes",
    codes=by_code(
        {
            "text-contention": (1205, 1206, 1213, 1614, 1015, 3058, 3572, 1180),
            "text-connection-lost": (1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 2055, 4031),
            "text-connection-refused": (2002, 2003),
            "text-dns": (2005,),
            "text-pool-exhausted": (1040, 1203, 1226),
            "text-unavailable": (1037, 1038, 1041, 1053, 1077, 1079, 1290, 1836, 3100),
            "text-disk-full": (1021, 1114),
            "text-timeout": (1969, 3024),
            "text-credentials": (1044, 1045, 1142, 1143, 1227, 1370, 1698),
            "text-duplicate": (1007, 1022, 1050, 1062, 1586),
            "text-invalid": (1048, 1216, 1217, 1264, 1265, 1292, 1364, 1366, 1406, 1451, 1452, 3819, 4025),
            "text-program": (1046, 1049, 1054, 1064, 1109, 1146, 1149, 1305),
            "text-too-large": (1153,),
        }
    ),
    find=after(
        r"\berror:? (\d{4}) \([0-9a-z]{5}\)",
        r"\b(?:mysql|maria)[a-z-]*: (?:got )?error:? (\d{4}):",
        r"\berror:? (\d{4}): ",
        r"\berror[a-z.]*: \((\d{4}), ?[\"']",
        r"sqlstate\[[0-9a-z]{5}\]:? [a-z ,:-]{0,60}(\d{4})\b",
        r"sqlstate\[[0-9a-z]{5}\]:? \[(\d{4})\]",
        r"\berrno[\"']?: ([1-4]\d{3})\b",
    ),
)
