"""Oracle Database: ORA numbers, those of its network layer among them. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after, by_code

ORACLE: Final = Catalogue(
    system="Oracle Database",
    example="`ORA-00060`, `ORA-12541: TNS:no listener`",
    source="Oracle Database, Error messages (ORA-00000 to ORA-65535)",
    codes=by_code(
        {
            "text-contention": (
                *("00051", "00054", "00060", "00069", "01555", "02049", "04020", "04021"),
                *("04061", "04065", "04068", "08176", "08177", "14403", "30006"),
            ),
            "text-connection-lost": (
                *("00028", "01012", "01092", "02396", "03113", "03114", "03135", "12537", "12547", "12571"),
                *("17002", "17008", "17410", "25401", "25402", "25403", "25405", "25408"),
            ),
            "text-connection-refused": ("12541", "12542", "12560"),
            "text-network": ("12543", "12545"),
            "text-connect-timeout": ("03136", "12170", "12535", "12606", "12609"),
            "text-dns": ("12154", "12533"),
            "text-pool-exhausted": ("00018", "00020", "01000", "02391", "12516", "12518", "12519", "12520", "24418"),
            "text-unavailable": (
                *("00257", "01033", "01034", "01089", "01090", "01109", "04031", "12505", "12514", "12521", "12526"),
                *("12527", "12528", "16000", "16456", "29278"),
            ),
            "text-disk-full": (
                *("01562", "01652", "01653", "01654", "01655", "01658", "01688", "01691", "01692", "30036"),
            ),
            "text-credentials": ("01017", "01031", "01045", "28000", "28001"),
            "text-duplicate": ("00001", "00955", "01430"),
            "text-invalid": (
                *("01400", "01401", "01438", "01722", "01830", "01839", "01843", "01847", "01858", "01861", "02290"),
                *("02291", "02292", "06502", "12899", "29279"),
            ),
            "text-program": ("00900", "00904", "00907", "00911", "00933", "00936", "00942", "00980", "04043", "06550"),
        }
    ),
    find=after(r"\bora-?(\d{5})\b"),
)
"""ORA-06512 and ORA-00604 only say where; ORA-20000 to 20999 are the user's own; ORA-00600 is a bug of Oracle's."""
