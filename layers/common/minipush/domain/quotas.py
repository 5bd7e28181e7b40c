"""How many messages an account may send in a day."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DailyQuota:
    """Messages of one type: allowed in a day, sent today, and left today, as the provider counts."""

    limit: int
    used: int
    remain: int
