"""Which users of the demo have a phone that runs the kit."""

from itertools import cycle

from local.demo.kit_phones import kit_users
from local.demo.population import PROFILES, User, interleave


def population(count: int) -> list[User]:
    profiles = cycle(interleave(PROFILES))
    return [User(str(n), next(profiles)) for n in range(count)]


def test_some_users_of_every_population_have_the_kit() -> None:
    assert [bool(kit_users(population(count))) for count in (1, 20, 60, 1000)] == [True] * 4
    assert 40 <= len(kit_users(population(1000))) <= 60


def test_the_kit_has_no_users_with_ids_that_no_phone_gives() -> None:
    for user in kit_users(population(1000)):
        assert user.profile.taps >= user.profile.payments
        assert not user.profile.old_taps
        assert not user.profile.mock


def test_users_with_the_kit_pay_and_opt_out_like_others() -> None:
    profiles = {user.profile for user in kit_users(population(1000))}
    assert any(profile.payments for profile in profiles)
    assert any(profile.opts_out for profile in profiles)
