"""Keys of the workqueue: a key names the object of one reconcile."""

from typing import NamedTuple


class Key(NamedTuple):
    """One object, named by kind and UID. The text form is `PLURAL/UID`."""

    plural: str
    uid: str

    def __str__(self) -> str:
        return f"{self.plural}/{self.uid}"


def key_of(plural: str, uid: str) -> str:
    """Return the text of a key."""
    return str(Key(plural, uid))


def parse(text: str) -> Key:
    """Parse the text of a key. Raises ValueError if `text` is not a key."""
    plural, uid = text.split("/", 1)
    return Key(plural, uid)
