"""Phrases of failures: how a rule writes them, and how they are found in a line. Pure; English only.

A phrase is plain words: `connection refused`. It matches whole words, whatever their case and whatever joins them, so
one phrase knows `Connection refused`, `CONNECTION_REFUSED`, `connection-refused` and `ConnectionRefusedError`. Letters
and digits that touch are one word (`429a` is no 429), and so are figures (`10.0.0.1:503` is no 503). A comma or a
semicolon parts two statements, and no phrase reaches across it.

In a phrase `(a|b)` is a choice, `(a |)` may be missing, `...` is anything on the same line, `^` and `$` are its begin
and end. All phrases of all rules stand in one tree of words, so that a line costs a look-up or two for each of its
words. One automaton (RE2) for all of them was measured, too: hostile mixes of their words took it 100 ms, as it builds
a state for each of the many sets of phrases that may be under way at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where one word of a CamelCase name ends and another begins."""

_WORD: Final = re.compile(r"\d[\d.,:/%-]*\d[^\W_]*|\d+%|[^\W_]+|[,;]")
"""Figures with what joins their digits; words; what parts statements. Each character is looked at once or twice."""

_CHOICE: Final = re.compile(r"\(([^()]*)\)")
_BEGIN: Final = "^"
_END: Final = "$"
_GAP: Final = " ... "


def lower_words(line: str) -> str:
    """A line in lower case, its CamelCase names parted into words."""
    return _CAMEL.sub(" ", line).lower()


def words_of(lowered: str) -> list[str]:
    """The words of a parted line, between a mark for its begin and one for its end."""
    return [_BEGIN, *_WORD.findall(lowered), _END]


def variants(phrase: str) -> Iterator[str]:
    """Every way to say it: without choices."""
    if choice := _CHOICE.search(phrase):
        for each in choice[1].split("|"):
            yield from variants(phrase[: choice.start()] + each + phrase[choice.end() :])
    else:
        yield " ".join(phrase.split())


@dataclass(slots=True)
class _Node:
    """A word in the tree: where all phrases that begin alike are still the same."""

    then: "dict[str, _Node]" = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    """Rules with a phrase that ends here."""
    before: frozenset[tuple[str, str]] = frozenset()
    """Rules and phrases of which what stands before `...` ends here."""
    after: frozenset[tuple[str, str]] = frozenset()
    """The same for what stands after it."""


class Phrases:
    """The phrases of many rules."""

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        """`phrases` by the names of their rules."""
        self._root = _Node()
        for rule, each in phrases.items():
            for phrase in each:
                before, gap, after = phrase.partition(_GAP)
                if not gap:
                    for node in self._ends_of(phrase):
                        node.whole |= {rule}
                for node in self._ends_of(before) if gap else ():
                    node.before |= {(rule, phrase)}
                for node in self._ends_of(after) if gap else ():
                    node.after |= {(rule, phrase)}

    def found_in(self, words: Sequence[str]) -> set[str]:
        """The rules that have a phrase among these words."""
        found: set[str] = set()
        begun: dict[tuple[str, str], int] = {}
        for first, word in enumerate(words):
            node, last = self._root.then.get(word), first
            while node is not None:
                found |= node.whole
                for key in node.after:
                    if begun.get(key, first) < first:
                        found.add(key[0])
                for key in node.before:
                    begun[key] = min(last, begun.get(key, last))
                last += 1
                node = node.then.get(words[last]) if last < len(words) else None
        return found

    def _ends_of(self, phrase: str) -> Iterator[_Node]:
        for each in variants(phrase):
            node = self._root
            for word in each.split():
                node = node.then.setdefault(word, _Node())
            yield node
