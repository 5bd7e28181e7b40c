"""How much apps push."""

from typing import Protocol


class AppUse(Protocol):
    def take_requests(self, appid: str, second: int, number: int, most: int) -> bool:
        """Count requests of a second since the epoch, in all processes together. False if they would be too many."""
        ...

    def take_broadcast(self, appid: str, at: int, campaign_id: str, most: int) -> bool:
        """Count a broadcast of the UTC day of `at` (ms), once however often it is asked for. False if it would be one too many."""
        ...

    def add_messages(self, appid: str, at: int, number: int) -> None:
        """Count messages of the hour of `at` (ms)."""
        ...

    def messages_of_day(self, appid: str, at: int) -> int:
        """The messages of the 24 hours before the end of `at`'s hour (ms)."""
        ...
