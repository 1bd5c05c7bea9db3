"""Keys of the workqueue: a key names the object of one reconcile."""

from typing import NamedTuple


class Key(NamedTuple):
    """One object, named by kind, namespace and UID. The text form is `PLURAL/NAMESPACE/UID`.

    The namespace is the turn in which the workqueue serves the key.
    """

    plural: str
    namespace: str
    uid: str

    def __str__(self) -> str:
        return f"{self.plural}/{self.namespace}/{self.uid}"


def key_of(plural: str, namespace: str, uid: str) -> str:
    """Return the text of a key."""
    return str(Key(plural, namespace, uid))


def parse(text: str) -> Key:
    """Parse the text of a key. Raises ValueError if `text` is not a key."""
    plural, namespace, uid = text.split("/", 2)
    return Key(plural, namespace, uid)


def namespace_of(text: str) -> str:
    """Return the namespace of a key's object. Raises ValueError if `text` is not a key."""
    return parse(text).namespace
