from datetime import time

from minipush.domain.settings_log import (
    KEPT_MS,
    MAX_CHANGES,
    Changer,
    SettingsChange,
    SettingsStep,
    with_changes,
)
from minipush.domain.users import QuietHours, UserSettings

NOW = 1_800_000_000_000
NIGHT = QuietHours(time(22), time(8), "Asia/Shanghai")
OUT = UserSettings(opt_out=True)


def test_what_changes_is_logged_with_who_changed_it() -> None:
    log = with_changes((), UserSettings(), {"opt_out": True, "quiet_hours": NIGHT}, Changer.USER, NOW)
    assert log == (
        SettingsChange(NOW, Changer.USER, SettingsStep.OPTED_OUT),
        SettingsChange(NOW, Changer.USER, SettingsStep.QUIET_HOURS_SET),
    )


def test_taking_settings_back_is_logged() -> None:
    before = UserSettings(opt_out=True, quiet_hours=NIGHT)
    log = with_changes((), before, {"opt_out": False, "quiet_hours": None}, Changer.OPERATOR, NOW)
    assert [change.step for change in log] == [SettingsStep.OPTED_IN, SettingsStep.QUIET_HOURS_REMOVED]


def test_what_stays_and_tags_are_not_logged() -> None:
    assert with_changes((), OUT, {"opt_out": True, "tags": ("vip",)}, Changer.USER, NOW) == ()


def test_the_log_keeps_the_last_changes() -> None:
    log: tuple[SettingsChange, ...] = ()
    for n in range(3 * MAX_CHANGES):
        log = with_changes(
            log, UserSettings(opt_out=n % 2 == 1), {"opt_out": n % 2 == 0}, Changer.USER, NOW + n
        )
    assert [change.at - NOW for change in log] == [*range(2 * MAX_CHANGES, 3 * MAX_CHANGES)]


def test_old_changes_leave_with_the_next_one() -> None:
    old = SettingsChange(NOW - KEPT_MS, Changer.USER, SettingsStep.OPTED_OUT)
    log = with_changes((old,), OUT, {"opt_out": False}, Changer.USER, NOW)
    assert [change.at for change in log] == [NOW]
