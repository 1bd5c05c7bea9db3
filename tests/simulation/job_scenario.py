"""One job of a scenario, as it is drawn before the first step of a history."""

from dataclasses import dataclass
from typing import Any

from tests.simulation.scripted_pods import Character


@dataclass(frozen=True, slots=True)
class JobScenario:
    """One job that a user applies."""

    index: int
    namespace: str
    name: str
    at: float
    """Seconds after the beginning."""
    spec: dict[str, Any]
    not_before: float | None
    """Seconds after its creation."""
    character: Character
