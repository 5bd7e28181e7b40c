"""Everything the running simulator holds: WeChat's state and the faults ahead. A reset makes both anew."""

from dataclasses import dataclass
from time import time

from local.simulator.clock import Clock
from local.simulator.faults import Faults
from local.simulator.settings import Settings
from local.simulator.wechat import APPID, SECRET, WeChat

DEFAULTS = Settings()


@dataclass(frozen=True, slots=True)
class Start:
    """What a simulator begins with, and comes back to at a reset. `real_clock`: seconds since the epoch."""

    appid: str = APPID
    secret: str = SECRET
    settings: Settings = DEFAULTS
    seed: int | None = None
    real_clock: Clock = time


class World:
    wechat: WeChat
    faults: Faults

    def __init__(self, start: Start) -> None:
        self.start = start
        self.reset()

    def reset(self) -> None:
        start = self.start
        self.faults = Faults()
        self.wechat = WeChat(
            start.real_clock,
            appid=start.appid,
            secret=start.secret,
            settings=start.settings,
            seed=start.seed,
            late=self.faults.pick_late,
        )
