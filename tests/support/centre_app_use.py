"""What apps push, counted in memory. The store passes the contract suite of the real one."""

from collections import Counter
from dataclasses import dataclass, field

from minipush.domain.timestamps import DAY_MS, HOUR_MS
from minipush.errors import StoreError


@dataclass
class MemoryAppUse:
    seconds: Counter[tuple[str, int]] = field(default_factory=Counter)
    broadcasts: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    hours: Counter[tuple[str, int]] = field(default_factory=Counter)
    writes: int = 0
    fails: bool = False

    def take_requests(self, appid: str, second: int, number: int, most: int) -> bool:
        self.writes += 1
        if self.seconds[appid, second] + number > most:
            return False
        self.seconds[appid, second] += number
        return True

    def take_broadcast(self, appid: str, at: int, campaign_id: str, most: int) -> bool:
        taken = self.broadcasts.setdefault((appid, at // DAY_MS), set())
        if most < 1 or (len(taken) >= most and campaign_id not in taken):
            return False
        taken.add(campaign_id)
        return True

    def add_messages(self, appid: str, at: int, number: int) -> None:
        if self.fails:
            raise StoreError("down")
        self.writes += 1
        self.hours[appid, at // HOUR_MS] += number

    def messages_of_day(self, appid: str, at: int) -> int:
        return sum(self.hours[appid, at // HOUR_MS - hour] for hour in range(24))
