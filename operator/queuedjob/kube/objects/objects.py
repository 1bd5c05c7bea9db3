"""The description of a kind's objects that the kind's module gives to the generic code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from queuedjob.ports import Body
from queuedjob.runtime import store


class Item(store.Item, Protocol):
    """The projection of one object: the part that the store keeps."""

    @property
    def namespace(self) -> str:
        """metadata.namespace."""
        ...


ItemT = TypeVar("ItemT", bound=Item)

Project: TypeAlias = Callable[[Body, ItemT | None], ItemT]
"""Makes the projection of a body. The second argument is the projection of an earlier version, if one is known."""


@dataclass(frozen=True, slots=True)
class Objects(Generic[ItemT]):
    """The objects of one kind, as the store keeps them."""

    plural: str
    path: Callable[[str | None], str]
    """The path of the collection in a namespace; None: in all namespaces."""
    project: Project[ItemT]
    indexes: Mapping[str, store.Index[ItemT]]
    """Keys under which the store finds items."""
