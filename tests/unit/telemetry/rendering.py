"""The text of metrics, as a scraper reads it."""

from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector


def render(metrics: Collector, accept: str = "") -> tuple[bytes, str]:
    """The text of `metrics` as they are now and its content type, in the format that the Accept header asks for."""
    encode, content_type = choose_encoder(accept)
    return encode(metrics), content_type
