"""Slots at a rate, in memory. It passes the contract suite of the real ones."""

from dataclasses import dataclass, field


@dataclass
class MemoryRateReservations:
    due_at: dict[str, float] = field(default_factory=dict)

    async def reserve(self, name: str, per_second: float, slots: int, now: float) -> float:
        start = max(now, self.due_at.get(name, now))
        self.due_at[name] = start + slots / per_second
        return start
