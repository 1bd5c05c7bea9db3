from typing import Final

import pytest

from queuedjob.policy.failure.text.catalogues.all import CATALOGUES
from queuedjob.policy.failure.text.catalogues.asked import ASKED
from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after, by_code
from queuedjob.policy.failure.text.catalogues.clickhouse import CLICKHOUSE
from queuedjob.policy.failure.text.catalogues.curl import CURL
from queuedjob.policy.failure.text.catalogues.errno import ERRNO
from queuedjob.policy.failure.text.catalogues.go import GO
from queuedjob.policy.failure.text.catalogues.http import HTTP
from queuedjob.policy.failure.text.catalogues.mysql import MYSQL
from queuedjob.policy.failure.text.catalogues.oracle import ORACLE
from queuedjob.policy.failure.text.catalogues.rsync import RSYNC
from queuedjob.policy.failure.text.catalogues.smtp import SMTP
from queuedjob.policy.failure.text.catalogues.sql_server import SQL_SERVER
from queuedjob.policy.failure.text.catalogues.sqlstate import SQLSTATE
from queuedjob.policy.failure.text.phrases import lower_words
from queuedjob.policy.failure.text.rules import ROWS, rules_for

RULES: Final = {row.name for row in ROWS}


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda each: each.system)
def test_a_catalogue_has_a_source_an_example_and_rules_that_exist(catalogue: Catalogue) -> None:
    assert catalogue.source
    assert catalogue.example
    assert {*catalogue.names, *catalogue.phrases, *catalogue.codes.values()} - {""} <= RULES


NAMES: Final = [
    pytest.param(rule, name, id=name) for each in CATALOGUES for rule, names in each.names.items() for name in names
]


@pytest.mark.parametrize(("rule", "name"), NAMES)
def test_a_name_is_found_as_its_system_writes_it(rule: str, name: str) -> None:
    assert rule in rules_for(f"failed ({name}): see the log")


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda each: each.system)
def test_a_name_of_a_system_belongs_to_one_rule(catalogue: Catalogue) -> None:
    names = [name for some in catalogue.names.values() for name in some]
    assert len(names) == len(set(names))


def found(catalogue: Catalogue, line: str) -> set[str]:
    return catalogue.rules_in(lower_words(line))


@pytest.mark.parametrize(
    ("catalogue", "line", "rule"),
    [
        (HTTP, "HTTP 503", "text-unavailable"),
        (ERRNO, "OSError: [Errno 111] Verbindungsaufbau abgelehnt", "text-connection-refused"),
        (ERRNO, "  errno: -110,", "text-connect-timeout"),
        (ERRNO, "{'errno': 107}", "text-connection-lost"),
        (ERRNO, "No space left (os error 28)", "text-disk-full"),
        (ERRNO, "Os { code: 32, kind: BrokenPipe }", "text-connection-lost"),
        (ERRNO, "System.Net.Sockets.SocketException (11): ...", "text-busy"),
        (GO, "unexpected EOF", "text-connection-lost"),
        (GO, 'Get "https://api/": EOF', "text-connection-lost"),
        (CURL, "curl: (56) Recv failure", "text-connection-lost"),
        (CURL, "curl error 28 while downloading https://x", "text-timeout"),
        (CURL, "error: RPC failed; curl 92 HTTP/2 stream 0", "text-connection-lost"),
        (CURL, '"/usr/bin/curl -L https://x" exited with code 6', "text-dns"),
        (RSYNC, "rsync error: x (code 30) at io.c(195)", "text-timeout"),
        (SMTP, "SMTPRecipientsRefused: {'a@b.c': (501, '5.1.5 reserved')}", "text-invalid"),
        (SMTP, "smtplib.SMTPDataError: (451, b'please come back')", "text-unavailable"),
        (SMTP, "Net::SMTPServerBusy 450 4.1.2 <a@b.c>: Domain not found", "text-unavailable"),
        (SMTP, "550-5.1.1 no such user", "text-invalid"),
        (SMTP, "554 5.7.1 Relay access denied", "text-credentials"),
        (SMTP, "552 5.2.2 full", "text-quota"),
        (SMTP, "smtp; 421 closing", "text-unavailable"),
        (SQLSTATE, "SQLSTATE[40001]: Serialization failure", "text-contention"),
        (SQLSTATE, "ERROR: x (SQLSTATE 57P01)", "text-connection-lost"),
        (SQLSTATE, "ERROR:  55P03: canceling", "text-contention"),
        (SQLSTATE, "ERROR 1213 (40001): Deadlock", "text-contention"),
        (SQLSTATE, "SQL state [08006]; error code [0]", "text-connection-lost"),
        (SQLSTATE, "sqlState=23505", "text-duplicate"),
        (SQLSTATE, "pyodbc.Error: ('HYT00', '[HYT00] [Microsoft]')", "text-timeout"),
        (SQLSTATE, "000606 (57P03): No active warehouse", "text-unavailable"),
        (MYSQL, "ERROR 1040 (HY000): no", "text-pool-exhausted"),
        (MYSQL, "mysqldump: Error 2013: lost", "text-connection-lost"),
        (MYSQL, "mariadb-dump: Got error: 1045: denied", "text-credentials"),
        (MYSQL, "pymysql.err.OperationalError: (2006, 'gone')", "text-connection-lost"),
        (MYSQL, "SQLSTATE[HY000] [2002] No such file or directory", "text-connection-refused"),
        (MYSQL, "SQLSTATE[HY000]: General error: 1205 Lock wait", "text-contention"),
        (MYSQL, "  errno: 1213,", "text-contention"),
        (ORACLE, "ORA-01555: snapshot too old", "text-contention"),
        (SQL_SERVER, "Msg 1205, Level 13, State 51", "text-contention"),
        (SQL_SERVER, "Error Number:40613,State:1", "text-unavailable"),
        (SQL_SERVER, "[SQL Server]Cannot open database (4060) (SQLDriverConnect)", "text-unavailable"),
        (SQL_SERVER, "SQL Error: 2627, SQLState: 23000", "text-duplicate"),
        (CLICKHOUSE, "Code: 159. DB::Exception: Timeout exceeded", "text-timeout"),
        (CLICKHOUSE, "Code: 210, e.displayText() = DB::NetException", "text-connection-lost"),
        (ASKED, "The job failed. Retrying the job may solve the problem.", "text-unavailable"),
        (ASKED, "A DDL occurred. Try again.", "text-unavailable"),
        (ASKED, "Try operation later", "text-unavailable"),
    ],
)
def test_a_code_is_found_in_the_forms_of_its_system(catalogue: Catalogue, line: str, rule: str) -> None:
    assert found(catalogue, line) == {rule}


@pytest.mark.parametrize(
    ("catalogue", "line"),
    [
        (ERRNO, "processed 111 rows"),
        (ERRNO, "[Errno 1110]"),
        (ERRNO, "errno 22"),
        (GO, "syntax error: unexpected '<EOF>'"),
        (CURL, "curl: (22) The requested URL returned error"),
        (CURL, "exited with code 6"),
        (RSYNC, "rsync error: partial transfer (code 23) at main.c(1)"),
        (SMTP, "took 450 ms"),
        (SMTP, "501 5 1 5"),
        (SMTP, "version 5.1.5"),
        (SQLSTATE, "ERROR: relation 40001 is gone"),
        (SQLSTATE, "SQLSTATE[HY000]: General error"),
        (SQLSTATE, "SQLSTATE 08P01"),
        (SQLSTATE, "SQLSTATE XX000"),
        (MYSQL, "error: 1213 rows left"),
        (MYSQL, "user 2006 logged in"),
        (ORACLE, "ORA-20001: our own"),
        (ORACLE, "FLORA-01555"),
        (SQL_SERVER, "Msg 50000, Level 16"),
        (CLICKHOUSE, "Code: 252. DB::Exception: Too many partitions"),
        (ASKED, "Fix this and try again"),
        (ASKED, "we try hard"),
    ],
)
def test_a_number_that_belongs_to_nothing_is_not_found(catalogue: Catalogue, line: str) -> None:
    assert found(catalogue, line) == set()


def test_the_longest_known_beginning_of_a_code_counts() -> None:
    catalogue = Catalogue("it", "", "", codes={"4": "a", "40": "b", "403": ""}, by_prefix=True, find=after(r"(\d+)"))
    assert [catalogue.rules_in(code) for code in ("41", "401", "403", "5")] == [{"a"}, {"b"}, set(), set()]


def test_a_code_that_is_only_the_beginning_of_another_is_none_by_itself() -> None:
    catalogue = Catalogue("it", "", "", codes=by_code({"a": (40,)}), find=after(r"x(\d+)", r"y(\d+)"))
    assert [catalogue.rules_in(line) for line in ("x401", "x40", "y40", "x4")] == [set(), {"a"}, {"a"}, set()]
