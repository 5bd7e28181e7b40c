from datetime import UTC, datetime, time

import pytest

from minipush.domain.users import QuietHours, is_openid

NIGHT = QuietHours(time(22), time(8), "Asia/Shanghai")
NAP = QuietHours(time(13), time(14, 30), "Asia/Shanghai")


def at(hour: int, minute: int = 0) -> int:
    """That hour in Shanghai, UTC+8, on some day."""
    return int(datetime(2026, 11, 20, hour, minute, tzinfo=UTC).timestamp() * 1000) - 8 * 3_600_000


@pytest.mark.parametrize(
    ("now", "quiet"), [(at(21, 59), False), (at(22), True), (at(3), True), (at(8), False)]
)
def test_a_night_spans_midnight(now: int, quiet: bool) -> None:
    assert NIGHT.cover(now) is quiet


@pytest.mark.parametrize(("now", "quiet"), [(at(12, 59), False), (at(13), True), (at(14, 30), False)])
def test_a_nap_does_not(now: int, quiet: bool) -> None:
    assert NAP.cover(now) is quiet


def test_summer_time_is_kept() -> None:
    quiet = QuietHours(time(22), time(23), "Europe/Berlin")
    summer = int(datetime(2026, 7, 1, 20, 30, tzinfo=UTC).timestamp() * 1000)
    winter = int(datetime(2026, 12, 1, 21, 30, tzinfo=UTC).timestamp() * 1000)
    assert quiet.cover(summer)
    assert quiet.cover(winter)


@pytest.mark.parametrize("text", ["", "a b", "a/b", "a#b", "号", "x" * 65, "a\n"])
def test_what_cannot_be_an_openid_is_none(text: str) -> None:
    assert not is_openid(text)


def test_an_openid_is_one() -> None:
    assert is_openid("o9AgO5Kd5ggOC-bXrbNODIiE3bGY")
