from collections.abc import Callable

import pytest

from local.simulator.wechat import WeChat

Refused = Callable[..., int]


def test_each_classic_call_makes_a_new_token(wechat: WeChat) -> None:
    (first, seconds), (second, _) = wechat.tokens.issue_classic(), wechat.tokens.issue_classic()
    assert first != second
    assert seconds == 7200


def test_the_classic_token_before_works_five_minutes_more(wechat: WeChat, refused: Refused) -> None:
    old, _ = wechat.tokens.issue_classic()
    new, _ = wechat.tokens.issue_classic()
    wechat.clock.offset = 299
    wechat.tokens.check(old)
    wechat.clock.offset = 300
    assert refused(wechat.tokens.check, old) == 40001
    wechat.tokens.check(new)


def test_a_token_expires_after_two_hours(wechat: WeChat, refused: Refused) -> None:
    token, _ = wechat.tokens.issue_classic()
    wechat.clock.offset = 7199
    wechat.tokens.check(token)
    wechat.clock.offset = 7200
    assert refused(wechat.tokens.check, token) == 42001


def test_normal_mode_gives_the_same_token_with_what_is_left_of_it(wechat: WeChat) -> None:
    first, _ = wechat.tokens.stable(force_refresh=False)
    wechat.clock.offset = 5000
    assert wechat.tokens.stable(force_refresh=False) == (first, 2200)


def test_a_stable_token_rotates_five_minutes_early_and_both_work(wechat: WeChat) -> None:
    old, _ = wechat.tokens.stable(force_refresh=False)
    wechat.clock.offset = 6900
    new, seconds = wechat.tokens.stable(force_refresh=False)
    assert (new != old, seconds) == (True, 7200)
    wechat.tokens.check(old)
    wechat.tokens.check(new)


def test_force_ends_the_last_stable_token_at_once(wechat: WeChat, refused: Refused) -> None:
    old, _ = wechat.tokens.stable(force_refresh=False)
    new, _ = wechat.tokens.stable(force_refresh=True)
    assert refused(wechat.tokens.check, old) == 40001
    wechat.tokens.check(new)


def test_force_within_thirty_seconds_does_not_refresh(wechat: WeChat) -> None:
    forced, _ = wechat.tokens.stable(force_refresh=True)
    wechat.clock.offset = 29
    assert wechat.tokens.stable(force_refresh=True)[0] == forced
    wechat.clock.offset = 30
    assert wechat.tokens.stable(force_refresh=True)[0] != forced


def test_force_refreshes_twenty_times_a_day(wechat: WeChat) -> None:
    tokens = []
    for turn in range(22):
        wechat.clock.offset = 30 * turn
        tokens.append(wechat.tokens.stable(force_refresh=True)[0])
    assert len(set(tokens)) == 20
    wechat.clock.offset = 12 * 3600
    assert wechat.tokens.stable(force_refresh=True)[0] not in tokens


def test_the_two_kinds_do_not_end_each_other(wechat: WeChat) -> None:
    classic, _ = wechat.tokens.issue_classic()
    stable, _ = wechat.tokens.stable(force_refresh=True)
    wechat.tokens.issue_classic()
    wechat.tokens.check(classic)
    wechat.tokens.check(stable)


@pytest.mark.parametrize(
    ("value", "errcode"),
    [(None, 41001), ("", 41001), ("short", 40014), ("ä" * 100, 40014), ("a" * 100, 40001)],
)
def test_a_token_never_issued_is_refused(
    wechat: WeChat, refused: Refused, value: str | None, errcode: int
) -> None:
    assert refused(wechat.tokens.check, value) == errcode


def test_a_revoked_token_is_refused_and_another_one_comes(wechat: WeChat, refused: Refused) -> None:
    stable, _ = wechat.tokens.stable(force_refresh=False)
    assert wechat.tokens.revoke(stable) == 1
    assert refused(wechat.tokens.check, stable) == 40001
    assert wechat.tokens.stable(force_refresh=False)[0] != stable


def test_revoking_all_ends_every_working_token(wechat: WeChat) -> None:
    wechat.tokens.issue_classic()
    wechat.tokens.stable(force_refresh=False)
    assert wechat.tokens.revoke(None) == 2
    assert wechat.tokens.revoke(None) == 0
