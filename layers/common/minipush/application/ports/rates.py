"""Rates that workers share."""

from typing import Protocol


class RateReservations(Protocol):
    """Turns at a rate, shared by all workers."""

    async def lease(self, name: str, per_second: float, turns: int, now: float) -> float:
        """Take that many turns in a row; when the first is due (seconds since the epoch, not before `now`).

        The turns after it are due 1/per_second apart. Turns that nobody took are lost: there is no catching up.
        """
        ...
