"""The addresses of one cluster: a sixteenth of 198.18.0.0/16.

198.18.0.0/15 is set aside for benchmarks (RFC 2544), so it is nobody's home network. A cluster without a network of its
own has one address of 127.0.0.0/8, all of which Linux gives to the loopback device: its ports are its own, too.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

WHOLE_RANGE = IPv4Network("198.18.0.0/15")
CLUSTERS = 16
"""So many clusters find room side by side."""

PORT = 6443
"""Of the API server."""

ETCD_PORT = 2379
"""For clients."""

_LOOPBACK = IPv4Address("127.18.0.0")
_OWN_LOOPBACK = IPv4Address("127.0.0.1")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Cluster number `number`, from 0."""

    number: int

    isolated: bool = True
    """In a network of its own."""

    def __post_init__(self) -> None:
        if not 0 <= self.number < CLUSTERS:
            raise ValueError(f"cluster number {self.number} is not within 0..{CLUSTERS - 1}")

    @property
    def everything(self) -> IPv4Network:
        """What the host sends to the node: the link, services and pods."""
        return IPv4Network((int(WHOLE_RANGE.network_address) + self.number * 4096, 20))

    @property
    def link(self) -> IPv4Network:
        """Host and node, nothing else."""
        return IPv4Network((self.everything.network_address, 30))

    @property
    def host(self) -> IPv4Address:
        """The host's end of the link."""
        return self.link[1]

    @property
    def node(self) -> IPv4Address:
        """The node's end, where the API server answers."""
        return self.link[2] if self.isolated else _LOOPBACK + self.number * 256 + 2

    @property
    def inside(self) -> IPv4Address:
        """Where components listen that only the others call."""
        return _OWN_LOOPBACK if self.isolated else self.node

    @property
    def services(self) -> IPv4Network:
        """Cluster IPs."""
        return IPv4Network((int(self.everything.network_address) + 256, 24))

    @property
    def first_service(self) -> IPv4Address:
        """The Service default/kubernetes: the API server takes the first address for it."""
        return self.services[1]

    @property
    def pods(self) -> IPv4Network:
        """The upper half: 2,048 pod addresses."""
        return IPv4Network((int(self.everything.network_address) + 2048, 21))

    @property
    def server(self) -> str:
        """The API server as seen from the host."""
        return f"https://{self.node}:{PORT}"
