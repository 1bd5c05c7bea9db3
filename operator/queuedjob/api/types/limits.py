"""The largest job that the operator carries. What is over a limit is refused on apply (docs/api.md, "Limits").

A job is held in memory by the operator, copied into its dead letter, and its status has to fit beside it into one
object: etcd holds 1.5 MiB. A dead letter adds up to 50 KiB of attempts to its copy of the job.
"""

from typing import Final

KIB: Final = 1024

SPEC: Final = 256 * KIB
"""Bytes of the whole spec."""

STORED_SPEC: Final = 512 * KIB
"""Bytes of the whole spec as the API server stores it. The operator refuses to run what has more: admission counts
characters before they are escaped."""

PAYLOAD: Final = 128 * KIB
"""Bytes of the payload. It becomes an annotation of the pod, and all annotations together may have 256 KiB."""

PAYLOAD_DEPTH: Final = 32
"""Levels of lists and objects in the payload, the payload itself included."""

METADATA: Final = 32 * KIB
"""Bytes of the job's labels and annotations, which its dead letter copies."""

RULES: Final = 20
"""Rules of one failure policy."""

EXIT_CODES: Final = 512
"""Exit codes of all rules of one job."""

REASONS: Final = 64
"""Reasons of all rules of one job. The operator reads them for each verdict, and a word takes ten times the memory of
its letters."""

PATTERN: Final = 1024
"""Characters of one pattern."""

PATTERNS: Final = 8 * KIB
"""Characters of all patterns of one job."""

COSTLY_PARTS: Final = 32
"""Parts of all patterns of one job that take long to compile: classes of Unicode (\\p{L}) and counted repetitions
({3}). 8 KiB of \\pL alone would take 650 ms."""

STEPS: Final = 4096
"""Steps of all patterns of one job, as RE2 compiles them: a class of Unicode has a thousand, a plain character one.
With these limits the patterns of one job compile in 20 ms, and search a text in 0.1 s."""

CONTAINERS: Final = 32
"""Containers of one pod, and init containers of one pod. The API server compares their names pair by pair."""

VOLUMES: Final = 128
"""Volumes of one pod, and mounts of one container."""

LIST: Final = 512
"""Entries of every other list of a pod template."""
