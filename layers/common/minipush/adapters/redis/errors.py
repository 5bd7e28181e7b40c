"""What the adapters of Redis raise, without its client."""

from minipush.errors import StoreError


class RedisAwayError(StoreError):
    """Redis failed, or failed a moment ago. The caller uses DynamoDB."""
