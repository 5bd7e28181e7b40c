"""Whom each template reaches, as the sweep measures it page by page, beside a plain count over whole users."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from support.memory import MemoryStore

from minipush.application.permits.sweep_expired import SweepExpired
from minipush.application.ports.sweeps import Sweep
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.permits import Claim, Permit
from minipush.domain.pool import CLASSIC, MAX_TEMPLATES, PoolMeasure, Reach
from minipush.domain.pool_hours import LAST_HOUR, hour_of, instant_of
from minipush.domain.tag_counts import TagCounts
from minipush.domain.users import QuietHours, User, UserSettings

HOUR = 3_600_000
DAY = 24 * HOUR
# Within a week of it clocks change in Europe, and a day of it later in North America.
NOW = int(datetime(2026, 10, 23, 9, 41, 7, 123_000, tzinfo=UTC).timestamp() * 1000)
NIGHT = QuietHours(time(22), time(8), "Asia/Shanghai")


def form(id_: str, expires_at: int, claim: Claim | None = None) -> Permit:
    return Permit(permit_kinds.FORM, id_, expires_at, claim=claim)


def measured(*users: User, now: int = NOW, page: int = 3) -> PoolMeasure:
    """Page by page, each in a run of its own."""
    store = MemoryStore(page_size=page)
    for user in users:
        store.settings[user.openid] = user.settings
        store.add(user.openid, list(user.permits))
    while not SweepExpired(store, lambda: now, grace_ms=0)(iter([True, False]).__next__).finished:
        pass
    measure = store.pool()
    assert measure
    return measure


def reached(measure: PoolMeasure, template_id: str = CLASSIC) -> Reach:
    return measure.reaches[template_id]


# ---- against whole users

zones = st.sampled_from(
    ["UTC", "Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "America/New_York",
     "Australia/Lord_Howe", "Pacific/Apia"]
)  # fmt: skip
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
quiet_hours = st.builds(QuietHours, clocks, clocks, zones)
settings = st.builds(UserSettings, st.booleans(), st.none() | quiet_hours, st.just(("vip",)))
expiries = st.integers(-HOUR, 7 * DAY) | st.integers(-1, 168).map(lambda hour: hour * HOUR)
claims = st.none() | st.none() | st.just(Claim("d", NOW - HOUR))
nows = st.sampled_from([NOW, NOW - NOW % HOUR, NOW - NOW % HOUR - 1, NOW + 5 * DAY, NOW + 140 * DAY])


@st.composite
def users(draw: st.DrawFn, now: int) -> list[User]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        classic = [
            Permit(
                draw(st.sampled_from([permit_kinds.FORM, permit_kinds.PAY])), f"{n}", now + life, claim=claim
            )
            for n, (life, claim) in enumerate(draw(st.lists(st.tuples(expiries, claims), max_size=4)))
        ]
        once = [
            Permit(permit_kinds.ONCE, f"{n}", template_id=template_id, claim=claim)
            for n, (template_id, claim) in enumerate(
                draw(st.lists(st.tuples(st.sampled_from(["T1", "T2"]), claims), max_size=3))
            )
        ]
        long = draw(st.sampled_from([[], [Permit(permit_kinds.LONG, "", template_id="T2")]]))
        found.append(User(f"user-{number}", draw(settings), (*classic, *once, *long)))
    return found


def count_reached(everybody: list[User], template_id: str, at: int) -> int:
    kind = SUBSCRIBE_MESSAGE if template_id else TEMPLATE_MESSAGE
    return sum(
        bool(user.fitting(kind.permit_kinds, template_id, at))
        and not user.settings.opt_out
        and not (user.settings.quiet_hours and user.settings.quiet_hours.cover(at))
        for user in everybody
    )


def count_permits(everybody: list[User], template_id: str, at: int) -> int:
    kind = SUBSCRIBE_MESSAGE if template_id else TEMPLATE_MESSAGE
    return sum(len(user.fitting(kind.permit_kinds, template_id, at)) for user in everybody)


@given(st.data(), nows, st.integers(1, 30), st.lists(st.integers(0, LAST_HOUR), max_size=40))
def test_a_measure_by_pages_is_a_count_over_whole_users(
    data: st.DataObject, now: int, page: int, hours: list[int]
) -> None:
    everybody = data.draw(users(now))
    measure = measured(*everybody, now=now, page=page)
    assert measure.reachable_users == sum(
        bool(user.live(now)) and not user.settings.opt_out for user in everybody
    )
    held = {permit.template_id or CLASSIC for user in everybody for permit in user.live(now)}
    assert measure.reaches.keys() == held | {CLASSIC}
    for template_id, reach in measure.reaches.items():
        permits = count_permits(everybody, template_id, now)
        assert reach.permits == permits
        for hour in {0, *hours}:
            at = instant_of(hour, now)
            assert reach.users_at(hour) == count_reached(everybody, template_id, at)
            assert reach.expired_by(hour) == permits - count_permits(everybody, template_id, at)


@given(st.integers(0, 2 * 10**12), st.integers(0, 8 * DAY))
def test_an_hour_is_the_first_that_is_not_before_the_instant(now: int, later: int) -> None:
    hour = hour_of(now + later, now)
    assert instant_of(hour, now) >= now + later
    assert hour == 0 or instant_of(hour - 1, now) < now + later


def test_hours_after_the_first_are_those_of_the_clock() -> None:
    assert [datetime.fromtimestamp(instant_of(hour, NOW) / 1000, UTC).strftime("%H:%M:%S") for hour in range(3)] == [
        "09:41:07", "10:00:00", "11:00:00",
    ]  # fmt: skip


# ---- in the small


def test_a_user_is_reached_until_the_last_permit_expires() -> None:
    anna = User("anna", permits=(form("f1", NOW + HOUR), form("f2", NOW + 5 * HOUR)))
    reach = reached(measured(anna))
    assert [reach.users_at(hour) for hour in (0, 2, 5, 6)] == [1, 1, 1, 0]
    assert [reach.expired_by(hour) for hour in (0, 1, 2, 5, 6)] == [0, 0, 1, 1, 2]


def test_a_permit_that_expires_with_the_hour_is_gone_by_then() -> None:
    whole = NOW - NOW % HOUR + 3 * HOUR
    reach = reached(measured(User("anna", permits=(form("f", whole),))))
    assert (reach.users_at(2), reach.users_at(3), reach.expired_by(3)) == (1, 0, 1)


def test_quiet_hours_are_left_out_and_come_again_each_day() -> None:
    """At 17:41 in Shanghai; 22:00 there is 14:00 in UTC, five hours on the clock after 9:00."""
    subscribed = User(
        "anna", UserSettings(quiet_hours=NIGHT), (Permit(permit_kinds.ONCE, "a", template_id="T"),)
    )
    reach = reached(measured(subscribed), "T")
    quiet = [hour for hour in range(30) if not reach.users_at(hour)]
    assert quiet == [*range(5, 15), 29]


def test_quiet_hours_follow_summer_time() -> None:
    """In Berlin clocks go back on 25 October 2026 at 1:00 UTC: 7:00 there was 5:00, and is 6:00 then."""
    quiet = QuietHours(time(7), time(8), "Europe/Berlin")
    reach = reached(
        measured(
            User("anna", UserSettings(quiet_hours=quiet), (Permit(permit_kinds.LONG, "", template_id="T"),))
        ),
        "T",
    )
    instants = [instant_of(hour, NOW) for hour in range(1, 73) if not reach.users_at(hour)]
    local = [datetime.fromtimestamp(at / 1000, ZoneInfo("Europe/Berlin")) for at in instants]
    assert [(at.day, at.hour) for at in local] == [(24, 7), (25, 7), (26, 7)]


def test_quiet_hours_stay_with_their_user_across_pages() -> None:
    """A page ends after the settings, the next after a permit."""
    asleep = UserSettings(quiet_hours=QuietHours(time(0), time(23, 59), "UTC"))
    noisy = User("bob", permits=(form("f", NOW + HOUR),))
    quiet = User("anna", asleep, (form("f1", NOW + HOUR), form("f2", NOW + HOUR)))
    assert [reached(measured(quiet, noisy, page=page)).users_at(0) for page in (1, 2, 3, 4)] == [1] * 4


def test_who_opted_out_is_not_reached_though_the_permits_count() -> None:
    measure = measured(User("anna", UserSettings(opt_out=True), (form("f", NOW + HOUR),)))
    assert (measure.reachable_users, measure.permits) == (0, 1)
    assert (reached(measure).users_at(0), reached(measure).permits) == (0, 1)


def test_one_template_is_not_reached_by_anothers_permits() -> None:
    once = Permit(permit_kinds.ONCE, "a", template_id="T1")
    measure = measured(User("anna", permits=(once, form("f", NOW + HOUR))), User("bob", permits=(once,)))
    assert {name: (reach.users_at(0), reach.permits) for name, reach in measure.reaches.items()} == {
        CLASSIC: (1, 1),
        "T1": (2, 2),
    }
    assert measure.reachable_users == 2


def test_past_the_last_hour_it_is_as_on_the_last_day() -> None:
    reach = reached(
        measured(
            User("anna", UserSettings(quiet_hours=NIGHT), (Permit(permit_kinds.LONG, "", template_id="T"),))
        ),
        "T",
    )
    for hour in range(LAST_HOUR + 1, LAST_HOUR + 60):
        assert reach.users_at(hour) == (not NIGHT.cover(instant_of(hour, NOW)))


# ---- what is kept of it


def test_templates_beyond_the_first_hundred_are_only_in_the_sums() -> None:
    crowd = [
        User(f"user-{n:03}", permits=(Permit(permit_kinds.ONCE, "a", template_id=f"T{n}"),))
        for n in range(MAX_TEMPLATES + 20)
    ]
    measure = measured(*crowd, page=1000)
    assert (measure.reachable_users, measure.permits) == (MAX_TEMPLATES + 20, MAX_TEMPLATES + 20)
    assert measure.reaches.keys() == {CLASSIC, *(f"T{n}" for n in range(MAX_TEMPLATES))}
    assert measure.unlisted_permits == 20


def test_a_known_template_has_its_place_whatever_users_invent() -> None:
    invented = [Permit(permit_kinds.ONCE, "a", template_id=f"T{n}") for n in range(MAX_TEMPLATES * 2)]
    store = MemoryStore(page_size=1000)
    store.add("anna", invented)
    store.add("zoe", [Permit(permit_kinds.ONCE, "a", template_id="REAL")])
    SweepExpired(store, lambda: NOW, 0, lambda: ["REAL", "PLANNED"])(lambda: True)
    measure = store.pool()
    assert measure
    assert reached(measure, "REAL").users_at(0) == 1
    assert len(measure.reaches) == MAX_TEMPLATES + 1
    assert measure.unlisted_permits == MAX_TEMPLATES + 2


def test_a_place_is_never_too_large_for_an_item() -> None:
    """Of a table in which every hour of every template changes something, by millions; a user holds them all."""
    names = [f"{n:064}" for n in range(MAX_TEMPLATES)]
    anna = User("anna", permits=tuple(Permit(permit_kinds.ONCE, "a", template_id=name) for name in names))
    measure = PoolMeasure(NOW)
    for permit in anna.permits:
        measure.count(anna.openid, permit)
    assert measure.reaches.keys() == {CLASSIC, *names}
    every_hour = range(LAST_HOUR + 1)
    subscribed = Reach(999_999_999, {}, dict.fromkeys(every_hour, -9_999_999))
    classic = replace(subscribed, expired=dict.fromkeys(every_hour, 9_999_999))
    measure.reaches = dict.fromkeys(names, subscribed) | {CLASSIC: classic}
    tags = TagCounts()
    for n in range(1000):
        tags.count([f"{n:04}" + "\\" * 60])
    place = Sweep(measure, tags, cursor={"openid": {"S": "o" * 64}, "sk": {"S": "s" * 1024}})
    assert len(json.dumps(asdict(place), separators=(",", ":"))) < 390_000


def test_hours_in_which_nothing_changes_cost_nothing() -> None:
    endless = Permit(permit_kinds.ONCE, "a", template_id="T")
    measure = measured(
        User("anna", permits=(endless,)), User("bob", UserSettings(quiet_hours=NIGHT), (form("f", NOW + 1),))
    )
    assert (reached(measure, "T").changes, reached(measure, "T").expired) == ({0: 1}, {})
    assert reached(measured(User("cy", permits=(form("f", NOW + 9 * DAY),)))) == Reach(1, {}, {0: 1})
    assert reached(measure).changes == {0: 1, 1: -1}


def test_a_user_whose_quiet_hours_outlast_the_permit_is_not_given_back() -> None:
    quiet = QuietHours(time(10), time(20), "UTC")
    reach = reached(measured(User("anna", UserSettings(quiet_hours=quiet), (form("f", NOW + 2 * HOUR),))))
    assert [reach.users_at(hour) for hour in range(15)] == [1, *[0] * 14]
    assert reach.changes == {0: 1, 1: -1}
