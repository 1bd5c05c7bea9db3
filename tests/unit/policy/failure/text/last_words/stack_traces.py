"""Stack traces as runtimes print them."""

from typing import Final

from tests.unit.policy.failure.text.last_words import Said

PYTHON: Final = """\
Traceback (most recent call last):
  File "/app/main.py", line 503, in <module>
    main()
  File "/app/orders.py", line 404, in main
    raise HTTPError("HTTP 503")
{}"""

CHAINED: Final = """\
Traceback (most recent call last):
  File "/app/db.py", line 12, in connect
    sock.connect(address)
ConnectionRefusedError: [Errno 111] Connection refused

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/main.py", line 7, in <module>
    main()
    ~~~~^^
acme.OrderError: cannot ship 42"""

CUT: Final = """\
rgs, **kwargs)
           ^^^^^^^^^^^^^^^
  File "/usr/lib/python3/site-packages/urllib3/connectionpool.py", line 429, in urlopen
    raise ReadTimeoutError(self, url, "Read timed out.")
KeyError: 'customer'"""

GO: Final = """\
panic: {}

goroutine 1 [running]:
net/http.(*Client).do(0xc0000b4000, 0x503)
\t/usr/local/go/src/net/http/timeout.go:404 +0x1d
main.main()
\t/app/main.go:8 +0x18
exit status 2"""

GO_NIL: Final = """\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x45f2a5]

goroutine 1 [running]:
main.main()
\t/app/main.go:8 +0x18"""

JAVA: Final = """\
Exception in thread "main" org.acme.OrderException: cannot ship 42
\tat org.acme.Main.main(Main.java:503)
Caused by: {}
\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:404)
\tat java.base/java.net.Socket.connect(Socket.java:633)
\tat org.acme.Orders.lambda$load$0(Orders.java:12)
\t... 5 more"""

SPRING: Final = """\
2030-01-31T09:00:00.000Z ERROR 1 --- [main] o.s.boot.SpringApplication : Application run failed
java.lang.IllegalStateException: Failed to execute ApplicationRunner
\tat org.springframework.boot.SpringApplication.callRunner(SpringApplication.java:765)
Caused by: org.postgresql.util.PSQLException: ERROR: duplicate key value violates unique constraint "orders_pkey"
  Detail: Key (id)=(42) already exists.
\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2676)
\t... 9 common frames omitted"""

NODE: Final = """\
node:internal/process/promises:288
            triggerUncaughtException(err, true /* fromPromise */);
            ^

{}
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)
    at async Promise.all (index 0)
    at async main (/app/timeout.js:404:5) {{
  order: 404
}}

Node.js v20.11.1"""

RUBY: Final = """\
/app/main.rb:12:in `ship': cannot ship 42 (RuntimeError)
\tfrom /app/timeout.rb:404:in `block in run'
\tfrom /app/main.rb:3:in `<main>'"""

RUST: Final = """\
thread 'main' panicked at src/main.rs:4:5:
{}
stack backtrace:
   0: rust_begin_unwind
             at /rustc/9fc6b431/library/std/src/panicking.rs:645:5
note: run with `RUST_BACKTRACE=full` for a verbose backtrace."""

DOTNET: Final = """\
Unhandled exception. System.InvalidOperationException: cannot ship 42
   at Acme.Orders.Ship(Int32 id) in /src/Orders.cs:line 404
   at Acme.Program.Main(String[] args)"""

PHP: Final = """\
PHP Fatal error:  Uncaught Exception: cannot ship 42 in /app/main.php:3
Stack trace:
#0 /app/main.php(7): ship()
#1 {main}
  thrown in /app/main.php on line 3"""

TRACES: Final[list[Said]] = [
    ("Crash", "python-traceback", PYTHON.format("ValueError: no customer")),
    ("Transient", "text-connection-refused", PYTHON.format("ConnectionRefusedError: [Errno 111] Connection refused")),
    ("Permanent", "text-not-found", PYTHON.format("requests.exceptions.HTTPError: 404 Client Error: Not Found")),
    ("Timeout", "text-timeout", PYTHON.format("TimeoutError")),
    ("Crash", "text-out-of-memory", PYTHON.format("MemoryError")),
    ("Crash", "text-aborted", PYTHON.format("AssertionError: total")),
    ("Transient", "text-connection-refused", CHAINED),
    ("Crash", "python-traceback", CUT),
    ("Crash", "python-traceback", "HTTP 503, trying again\n" + PYTHON.format("KeyError: 'customer'")),
    ("Crash", "python-traceback", PYTHON.format("KeyError: 'customer'") + "\nclosing files\nINFO HTTP 503"),
    ("Crash", "go-panic", GO.format("cannot ship 42")),
    ("Crash", "go-panic", GO_NIL),
    ("Transient", "text-connection-refused", GO.format("dial tcp 10.0.0.4:5432: connect: connection refused")),
    ("Crash", "go-panic", "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:"),
    ("Crash", "java-exception", JAVA.format("java.lang.NullPointerException: order")),
    ("Transient", "text-connection-refused", JAVA.format("java.net.ConnectException: Connection refused")),
    ("Timeout", "text-read-timeout", JAVA.format("java.net.SocketTimeoutException: Read timed out")),
    ("Crash", "text-out-of-memory", JAVA.format("java.lang.OutOfMemoryError: GC overhead limit exceeded")),
    ("Permanent", "text-duplicate", SPRING),
    ("Crash", "java-exception", "HTTP 503\njava.lang.IllegalStateException: order\n\tat org.acme.A.b(A.java:12)"),
    ("Crash", "java-exception", "\tat org.acme.A.b(A.java:12)\n\tat org.acme.Main.main(Main.java:7)"),
    ("Crash", "node-exception", NODE.format("Error: cannot ship 42")),
    ("Transient", "text-connection-refused", NODE.format("Error: connect ECONNREFUSED 10.0.0.4:5432")),
    ("Crash", "node-exception", "Uncaught TypeError: order is undefined"),
    (
        "Crash",
        "node-exception",
        "HTTP 503, trying again\nTypeError: Cannot read properties of undefined (reading 'id')\n    at ship "
        "(/app/main.js:12:5)",
    ),
    ("Crash", "ruby-exception", RUBY),
    ("Crash", "ruby-exception", "/app/main.rb:12:in `ship': cannot ship 42 (RuntimeError)"),
    ("Crash", "rust-panic", RUST.format("cannot ship 42")),
    (
        "Transient",
        "text-connection-refused",
        RUST.format(
            "called `Result::unwrap()` on an `Err` value: Os { code: "
            '111, kind: ConnectionRefused, message: "Connection refused" }'
        ),
    ),
    ("Crash", "dotnet-exception", DOTNET),
    ("Crash", "php-exception", PHP),
]
