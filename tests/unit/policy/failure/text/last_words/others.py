"""Files and disks, memory, licences, quotas, commands, validation, jobs' own words; catalogue A and the seeds' six."""

from typing import Final

from tests.unit.policy.failure.text.last_words import Said

OTHERS: Final[list[Said]] = [
    # Time
    ("Timeout", "text-timeout", "JOB_TIMEOUT"),
    ("Timeout", "text-timeout", "JOB_TIMEOUT after 30s"),
    ("Timeout", "text-timeout", "asyncio.exceptions.TimeoutError"),
    ("Timeout", "text-timeout", "subprocess.TimeoutExpired: Command '['pg_dump']' timed out after 600 seconds"),
    ("Timeout", "text-timeout", "celery.exceptions.TimeLimitExceeded: TimeLimitExceeded(300,)"),
    ("Timeout", "text-timeout", "Task timed out after 3.00 seconds"),
    ("Transient", "text-connect-timeout", "network timeout"),
    # Validation and business
    ("Permanent", "text-invalid", "VALIDATION_ERROR"),
    ("Permanent", "text-invalid", "VALIDATION_ERROR: amount must be positive"),
    (
        "Permanent",
        "text-invalid",
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Order\namount\n  Input should be a valid "
        "integer [type=int_type, input_value='x', input_type=str]",
    ),
    ("Permanent", "text-invalid", "jsonschema.exceptions.ValidationError: 'x' is not of type 'integer'"),
    ("Permanent", "text-invalid", "javax.validation.ConstraintViolationException: amount: must be greater than 0"),
    ("Permanent", "text-invalid", "ERROR invalid data: row 17 has no amount"),
    ("Permanent", "text-invalid", "business rule violated: order is closed"),
    ("Permanent", "text-invalid", "java.lang.IllegalArgumentException: Invalid amount: -5"),
    ("Permanent", "text-duplicate", "duplicate order 42"),
    ("Permanent", "text-duplicate", "DUPLICATE"),
    ("Permanent", "text-duplicate", "ERROR order 42 was already processed"),
    ("Permanent", "text-not-found", "ActiveRecord::RecordNotFound: Couldn't find Order with 'id'=42"),
    ("Permanent", "text-not-found", "ERROR order 42 not found"),
    ("Permanent", "text-not-found", "com.acme.OrderNotFoundException: 42"),
    ("Permanent", "text-declined", "payment declined: insufficient funds"),
    ("Permanent", "text-declined", "OrderError: your card was declined"),
    # Locks, and what is busy
    ("Transient", "text-lock", "fatal: Unable to create '/src/.git/index.lock': File exists."),
    ("Transient", "text-lock", "mkdir: cannot create directory '/data/lock': File exists"),
    ("Transient", "text-lock", "ERROR: pidfile /run/import.pid exists, is another import running?"),
    ("Transient", "text-busy", "cp: cannot create regular file '/opt/run': Text file busy"),
    ("Transient", "text-busy", "OSError: [Errno 98] Address already in use"),
    ("Transient", "text-clock-skew", "kinit: Clock skew too great while getting initial credentials"),
    # Files, disks
    ("Permanent", "text-not-found", "FileNotFoundError: [Errno 2] No such file or directory: '/data/in/42.csv'"),
    ("Permanent", "text-not-found", "Error: ENOENT: no such file or directory, open '/data/in/42.csv'"),
    ("Permanent", "text-credentials", "PermissionError: [Errno 13] Permission denied: '/data/out'"),
    ("Permanent", "text-credentials", "Error: EACCES: permission denied, mkdir '/data/out'"),
    ("Permanent", "text-not-runnable", "OSError: [Errno 30] Read-only file system: '/cache'"),
    ("Transient", "text-disk-full", "OSError: [Errno 28] No space left on device"),
    ("Transient", "text-disk-full", "Error: ENOSPC: no space left on device, write"),
    ("Permanent", "text-quota", "OSError: [Errno 122] Disk quota exceeded"),
    ("Permanent", "text-quota", "upload refused: storage quota exceeded (50 GB of 50 GB used)"),
    # Network
    ("Transient", "text-network", "OSError: [Errno 101] Network is unreachable"),
    ("Transient", "text-network", "ssh: connect to host db port 22: No route to host"),
    ("Transient", "text-connect-timeout", "TimeoutError: [Errno 110] Connection timed out"),
    ("Transient", "text-dns", "socket.gaierror: [Errno -2] Name or service not known"),
    ("Transient", "text-dns", "** server can't find api.internal: NXDOMAIN"),
    ("Transient", "text-dns", "lookup api.internal on 10.96.0.10:53: server misbehaving"),
    ("Transient", "text-tls-handshake", "ssl.SSLEOFError: EOF occurred in violation of protocol (_ssl.c:1129)"),
    (
        "Transient",
        "text-tls-handshake",
        "OpenSSL.SSL.Error: [('SSL routines', '', 'sslv3 alert handshake failure')]",
    ),
    ("Transient", "text-connection-lost", "ConnectionResetError: [Errno 104] Connection reset by peer"),
    ("Transient", "text-connection-lost", "BrokenPipeError: [Errno 32] Broken pipe"),
    # Licences
    ("Permanent", "text-licence", "License expired on 2030-01-31"),
    ("Permanent", "text-licence", "ERROR: your licence has expired, contact sales"),
    ("Permanent", "text-licence", "FlexNet Licensing error:-10,32: Feature has expired."),
    ("Permanent", "text-licence", "No valid license found for feature 'solver'"),
    (
        "Transient",
        "text-pool-exhausted",
        "FlexNet Licensing error:-4,132: Licensed number of users already reached.",
    ),
    (
        "Transient",
        "text-connection-refused",
        "FlexNet Licensing error:-15,10: Cannot connect to license server system.",
    ),
    # Commands
    ("Permanent", "text-not-runnable", "/bin/sh: 1: pg_dumpp: not found"),
    ("Permanent", "text-not-runnable", "bash: line 1: invoice: command not found"),
    ("Permanent", "text-not-runnable", "ModuleNotFoundError: No module named 'billing'"),
    ("Permanent", "text-not-runnable", "Error: Cannot find module '/app/main.js'"),
    ("Permanent", "text-not-runnable", "Error: Could not find or load main class com.acme.Main"),
    ("Permanent", "text-not-runnable", "exec /app/main: exec format error"),
    ("Permanent", "text-not-runnable", "make-invoice: error: unrecognized arguments: --orderr 42"),
    ("Permanent", "text-not-runnable", "KeyError: environment variable DATABASE_URL is not set: must be set"),
    (
        "Permanent",
        "text-not-runnable",
        "python: can't open file '/app/main.py': [Errno 2] No such file or directory",
    ),
    # Memory, and programs that crashed
    ("Crash", "text-out-of-memory", "MemoryError"),
    ("Crash", "text-out-of-memory", "java.lang.OutOfMemoryError: Java heap space"),
    (
        "Crash",
        "text-out-of-memory",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    ),
    ("Crash", "text-out-of-memory", "fatal error: runtime: out of memory"),
    (
        "Crash",
        "text-out-of-memory",
        "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc",
    ),
    (
        "Crash",
        "text-out-of-memory",
        "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)",
    ),
    ("Crash", "text-out-of-memory", "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"),
    ("Crash", "text-out-of-memory", "RecursionError: maximum recursion depth exceeded while calling a Python object"),
    (
        "Crash",
        "text-out-of-memory",
        "ExecutorLostFailure (executor 1 exited) Reason: Container killed by YARN for exceeding memory limits.",
    ),
    (
        "Crash",
        "text-aborted",
        "concurrent.futures.process.BrokenProcessPool: A process in the process pool was terminated abruptly while the "
        "future was running or pending.",
    ),
    ("Crash", "text-aborted", "billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL)"),
    ("Crash", "text-aborted", "Killed"),
    ("Crash", "text-aborted", "Segmentation fault (core dumped)"),
    ("Crash", "text-aborted", "main: main.c:12: run: Assertion `order != NULL' failed."),
]
