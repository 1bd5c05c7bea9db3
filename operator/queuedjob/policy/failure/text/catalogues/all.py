"""All catalogues, in the order of the documentation. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.amqp import AMQP
from queuedjob.policy.failure.text.catalogues.asked import ASKED
from queuedjob.policy.failure.text.catalogues.cassandra import CASSANDRA
from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue
from queuedjob.policy.failure.text.catalogues.chromium import CHROMIUM
from queuedjob.policy.failure.text.catalogues.clickhouse import CLICKHOUSE
from queuedjob.policy.failure.text.catalogues.clouds import AWS, AZURE, GOOGLE
from queuedjob.policy.failure.text.catalogues.curl import CURL
from queuedjob.policy.failure.text.catalogues.elasticsearch import ELASTICSEARCH
from queuedjob.policy.failure.text.catalogues.errno import ERRNO
from queuedjob.policy.failure.text.catalogues.etcd import ETCD
from queuedjob.policy.failure.text.catalogues.go import GO
from queuedjob.policy.failure.text.catalogues.grpc import GRPC
from queuedjob.policy.failure.text.catalogues.hadoop import HADOOP
from queuedjob.policy.failure.text.catalogues.http import HTTP
from queuedjob.policy.failure.text.catalogues.kafka import KAFKA
from queuedjob.policy.failure.text.catalogues.kubernetes import KUBERNETES
from queuedjob.policy.failure.text.catalogues.locks import LOCKS
from queuedjob.policy.failure.text.catalogues.mongodb import MONGODB
from queuedjob.policy.failure.text.catalogues.mysql import MYSQL
from queuedjob.policy.failure.text.catalogues.nats import NATS
from queuedjob.policy.failure.text.catalogues.neo4j import NEO4J
from queuedjob.policy.failure.text.catalogues.oracle import ORACLE
from queuedjob.policy.failure.text.catalogues.payments import PAYMENTS
from queuedjob.policy.failure.text.catalogues.redis import REDIS
from queuedjob.policy.failure.text.catalogues.rsync import RSYNC
from queuedjob.policy.failure.text.catalogues.smtp import SMTP
from queuedjob.policy.failure.text.catalogues.spark import SPARK
from queuedjob.policy.failure.text.catalogues.sql_server import SQL_SERVER
from queuedjob.policy.failure.text.catalogues.sqlite import SQLITE
from queuedjob.policy.failure.text.catalogues.sqlstate import SQLSTATE

CATALOGUES: Final[tuple[Catalogue, ...]] = (
    ERRNO,
    HTTP,
    GRPC,
    GO,
    CHROMIUM,
    CURL,
    RSYNC,
    SMTP,
    AWS,
    GOOGLE,
    AZURE,
    KUBERNETES,
    SQLSTATE,
    MYSQL,
    ORACLE,
    SQL_SERVER,
    SQLITE,
    CLICKHOUSE,
    MONGODB,
    REDIS,
    CASSANDRA,
    NEO4J,
    ETCD,
    ELASTICSEARCH,
    HADOOP,
    SPARK,
    KAFKA,
    AMQP,
    NATS,
    LOCKS,
    PAYMENTS,
    ASKED,
)
