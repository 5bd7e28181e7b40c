"""How the codes that WeChat rejects are limited by address."""

from collections.abc import Callable

import pytest

from minipush.application.rejected_credentials import ADDRESSES, BURST, RejectedCredentials
from minipush.errors import TooManyRejectedCodesError


class World:
    def __init__(self) -> None:
        self.now = 1_800_000_000_000
        self.rejections = RejectedCredentials(lambda: self.now)

    def try_code(self, address: str) -> bool:
        """Whether WeChat was asked; it rejects the code."""
        try:
            self.rejections.check(address)
        except TooManyRejectedCodesError:
            return False
        self.rejections.add(address)
        return True


def tried(world: World, count: int, passes: Callable[[], None] = lambda: None) -> int:
    asked = 0
    for _ in range(count):
        asked += world.try_code("a")
        passes()
    return asked


def test_an_address_may_have_some_codes_rejected_at_once_and_then_five_a_second() -> None:
    world = World()
    assert tried(world, 100) == BURST
    world.now += 5_000
    assert tried(world, 100) == 25


def test_a_slow_address_is_never_stopped() -> None:
    world = World()

    def a_fifth_of_a_second() -> None:
        world.now += 200

    assert tried(world, 1_000, a_fifth_of_a_second) == 1_000


def test_the_error_says_when_the_next_code_may_be_tried() -> None:
    world = World()
    tried(world, BURST)
    world.now += 100
    with pytest.raises(TooManyRejectedCodesError) as raised:
        world.rejections.check("a")
    assert raised.value.retry_seconds == 1


def test_addresses_have_nothing_to_do_with_each_other() -> None:
    world = World()
    tried(world, 100)
    assert world.try_code("b")


def test_the_oldest_address_is_forgotten_when_there_are_too_many() -> None:
    world = World()
    tried(world, 100)
    for n in range(ADDRESSES):
        world.try_code(f"another-{n}")
    assert world.try_code("a")
