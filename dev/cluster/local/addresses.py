"""The addresses of one cluster: a sixteenth of 198.18.0.0/16.

198.18.0.0/15 is reserved for benchmarks (RFC 2544), so no home network uses it. A cluster without a network of its own
has one address of 127.0.0.0/8. Linux gives all of that range to the loopback device, so such a cluster has its own
ports, too.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

WHOLE_RANGE = IPv4Network("198.18.0.0/15")
CLUSTERS = 16
"""The number of clusters that can be up at the same time."""

PORT = 6443
"""The port of the API server."""

ETCD_PORT = 2379
"""The port of etcd for clients."""

_LOOPBACK = IPv4Address("127.18.0.0")
_OWN_LOOPBACK = IPv4Address("127.0.0.1")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of cluster number `number`, counted from 0."""

    number: int

    isolated: bool = True
    """Whether the cluster has a network of its own."""

    def __post_init__(self) -> None:
        if not 0 <= self.number < CLUSTERS:
            raise ValueError(f"cluster number {self.number} is not within 0..{CLUSTERS - 1}")

    @property
    def everything(self) -> IPv4Network:
        """The range that the host routes to the node: the link, services and pods."""
        return IPv4Network((int(WHOLE_RANGE.network_address) + self.number * 4096, 20))

    @property
    def link(self) -> IPv4Network:
        """The link between host and node, and nothing else."""
        return IPv4Network((self.everything.network_address, 30))

    @property
    def host(self) -> IPv4Address:
        """The host's end of the link."""
        return self.link[1]

    @property
    def node(self) -> IPv4Address:
        """The node's end of the link, where the API server listens."""
        return self.link[2] if self.isolated else _LOOPBACK + self.number * 256 + 2

    @property
    def inside(self) -> IPv4Address:
        """The address for components that only other components of the cluster call."""
        return _OWN_LOOPBACK if self.isolated else self.node

    @property
    def services(self) -> IPv4Network:
        """The range of cluster IPs."""
        return IPv4Network((int(self.everything.network_address) + 256, 24))

    @property
    def first_service(self) -> IPv4Address:
        """The address of the Service default/kubernetes: the API server takes the first address for it."""
        return self.services[1]

    @property
    def pods(self) -> IPv4Network:
        """The range for pods: the upper half, 2,048 addresses."""
        return IPv4Network((int(self.everything.network_address) + 2048, 21))

    @property
    def server(self) -> str:
        """The URL of the API server as seen from the host."""
        return f"https://{self.node}:{PORT}"
