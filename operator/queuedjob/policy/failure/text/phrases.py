"""Phrases of failures: how a rule writes them, and how they are found in a line. Pure; English only.

A phrase is plain words: `connection refused`. A phrase matches whole words, in any case and however the words are
joined, so one phrase matches `Connection refused`, `CONNECTION_REFUSED`, `connection-refused` and
`ConnectionRefusedError`. Adjacent letters and digits are one word (`429a` is not 429), and so are digits with their
separators (`10.0.0.1:503` is not 503). A comma or a semicolon separates two statements: no phrase matches across it.

In a phrase `(a|b)` is a choice, `(a |)` may be missing, `...` is anything on the same line, `^` and `$` are the start
and the end of the line. All phrases of all rules are in one tree of words, so that a line costs one or two look-ups for
each word. One automaton (RE2) for all phrases was measured, too: it took 100 ms for hostile mixes of their words,
because it builds a state for each of the many sets of phrases that may be partly matched at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""The places where one word of a CamelCase name ends and the next begins."""

_WORD: Final = re.compile(r"\d[\d.,:/%-]*\d[^\W_]*|\d+%|[^\W_]+|[,;]")
"""Digits with their separators; words; separators of statements. Each character is examined once or twice."""

_CHOICE: Final = re.compile(r"\(([^()]*)\)")
_BEGIN: Final = "^"
_END: Final = "$"
_GAP: Final = " ... "


def lower_words(line: str) -> str:
    """A line in lower case, with its CamelCase names split into words."""
    return _CAMEL.sub(" ", line).lower()


def words_of(lowered: str) -> list[str]:
    """The words of a line from lower_words, between a mark for its start and a mark for its end."""
    return [_BEGIN, *_WORD.findall(lowered), _END]


def variants(phrase: str) -> Iterator[str]:
    """All variants of a phrase, without choices."""
    if choice := _CHOICE.search(phrase):
        for each in choice[1].split("|"):
            yield from variants(phrase[: choice.start()] + each + phrase[choice.end() :])
    else:
        yield " ".join(phrase.split())


@dataclass(slots=True)
class _Node:
    """A word in the tree. Phrases with the same first words share the nodes of these words."""

    then: "dict[str, _Node]" = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    """Rules with a phrase that ends here."""
    before: frozenset[tuple[str, str]] = frozenset()
    """Rules and phrases whose part before `...` ends here."""
    after: frozenset[tuple[str, str]] = frozenset()
    """Rules and phrases whose part after `...` ends here."""


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
