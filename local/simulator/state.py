"""The state of the running simulator: the WeChat account and the armed faults. A reset replaces both."""

from dataclasses import dataclass
from time import time

from local.simulator.account.clock import Clock
from local.simulator.faults import Faults
from local.simulator.official.account import OFFICIAL_APPID, OFFICIAL_SECRET
from local.simulator.pushes.callbacks import TIMEOUT
from local.simulator.settings import SimulatorSettings
from local.simulator.wechat import APPID, SECRET, WeChat

DEFAULTS = SimulatorSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOptions:
    """The initial state of a simulator, which a reset restores.

    `real_clock`: seconds since the epoch. `push_timeout`: seconds.
    """

    appid: str = APPID
    secret: str = SECRET
    official_appid: str = OFFICIAL_APPID
    official_secret: str = OFFICIAL_SECRET
    settings: SimulatorSettings = DEFAULTS
    seed: int | None = None
    real_clock: Clock = time
    push_timeout: float = TIMEOUT


class SimulatorState:
    wechat: WeChat
    faults: Faults

    def __init__(self, options: SimulatorOptions) -> None:
        self.options = options
        self.reset()

    def reset(self) -> None:
        options = self.options
        self.faults = Faults()
        self.wechat = WeChat(
            options.real_clock,
            appid=options.appid,
            secret=options.secret,
            official_appid=options.official_appid,
            official_secret=options.official_secret,
            settings=options.settings,
            seed=options.seed,
            delivery_fault=self.faults.pick_delivery_fault,
        )
