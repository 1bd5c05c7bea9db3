"""The changes of a policy file: mutmut's own changes, wherever they can be made.

mutmut itself makes changes in functions only, and does not notice when a table calls a changed function at import; most
of our rules are such tables. So trial.py tries its changes. Annotations, decorators, names of types and sentences of
the documentation are left out: nothing that runs depends on them (`make verify` checks the sentences).
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import Mutation, MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

ROOT: Final = Path(__file__).parents[2]
POLICY: Final = ROOT / "operator" / "queuedjob" / "policy"


_NOTHING: Final = IgnoredCode(set(), set(), set())
"""No line is excluded from changes."""


@dataclass(frozen=True)
class Mutant:
    """One wrong version of one file."""

    file: str
    """Its path in policy/."""
    line: int
    module: cst.Module
    mutation: Mutation

    @cached_property
    def code(self) -> str:
        """The whole file with the change."""
        changed = deep_replace(self.module, self.mutation.original_node, self.mutation.mutated_node)
        return cst.ensure_type(changed, cst.Module).code

    @cached_property
    def change(self) -> tuple[str, str]:
        """The first line that differs, before and after the change; empty where there is no such line."""
        before, after = self.module.code.splitlines(), self.code.splitlines()
        diff = [it for it in difflib.unified_diff(before, after, n=0, lineterm="") if not it.startswith(("---", "+++"))]
        was = next((it[1:].strip() for it in diff if it.startswith("-")), "")
        becomes = next((it[1:].strip() for it in diff if it.startswith("+")), "")
        return was, becomes


def mutants(path: Path, folder: Path = POLICY) -> Iterator[Mutant]:
    """Yield all wrong versions of a file of `folder`, in the order of its lines."""
    wrapper = MetadataWrapper(cst.parse_module(path.read_text()))
    visitor = _Everywhere(mutation_operators, _NOTHING)
    wrapper.visit(visitor)
    places = wrapper.resolve(PositionProvider)
    for mutation in visitor.mutations:
        if not any(without(mutation) for without in (_in_other_letters, _moves_up, _of_no_type, _of_a_sentence)):
            yield Mutant(
                str(path.relative_to(folder)), places[mutation.original_node].start.line, wrapper.module, mutation
            )


def _in_other_letters(mutation: Mutation) -> bool:
    """Return whether the change is a text in capitals: a test that notices XX around it notices that, too."""
    was, becomes = mutation.original_node, mutation.mutated_node
    if not isinstance(was, cst.SimpleString) or not isinstance(becomes, cst.SimpleString):
        return False
    return was.value.lower() == becomes.value.lower()


def _moves_up(mutation: Mutation) -> bool:
    """Return whether an argument is left out and later ones take its place: a mistake that mypy finds."""
    was, becomes = mutation.original_node, mutation.mutated_node
    if not isinstance(was, cst.Call) or not isinstance(becomes, cst.Call) or len(was.args) == len(becomes.args):
        return False
    gone = next(at for at, arg in enumerate(was.args) if at == len(becomes.args) or arg is not becomes.args[at])
    return was.args[gone].keyword is None and gone < len(becomes.args)


def _of_no_type(mutation: Mutation) -> bool:
    """Return whether None replaces a text, a number or a flag: another mistake that mypy finds."""
    match mutation.original_node, mutation.mutated_node:
        case (
            cst.AnnAssign(
                annotation=cst.Annotation(
                    annotation=cst.Name(value=kind) | cst.Subscript(value=cst.Name(value=kind)),
                )
            ),
            cst.AnnAssign(value=cst.Name(value="None")),
        ):
            return kind != "Final"
    return False


def _of_a_sentence(mutation: Mutation) -> bool:
    """Return whether the change removes a sentence of the documentation."""
    was, becomes = mutation.original_node, mutation.mutated_node
    if not isinstance(was, cst.Call) or not isinstance(becomes, cst.Call) or len(was.args) != len(becomes.args):
        return False
    changed = (before for before, after in zip(was.args, becomes.args, strict=True) if before is not after)
    return any(_is_sentence(it.value) for it in changed)


def _is_sentence(node: cst.BaseExpression) -> bool:
    match node:
        case (
            cst.SimpleString(evaluated_value=str(text))
            | cst.FormattedString(parts=[*_, cst.FormattedStringText(value=text)])
        ):
            return text.endswith((".", ".)"))
        case cst.ConcatenatedString(right=right):
            return _is_sentence(right)
    return False


class _Everywhere(MutationVisitor):
    """Visits properties, too; mutmut cannot have several versions of one in a class."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.FunctionDef():
                return False
            case cst.AnnAssign(annotation=cst.Annotation(annotation=cst.Name(value="TypeAlias"))):
                return True
            case cst.Call(func=cst.Name(value="TypeVar")):
                return True
            case cst.ClassDef(bases=[cst.Arg(value=cst.Attribute(attr=cst.Name(value="Enum")))]):
                return True  # nothing depends on the value of a member that is not a text
            case cst.BaseString() if _is_sentence(node):
                return True
        return super()._skip_node_and_children(node)
