"""The red switch: whether messages may go out at all."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sending:
    """`by`: the operator who switched last, and `at` when (ms); None before anybody has."""

    enabled: bool = True
    reason: str | None = None
    by: str | None = None
    at: int | None = None
