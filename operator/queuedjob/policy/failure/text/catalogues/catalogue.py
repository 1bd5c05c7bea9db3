"""The type of a catalogue. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import re2

Finder = Callable[[str], Iterable[str]]
"""Finds the codes of a system in a line from phrases.lower_words."""


def nothing(_line: str) -> Iterable[str]:
    """The finder of a catalogue that has names only."""
    return ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What one system calls its failures."""

    system: str
    example: str
    """How a line shows one of them; for the documentation."""
    source: str
    """Where the system's authors keep the list; for the documentation."""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names as the system writes them, by the text rule that they belong to. They are found like phrases, so
    `NotLeaderOrFollowerException` and `NOT_LEADER_OR_FOLLOWER` are one name."""
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names that count only beside certain words, in the syntax of phrases.py, by text rule."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """Text rules by code. A code with the rule "" belongs to none."""
    by_prefix: bool = False
    """A code stands for all codes that begin with it; the longest one counts."""
    find: Finder = nothing
    """Finds codes in a line from phrases.lower_words."""
    sure: bool = False
    """A code of it that passes does so whatever the words beside it say."""
    mere: bool = False
    """A name or a code of it is not a failure of the whole program yet: a script goes on after it."""

    def rules_in(self, lowered: str) -> set[str]:
        """The rules of the codes in a line from phrases.lower_words."""
        return {rule for code in self.find(lowered) if (rule := self._rule_of(code))}

    def _rule_of(self, code: str) -> str:
        shortest = 0 if self.by_prefix else len(code) - 1
        known = (self.codes.get(code[:length]) for length in range(len(code), shortest, -1))
        return next((rule for rule in known if rule is not None), "")


def after(*forms: str) -> Finder:
    """A finder of the codes that stand in one of these forms: patterns of RE2 with one group each, the code."""
    pattern: Final = re2.compile("|".join(f"(?:{form})" for form in forms))

    def find(line: str) -> Iterable[str]:
        for found in pattern.findall(line):
            yield from (code for code in ((found,) if isinstance(found, str) else found) if code)

    return find


def by_code(rules: Mapping[str, Iterable[int | str]]) -> dict[str, str]:
    """A mapping of codes to rules, from the codes of each rule."""
    return {str(code): rule for rule, codes in rules.items() for code in codes}
