"""HTTP clients: requests, httpx, aiohttp, urllib; Go's net/http; Java; Node's axios, fetch and undici; curl; .NET."""

from typing import Final

from tests.unit.policy.failure.text.last_words import Said

HTTP: Final[list[Said]] = [
    # Python
    (
        "Transient",
        "text-connection-refused",
        "requests.exceptions.ConnectionError: HTTPConnectionPool(host='api', port=8080): Max retries exceeded with "
        "url: /orders/404 (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f50>: Failed "
        "to establish a new connection: [Errno 111] Connection refused'))",
    ),
    (
        "Transient",
        "text-connect-timeout",
        "requests.exceptions.ConnectTimeout: HTTPSConnectionPool(host='api', port=443): Max retries exceeded with url: "
        "/ (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f>, 'Connection to api "
        "timed out. (connect timeout=5)'))",
    ),
    (
        "Timeout",
        "text-read-timeout",
        "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='api', port=443): Read timed out. (read timeout=30)",
    ),
    (
        "Transient",
        "text-dns",
        "urllib3.exceptions.NameResolutionError: <urllib3.connection.HTTPSConnection object at 0x7f>: Failed to "
        "resolve 'api.internal' ([Errno -3] Temporary failure in name resolution)",
    ),
    (
        "Transient",
        "text-connection-lost",
        "requests.exceptions.ConnectionError: ('Connection aborted.', RemoteDisconnected('Remote end closed connection "
        "without response'))",
    ),
    (
        "Transient",
        "text-connection-lost",
        "requests.exceptions.ChunkedEncodingError: ('Connection broken: IncompleteRead(512 bytes read, 1536 more "
        "expected)', IncompleteRead(512 bytes read, 1536 more expected))",
    ),
    (
        "Transient",
        "text-unavailable",
        "requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://api/orders/42",
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://api/orders/42",
    ),
    (
        "Permanent",
        "text-not-found",
        "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://api/orders/503",
    ),
    (
        "Permanent",
        "text-credentials",
        "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://api/orders/42",
    ),
    (
        "Permanent",
        "text-invalid",
        "requests.exceptions.HTTPError: 422 Client Error: Unprocessable Entity for url: https://api/orders",
    ),
    (
        "Permanent",
        "text-certificate",
        "requests.exceptions.SSLError: HTTPSConnectionPool(host='api', port=443): Max retries exceeded with url: / "
        "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "certificate has expired (_ssl.c:1006)')))",
    ),
    ("Transient", "text-connect-timeout", "httpx.ConnectTimeout: timed out"),
    ("Timeout", "text-read-timeout", "httpx.ReadTimeout: The read operation timed out"),
    ("Transient", "text-connection-refused", "httpx.ConnectError: All connection attempts failed"),
    (
        "Permanent",
        "text-credentials",
        "httpx.HTTPStatusError: Client error '403 Forbidden' for url 'https://api/orders/42'",
    ),
    (
        "Transient",
        "text-unavailable",
        "httpx.HTTPStatusError: Server error '502 Bad Gateway' for url 'https://api/orders/42'",
    ),
    ("Transient", "text-connection-lost", "httpx.RemoteProtocolError: Server disconnected without sending a response."),
    (
        "Transient",
        "text-connection-refused",
        "aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host api:443 ssl:default [Connect call "
        "failed ('10.0.0.4', 443)]",
    ),
    (
        "Transient",
        "text-unavailable",
        "aiohttp.client_exceptions.ClientResponseError: 503, message='Service Unavailable', url=URL('https://api/x')",
    ),
    ("Transient", "text-connection-lost", "aiohttp.client_exceptions.ServerDisconnectedError: Server disconnected"),
    (
        "Timeout",
        "text-read-timeout",
        "aiohttp.client_exceptions.SocketTimeoutError: Timeout on reading data from socket",
    ),
    ("Permanent", "text-not-found", "urllib.error.HTTPError: HTTP Error 404: Not Found"),
    ("Transient", "text-dns", "urllib.error.URLError: <urlopen error [Errno -2] Name or service not known>"),
    ("Permanent", "text-not-found", "urllib.error.HTTPError: HTTP Error 410: Gone"),
    # Go
    (
        "Transient",
        "text-connection-refused",
        'Get "https://api/orders/42": dial tcp 10.0.0.4:443: connect: connection refused',
    ),
    (
        "Transient",
        "text-dns",
        'Get "https://api.internal/": dial tcp: lookup api.internal on 10.96.0.10:53: no such host',
    ),
    ("Transient", "text-connect-timeout", 'Post "https://api/": dial tcp 10.0.0.4:443: i/o timeout'),
    ("Timeout", "text-read-timeout", "read tcp 10.0.0.9:51514->10.0.0.4:443: i/o timeout"),
    (
        "Timeout",
        "text-read-timeout",
        'Get "https://api/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    ),
    ("Transient", "text-tls-handshake", 'Get "https://api/": net/http: TLS handshake timeout'),
    (
        "Permanent",
        "text-certificate",
        'Get "https://api/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ),
    (
        "Permanent",
        "text-certificate",
        'Get "https://api/": x509: certificate is valid for other.example, not api',
    ),
    ("Transient", "text-connection-lost", 'Get "https://api/": EOF'),
    (
        "Transient",
        "text-connection-lost",
        'Post "https://api/": write tcp 10.0.0.9:51514->10.0.0.4:443: write: broken pipe',
    ),
    (
        "Transient",
        "text-connection-lost",
        'Post "https://api/": http2: server sent GOAWAY and closed the connection; LastStreamID=1999',
    ),
    ("Transient", "text-unavailable", "2030/01/31 09:00:00 unexpected status code: 503"),
    ("RateLimited", "text-rate-limited", "2030/01/31 09:00:00 unexpected status: 429 Too Many Requests"),
    # Java
    ("Timeout", "text-read-timeout", "java.net.SocketTimeoutException: Read timed out"),
    ("Transient", "text-connect-timeout", "java.net.SocketTimeoutException: Connect timed out"),
    ("Transient", "text-connect-timeout", "java.net.http.HttpConnectTimeoutException: HTTP connect timed out"),
    ("Timeout", "text-timeout", "java.net.http.HttpTimeoutException: request timed out"),
    ("Transient", "text-connection-refused", "java.net.ConnectException: Connection refused (Connection refused)"),
    ("Transient", "text-dns", "java.net.UnknownHostException: api.internal: Name or service not known"),
    ("Transient", "text-network", "java.net.NoRouteToHostException: No route to host (Host unreachable)"),
    ("Transient", "text-connection-lost", "java.net.SocketException: Connection reset"),
    ("Transient", "text-connection-lost", "org.apache.http.NoHttpResponseException: api:443 failed to respond"),
    (
        "Transient",
        "text-tls-handshake",
        "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake",
    ),
    (
        "Permanent",
        "text-certificate",
        "javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath."
        "SunCertPathBuilderException: unable to find valid certification path to requested target",
    ),
    (
        "Permanent",
        "text-not-found",
        'org.springframework.web.client.HttpClientErrorException$NotFound: 404 Not Found: "{"message":"no order"}"',
    ),
    (
        "RateLimited",
        "text-rate-limited",
        "feign.FeignException$TooManyRequests: [429 Too Many Requests] during [GET] to [https://api/orders/42]",
    ),
    ("Timeout", "text-timeout", "java.util.concurrent.TimeoutException"),
    # Ruby
    ("Transient", "text-connect-timeout", "Net::OpenTimeout: execution expired"),
    ("Timeout", "text-read-timeout", "Net::ReadTimeout: Net::ReadTimeout with #<TCPSocket:(closed)>"),
    # Node
    ("Transient", "text-connection-refused", "Error: connect ECONNREFUSED 10.0.0.4:443"),
    ("Transient", "text-connection-refused", "ECONNREFUSED"),
    ("Transient", "text-dns", "Error: getaddrinfo ENOTFOUND api.internal"),
    ("Transient", "text-dns", "Error: getaddrinfo EAI_AGAIN api.internal"),
    ("Transient", "text-connect-timeout", "Error: connect ETIMEDOUT 10.0.0.4:443"),
    ("Timeout", "text-read-timeout", "Error: read ETIMEDOUT"),
    ("Timeout", "text-read-timeout", "RequestError: Error: ESOCKETTIMEDOUT"),
    ("Transient", "text-connection-lost", "Error: socket hang up"),
    ("Transient", "text-connection-lost", "Error: read ECONNRESET"),
    ("Transient", "text-connection-lost", "Error: write EPIPE"),
    ("Timeout", "text-timeout", "AxiosError: timeout of 5000ms exceeded"),
    ("RateLimited", "text-rate-limited", "AxiosError: Request failed with status code 429"),
    ("Permanent", "text-not-found", "AxiosError: Request failed with status code 404\n  code: 'ERR_BAD_REQUEST',"),
    ("Permanent", "text-invalid", "HTTPError: Response code 400 (Bad Request)"),
    (
        "Transient",
        "text-connect-timeout",
        "TypeError: fetch failed\n    at node:internal/deps/undici/undici:12618:11\n    at processTicksAndRejections "
        "(node:internal/process/task_queues:95:5) {\n  cause: ConnectTimeoutError: Connect Timeout Error\n      at "
        "onConnectTimeout (node:internal/deps/undici/undici:7760:28)\n    code: 'UND_ERR_CONNECT_TIMEOUT'\n  }\n}",
    ),
    ("Timeout", "text-read-timeout", "  cause: HeadersTimeoutError: Headers Timeout Error"),
    ("Transient", "text-connection-lost", "SocketError: other side closed"),
    ("Permanent", "text-certificate", "Error: self-signed certificate in certificate chain"),
    ("Permanent", "text-certificate", "  code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',"),
    ("Transient", "text-connect-timeout", "FetchError: network timeout at: https://api/orders"),
    # curl and the shell
    (
        "Transient",
        "text-connection-refused",
        "curl: (7) Failed to connect to api port 8080 after 0 ms: Couldn't connect to server",
    ),
    ("Transient", "text-dns", "curl: (6) Could not resolve host: api.internal"),
    (
        "Timeout",
        "text-read-timeout",
        "curl: (28) Operation timed out after 30001 milliseconds with 0 bytes received",
    ),
    ("Transient", "text-connect-timeout", "curl: (28) Connection timed out after 5001 milliseconds"),
    ("Transient", "text-tls-handshake", "curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to api:443"),
    ("Transient", "text-connection-lost", "curl: (52) Empty reply from server"),
    ("Transient", "text-connection-lost", "curl: (56) Recv failure: Connection reset by peer"),
    ("Permanent", "text-certificate", "curl: (60) SSL certificate problem: unable to get local issuer certificate"),
    ("Transient", "text-unavailable", "curl: (22) The requested URL returned error: 503"),
    ("Permanent", "text-not-found", "curl: (22) The requested URL returned error: 404"),
    ("Transient", "text-dns", "wget: unable to resolve host address 'api.internal'"),
    ("Transient", "text-dns", "wget: bad address 'api.internal': Name does not resolve"),
    # .NET
    (
        "Transient",
        "text-connection-refused",
        "System.Net.Http.HttpRequestException: Connection refused (api:443)",
    ),
    (
        "Timeout",
        "text-timeout",
        "System.Threading.Tasks.TaskCanceledException: The request was canceled due to the configured "
        "HttpClient.Timeout of 100 seconds elapsing.",
    ),
    # Short texts
    ("RateLimited", "text-rate-limited", "429 Too Many Requests"),
    ("Permanent", "text-not-found", "404 NOT_FOUND"),
    ("Transient", "text-unavailable", "HTTP 503"),
    ("RateLimited", "text-rate-limited", "status=429"),
    ("Transient", "text-unavailable", 'level=error msg="call failed" status=503 path=/orders/404'),
    ("RateLimited", "text-rate-limited", '{"level":"error","statusCode":429,"msg":"call failed"}'),
    ("Transient", "text-unavailable", "upstream returned 502"),
    ("Transient", "text-unavailable", 'api:443 "POST /orders HTTP/1.1" 504 162'),
    ("Transient", "text-unavailable", "error 503 for url /orders"),
    ("Permanent", "text-not-found", "API responded with 404"),
    ("Transient", "text-unavailable", "HTTP/2 503"),
    ("Permanent", "text-invalid", "HTTP 400"),
    ("Permanent", "text-invalid", "Error code: 422 - {'detail': 'amount'}"),
    ("Permanent", "text-too-large", "413 Request Entity Too Large"),
    ("Permanent", "text-program", "405 Method Not Allowed"),
    ("Permanent", "text-credentials", "HTTP status 403"),
    ("Permanent", "text-quota", "402 Payment Required"),
    ("Transient", "text-unavailable", "HTTP 408"),
]
