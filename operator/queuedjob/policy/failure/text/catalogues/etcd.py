"""etcd: the errors of its server. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

ETCD: Final = Catalogue(
    system="etcd",
    example="`etcdserver: leader changed`",
    source="etcd-io/etcd, api/v3rpc/rpctypes/error.go",
    names={
        "text-unavailable": (
            "etcdserver: leader changed",
            "etcdserver: no leader",
            "etcdserver: not leader",
            "etcdserver: server stopped",
            "etcdserver: unhealthy cluster",
            "etcdserver: not capable",
        ),
        "text-timeout": ("etcdserver: request timed out",),
        "text-rate-limited": ("etcdserver: too many requests",),
        "text-disk-full": ("etcdserver: mvcc: database space exceeded",),
    },
)
