"""ClickHouse: the numbers of its exceptions. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after, by_code

CLICKHOUSE: Final = Catalogue(
    system="ClickHouse",
    example="`Code: 159. DB::Exception`, `(TOO_MANY_PARTS)`",
    source="ClickHouse/ClickHouse, src/Common/ErrorCodes.cpp",
    names={
        "text-unavailable": ("TABLE_IS_READ_ONLY", "TOO_FEW_LIVE_REPLICAS", "ALL_CONNECTION_TRIES_FAILED"),
        "text-rate-limited": ("TOO_MANY_SIMULTANEOUS_QUERIES", "TOO_MANY_PARTS"),
    },
    codes=by_code(
        {
            "text-timeout": (159, 160),
            "text-read-timeout": (209,),
            "text-connection-lost": (210,),
            "text-rate-limited": (202, 201),
            "text-unavailable": (225, 241, 242, 279, 285, 286, 319, 425, 439, 999),
            "text-disk-full": (243,),
            "text-program": (46, 47, 60, 62, 81),
            "text-credentials": (192, 193, 194, 497, 516),
        }
    ),
    find=after(r"\bcode: (\d{2,3})[.,] ?(?:db::|e\.display text)"),
)
"""252 stands for too many parts, which merge, and for too many partitions in one block, which do not."""
