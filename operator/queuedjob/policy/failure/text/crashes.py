"""Text rules for programs that crashed: no memory, and the text above or below a stack trace. Pure."""

from typing import Final

from queuedjob.policy.failure.classes import CRASH
from queuedjob.policy.failure.text.stack_traces import Language
from queuedjob.policy.failure.text.text_rule import TextRule

_UNHANDLED: Final = "UnhandledException"

_OUT_OF_MEMORY: Final = (
    TextRule(
        "text-out-of-memory",
        CRASH,
        "OutOfMemory",
        "The runtime itself ran out of memory or stack, below the container's limit: a full heap, an allocation that "
        "failed, a recursion without end.",
        (
            "out of memory",
            "(no |)memory error",
            "outofmemory",
            "cannot allocate vector of size",
            "vector memory exhausted",
            "has overflowed its stack",
            "fork failed",
            "(failed|unable|could not) to allocate",
            "memory allocation of ... failed",
            "allowed memory size of ... exhausted",
            "bad alloc",
            "java heap space",
            "gc overhead limit exceeded",
            "heap limit",
            "exceeding memory limits",
            "stack overflow (error|exception)",
            "stack overflow $",
            "goroutine stack exceeds",
            "maximum call stack size exceeded",
            "(maximum recursion depth exceeded|recursion error)",
            "stack level too deep",
        ),
    ),
)

REPORT_ROWS: Final = (
    TextRule(
        Language.PYTHON,
        CRASH,
        _UNHANDLED,
        "A Python traceback whose last line no rule above knows.",
        ("traceback most recent call last",),
    ),
    TextRule(
        Language.GO,
        CRASH,
        _UNHANDLED,
        "A Go panic, or goroutines that the runtime printed.",
        ("^ panic", "all goroutines are asleep", "fatal error concurrent map"),
    ),
    TextRule(
        Language.JAVA,
        CRASH,
        _UNHANDLED,
        "A Java stack trace: of several causes the last one is asked.",
        ("exception in thread",),
    ),
    TextRule(
        Language.RUST,
        CRASH,
        _UNHANDLED,
        "A Rust panic.",
        ("thread ... panicked at",),
    ),
    TextRule(
        Language.RUBY,
        CRASH,
        _UNHANDLED,
        "A Ruby backtrace.",
        ("rb ... (runtime|argument|type|name|no method|standard|key|index|zero division|load|frozen) error $",),
    ),
    TextRule(
        Language.PHP,
        CRASH,
        _UNHANDLED,
        "A PHP stack trace.",
        ("fatal error uncaught", "^ stack trace $"),
    ),
    TextRule(
        Language.NODE,
        CRASH,
        _UNHANDLED,
        "A Node stack trace, or a promise that was rejected and not handled.",
        (
            "uncaught (error|exception|type error|reference error|range error|syntax error)",
            "unhandled ( |promise )rejection",
            "unhandledpromiserejection",
            "trigger uncaught exception",
        ),
    ),
    TextRule(
        Language.DOTNET,
        CRASH,
        _UNHANDLED,
        "A .NET stack trace.",
        ("^ unhandled exception system",),
    ),
    TextRule(
        "text-aborted",
        CRASH,
        "Aborted",
        "A process broke down and says so: a fatal signal of a child, an assertion, an exception that was not caught.",
        (
            "segmentation fault",
            "(exit status|exit code|exit code is|exited with|exited with code|status) (132|134|135|136|137|139)",
            "sigsegv",
            "core dumped",
            "^ killed $",
            "(terminated abruptly|exited prematurely signal)",
            "(bus error|floating point exception|illegal instruction)",
            "assertion ... failed $",
            "assertion failed",
            "(assertion|assert) error",
            "terminate called",
            "double free or corruption",
            "stack smashing detected",
            "fatal error has been detected",
            "^ (unhandled|uncaught) exception",
            "unhandled exception (at|in|of|occurred)",
        ),
    ),
)
"""Reports of crashes: a cause that is named in the report has priority over them."""

CRASH_ROWS: Final = (*_OUT_OF_MEMORY, *REPORT_ROWS)
