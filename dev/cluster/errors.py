"""The error that this package raises; its message is for the user."""


class ClusterError(Exception):
    """The cluster, one of its tools or this machine has a problem; the message says what to do about it."""
