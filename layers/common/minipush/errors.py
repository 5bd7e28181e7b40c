"""What can go wrong."""


class StoreError(Exception):
    """The store could not be reached or is overloaded; trying again later may help."""
