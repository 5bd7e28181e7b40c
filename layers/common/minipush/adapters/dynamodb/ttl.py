"""When DynamoDB may delete an item."""


def ttl_seconds(kept_until: int) -> int:
    """The value of the attribute `ttl`, in seconds, for a time in ms. Rounded up: no item goes too early."""
    return -(-kept_until // 1000)
