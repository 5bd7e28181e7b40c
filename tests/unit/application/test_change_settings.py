from datetime import time

import pytest
from support.memory import MemoryStore

from minipush.application.permits.change_settings import ChangeSettings
from minipush.domain.daily_use import CHANGES_A_DAY
from minipush.domain.timestamps import DAY_MS
from minipush.domain.users import QuietHours, UserSettings
from minipush.errors import TooManyChangesError

NOW = 1_800_000_000_000


def change(store: MemoryStore, now: int = NOW, **settings: object) -> UserSettings:
    return ChangeSettings(store, lambda: now)("ada", settings)


def quiet(minute: int) -> QuietHours:
    return QuietHours(time(22, minute % 60), time(8, minute // 60), "Asia/Shanghai")


@pytest.fixture
def used_up() -> MemoryStore:
    store = MemoryStore()
    for n in range(CHANGES_A_DAY):
        change(store, quiet_hours=quiet(n))
    return store


def test_a_user_changes_the_settings_a_hundred_times_a_day(used_up: MemoryStore) -> None:
    with pytest.raises(TooManyChangesError):
        change(used_up, quiet_hours=quiet(0))
    assert change(used_up, NOW + DAY_MS, quiet_hours=None) == UserSettings()


def test_opting_out_is_always_possible(used_up: MemoryStore) -> None:
    assert change(used_up, opt_out=True).opt_out
    with pytest.raises(TooManyChangesError):
        change(used_up, opt_out=False)


def test_what_is_set_already_is_no_change(used_up: MemoryStore) -> None:
    before = used_up.settings["ada"]
    assert change(used_up, quiet_hours=before.quiet_hours, opt_out=False) == before
    assert change(used_up) == before
