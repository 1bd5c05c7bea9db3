"""The kinds: models with every default, phases, and one record a kind, from which everything per kind is derived.

May import `api.types`.
"""

from typing import Final

from queuedjob.api.kinds.deadletter import DEADLETTER
from queuedjob.api.kinds.kind import Kind
from queuedjob.api.kinds.queuedjob import QUEUEDJOB

KINDS: Final[tuple[Kind, ...]] = (QUEUEDJOB, DEADLETTER)
"""All kinds. Their CRDs, RBAC rules and watches follow this order."""
