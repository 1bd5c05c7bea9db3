"""Keys of the workqueue: which object one reconcile is about."""

from typing import NamedTuple


class Key(NamedTuple):
    """One object, by its kind and its UID. As text it is `PLURAL/UID`."""

    plural: str
    uid: str

    def __str__(self) -> str:
        return f"{self.plural}/{self.uid}"


def key_of(plural: str, uid: str) -> str:
    """The text of a key."""
    return str(Key(plural, uid))


def parse(text: str) -> Key:
    """The key that `text` writes. Raises ValueError where it writes none."""
    plural, uid = text.split("/", 1)
    return Key(plural, uid)
