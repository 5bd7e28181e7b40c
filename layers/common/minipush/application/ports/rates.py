"""Rates that workers share."""

from typing import Protocol


class RateReservations(Protocol):
    """Slots at a rate, shared by all workers. A slot is the time of one call."""

    async def reserve(self, name: str, per_second: float, slots: int, now: float, /) -> float:
        """Reserve consecutive slots; return when the first is due (seconds since the epoch, `now` or later).

        The others follow 1/per_second apart. Slots that nobody reserves are lost: there is no catching up.
        """
        ...
