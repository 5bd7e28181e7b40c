"""The time, as the application reads it."""

from collections.abc import Callable

type Clock = Callable[[], int]
"""Milliseconds since the epoch."""
