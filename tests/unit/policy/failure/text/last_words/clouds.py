"""AWS (botocore and other SDKs), Google Cloud, Azure, object stores, Kubernetes' own API."""

from typing import Final

from tests.unit.policy.failure.text.last_words import Said

CLOUDS: Final[list[Said]] = [
    # AWS
    (
        "RateLimited",
        "text-rate-limited",
        "botocore.exceptions.ClientError: An error occurred (ThrottlingException) when calling the DescribeExecution "
        "operation (reached max retries: 4): Rate exceeded",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "botocore.errorfactory.ProvisionedThroughputExceededException: An error occurred "
        "(ProvisionedThroughputExceededException) when calling the PutItem operation: The level of configured "
        "provisioned throughput for the table was exceeded.",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "An error occurred (RequestLimitExceeded) when calling the RunInstances operation: Request limit exceeded.",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "An error occurred (SlowDown) when calling the PutObject operation: Please reduce your request rate.",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "com.amazonaws.services.s3.model.AmazonS3Exception: Please reduce your request rate. (Service: Amazon S3; "
        "Status Code: 503; Error Code: SlowDown; Request ID: 4Z3F5R7; S3 Extended Request ID: abc)",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "software.amazon.awssdk.services.kinesis.model.KinesisException: Rate exceeded for shard shardId-000000000001 "
        "in stream orders (Service: Kinesis, Status Code: 400, Request ID: d2f1)",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "operation error Lambda: Invoke, exceeded maximum number of attempts, 3, https response error StatusCode: 429, "
        "RequestID: 8c1a, TooManyRequestsException: Rate Exceeded.",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "An error occurred (Throttling) when calling the SendEmail operation: Maximum sending rate exceeded.",
    ),
    (
        "Transient",
        "text-unavailable",
        "An error occurred (503) when calling the HeadObject operation (reached max retries: 4): Service Unavailable",
    ),
    (
        "Transient",
        "text-unavailable",
        "An error occurred (InternalError) when calling the CompleteMultipartUpload operation (reached max retries: "
        "4): We encountered an internal error. Please try again.",
    ),
    (
        "Transient",
        "text-connection-refused",
        'botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "https://sqs.eu-west-1.'
        'amazonaws.com/"',
    ),
    (
        "Transient",
        "text-connect-timeout",
        'botocore.exceptions.ConnectTimeoutError: Connect timeout on endpoint URL: "https://s3.amazonaws.com/b/key"',
    ),
    (
        "Timeout",
        "text-read-timeout",
        'botocore.exceptions.ReadTimeoutError: Read timeout on endpoint URL: "https://lambda.us-east-1.amazonaws.com"',
    ),
    (
        "Transient",
        "text-connection-lost",
        "botocore.exceptions.ConnectionClosedError: Connection was closed before we received a valid response from "
        'endpoint URL: "https://b.s3.amazonaws.com/k".',
    ),
    (
        "Transient",
        "text-pool-exhausted",
        "An error occurred (InsufficientInstanceCapacity) when calling the RunInstances operation: We currently do not "
        "have sufficient m5.large capacity in the Availability Zone you requested",
    ),
    (
        "Transient",
        "text-contention",
        "An error occurred (TransactionConflictException) when calling the PutItem operation: Transaction is ongoing "
        "for the item",
    ),
    (
        "Permanent",
        "text-credentials",
        "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied",
    ),
    (
        "Permanent",
        "text-credentials",
        "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token "
        "included in the request is invalid.",
    ),
    ("Permanent", "text-credentials", "botocore.exceptions.NoCredentialsError: Unable to locate credentials"),
    (
        "Permanent",
        "text-credentials",
        "An error occurred (UnauthorizedOperation) when calling the DescribeInstances operation: You are not "
        "authorized to perform this operation.",
    ),
    (
        "Permanent",
        "text-credentials",
        "An error occurred (SignatureDoesNotMatch) when calling the ListBuckets operation: The request signature we "
        "calculated does not match the signature you provided. Check your key and signing method.",
    ),
    (
        "Permanent",
        "text-not-found",
        "botocore.errorfactory.NoSuchKey: An error occurred (NoSuchKey) when calling the GetObject operation: The "
        "specified key does not exist.",
    ),
    (
        "Permanent",
        "text-not-found",
        "An error occurred (404) when calling the HeadObject operation: Not Found",
    ),
    (
        "Permanent",
        "text-not-found",
        "An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not "
        "exist",
    ),
    (
        "Permanent",
        "text-not-found",
        "An error occurred (ResourceNotFoundException) when calling the PutItem operation: Requested resource not "
        "found",
    ),
    (
        "Permanent",
        "text-invalid",
        "An error occurred (ValidationException) when calling the PutItem operation: One or more parameter values "
        "were invalid: Missing the key id in the item",
    ),
    (
        "Permanent",
        "text-duplicate",
        "An error occurred (BucketAlreadyOwnedByYou) when calling the CreateBucket operation: Your previous request "
        "to create the named bucket succeeded and you already own it.",
    ),
    (
        "Permanent",
        "text-quota",
        "An error occurred (VcpuLimitExceeded) when calling the RunInstances operation: You have requested more vCPU "
        "capacity than your current vCPU limit of 32 allows",
    ),
    (
        "Permanent",
        "text-quota",
        "An error occurred (ServiceQuotaExceededException) when calling the CreateModel operation: Account limit "
        "reached",
    ),
    (
        "Permanent",
        "text-too-large",
        "An error occurred (EntityTooLarge) when calling the PutObject operation: Your proposed upload exceeds the "
        "maximum allowed size",
    ),
    # Google Cloud
    (
        "RateLimited",
        "text-rate-limited",
        "google.api_core.exceptions.ResourceExhausted: 429 Quota exceeded for quota metric 'Queries' and limit "
        "'Queries per minute' of service 'bigquery.googleapis.com'",
    ),
    ("RateLimited", "text-rate-limited", "googleapi: Error 403: Rate Limit Exceeded, rateLimitExceeded"),
    (
        "RateLimited",
        "text-rate-limited",
        "googleapiclient.errors.HttpError: <HttpError 429 when requesting https://sheets.googleapis.com/v4/x returned "
        '"Resource has been exhausted (e.g. check quota).">',
    ),
    ("RateLimited", "text-rate-limited", '{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}'),
    (
        "Transient",
        "text-unavailable",
        "google.api_core.exceptions.ServiceUnavailable: 503 The service is currently unavailable.",
    ),
    (
        "Transient",
        "text-unavailable",
        "google.api_core.exceptions.InternalServerError: 500 GET https://bigquery.googleapis.com/bigquery/v2/x: "
        "An internal error occurred",
    ),
    (
        "Transient",
        "text-unavailable",
        "googleapi: Error 503: The service is currently unavailable., backendError",
    ),
    ("Timeout", "text-timeout", "google.api_core.exceptions.DeadlineExceeded: 504 Deadline Exceeded"),
    (
        "Permanent",
        "text-not-found",
        "google.api_core.exceptions.NotFound: 404 GET https://storage.googleapis.com/storage/v1/b/x/o/y: No such "
        "object: x/y",
    ),
    (
        "Permanent",
        "text-credentials",
        "google.api_core.exceptions.Forbidden: 403 POST https://storage.googleapis.com/upload: svc@p.iam does not have "
        "storage.objects.create access to the Google Cloud Storage object.",
    ),
    (
        "Permanent",
        "text-credentials",
        "google.auth.exceptions.RefreshError: ('invalid_grant: Invalid JWT Signature.', {'error': 'invalid_grant'})",
    ),
    (
        "Permanent",
        "text-credentials",
        "google.auth.exceptions.DefaultCredentialsError: Your default credentials were not found. To set up "
        "Application Default Credentials, see https://cloud.google.com/docs for more information.",
    ),
    (
        "Permanent",
        "text-quota",
        "googleapi: Error 403: Quota 'CPUS' exceeded. Limit: 24.0 in region us-central1., quotaExceeded",
    ),
    (
        "Permanent",
        "text-quota",
        "googleapi: Error 403: The user's Drive storage quota has been exceeded., storageQuotaExceeded",
    ),
    # Azure
    (
        "RateLimited",
        "text-rate-limited",
        "azure.core.exceptions.HttpResponseError: (429) Rate limit is exceeded. Try again in 6 seconds.",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "Microsoft.Azure.Cosmos.CosmosException: Response status code does not indicate success: TooManyRequests "
        "(429); Substatus: 3200; Reason: (Request rate is large. More Request Units may be needed)",
    ),
    (
        "Transient",
        "text-unavailable",
        "azure.core.exceptions.HttpResponseError: The server is busy.\nRequestId:7c1\nTime:2030-01-31T09:00:00Z\n"
        "ErrorCode:ServerBusy",
    ),
    (
        "Permanent",
        "text-not-found",
        "azure.core.exceptions.ResourceNotFoundError: The specified blob does not exist.\nRequestId:d1\n"
        "Time:2030-01-31T09:00:00.0000000Z\nErrorCode:BlobNotFound",
    ),
    (
        "Permanent",
        "text-duplicate",
        "azure.core.exceptions.ResourceExistsError: The specified blob already exists.\nRequestId:e5",
    ),
    (
        "Permanent",
        "text-credentials",
        "azure.core.exceptions.ClientAuthenticationError: Server failed to authenticate the request.\n"
        "ErrorCode:AuthenticationFailed",
    ),
    (
        "Permanent",
        "text-credentials",
        "(AuthorizationFailed) The client 'x' does not have authorization to perform action "
        "'Microsoft.Storage/storageAccounts/read' over scope '/subscriptions/1'",
    ),
    (
        "Permanent",
        "text-quota",
        "(QuotaExceeded) Operation could not be completed as it results in exceeding approved Total Regional Cores "
        "quota. Current Limit: 10",
    ),
    # Others
    (
        "Permanent",
        "text-quota",
        "openai.RateLimitError: Error code: 429 - {'error': {'message': 'You exceeded your current quota, please check "
        "your plan and billing details.', 'type': 'insufficient_quota', 'code': 'insufficient_quota'}}",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "openai.RateLimitError: Error code: 429 - {'error': {'message': 'Rate limit reached for requests', 'type': "
        "'requests', 'code': 'rate_limit_exceeded'}}",
    ),
    (
        "Transient",
        "text-unavailable",
        "anthropic.InternalServerError: Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', "
        "'message': 'Overloaded'}}",
    ),
    (
        "Transient",
        "text-pool-exhausted",
        'Error from server (Forbidden): pods "x" is forbidden: exceeded quota: compute, requested: pods=1, used: '
        "pods=10, limited: pods=10",
    ),
    (
        "Permanent",
        "text-credentials",
        'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:a:b" cannot list resource '
        '"pods" in API group "" in the namespace "a"',
    ),
    ("Permanent", "text-not-found", 'Error from server (NotFound): configmaps "settings" not found'),
    (
        "Transient",
        "text-contention",
        'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your '
        "changes to the latest version and try again",
    ),
    ("Transient", "text-connect-timeout", "Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout"),
    (
        "Permanent",
        "text-credentials",
        "remote: Invalid username or password.\nfatal: Authentication failed for 'https://git.example/x.git/'",
    ),
    (
        "Permanent",
        "text-credentials",
        "git@github.com: Permission denied (publickey).\nfatal: Could not read from "
        "remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.",
    ),
]
