"""What goes wrong with a cluster, said to a person."""


class ClusterError(Exception):
    """Something about the cluster, its tools or this machine; the message says what to do about it."""
