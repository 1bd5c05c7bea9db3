"""errno: what a system call says of its failure; and what getaddrinfo says. Pure."""

from typing import Final, NamedTuple

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue, after


class _Errno(NamedTuple):
    name: str
    number: int
    """On Linux, x86 and Arm."""
    text: str
    """What strerror(3) says of it."""
    rule: str


_ERRNO: Final = (
    _Errno("EPERM", 1, "Operation not permitted", "text-credentials"),
    _Errno("ENOENT", 2, "No such file or directory", "text-not-found"),
    _Errno("EINTR", 4, "Interrupted system call", "text-busy"),
    _Errno("EIO", 5, "Input/output error", "text-busy"),
    _Errno("E2BIG", 7, "Argument list too long", "text-not-runnable"),
    _Errno("ENOEXEC", 8, "Exec format error", "text-not-runnable"),
    _Errno("EAGAIN", 11, "Resource temporarily unavailable", "text-busy"),
    _Errno("ENOMEM", 12, "Cannot allocate memory", "text-out-of-memory"),
    _Errno("EACCES", 13, "Permission denied", "text-credentials"),
    _Errno("EBUSY", 16, "Device or resource busy", "text-busy"),
    _Errno("EEXIST", 17, "File exists", "text-lock"),
    _Errno("ENFILE", 23, "Too many open files in system", "text-busy"),
    _Errno("EMFILE", 24, "Too many open files", "text-busy"),
    _Errno("ETXTBSY", 26, "Text file busy", "text-busy"),
    _Errno("ENOSPC", 28, "No space left on device", "text-disk-full"),
    _Errno("EROFS", 30, "Read-only file system", "text-not-runnable"),
    _Errno("EPIPE", 32, "Broken pipe", "text-connection-lost"),
    _Errno("EDEADLK", 35, "Resource deadlock avoided", "text-contention"),
    _Errno("ENOLCK", 37, "No locks available", "text-lock"),
    _Errno("EADDRINUSE", 98, "Address already in use", "text-busy"),
    _Errno("EADDRNOTAVAIL", 99, "Cannot assign requested address", "text-network"),
    _Errno("ENETDOWN", 100, "Network is down", "text-network"),
    _Errno("ENETUNREACH", 101, "Network is unreachable", "text-network"),
    _Errno("ENETRESET", 102, "Network dropped connection on reset", "text-connection-lost"),
    _Errno("ECONNABORTED", 103, "Software caused connection abort", "text-connection-lost"),
    _Errno("ECONNRESET", 104, "Connection reset by peer", "text-connection-lost"),
    _Errno("ENOBUFS", 105, "No buffer space available", "text-busy"),
    _Errno("ENOTCONN", 107, "Transport endpoint is not connected", "text-connection-lost"),
    _Errno("ESHUTDOWN", 108, "Cannot send after transport endpoint shutdown", "text-connection-lost"),
    _Errno("ETIMEDOUT", 110, "Connection timed out", "text-connect-timeout"),
    _Errno("ECONNREFUSED", 111, "Connection refused", "text-connection-refused"),
    _Errno("EHOSTDOWN", 112, "Host is down", "text-network"),
    _Errno("EHOSTUNREACH", 113, "No route to host", "text-network"),
    _Errno("ESTALE", 116, "Stale file handle", "text-busy"),
    _Errno("EREMOTEIO", 121, "Remote I/O error", "text-busy"),
    _Errno("EDQUOT", 122, "Disk quota exceeded", "text-quota"),
)
"""What is missing is a mistake of the program as often as anything else: EINVAL, EBADF, EISDIR, ENOTDIR ..."""

_RESOLVER: Final = (
    "EAI_AGAIN",
    "EAI_FAIL",
    "EAI_NODATA",
    "EAI_NONAME",
    "Temporary failure in name resolution",
    "Non-recoverable failure in name resolution",
    "No address associated with hostname",
    "Name or service not known",
    "nodename nor servname provided, or not known",  # BSD
    "Name does not resolve",  # musl
    "Name has no usable address",  # musl
)


def _names() -> dict[str, tuple[str, ...]]:
    rules = sorted({each.rule for each in _ERRNO})
    words = {rule: tuple(x for each in _ERRNO if each.rule == rule for x in (each.name, each.text)) for rule in rules}
    return {**words, "text-dns": _RESOLVER}


ERRNO: Final = Catalogue(
    system="errno and getaddrinfo (Linux)",
    example="`[Errno 111]`, `EHOSTUNREACH`, `(os error 28)`, `No route to host`",
    source="errno(3), strerror(3), gai_strerror(3); Linux, include/uapi/asm-generic/errno.h",
    names=_names(),
    mere=True,
    codes={str(each.number): each.rule for each in _ERRNO},
    find=after(
        r"\[errno (\d{1,3})\]",
        r"\berrno[\"']?: -?(\d{1,3})\b",
        r"\bos error (\d{1,3})\)",
        r"\bos \{ code: (\d{1,3})\b",
        r"socket exception \((\d{2,3})\)",
    ),
)
