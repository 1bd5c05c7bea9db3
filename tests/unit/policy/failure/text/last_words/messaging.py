"""Kafka, RabbitMQ, gRPC, SMTP, FTP."""

from typing import Final

from tests.unit.policy.failure.text.last_words import Said

MESSAGING: Final[list[Said]] = [
    # Kafka
    ("Transient", "text-connection-refused", "kafka.errors.NoBrokersAvailable: NoBrokersAvailable"),
    (
        "Transient",
        "text-connection-refused",
        'cimpl.KafkaException: KafkaError{code=_TRANSPORT,val=-195,str="Failed to get metadata: Local: Broker '
        'transport failure"}',
    ),
    (
        "Transient",
        "text-connect-timeout",
        "org.apache.kafka.common.errors.TimeoutException: Topic orders not present in metadata after 60000 ms.",
    ),
    (
        "Timeout",
        "text-timeout",
        "org.apache.kafka.common.errors.TimeoutException: Expiring 3 record(s) for orders-0:120000 ms has passed since "
        "batch creation",
    ),
    (
        "Transient",
        "text-unavailable",
        "org.apache.kafka.common.errors.NotLeaderOrFollowerException: For requests intended only for the leader, this "
        "error indicates that the broker is not the current leader.",
    ),
    (
        "Transient",
        "text-unavailable",
        'KafkaError{code=REBALANCE_IN_PROGRESS,val=27,str="Broker: Group rebalance in progress"}',
    ),
    (
        "Permanent",
        "text-credentials",
        "org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access topics: [orders]",
    ),
    (
        "Permanent",
        "text-credentials",
        "org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed: Invalid username or "
        "password",
    ),
    (
        "Permanent",
        "text-too-large",
        "org.apache.kafka.common.errors.RecordTooLargeException: The message is 2097230 bytes when serialized which is "
        "larger than 1048576",
    ),
    ("Timeout", "text-timeout", 'KafkaError{code=_MSG_TIMED_OUT,val=-192,str="Local: Message timed out"}'),
    # RabbitMQ
    (
        "Transient",
        "text-connection-lost",
        "pika.exceptions.StreamLostError: Stream connection lost: ConnectionResetError(104, 'Connection reset by "
        "peer')",
    ),
    (
        "Transient",
        "text-connection-lost",
        'pika.exceptions.ConnectionClosedByBroker: (320, "CONNECTION_FORCED - broker forced connection closure with '
        "reason 'shutdown'\")",
    ),
    (
        "Permanent",
        "text-credentials",
        "pika.exceptions.ProbableAuthenticationError: ConnectionClosedByBroker: (403) 'ACCESS_REFUSED - Login was "
        "refused using authentication mechanism PLAIN.'",
    ),
    (
        "Permanent",
        "text-not-found",
        "pika.exceptions.ChannelClosedByBroker: (404, \"NOT_FOUND - no queue 'orders' in vhost '/'\")",
    ),
    # gRPC
    (
        "Transient",
        "text-connection-refused",
        'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp '
        '10.0.0.4:50051: connect: connection refused"',
    ),
    ("Transient", "text-unavailable", "rpc error: code = Unavailable desc = name resolver has produced zero addresses"),
    ("Timeout", "text-timeout", "rpc error: code = DeadlineExceeded desc = context deadline exceeded"),
    ("RateLimited", "text-rate-limited", "rpc error: code = ResourceExhausted desc = too many tokens used"),
    (
        "Permanent",
        "text-too-large",
        "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5242880 vs. 4194304)",
    ),
    ("Permanent", "text-credentials", "rpc error: code = PermissionDenied desc = caller may not read orders"),
    ("Permanent", "text-credentials", "rpc error: code = Unauthenticated desc = missing credentials"),
    ("Permanent", "text-not-found", "rpc error: code = NotFound desc = order 42"),
    ("Permanent", "text-invalid", "rpc error: code = InvalidArgument desc = amount"),
    ("Permanent", "text-duplicate", "rpc error: code = AlreadyExists desc = order 42"),
    ("Permanent", "text-program", "rpc error: code = Unimplemented desc = unknown service shop.v1.Orders"),
    ("Transient", "text-unavailable", "rpc error: code = Aborted desc = concurrent update"),
    (
        "Transient",
        "text-connection-lost",
        "rpc error: code = Internal desc = stream terminated by RST_STREAM with error code: INTERNAL_ERROR",
    ),
    (
        "Transient",
        "text-unavailable",
        "grpc._channel._InactiveRpcError: <_InactiveRpcError of RPC that terminated with:\n\tstatus = "
        'StatusCode.UNAVAILABLE\n\tdetails = "upstream is away"\n>',
    ),
    ("Transient", "text-connection-refused", "Error: 14 UNAVAILABLE: No connection established"),
    ("Timeout", "text-timeout", "Error: 4 DEADLINE_EXCEEDED: Deadline exceeded after 5.001s"),
    ("Transient", "text-unavailable", "io.grpc.StatusRuntimeException: UNAVAILABLE: io exception"),
    # SMTP
    ("Transient", "text-connect-timeout", "SMTP connection timeout"),
    ("Transient", "text-connection-lost", "smtplib.SMTPServerDisconnected: Connection unexpectedly closed"),
    ("Timeout", "text-read-timeout", "smtplib.SMTPServerDisconnected: The read operation failed: read timed out"),
    (
        "Permanent",
        "text-credentials",
        "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted. For more information, go "
        "to\\n5.7.8  https://support.example/mail')",
    ),
    ("Transient", "text-unavailable", "421 4.3.2 Service not available, closing transmission channel"),
    (
        "Transient",
        "text-unavailable",
        "smtplib.SMTPDataError: (451, b'4.7.1 Greylisting in action, please come back later')",
    ),
    (
        "Transient",
        "text-unavailable",
        "smtplib.SMTPRecipientsRefused: {'a@example.org': (452, b'4.2.2 The email account that you tried to reach is "
        "over its limit')}",
    ),
    (
        "Permanent",
        "text-invalid",
        "smtplib.SMTPRecipientsRefused: {'a@example.org': (550, b'5.1.1 The email account that you tried to reach does "
        "not exist.')}",
    ),
    ("Permanent", "text-quota", "552 5.2.2 Mailbox full"),
    ("Permanent", "text-credentials", "554 5.7.1 <a@example.org>: Relay access denied"),
    ("Permanent", "text-credentials", "ftplib.error_perm: 530 Login incorrect."),
]
