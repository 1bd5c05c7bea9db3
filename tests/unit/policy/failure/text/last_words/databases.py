"""PostgreSQL and its drivers, MySQL, SQL Server, Oracle, SQLite, MongoDB, Redis, Cassandra, Elasticsearch, pools."""

from typing import Final

from tests.unit.policy.failure.text.last_words import Said

DATABASES: Final[list[Said]] = [
    # PostgreSQL
    (
        "Transient",
        "text-connection-refused",
        'psycopg2.OperationalError: connection to server at "db" (10.0.0.7), port 5432 failed: Connection refused\n'
        "\tIs the server running on that host and accepting TCP/IP connections?",
    ),
    (
        "Transient",
        "text-dns",
        'psycopg2.OperationalError: could not translate host name "db.internal" to address: Name or service not known',
    ),
    (
        "Transient",
        "text-connect-timeout",
        "psycopg.errors.ConnectionTimeout: connection timeout expired\nMultiple connection attempts failed. All "
        "failures were:\n- host: 'db', port: 5432, hostaddr: '10.0.0.7': connection timeout expired",
    ),
    (
        "Transient",
        "text-connection-lost",
        "psycopg2.OperationalError: server closed the connection unexpectedly\n\tThis probably means the server "
        "terminated abnormally\n\tbefore or while processing the request.",
    ),
    (
        "Transient",
        "text-connection-lost",
        "psycopg2.errors.AdminShutdown: terminating connection due to administrator command\nSSL connection has been "
        "closed unexpectedly",
    ),
    ("Transient", "text-connection-lost", "psycopg2.InterfaceError: connection already closed"),
    ("Transient", "text-connection-lost", "sqlalchemy.exc.PendingRollbackError: the database connection was lost"),
    ("Transient", "text-connection-lost", "Database connection lost"),
    (
        "Transient",
        "text-connection-lost",
        "org.postgresql.util.PSQLException: An I/O error occurred while sending to the backend.",
    ),
    (
        "Transient",
        "text-connection-refused",
        "org.postgresql.util.PSQLException: Connection to db:5432 refused. Check that the hostname and port are "
        "correct and that the postmaster is accepting TCP/IP connections.",
    ),
    (
        "Transient",
        "text-pool-exhausted",
        "django.db.utils.OperationalError: FATAL:  remaining connection slots are reserved for non-replication "
        "superuser connections",
    ),
    (
        "Transient",
        "text-pool-exhausted",
        "asyncpg.exceptions.TooManyConnectionsError: sorry, too many clients already",
    ),
    (
        "Transient",
        "text-pool-exhausted",
        "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout "
        "30.00 (Background on this error at: https://sqlalche.me/e/20/3o7r)",
    ),
    ("Transient", "text-pool-exhausted", "psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec"),
    ("Transient", "text-unavailable", "pq: the database system is starting up"),
    ("Transient", "text-unavailable", "FATAL:  the database system is shutting down (SQLSTATE 57P03)"),
    (
        "Transient",
        "text-unavailable",
        "psycopg2.errors.ReadOnlySqlTransaction: cannot execute INSERT in a read-only transaction",
    ),
    (
        "Transient",
        "text-contention",
        "psycopg2.errors.DeadlockDetected: deadlock detected\nDETAIL:  Process 1203 waits for ShareLock on transaction "
        "904; blocked by process 1204.\nHINT:  See server log for query details.",
    ),
    (
        "Transient",
        "text-contention",
        "ERROR: could not serialize access due to concurrent update (SQLSTATE 40001)",
    ),
    ("Transient", "text-contention", "ERROR:  canceling statement due to lock timeout"),
    ("Timeout", "text-read-timeout", "psycopg2.errors.QueryCanceled: canceling statement due to statement timeout"),
    (
        "Transient",
        "text-disk-full",
        'psycopg2.errors.DiskFull: could not extend file "base/16384/24576": No space left on device',
    ),
    (
        "Permanent",
        "text-credentials",
        'connection to server at "db" (10.0.0.7), port 5432 failed: FATAL:  password authentication failed for user '
        '"app"',
    ),
    (
        "Permanent",
        "text-credentials",
        'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "app", database "orders", SSL off',
    ),
    ("Permanent", "text-credentials", "psycopg2.errors.InsufficientPrivilege: permission denied for table orders"),
    (
        "Permanent",
        "text-duplicate",
        'psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint "orders_pkey"\nDETAIL:  Key '
        "(id)=(404) already exists.",
    ),
    (
        "Permanent",
        "text-invalid",
        'pq: insert or update on table "items" violates foreign key constraint "items_order_fkey"',
    ),
    (
        "Permanent",
        "text-invalid",
        'psycopg2.errors.NotNullViolation: null value in column "amount" of relation "orders" violates not-null '
        "constraint\nDETAIL:  Failing row contains (17, null).",
    ),
    (
        "Permanent",
        "text-invalid",
        "sqlalchemy.exc.DataError: (psycopg2.errors.InvalidTextRepresentation) invalid input syntax for type integer: "
        "\"4O4\"\nLINE 1: SELECT * FROM orders WHERE id = '4O4'\n[SQL: SELECT * FROM orders WHERE id = %(id)s]\n"
        "(Background on this error at: https://sqlalche.me/e/20/9h9h)",
    ),
    ("Permanent", "text-invalid", "ERROR: value too long for type character varying(32) (SQLSTATE 22001)"),
    (
        "Permanent",
        "text-program",
        'psycopg2.errors.UndefinedTable: relation "invoices" does not exist\nLINE 1: SELECT * FROM invoices',
    ),
    ("Permanent", "text-program", 'pq: syntax error at or near "FORM"'),
    # MySQL
    ("Transient", "text-connection-lost", "ERROR 2013 (HY000): Lost connection to MySQL server during query"),
    ("Transient", "text-connection-lost", "pymysql.err.OperationalError: (2006, 'MySQL server has gone away')"),
    (
        "Transient",
        "text-connection-refused",
        "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'db' ([Errno 111] Connection "
        'refused)")',
    ),
    (
        "Transient",
        "text-connection-lost",
        "com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure",
    ),
    ("Transient", "text-pool-exhausted", "ERROR 1040 (HY000): Too many connections"),
    (
        "Transient",
        "text-pool-exhausted",
        "Error 1226: User 'app' has exceeded the 'max_user_connections' resource (current value: 10)",
    ),
    (
        "Transient",
        "text-contention",
        "ERROR 1213 (40001): Deadlock found when trying to get lock; try restarting transaction",
    ),
    (
        "Transient",
        "text-contention",
        "MySQLdb.OperationalError: (1205, 'Lock wait timeout exceeded; try restarting transaction')",
    ),
    (
        "Timeout",
        "text-timeout",
        "ERROR 3024 (HY000): Query execution was interrupted, maximum statement execution time exceeded",
    ),
    ("Transient", "text-disk-full", "ERROR 1114 (HY000): The table 'events' is full"),
    (
        "Transient",
        "text-unavailable",
        "ERROR 1290 (HY000): The MySQL server is running with the --read-only option so it cannot execute this "
        "statement",
    ),
    (
        "Permanent",
        "text-credentials",
        "ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.9' (using password: YES)",
    ),
    ("Permanent", "text-duplicate", "Error 1062 (23000): Duplicate entry '42' for key 'orders.PRIMARY'"),
    ("Permanent", "text-invalid", "ERROR 1406 (22001): Data too long for column 'name' at row 1"),
    ("Permanent", "text-invalid", "ERROR 1048 (23000): Column 'amount' cannot be null"),
    (
        "Permanent",
        "text-invalid",
        "ERROR 1452 (23000): Cannot add or update a child row: a foreign key constraint fails (`shop`.`items`)",
    ),
    ("Permanent", "text-program", "ERROR 1146 (42S02): Table 'shop.orderz' doesn't exist"),
    (
        "Permanent",
        "text-program",
        "ERROR 1064 (42000): You have an error in your SQL syntax; check the manual that corresponds to your MySQL "
        "server version",
    ),
    ("Permanent", "text-too-large", "Error 1153: Got a packet bigger than 'max_allowed_packet' bytes"),
    # SQL Server, Oracle, SQLite
    (
        "Transient",
        "text-contention",
        "Transaction (Process ID 55) was deadlocked on lock resources with another process and has been chosen as the "
        "deadlock victim. Rerun the transaction.",
    ),
    (
        "Timeout",
        "text-timeout",
        "Microsoft.Data.SqlClient.SqlException (0x80131904): Execution Timeout Expired.  The timeout period elapsed "
        "prior to completion of the operation or the server is not responding.",
    ),
    (
        "Permanent",
        "text-duplicate",
        "Violation of PRIMARY KEY constraint 'PK_Orders'. Cannot insert duplicate key in object 'dbo.Orders'. The "
        "duplicate key value is (42).",
    ),
    ("Permanent", "text-credentials", "Login failed for user 'app'."),
    ("Permanent", "text-duplicate", "ORA-00001: unique constraint (SHOP.ORDERS_PK) violated"),
    ("Transient", "text-contention", "ORA-00060: deadlock detected while waiting for resource"),
    ("Transient", "text-connection-refused", "ORA-12541: TNS:no listener"),
    ("Transient", "text-connection-lost", "ORA-03113: end-of-file on communication channel"),
    ("Transient", "text-connect-timeout", "ORA-12170: TNS:Connect timeout occurred"),
    ("Transient", "text-connection-refused", "Error: P1001: Can't reach database server at `db`:`5432`"),
    ("Permanent", "text-credentials", "ORA-01017: invalid username/password; logon denied"),
    ("Permanent", "text-program", "ORA-00942: table or view does not exist"),
    ("Transient", "text-contention", "sqlite3.OperationalError: database is locked"),
    ("Permanent", "text-duplicate", "sqlite3.IntegrityError: UNIQUE constraint failed: orders.id"),
    # MongoDB
    (
        "Transient",
        "text-connect-timeout",
        "pymongo.errors.ServerSelectionTimeoutError: mongo:27017: [Errno 111] Connection refused (configured timeouts: "
        "socketTimeoutMS: 20000.0ms, connectTimeoutMS: 20000.0ms), Timeout: 30s, Topology Description: <...>",
    ),
    ("Transient", "text-connect-timeout", "MongoServerSelectionError: Server selection timed out after 30000 ms"),
    (
        "Permanent",
        "text-duplicate",
        "MongoServerError: E11000 duplicate key error collection: shop.orders index: _id_ dup key: { _id: 42 }",
    ),
    ("Transient", "text-unavailable", "MongoServerError: not primary"),
    (
        "Transient",
        "text-contention",
        "MongoServerError: WriteConflict error: this operation conflicted with another "
        "operation. Please retry your operation or multi-document transaction.",
    ),
    ("Permanent", "text-credentials", "MongoServerError: Authentication failed."),
    ("Timeout", "text-timeout", "MongoServerError: operation exceeded time limit"),
    # Redis
    (
        "Transient",
        "text-connection-refused",
        "redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.",
    ),
    ("Timeout", "text-read-timeout", "redis.exceptions.TimeoutError: Timeout reading from redis:6379"),
    ("Transient", "text-connect-timeout", "redis.exceptions.TimeoutError: Timeout connecting to server"),
    ("Transient", "text-unavailable", "LOADING Redis is loading the dataset in memory"),
    ("Transient", "text-unavailable", "READONLY You can't write against a read only replica."),
    ("Transient", "text-unavailable", "CLUSTERDOWN The cluster is down"),
    (
        "Transient",
        "text-unavailable",
        "MaxRetriesPerRequestError: Reached the max retries per request limit (which is 20). Refer to "
        '"maxRetriesPerRequest" option for details.',
    ),
    ("Transient", "text-unavailable", "OOM command not allowed when used memory > 'maxmemory'."),
    ("Transient", "text-pool-exhausted", "redis.exceptions.ConnectionError: max number of clients reached"),
    ("Permanent", "text-credentials", "NOAUTH Authentication required."),
    (
        "Permanent",
        "text-credentials",
        "redis.exceptions.AuthenticationError: WRONGPASS invalid username-password pair or user is disabled.",
    ),
    ("Permanent", "text-program", "WRONGTYPE Operation against a key holding the wrong kind of value"),
    # Cassandra, Elasticsearch
    (
        "Timeout",
        "text-timeout",
        "cassandra.OperationTimedOut: errors={'10.0.0.3:9042': 'Client request timeout. See Session.execute[_async]"
        "(timeout)'}, last_host=10.0.0.3:9042",
    ),
    (
        "Timeout",
        "text-read-timeout",
        "elasticsearch.exceptions.ConnectionTimeout: ConnectionTimeout caused by - ReadTimeoutError("
        "HTTPConnectionPool(host='es', port=9200): Read timed out. (read timeout=10))",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "cluster_block_exception: index [orders] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage "
        "watermark, index has read-only-allow-delete block]",
    ),
    # Pools
    (
        "Transient",
        "text-pool-exhausted",
        "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after "
        "30000ms.",
    ),
    (
        "Transient",
        "text-pool-exhausted",
        "KnexTimeoutError: Knex: Timeout acquiring a connection. The pool is probably full. Are you missing a "
        ".transacting(trx) call?",
    ),
    (
        "Transient",
        "text-pool-exhausted",
        "org.apache.http.conn.ConnectionPoolTimeoutException: Timeout waiting for connection from pool",
    ),
    ("Transient", "text-pool-exhausted", "httpx.PoolTimeout"),
    ("Transient", "text-connection-lost", "driver: bad connection"),
]
